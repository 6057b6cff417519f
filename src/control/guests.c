/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "control/guests.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/nearest.h"
#include "base/patience.h"
#include "control/protocol.h"
#include "host/emulator-lock.h"
#include "host/leftovers.h"
#include "host/uuid-lock.h"

enum { TRACES_KEPT = 100 };

/* How often it is looked whether a supervisor has ended, in microseconds. */
enum { END_INTERVAL = 10 * 1000 };

void guest_free(Guest *guest)
{
  if (!guest)
    return;
  guest_state_clear(&guest->state);
  runtime_dir_free(guest->directory);
  g_free(guest);
}

gboolean guest_is_trace(const Guest *guest)
{
  return guest->state.state == GUEST_ENDED;
}

static gboolean is_running(const Guest *guest)
{
  return guest->is_supervised || guest->is_unsupervised;
}

static void mark_unsupervised(GuestState *state)
{
  state->state = GUEST_UNSUPERVISED;
  g_free(state->reason);
  state->reason = g_strdup("killed");
}

static void remove_stale(const Guest *guest)
{
  if (guest->state.uuid)
    uuid_lock_remove_stale(guest->directory, guest->state.uuid);
  runtime_dir_remove_stale(guest->directory);
}

/* Nobody else has the directory now; another look may have come before. */
static gboolean write_end(const RuntimeDir *directory, gpointer user_data)
{
  g_auto(GuestState) now = GUEST_STATE_INIT;
  GuestState *state = user_data;

  if (!guest_state_read(runtime_dir_fd(directory), &now, NULL) ||
      now.supervisor_pid != state->supervisor_pid || now.state == GUEST_ENDED || now.state == GUEST_PRESERVED)
    return FALSE;
  state->state = GUEST_ENDED;
  g_free(state->reason);
  state->reason = g_strdup("unsupervised");
  g_free(state->message);
  state->message = g_strdup("its supervisor was killed, and QEMU has ended since; how is not known");
  state->since = g_get_real_time() / 1000;
  state->emulator_pid = state->emulator_start = 0;
  return guest_state_write(state, runtime_dir_fd(directory), NULL);
}

/* What is left of a guest of which nobody saw the end becomes what is kept of one that has ended. */
static void note_end(Guest *guest)
{
  static const char *const kept[] = { CONTROL_STATE_FILE, CONTROL_LOG_FILE, LEFTOVERS_GROUP_FILE, NULL };

  if (guest->state.uuid)
    uuid_lock_remove_stale(guest->directory, guest->state.uuid);
  runtime_dir_reduce_stale(guest->directory, kept, write_end, &guest->state);
  if (guest_is_trace(guest))
    announce_notice(
        "the guest '%s' has ended while nobody looked after it: its supervisor was killed, and QEMU "
        "has ended since",
        guest->state.name);
}

/* A supervisor that has no room to write says it. */
static gboolean ask_state(const RuntimeDir *directory, GuestState *ret_state)
{
  int patience = (int)patience_of(CONTROL_SUPERVISOR_PATIENCE);
  int fd = runtime_dir_connect(directory, CONTROL_SOCKET_FILE, (guint)patience, NULL);
  g_autoptr(ControlClient) client =
      fd >= 0 ? control_client_new(fd, runtime_dir_path(directory), NULL) : NULL;
  g_autoptr(Json) status = client ? control_client_call(client, "query-status", NULL, patience, NULL) : NULL;

  return status && guest_state_from_json(status, ret_state, NULL);
}

static gboolean find_state(const RuntimeDir *directory, RuntimeHolder holder, GuestState *ret_state)
{
  if (guest_state_read(runtime_dir_fd(directory), ret_state, NULL))
    return TRUE;
  if (holder == RUNTIME_SUPERVISOR && ask_state(directory, ret_state))
    return TRUE;
  return holder != RUNTIME_NOBODY && guest_state_read_old(runtime_dir_fd(directory), ret_state, NULL);
}

/* Takes @directory. NULL where there is no guest in it (any more, or yet), or it could not be seen. */
static Guest *guest_new(RuntimeRoot *root, RuntimeDir *directory)
{
  g_autoptr(Guest) guest = g_new0(Guest, 1);
  RuntimeHolder holder = runtime_dir_holder(directory);
  gboolean is_known;

  if (holder == RUNTIME_UNKNOWN)
    runtime_root_note_lack(root);
  guest->directory = directory;
  guest->state.exit_code = -1;
  guest->is_supervised = holder == RUNTIME_SUPERVISOR;
  guest->is_unsupervised = holder == RUNTIME_EMULATOR;
  is_known = find_state(directory, holder, &guest->state);
  if (is_known && guest->is_unsupervised)
    mark_unsupervised(&guest->state);
  if (is_known && (guest->is_supervised || guest->is_unsupervised || guest->state.state == GUEST_PRESERVED ||
                   guest_is_trace(guest)))
    return g_steal_pointer(&guest);
  if (holder == RUNTIME_NOBODY && is_known)
    note_end(guest);
  if (is_known && guest_is_trace(guest))
    return g_steal_pointer(&guest);
  if (holder == RUNTIME_NOBODY && !is_known)
    remove_stale(guest);
  return NULL;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
  const Guest *const *x = a, *const *y = b;

  return strcmp((*x)->state.name, (*y)->state.name);
}

static GPtrArray *list_below(RuntimeRoot *root)
{
  g_autoptr(GPtrArray) directories = runtime_root_list(root);
  GPtrArray *guests = g_ptr_array_new_with_free_func((GDestroyNotify)guest_free);

  for (guint i = 0; i < directories->len; i++) {
    Guest *guest = guest_new(root, g_steal_pointer(&directories->pdata[i]));

    if (guest)
      g_ptr_array_add(guests, guest);
  }
  g_ptr_array_sort(guests, compare_names);
  return guests;
}

GPtrArray *guests_list(const char *root, GError **error)
{
  g_autoptr(RuntimeRoot) opened = runtime_root_new(root, error);
  g_autoptr(GPtrArray) guests = opened ? list_below(opened) : NULL;

  return guests && runtime_root_check(opened, error) ? g_steal_pointer(&guests) : NULL;
}

/* ---- Traces ---- */

/* The newest first. */
static int compare_ends(gconstpointer a, gconstpointer b)
{
  const Guest *const *x = a, *const *y = b;

  return (*x)->state.since < (*y)->state.since ? 1 : (*x)->state.since > (*y)->state.since ? -1 : 0;
}

static GPtrArray *list_traces(RuntimeRoot *root)
{
  GPtrArray *guests = list_below(root);

  for (guint i = guests->len; i-- > 0;) {
    const Guest *guest = guests->pdata[i];

    if (guest->is_supervised || !guest_is_trace(guest))
      g_ptr_array_remove_index_fast(guests, i);
  }
  return guests;
}

void guests_forget_old(const char *root)
{
  g_autoptr(RuntimeRoot) opened = runtime_root_new(root, NULL);
  g_autoptr(GPtrArray) traces = NULL;

  if (!opened || runtime_root_count(opened) <= TRACES_KEPT)
    return;
  traces = list_traces(opened);
  g_ptr_array_sort(traces, compare_ends);
  for (guint i = TRACES_KEPT; i < traces->len; i++)
    runtime_dir_remove_stale(((const Guest *)traces->pdata[i])->directory);
}

/* ---- Finding one ---- */

static Guest *find_by_name(RuntimeRoot *root, const char *name)
{
  RuntimeDir *directory = runtime_root_find(root, name);
  g_autoptr(Guest) guest = directory ? guest_new(root, directory) : NULL;

  return guest && g_str_equal(guest->state.name, name) ? g_steal_pointer(&guest) : NULL;
}

static char *without_dashes(const char *uuid)
{
  g_auto(GStrv) parts = g_strsplit(uuid, "-", -1);

  return g_strjoinv(NULL, parts);
}

static gboolean is_uuid_of(const Guest *guest, const char *what)
{
  g_autofree char *uuid = without_dashes(guest->state.uuid ? guest->state.uuid : "");
  g_autofree char *wanted = without_dashes(what);

  return strlen(wanted) == 32 && g_ascii_strcasecmp(uuid, wanted) == 0;
}

static gboolean is_id_of(const Guest *guest, const char *what)
{
  g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, guest->state.supervisor_pid);

  return guest->is_supervised && g_str_equal(id, what);
}

static gboolean is_meant(const Guest *guest, const char *what)
{
  return is_uuid_of(guest, what) || is_id_of(guest, what);
}

static gboolean no_guest_error(const GPtrArray *guests, const RuntimeRoot *root, const char *given,
                               const char *what, GError **error)
{
  Nearest nearest = NEAREST_INIT(what);

  for (guint i = 0; i < guests->len; i++) {
    const Guest *guest = g_ptr_array_index(guests, i);

    nearest_try(&nearest, guest->state.name);
  }
  error_set(error, DOMRUN_ERROR_NO_GUEST, NULL, NULL, "no guest '%s'", what);
  if (nearest.name)
    return error_add_hint(error, "did you mean '%s'? It was looked for in '%s'", nearest.name,
                          runtime_root_path(root));
  if (guests->len == 0)
    return error_add_hint(error, "no guest runs in '%s'; --root=DIR looks elsewhere",
                          runtime_root_path(root));
  return error_add_hint(error, "it was looked for in '%s'; 'domrun list%s%s' lists those that run there",
                        runtime_root_path(root), given ? " --root=" : "", given ? given : "");
}

/* Those that @what may mean: the running ones, and only where none runs the remains of others. */
static GPtrArray *meant_of(const GPtrArray *guests, const char *what)
{
  GPtrArray *meant = g_ptr_array_new();
  gboolean has_running = FALSE;

  for (guint i = 0; i < guests->len; i++) {
    Guest *guest = g_ptr_array_index(guests, i);

    if (!is_meant(guest, what) || (has_running && !is_running(guest)))
      continue;
    if (is_running(guest) && !has_running)
      g_ptr_array_set_size(meant, 0);
    has_running |= is_running(guest);
    g_ptr_array_add(meant, guest);
  }
  return meant;
}

static gboolean ambiguous_error(const GPtrArray *meant, const char *what, GError **error)
{
  g_autoptr(GString) names = g_string_new(NULL);

  for (guint i = 0; i < meant->len; i++)
    g_string_append_printf(names, "%s'%s'", i ? ", " : "",
                           ((const Guest *)g_ptr_array_index(meant, i))->state.name);
  error_set(error, DOMRUN_ERROR_NO_GUEST, NULL, NULL, "'%s' is the uuid or the id of several guests: %s",
            what, names->str);
  return error_add_hint(error, "a name means one");
}

/* Takes it out of @guests. */
static Guest *pick(GPtrArray *guests, const char *what, const RuntimeRoot *root, const char *given,
                   GError **error)
{
  g_autoptr(GPtrArray) meant = meant_of(guests, what);
  guint index;

  if (meant->len == 1 && g_ptr_array_find(guests, g_ptr_array_index(meant, 0), &index))
    return g_steal_pointer(&guests->pdata[index]);
  if (meant->len > 1)
    ambiguous_error(meant, what, error);
  else
    no_guest_error(guests, root, given, what, error);
  return NULL;
}

Guest *guests_find(const char *root, const char *what, GError **error)
{
  g_autoptr(RuntimeRoot) opened = runtime_root_new(root, error);
  g_autoptr(GPtrArray) guests = NULL;
  Guest *guest;

  if (!opened)
    return NULL;
  guest = find_by_name(opened, what);
  if (guest)
    return guest;
  guests = list_below(opened);
  return runtime_root_check(opened, error) ? pick(guests, what, opened, root, error) : NULL;
}

gboolean guest_trace_error(const Guest *guest, GError **error)
{
  const GuestState *state = &guest->state;

  error_set(error, DOMRUN_ERROR_NO_GUEST, NULL, NULL, "the guest '%s' has ended (%s)", state->name,
            state->reason ? state->reason : "unknown");
  return error_add_hint(error, "'domrun log' and 'domrun dominfo' tell how; 'domrun forget' removes that");
}

/* ---- Without a supervisor ---- */

static gboolean unsupervised_error(const Guest *guest, GError **error)
{
  error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
            "the guest '%s' is unsupervised: its supervisor was killed, and its QEMU goes on",
            guest->state.name);
  return error_add_hint(error, "'domrun adopt %s' looks after it again; 'domrun destroy %s' ends it",
                        guest->state.name, guest->state.name);
}

/* Its QEMU has to end with the supervisor that is gone. */
static gboolean guest_is_passing(const Guest *guest)
{
  return emulator_lock_is_passing(runtime_dir_fd(guest->directory));
}

typedef enum { HOLDER_SAME, HOLDER_ADOPTER, HOLDER_OTHER } HolderKind;

/* Of a supervisor that has the name now: who it is of those. A guest that is adopted keeps the time of its
 * start, and whoever adopts it has its lock a moment before the state tells. */
static HolderKind kind_of_holder(const Guest *guest)
{
  g_auto(GuestState) now = GUEST_STATE_INIT;

  if (!find_state(guest->directory, RUNTIME_SUPERVISOR, &now) || now.started != guest->state.started)
    return HOLDER_OTHER;
  return now.supervisor_pid == guest->state.supervisor_pid ? HOLDER_SAME : HOLDER_ADOPTER;
}

gboolean guest_is_there(const Guest *guest)
{
  return is_running(guest) && runtime_dir_is_held(guest->directory) && kind_of_holder(guest) != HOLDER_OTHER;
}

static gboolean adopted_error(const Guest *guest, GError **error)
{
  return error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
                   "the supervisor of the guest '%s' was killed, and another has adopted it since",
                   guest->state.name);
}

/* A process at its end hangs up before it gives back its lock, or the other way round. */
gboolean guest_check_over(const Guest *guest, GError **error)
{
  gint64 deadline = g_get_monotonic_time() + (gint64)patience_of(CONTROL_SUPERVISOR_PATIENCE) * 1000;

  for (;;) {
    RuntimeHolder holder = runtime_dir_holder(guest->directory);
    HolderKind kind = holder == RUNTIME_SUPERVISOR ? kind_of_holder(guest) : HOLDER_SAME;
    gboolean is_late = g_get_monotonic_time() > deadline;

    if (holder == RUNTIME_NOBODY || kind == HOLDER_OTHER)
      return TRUE;
    if (kind == HOLDER_ADOPTER)
      return adopted_error(guest, error);
    if (holder == RUNTIME_EMULATOR && (is_late || !guest_is_passing(guest)))
      return unsupervised_error(guest, error);
    if (is_late)
      return error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL,
                       "the supervisor of the guest '%s' has hung up, and does not answer",
                       guest->state.name);
    g_usleep(END_INTERVAL);
  }
}

gboolean guest_end_unsupervised(const Guest *guest, GError **error)
{
  const GuestState *state = &guest->state;

  if (!runtime_dir_end_emulator(guest->directory, state->emulator_pid, state->emulator_start, error))
    return error_add_hint(error, "'fuser -v %s/*' tells which processes have the files of '%s' open",
                          runtime_dir_path(guest->directory), state->name);
  remove_stale(guest);
  return TRUE;
}

/* ---- Connecting ---- */

static gboolean just_ended_error(const Guest *guest, GError **error)
{
  return error_set(error, DOMRUN_ERROR_NO_GUEST, NULL, NULL, "the guest '%s' has just ended",
                   guest->state.name);
}

/* What only a moment is the reason of: a supervisor at its end removes its socket, and hangs up, before it
 * lets go of the name; whoever adopts a guest has its lock before there is somebody at the socket, which the
 * last supervisor has left, and which it makes anew. */
static gboolean is_passing(const Guest *guest, const GError *cause)
{
  if (!g_error_matches(cause, DOMRUN_ERROR, DOMRUN_ERROR_HOST) &&
      !g_error_matches(cause, DOMRUN_ERROR, DOMRUN_ERROR_NO_GUEST))
    return FALSE;
  return faccessat(runtime_dir_fd(guest->directory), CONTROL_SOCKET_FILE, W_OK, AT_EACCESS) == 0 ||
         errno == ENOENT;
}

static ControlClient *try_to_connect(const Guest *guest, GError **error)
{
  int fd = runtime_dir_connect(guest->directory, CONTROL_SOCKET_FILE,
                               patience_of(CONTROL_SUPERVISOR_PATIENCE), error);

  return fd >= 0 ? control_client_new(fd, guest->state.name, error) : NULL;
}

/* Nobody has the name: TRUE where somebody has adopted the guest just now. */
static gboolean is_adopted_after_all(const Guest *guest, GError **error)
{
  g_autoptr(GError) cause = NULL;

  if (guest_check_over(guest, &cause))
    return just_ended_error(guest, error);
  if (guest_is_there(guest))
    return TRUE;
  g_propagate_error(error, g_steal_pointer(&cause));
  return FALSE;
}

static ControlClient *connect_to_supervisor(const Guest *guest, GError **error)
{
  gint64 deadline = g_get_monotonic_time() + (gint64)patience_of(CONTROL_SUPERVISOR_PATIENCE) * 1000;

  for (;;) {
    g_autoptr(GError) cause = NULL;
    ControlClient *client = try_to_connect(guest, &cause);

    if (client)
      return client;
    if (!is_passing(guest, cause) || g_get_monotonic_time() > deadline) {
      g_propagate_error(error, g_steal_pointer(&cause));
      return NULL;
    }
    if (!runtime_dir_is_held(guest->directory) && !is_adopted_after_all(guest, error))
      return NULL;
    g_usleep(END_INTERVAL);
  }
}

ControlClient *guest_connect(const Guest *guest, GError **error)
{
  if (!guest->is_supervised && guest_is_trace(guest)) {
    guest_trace_error(guest, error);
    return NULL;
  }
  if (!is_running(guest)) {
    error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
              "the guest '%s' has ended, and only its remains are kept", guest->state.name);
    error_add_hint(error, "'domrun destroy' removes them");
    return NULL;
  }
  if (guest->is_unsupervised && !guest_is_there(guest) && !is_adopted_after_all(guest, error))
    return NULL;
  return connect_to_supervisor(guest, error);
}
