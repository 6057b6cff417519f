/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It is given a socket that it is to listen on, to which there is a connection already: that is QEMU's.
 * Before QEMU gets it, virtiofsd is asked a question of its own (QEMU's docs/interop/vhost-user), which it
 * answers once it is in its sandbox: QEMU would wait for one that does not, and nobody could tell. It ends
 * with the connection.
 */
#include "config.h"

#include "host/virtiofsd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/patience.h"
#include "host/descriptors.h"
#include "host/requirement.h"
#include "process/program.h"

enum { ANSWER_SECONDS = 10, END_SECONDS = 10, VERSION_SECONDS = 10 };

/* Where it is to be found in the child. */
enum { NUMBER_SOCKET = 3 };

struct Virtiofsd {
  Helper *helper;
  int fd;
};

/* ---- Finding it ---- */

static gboolean try_descriptor(const Json *descriptor, gpointer user_data)
{
  const char *type = json_get_string(descriptor, "type"), *binary = json_get_string(descriptor, "binary");
  char **ret_program = user_data;

  if (g_strcmp0(type, "fs") != 0 || !binary || !g_path_is_absolute(binary) || access(binary, X_OK) < 0)
    return FALSE;
  *ret_program = g_strdup(binary);
  return TRUE;
}

/* NULL where there is none; the caller frees it. */
static char *find_program(void)
{
  static const char *const usual[] = { "/usr/libexec/virtiofsd", "/usr/lib/virtiofsd",
                                       "/usr/lib/qemu/virtiofsd" };
  g_auto(GStrv) directories = descriptors_directories("vhost-user");
  char *program = NULL;

  if (descriptors_each((const char *const *)directories, try_descriptor, &program))
    return program;
  for (gsize i = 0; i < G_N_ELEMENTS(usual); i++) {
    if (access(usual[i], X_OK) == 0)
      return g_strdup(usual[i]);
  }
  return g_find_program_in_path("virtiofsd");
}

gboolean virtiofsd_check(const PlanRequirement *requirement, GError **error)
{
  g_autofree char *program = find_program();

  if (program)
    return TRUE;
  requirement_refuse(
      requirement, error,
      "the program 'virtiofsd' is not in PATH, and no descriptor in /usr/share/qemu/vhost-user "
      "names one");
  return error_add_hint(error,
                        "install the package virtiofsd (Debian 12: qemu-system-common), or say where it "
                        "is: <binary path='FILE'/>");
}

/* ---- Which of the two it is ---- */

/* Both say their version; the one of QEMU's also that of the kernel's interface, unless it is run by a user
 * with supplementary groups, which it gives up before all else, or tries to. */
static gboolean ask_version(const char *program, gboolean *ret_is_of_qemu, GError **error)
{
  char *const argv[] = { (char *)program, (char *)"--version", NULL };
  const ProgramRequest request = { .argv = argv, .seconds = VERSION_SECONDS, .pass_fd = -1 };
  g_auto(ProgramEnd) end = { 0 };

  if (!program_run(&request, &end, error))
    return FALSE;
  *ret_is_of_qemu =
      end.output && (strstr(end.output, "FUSE kernel interface") || strstr(end.output, "setgroups() failed"));
  return TRUE;
}

static gboolean refuse_of_qemu(const PlanVirtiofsd *plan, const char *program, const Place *place,
                               GError **error)
{
  const char *lack = plan->is_readonly ? "<readonly>" : plan->maps->len > 0 ? "<idmap>" : NULL;

  if (lack) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "'%s' is QEMU's own virtiofsd, which has no %s", program,
              lack);
    return error_add_hint(error, "the package virtiofsd of newer distributions has one that does");
  }
  if (geteuid() == 0)
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, place, NULL, "'%s' is QEMU's own virtiofsd, which needs root", program);
  return error_add_hint(error,
                        "the package virtiofsd of newer distributions has one that does not; or share it by "
                        "9p: <filesystem accessmode='mapped'> with <driver type='path'/>");
}

static gboolean refuse_of_rust(const PlanVirtiofsd *plan, const char *program, const Place *place,
                               GError **error)
{
  if (plan->posix_lock != TRUE && plan->flock != TRUE)
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, place, NULL,
            "'%s' keeps locks in the guest, and cannot have them on the host: <lock %s='on'/>", program,
            plan->flock == TRUE ? "flock" : "posix");
  return error_add_hint(error, "QEMU's own virtiofsd, until QEMU 8.0, can");
}

/* ---- The command line ---- */

static void add(GPtrArray *arguments, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GPtrArray *arguments, const char *format, ...)
{
  va_list list;

  va_start(list, format);
  g_ptr_array_add(arguments, g_strdup_vprintf(format, list));
  va_end(list);
}

static void add_switch(GPtrArray *arguments, const char *name, int state)
{
  if (state == PLAN_VIRTIOFSD_UNSET)
    return;
  add(arguments, "-o");
  add(arguments, "%s%s", state ? "" : "no_", name);
}

/* Commas separate options, and a backslash takes their meaning. */
static char *escape(const char *path)
{
  GString *text = g_string_new(NULL);

  for (const char *c = path; *c; c++) {
    if (*c == ',' || *c == '\\')
      g_string_append_c(text, '\\');
    g_string_append_c(text, *c);
  }
  return g_string_free(text, /* free_segment= */ FALSE);
}

static void add_of_qemu(const PlanVirtiofsd *plan, GPtrArray *arguments)
{
  g_autofree char *source = escape(plan->directory);

  add(arguments, "-f");
  add(arguments, "-o");
  add(arguments, "log_level=err,source=%s", source);
  if (plan->cache) {
    add(arguments, "-o");
    add(arguments, "cache=%s", plan->cache);
  }
  if (plan->sandbox) {
    add(arguments, "-o");
    add(arguments, "sandbox=%s", plan->sandbox);
  }
  add_switch(arguments, "xattr", plan->xattr);
  add_switch(arguments, "posix_lock", plan->posix_lock);
  add_switch(arguments, "flock", plan->flock);
}

static void add_of_rust(const PlanVirtiofsd *plan, GPtrArray *arguments)
{
  add(arguments, "--log-level=error");
  add(arguments, "--shared-dir=%s", plan->directory);
  if (plan->cache)
    add(arguments, "--cache=%s", g_str_equal(plan->cache, "none") ? "never" : plan->cache);
  if (plan->sandbox)
    add(arguments, "--sandbox=%s", plan->sandbox);
  if (plan->xattr == TRUE)
    add(arguments, "--xattr");
  if (plan->is_readonly)
    add(arguments, "--readonly");
  for (guint i = 0; i < plan->maps->len; i++)
    add(arguments, "%s", (const char *)g_ptr_array_index(plan->maps, i));
}

static GPtrArray *make_arguments(const PlanVirtiofsd *plan, const char *program, gboolean is_qemus)
{
  GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

  add(arguments, "%s", program);
  add(arguments, "--fd=%d", NUMBER_SOCKET);
  if (plan->threads != PLAN_VIRTIOFSD_UNSET)
    add(arguments, "--thread-pool-size=%d", plan->threads);
  if (plan->open_files > 0)
    add(arguments, "--rlimit-nofile=%u", plan->open_files);
  if (is_qemus)
    add_of_qemu(plan, arguments);
  else
    add_of_rust(plan, arguments);
  g_ptr_array_add(arguments, NULL);
  return arguments;
}

static Helper *start(const PlanVirtiofsd *plan, int listener, const Beside *beside, const Place *place,
                     GError **error)
{
  g_autofree char *program = plan->program ? g_strdup(plan->program) : find_program();
  const SpawnFd fd = { listener, NUMBER_SOCKET };
  HelperRequest request = { .fds = &fd, .n_fds = 1, .group = beside->group, .is_tied = beside->is_tied };
  g_autoptr(Access) access = beside_access_virtiofsd(plan);
  g_auto(SpawnBounds) bounds = { 0 };
  g_autoptr(GPtrArray) arguments = NULL;
  g_autoptr(GError) cause = NULL;
  gboolean is_qemus;
  Helper *helper;

  if (!program) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "there is no virtiofsd");
    return NULL;
  }
  if (!ask_version(program, &is_qemus, &cause)) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "%s", cause->message);
    return NULL;
  }
  if (!(is_qemus ? refuse_of_qemu(plan, program, place, error) : refuse_of_rust(plan, program, place, error)))
    return NULL;
  if (!beside_confine(beside, beside_kind_of_virtiofsd(plan), program, access, &bounds, error))
    return NULL;
  arguments = make_arguments(plan, program, is_qemus);
  request.bounds = bounds;
  request.argv = (char *const *)arguments->pdata;
  helper = helper_start(&request, &cause);
  if (!helper)
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "%s", cause->message);
  return helper;
}

/* ---- Whether it answers ---- */

/* GET_FEATURES, and what is answered: the header again, and a number. Words are this host's. */
typedef struct {
  guint32 request, flags, size;
} Header;

enum { REQUEST_GET_FEATURES = 1, FLAGS_VERSION = 1 };

static HelperWait ask(const Virtiofsd *virtiofsd)
{
  const Header header = { REQUEST_GET_FEATURES, FLAGS_VERSION, 0 };
  guint8 answer[sizeof header + sizeof(guint64)];
  gint64 end = g_get_monotonic_time() + (gint64)patience_of(ANSWER_SECONDS * 1000) * 1000;
  gsize got = 0;

  if (send(virtiofsd->fd, &header, sizeof header, MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof header)
    return HELPER_ENDED;
  while (got < sizeof answer) {
    gint64 left = (end - g_get_monotonic_time()) / 1000; /* for all of it, however slowly it comes */
    HelperWait wait = left > 0 ? helper_await(virtiofsd->helper, virtiofsd->fd, (guint)left,
                                              /* is_cleanup= */ FALSE)
                               : HELPER_LATE;
    ssize_t some;

    if (wait != HELPER_READY)
      return wait;
    some = recv(virtiofsd->fd, answer + got, sizeof answer - got, MSG_DONTWAIT);
    if (some == 0 || (some < 0 && errno != EAGAIN && errno != EINTR))
      return HELPER_ENDED;
    got += some > 0 ? (gsize)some : 0;
  }
  return HELPER_READY;
}

static gboolean try(const Virtiofsd *virtiofsd, const Place *place, GError **error)
{
  HelperWait wait = ask(virtiofsd);
  g_autofree char *words = NULL;

  if (wait == HELPER_READY)
    return TRUE;
  if (wait == HELPER_STOPPED)
    return error_set(error, DOMRUN_ERROR_STOPPED, place, NULL, "virtiofsd was stopped");
  if (wait == HELPER_LATE)
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "virtiofsd did not answer within %u seconds",
              patience_of(ANSWER_SECONDS * 1000) / 1000);
  else
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "virtiofsd ended at its start");
  if (wait == HELPER_ENDED) /* it may have hung up a moment before its last words */
    helper_await(virtiofsd->helper, -1, patience_of(1000), /* is_cleanup= */ TRUE);
  words = helper_last_words(virtiofsd->helper);
  return words ? error_add_hint(error, "its last words: %s", words) : FALSE;
}

/* ---- The whole ---- */

static void virtiofsd_free(Virtiofsd *virtiofsd)
{
  fd_clear(&virtiofsd->fd);
  helper_free(virtiofsd->helper);
  g_free(virtiofsd);
}

/* The connection to what it returns waits in the listener's backlog. */
static int make_listener(const RuntimeDir *directory, const char *name, int *ret_connection, GError **error)
{
  autofd int listener = runtime_dir_listen(directory, name, error);

  if (listener < 0)
    return -1;
  *ret_connection = runtime_dir_connect(directory, name, 0, error);
  runtime_dir_unlink(directory, name);
  return *ret_connection < 0 ? -1 : g_steal_fd(&listener);
}

Virtiofsd *virtiofsd_start(const PlanVirtiofsd *plan, const RuntimeDir *directory, const char *name,
                           const Beside *beside, const Place *place, GError **error)
{
  Virtiofsd *virtiofsd = g_new0(Virtiofsd, 1);
  autofd int listener = -1;

  virtiofsd->fd = -1;
  listener = make_listener(directory, name, &virtiofsd->fd, error);
  if (listener >= 0)
    virtiofsd->helper = start(plan, listener, beside, place, error);
  fd_clear(&listener);
  if (virtiofsd->helper && try(virtiofsd, place, error))
    return virtiofsd;
  virtiofsd_free(virtiofsd);
  return NULL;
}

int virtiofsd_fd(const Virtiofsd *virtiofsd)
{
  return virtiofsd->fd;
}

Helper *virtiofsd_helper(const Virtiofsd *virtiofsd)
{
  return virtiofsd->helper;
}

void virtiofsd_end(Virtiofsd *virtiofsd)
{
  helper_unwatch(virtiofsd->helper);
  fd_clear(&virtiofsd->fd);
  if (helper_await(virtiofsd->helper, -1, patience_of(END_SECONDS * 1000), /* is_cleanup= */ TRUE) ==
      HELPER_LATE)
    announce_notice("virtiofsd does not end, and is killed");
  virtiofsd_free(virtiofsd);
}
