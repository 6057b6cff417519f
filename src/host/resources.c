/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A socket is bound, listened on and connected to before QEMU is there: the connection waits in the backlog,
 * QEMU takes it as soon as it runs, and nobody has to look for a file to appear or to try again. It has a
 * path so that another supervisor can take over later: QEMU listens again when the connection has ended.
 * Nobody else is to come first, and QEMUs of this user can connect to whatever they know the path of: what is
 * at the end of that is drawn by chance, and stands in a file that they cannot read. It is not the name that
 * the socket was bound to, which /proc/net/unix tells.
 */
#include "config.h"

#include "host/resources.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/patience.h"
#include "host/cloud-init.h"
#include "host/dbus-daemon.h"
#include "host/emulator-lock.h"
#include "host/firmware.h"
#include "host/leftovers.h"
#include "host/listener.h"
#include "host/output-file.h"
#include "host/ownership.h"
#include "host/passt.h"
#include "host/secrets.h"
#include "host/state-dir.h"

struct Resources {
  const RuntimeDir *directory;
  Beside beside;
  int lifeline;           /* the other end of its lifeline, which QEMU gets; -1: nobody needs it */
  ResourcesEndFunc ended; /* NULL: nobody watches */
  gpointer user_data;
  gboolean is_adopted;
  GArray *items; /* of Resource */
};

/* For a program that serves a QEMU which has ended. */
enum { END_SECONDS = 10 };

/* Milliseconds for QEMU to have room for one more that wants to connect. */
enum { CONNECT_PATIENCE = 1000 };

typedef struct {
  const char *word; /* in what resources_describe() makes */
  gboolean (*acquire)(const Resources *resources, Resource *resource, GError **error);
  void (*release)(const Resources *resources, Resource *resource);
  gboolean is_of_run;  /* belongs to one run of QEMU */
  const char *program; /* the helper's name; NULL: there is none, as with the next */
  const char *lost;    /* what the guest is without when it has ended */
  gboolean is_quiet;   /* what it says is for the log alone: of limits of its own, and of connections */
} ResourceKind;

static const ResourceKind kinds[PLAN_RESOURCE_SECRET + 1];

/* An alias may be long, or have a slash: the number is the name. NULL: the host gives no random numbers. */
static char *draw_name(const Resource *resource)
{
  guint64 chance[2];

  if (getrandom(chance, sizeof chance, 0) != sizeof chance)
    return NULL;
  return g_strdup_printf("%s-%d-%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
                         kinds[resource->plan->kind].word, resource->plan->fd, chance[0], chance[1]);
}

static gboolean hide(const Resources *resources, Resource *resource, const char *name, GError **error)
{
  int directory = runtime_dir_fd(resources->directory);

  g_free(resource->name);
  resource->name = draw_name(resource);
  if (resource->name && renameat(directory, name, directory, resource->name) == 0)
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot name the socket '%s/%s': %s",
            runtime_dir_path(resources->directory), name, g_strerror(errno));
  runtime_dir_unlink(resources->directory, name);
  return FALSE;
}

static gboolean socket_acquire(const Resources *resources, Resource *resource, GError **error)
{
  autofd int fd = -1, peer = -1;
  static const char name[] = "socket.new";

  fd = runtime_dir_listen(resources->directory, name, error);
  if (fd < 0)
    return FALSE;
  peer = runtime_dir_connect(resources->directory, name, 0, error);
  if (peer < 0 || !hide(resources, resource, name, error))
    return FALSE;
  g_unix_set_fd_nonblocking(peer, TRUE, NULL);
  resource->fd = g_steal_fd(&fd);
  resource->peer = g_steal_fd(&peer);
  return TRUE;
}

static void socket_release(const Resources *resources, Resource *resource)
{
  fd_clear(&resource->peer);
  fd_clear(&resource->fd);
  runtime_dir_unlink(resources->directory, resource->name);
}

/* A socket that others connect to. */
static gboolean channel_acquire(const Resources *resources, Resource *resource, GError **error)
{
  if (!resource->name)
    resource->name = g_strdup_printf("channel-%d", resource->plan->fd);
  g_free(resource->path);
  resource->path = g_build_filename(runtime_dir_path(resources->directory), resource->name, NULL);
  resource->fd = runtime_dir_listen(resources->directory, resource->name, error);
  return resource->fd >= 0;
}

static gboolean file_acquire(const Resources *resources, Resource *resource, GError **error)
{
  const PlanResource *plan = resource->plan;

  resource->fd =
      output_file_open(plan->path, plan->append || resource->is_begun, &plan->place, "path", error);
  return resource->fd >= 0;
}

static void file_release(const Resources *resources, Resource *resource)
{
  fd_clear(&resource->fd);
}

/* Who looks for a port, too, looks for the first: further on, nobody does. */
enum { LOST_PORT_STEP = 200, LAST_FIRST_PORT = 65000 };

/* For those that look at it, QEMU's server among them, the port's place is in use and not in use: see
 * listener.h. The number stays that of the guest when QEMU is started again. */
static gboolean port_acquire(const Resources *resources, Resource *resource, GError **error)
{
  const PlanResource *plan = resource->plan;
  int first = resource->port > 0 && resource->losses == 0
                  ? resource->port
                  : MIN(plan->port + resource->losses * LOST_PORT_STEP, LAST_FIRST_PORT);

  resource->fd = listener_keep_port(plan->host, first, &resource->port, &plan->place, error);
  return resource->fd >= 0;
}

/* What its end takes is noted before it is done, and then as it is. */
static void note_tap(const Resources *resources, const Resource *resource)
{
  int directory = runtime_dir_fd(resources->directory);
  TapEnd end;

  if (tap_describe_end(resource->tap, &end))
    leftovers_note_tap(directory, resource->name, &end);
  else
    leftovers_forget(directory, resource->name);
}

static gboolean tap_acquire(const Resources *resources, Resource *resource, GError **error)
{
  const PlanResource *plan = resource->plan;

  if (!resource->name)
    resource->name = g_strdup_printf("tap-%d", plan->fd);
  resource->tap = tap_open(&plan->tap, &plan->place, error);
  if (!resource->tap)
    return FALSE;
  note_tap(resources, resource);
  if (!tap_set_up(resource->tap, error)) {
    g_clear_pointer(&resource->tap, tap_free);
    leftovers_forget(runtime_dir_fd(resources->directory), resource->name);
    return FALSE;
  }
  resource->fd = tap_fd(resource->tap);
  note_tap(resources, resource);
  return TRUE;
}

/* A file that QEMU opens by its path. What was made just now is its user's for good. */
static gboolean give(const Resources *resources, const PlanResource *plan, gboolean is_new, GError **error)
{
  const Beside *beside = &resources->beside;
  g_autofree char *base = state_dir_path();

  if (!beside->account)
    return TRUE;
  if (plan->is_generated && !ownership_let_pass(plan->path, base, &plan->place, error))
    return FALSE;
  if (beside->is_chowned)
    return ownership_take(resources->directory, beside->account, plan->path, &plan->place, error);
  return !is_new || ownership_settle(beside->account, plan->path, &plan->place, error);
}

static gboolean variables_acquire(const Resources *resources, Resource *resource, GError **error)
{
  const PlanResource *plan = resource->plan;
  gboolean is_new = plan->is_reset || access(plan->path, F_OK) < 0;
  autofd int fd = firmware_make_variables(plan, error);

  if (fd < 0 || !give(resources, plan, is_new, error))
    return FALSE;
  resource->fd = g_steal_fd(&fd);
  return TRUE;
}

static gboolean secret_acquire(const Resources *resources, Resource *resource, GError **error)
{
  resource->fd = secrets_open(&resource->plan->secret, &resource->plan->place, error);
  return resource->fd >= 0;
}

static void tap_release(const Resources *resources, Resource *resource)
{
  resource->fd = -1; /* the tap's own */
  g_clear_pointer(&resource->tap, tap_free);
  leftovers_forget(runtime_dir_fd(resources->directory), resource->name);
}

/* Queues follow their device. */
static gboolean queue_acquire(const Resources *resources, Resource *resource, GError **error)
{
  const Resource *device = resource;

  while (device->plan->kind != PLAN_RESOURCE_TAP)
    device--;
  resource->fd = tap_open_queue(device->tap, error);
  return resource->fd >= 0;
}

static gboolean vhost_acquire(const Resources *resources, Resource *resource, GError **error)
{
  resource->fd = tap_open_vhost(resource->plan->path, &resource->plan->place, error);
  return resource->fd >= 0;
}

static gboolean passt_acquire(const Resources *resources, Resource *resource, GError **error)
{
  resource->fd = passt_start(&resource->plan->passt, &resources->beside, &resource->plan->place, error);
  return resource->fd >= 0;
}

static void passt_release(const Resources *resources, Resource *resource)
{
  passt_end(g_steal_fd(&resource->fd));
}

/* What its end takes is noted before it is done. The descriptor says that it is acquired, and is of no use to
 * QEMU. */
static gboolean pci_acquire(const Resources *resources, Resource *resource, GError **error)
{
  const PlanResource *plan = resource->plan;
  int directory = runtime_dir_fd(resources->directory);
  autofd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return error_set(error, DOMRUN_ERROR_HOST, &plan->place, NULL, "cannot open /dev/null: %s",
                     g_strerror(errno));
  if (!resource->name)
    resource->name = g_strdup_printf("pci-%d", plan->fd);
  if (pci_describe("", plan->path, &resource->pci)) {
    leftovers_note_pci(directory, resource->name, &resource->pci);
    if (!pci_take("", &resource->pci, plan->driver, &plan->place, error)) {
      leftovers_forget(directory, resource->name);
      pci_end_clear(&resource->pci);
      return FALSE;
    }
    announce_log("the PCI device %s is given to the guest", plan->path);
  }
  resource->fd = g_steal_fd(&fd);
  return TRUE;
}

static void pci_release(const Resources *resources, Resource *resource)
{
  fd_clear(&resource->fd);
  if (!resource->pci.device)
    return;
  if (pci_give_back("", &resource->pci))
    leftovers_forget(runtime_dir_fd(resources->directory), resource->name);
  pci_end_clear(&resource->pci);
}

static gboolean tpm_acquire(const Resources *resources, Resource *resource, GError **error)
{
  const PlanResource *plan = resource->plan;

  resource->swtpm = swtpm_start(plan->tpm, resources->directory, &resources->beside, &plan->place, error);
  if (!resource->swtpm)
    return FALSE;
  resource->fd = swtpm_fd(resource->swtpm);
  resource->helper = swtpm_helper(resource->swtpm);
  return TRUE;
}

static void tpm_release(const Resources *resources, Resource *resource)
{
  resource->fd = -1; /* swtpm's own */
  resource->helper = NULL;
  g_clear_pointer(&resource->swtpm, swtpm_end);
}

static gboolean virtiofsd_acquire(const Resources *resources, Resource *resource, GError **error)
{
  const PlanResource *plan = resource->plan;
  g_autofree char *name = g_strdup_printf("fs-%d", plan->fd);

  resource->virtiofsd =
      virtiofsd_start(plan->virtiofsd, resources->directory, name, &resources->beside, &plan->place, error);
  if (!resource->virtiofsd)
    return FALSE;
  resource->fd = virtiofsd_fd(resource->virtiofsd);
  resource->helper = virtiofsd_helper(resource->virtiofsd);
  return TRUE;
}

static void virtiofsd_release(const Resources *resources, Resource *resource)
{
  resource->fd = -1; /* virtiofsd's own */
  resource->helper = NULL;
  g_clear_pointer(&resource->virtiofsd, virtiofsd_end);
}

static gboolean cloud_init_acquire(const Resources *resources, Resource *resource, GError **error)
{
  resource->fd = cloud_init_make(resource->plan->cloud_init, runtime_dir_path(resources->directory),
                                 &resources->beside, &resource->plan->place, error);
  return resource->fd >= 0;
}

static gboolean bus_acquire(const Resources *resources, Resource *resource, GError **error)
{
  const PlanResource *plan = resource->plan;
  autofd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return error_set(error, DOMRUN_ERROR_HOST, &plan->place, NULL, "cannot open /dev/null: %s",
                     g_strerror(errno));
  resource->helper =
      dbus_daemon_start(resources->directory, plan->socket, &resources->beside, &plan->place, error);
  if (!resource->helper)
    return FALSE;
  resource->fd = g_steal_fd(&fd);
  return TRUE;
}

static void bus_release(const Resources *resources, Resource *resource)
{
  fd_clear(&resource->fd);
  dbus_daemon_end(g_steal_pointer(&resource->helper), resources->directory, resource->plan->socket);
}

static const ResourceKind kinds[PLAN_RESOURCE_SECRET + 1] = {
  [PLAN_RESOURCE_QMP] = { "qmp", socket_acquire, socket_release, .is_of_run = TRUE },
  [PLAN_RESOURCE_CONSOLE] = { "console", socket_acquire, socket_release, .is_of_run = TRUE },
  [PLAN_RESOURCE_CHANNEL] = { "channel", channel_acquire, socket_release, .is_of_run = TRUE },
  [PLAN_RESOURCE_FILE] = { "file", file_acquire, file_release, .is_of_run = FALSE },
  [PLAN_RESOURCE_PORT] = { "port", port_acquire, file_release, .is_of_run = FALSE },
  [PLAN_RESOURCE_TAP] = { "tap", tap_acquire, tap_release, .is_of_run = FALSE },
  [PLAN_RESOURCE_TAP_QUEUE] = { "tap-queue", queue_acquire, file_release, .is_of_run = TRUE },
  [PLAN_RESOURCE_VARIABLES] = { "variables", variables_acquire, file_release, .is_of_run = FALSE },
  [PLAN_RESOURCE_PASST] = { "passt", passt_acquire, passt_release, .is_of_run = TRUE },
  [PLAN_RESOURCE_PCI] = { "pci", pci_acquire, pci_release, .is_of_run = FALSE },
  [PLAN_RESOURCE_TPM] = { "tpm", tpm_acquire, tpm_release, .is_of_run = TRUE, .program = "swtpm",
                          .lost = "its TPM" },
  [PLAN_RESOURCE_VIRTIOFSD] = { "virtiofsd", virtiofsd_acquire, virtiofsd_release, .is_of_run = TRUE,
                                .program = "virtiofsd", .lost = "the directory" },
  [PLAN_RESOURCE_BUS] = { "bus", bus_acquire, bus_release, .is_of_run = TRUE, .program = "dbus-daemon",
                          .lost = "its display", .is_quiet = TRUE },
  [PLAN_RESOURCE_CLOUD_INIT] = { "cloud-init", cloud_init_acquire, file_release, .is_of_run = FALSE },
  [PLAN_RESOURCE_SECRET] = { "secret", secret_acquire, file_release, .is_of_run = FALSE },
  [PLAN_RESOURCE_VHOST_NET] = { "vhost-net", vhost_acquire, file_release, .is_of_run = TRUE },
};

static Resource *get(const Resources *resources, guint index)
{
  return &g_array_index(resources->items, Resource, index);
}

/* What another supervisor began ends with its QEMU. */
static void give_up(const Resources *resources, Resource *resource)
{
  if (resource->helper && helper_await(resource->helper, -1, patience_of(END_SECONDS * 1000),
                                       /* is_cleanup= */ TRUE) == HELPER_LATE)
    announce_notice("%s does not end, and is killed", resource_program(resource));
  g_clear_pointer(&resource->helper, helper_free);
  fd_clear(&resource->peer);
  if (resource->name)
    runtime_dir_unlink(resources->directory, resource->name);
  if (resource->plan->kind == PLAN_RESOURCE_BUS)
    unlinkat(runtime_dir_sockets_fd(resources->directory), resource->plan->socket, 0);
  g_clear_pointer(&resource->name, g_free);
  g_clear_pointer(&resource->tap_name, g_free);
  resource->is_adopted = FALSE;
}

static void release(Resources *resources, gboolean all)
{
  for (guint i = resources->items->len; i-- > 0;) {
    Resource *resource = get(resources, i);

    if (resource->fd >= 0 && (all || kinds[resource->plan->kind].is_of_run))
      kinds[resource->plan->kind].release(resources, resource);
    else if (resource->is_adopted)
      give_up(resources, resource);
  }
  if (resources->is_adopted)
    leftovers_release(runtime_dir_fd(resources->directory));
  resources->is_adopted = FALSE;
}

Resources *resources_new(const Plan *plan, const RuntimeDir *directory)
{
  Resources *resources = g_new0(Resources, 1);

  resources->directory = directory;
  resources->beside = (Beside){ .group = -1, .lifeline = -1 };
  resources->lifeline = -1;
  resources->items = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ TRUE, sizeof(Resource));
  for (guint i = 0; i < plan->resources->len; i++) {
    const Resource resource = {
      .plan = g_ptr_array_index(plan->resources, i), .fd = -1, .peer = -1, .all = resources
    };

    g_array_append_val(resources->items, resource);
  }
  return resources;
}

void resources_set_beside(Resources *resources, const Beside *beside)
{
  int lifeline = resources->beside.lifeline;

  resources->beside = *beside;
  resources->beside.lifeline = lifeline;
}

static gboolean acquire(const Resources *resources, Resource *resource, GError **error)
{
  const PlanResource *plan = resource->plan;

  if (plan->kind >= G_N_ELEMENTS(kinds) || !kinds[plan->kind].acquire)
    return error_set(error, DOMRUN_ERROR_HOST, &plan->place, NULL,
                     "'%s' needs a thing of the host that 'run' cannot make yet", plan->alias);
  return kinds[plan->kind].acquire(resources, resource, error);
}

/* Without it (no pipe can be made) helpers that are left are ended with the rest of the remains. */
static void make_lifeline(Resources *resources)
{
  int pipe_fds[2];

  for (guint i = 0; i < resources->items->len && resources->lifeline < 0; i++) {
    const Resource *resource = get(resources, i);

    if (!kinds[resource->plan->kind].program || !g_unix_open_pipe(pipe_fds, FD_CLOEXEC, NULL))
      continue;
    resources->beside.lifeline = pipe_fds[0];
    resources->lifeline = pipe_fds[1];
  }
}

int resources_lifeline(const Resources *resources)
{
  return resources->lifeline;
}

void resources_pass_lifeline(Resources *resources)
{
  fd_clear(&resources->beside.lifeline);
  fd_clear(&resources->lifeline);
}

gboolean resources_acquire(Resources *resources, GError **error)
{
  make_lifeline(resources);
  for (guint i = 0; i < resources->items->len; i++) {
    Resource *resource = get(resources, i);

    if (resource->fd < 0 && !resource->is_adopted && !acquire(resources, resource, error)) {
      release(resources, /* all= */ TRUE);
      return FALSE;
    }
  }
  return TRUE;
}

/* ---- From one supervisor to the next ---- */

static Json *describe(const Resource *resource)
{
  Json *object = json_new_object();
  gint64 pid = resource->helper ? helper_pid(resource->helper) : 0;

  json_set_string(object, "kind", kinds[resource->plan->kind].word);
  json_set_string(object, "alias", resource->plan->alias);
  if (resource->name)
    json_set_string(object, "name", resource->name);
  if (resource->tap || resource->tap_name)
    json_set_string(object, "tap", resource->tap ? tap_name(resource->tap) : resource->tap_name);
  if (resource->port > 0)
    json_set_int(object, "port", resource->port);
  if (pid > 0) {
    json_set_int(object, "pid", pid);
    json_set_int(object, "start", process_start(pid));
  }
  return object;
}

Json *resources_describe(const Resources *resources)
{
  Json *array = json_new_array();

  for (guint i = 0; i < resources->items->len; i++)
    json_append(array, describe(get(resources, i)));
  return array;
}

static gboolean is_same_kind(const Resource *resource, Json *object)
{
  return g_strcmp0(json_get_string(object, "kind"), kinds[resource->plan->kind].word) == 0 &&
         g_strcmp0(json_get_string(object, "alias"), resource->plan->alias) == 0;
}

/* The first that no other resource has taken: @taken has their places. */
static Json *find_description(const Resource *resource, Json *described, gboolean *taken)
{
  for (guint i = 0; i < json_length(described); i++) {
    Json *object = json_at(described, i);

    if (taken[i] || !json_is(object, JSON_OBJECT) || !is_same_kind(resource, object))
      continue;
    taken[i] = TRUE;
    return object;
  }
  return NULL;
}

/* Its pid may have become another's: it is looked at again once no other can be meant. */
static void adopt_helper(Resource *resource, Json *object)
{
  gint64 pid = 0, start = 0;

  if (!json_get_int(object, "pid", &pid) || !json_get_int(object, "start", &start) || start <= 0 ||
      process_start(pid) != start)
    return;
  resource->helper = helper_adopt((pid_t)pid);
  if (resource->helper && process_start(pid) != start)
    helper_leave(g_steal_pointer(&resource->helper));
}

static gboolean connect_again(const Resources *resources, Resource *resource, GError **error)
{
  if (resource->plan->kind != PLAN_RESOURCE_QMP && resource->plan->kind != PLAN_RESOURCE_CONSOLE)
    return TRUE;
  if (!resource->name)
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "it is not known where QEMU listens for '%s'",
                     resource->plan->alias);
  resource->peer = runtime_dir_connect(resources->directory, resource->name, CONNECT_PATIENCE, error);
  return resource->peer >= 0 && g_unix_set_fd_nonblocking(resource->peer, TRUE, NULL);
}

static gboolean adopt(const Resources *resources, Resource *resource, Json *object, GError **error)
{
  const char *name = object ? json_get_string(object, "name") : NULL;
  gint64 port = 0;

  if (name && !strchr(name, '/'))
    resource->name = g_strdup(name);
  if (object) {
    resource->tap_name = g_strdup(json_get_string(object, "tap"));
    adopt_helper(resource, object);
  }
  if (object && json_get_int(object, "port", &port) && port > 0 && port <= G_MAXUINT16)
    resource->port = (int)port;
  if (resource->plan->kind == PLAN_RESOURCE_CHANNEL && resource->name)
    resource->path = g_build_filename(runtime_dir_path(resources->directory), resource->name, NULL);
  resource->is_adopted = resource->is_begun = TRUE;
  return connect_again(resources, resource, error);
}

gboolean resources_adopt(Resources *resources, Json *described, GError **error)
{
  g_autofree gboolean *taken = g_new0(gboolean, json_length(described) + 1);

  resources->is_adopted = TRUE;
  for (guint i = 0; i < resources->items->len; i++) {
    Resource *resource = get(resources, i);

    if (!adopt(resources, resource, find_description(resource, described, taken), error))
      return FALSE;
  }
  return TRUE;
}

void resources_leave(Resources *resources)
{
  for (guint i = 0; resources && i < resources->items->len; i++) {
    Resource *resource = get(resources, i);

    if (resource->helper)
      helper_leave(g_steal_pointer(&resource->helper));
    fd_clear(&resource->peer);
    g_clear_pointer(&resource->tap_name, g_free);
    resource->is_adopted = FALSE;
  }
  if (resources)
    resources->is_adopted = FALSE;
  resources_free(resources);
}

void resources_set_directory(Resources *resources, const RuntimeDir *directory)
{
  resources->directory = directory;
  for (guint i = 0; i < resources->items->len; i++) {
    const Resource *resource = get(resources, i);

    if (resource->tap)
      note_tap(resources, resource);
    if (resource->pci.device)
      leftovers_note_pci(runtime_dir_fd(directory), resource->name, &resource->pci);
  }
}

/* ---- Programs beside QEMU ---- */

static void on_helper_said(const char *line, gpointer user_data)
{
  const Resource *resource = user_data;
  const char *program = kinds[resource->plan->kind].program;

  const char *prefix = g_str_has_prefix(line, program) ? "" : program, *separator = *prefix ? ": " : "";

  if (kinds[resource->plan->kind].is_quiet)
    announce_log("%s%s%s", prefix, separator, line);
  else
    announce("%s%s%s", prefix, separator, line);
}

static void on_helper_end(gpointer user_data)
{
  const Resource *resource = user_data;

  resource->all->ended(resource, resource->all->user_data);
}

const char *resource_program(const Resource *resource)
{
  return kinds[resource->plan->kind].program;
}

const char *resource_loss(const Resource *resource)
{
  return kinds[resource->plan->kind].lost;
}

void resources_watch(Resources *resources, GMainContext *context, ResourcesEndFunc ended, gpointer user_data)
{
  static const HelperHandlers handlers = { on_helper_said, on_helper_end };

  resources->ended = ended;
  resources->user_data = user_data;
  for (guint i = 0; i < resources->items->len; i++) {
    Resource *resource = get(resources, i);

    if (resource->helper)
      helper_watch(resource->helper, context, &handlers, resource);
  }
}

gboolean resources_have_helpers(const Resources *resources)
{
  gboolean has_some = FALSE;

  for (guint i = 0; i < resources->items->len; i++)
    has_some |= get(resources, i)->helper != NULL;
  return has_some;
}

void resources_kill_helpers(Resources *resources)
{
  for (guint i = 0; i < resources->items->len; i++) {
    const Resource *resource = get(resources, i);

    if (!resource->helper)
      continue;
    announce_notice("QEMU does not end: %s, which it may wait for, is killed ('%s')",
                    resource_program(resource), resource->plan->alias);
    helper_kill(resource->helper);
  }
}

void resources_release_run(Resources *resources)
{
  release(resources, /* all= */ FALSE);
}

gboolean resources_release_ports(Resources *resources)
{
  gboolean has_ports = FALSE;

  for (guint i = 0; i < resources->items->len; i++) {
    Resource *resource = get(resources, i);

    if (resource->plan->kind == PLAN_RESOURCE_PORT && resource->fd >= 0) {
      file_release(resources, resource);
      resource->losses++;
      has_ports = TRUE;
    }
  }
  return has_ports;
}

void resources_free(Resources *resources)
{
  if (!resources)
    return;
  release(resources, /* all= */ TRUE);
  resources_pass_lifeline(resources);
  for (guint i = 0; i < resources->items->len; i++) {
    g_free(get(resources, i)->name);
    g_free(get(resources, i)->path);
    g_free(get(resources, i)->tap_name);
  }
  g_array_unref(resources->items);
  g_free(resources);
}

guint resources_count(const Resources *resources)
{
  return resources->items->len;
}

const Resource *resources_get(const Resources *resources, guint index)
{
  return get(resources, index);
}

int resources_take_peer(Resources *resources, guint index)
{
  return g_steal_fd(&get(resources, index)->peer);
}
