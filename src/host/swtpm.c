/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Before QEMU gets its end of the socket, the TPM is switched on and off once: whether it can use its state
 * is known then, and told in the document's terms, and a swtpm that does not answer holds up nobody but this.
 * What is spoken on the socket: swtpm_ioctls(3).
 *
 * A QEMU that ends in an orderly way tells swtpm to end. For others it is told here, which it needs: of the
 * loss of a socket that it was born with, swtpm before 0.8 takes no notice.
 */
#include "config.h"

#include "host/swtpm.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/patience.h"
#include "host/ownership.h"
#include "host/requirement.h"
#include "host/secrets.h"
#include "host/tpm-state.h"

enum { ANSWER_SECONDS = 10, END_SECONDS = 10 };

/* Requests on the control channel. */
enum { REQUEST_INIT = 2, REQUEST_SHUTDOWN = 3, REQUEST_STOP = 14 };

struct Swtpm {
  Helper *helper;
  int fd;
};

/* The numbers in swtpm. The state is there for its lock alone. */
enum { NUMBER_CONTROL = 3, NUMBER_STATE, NUMBER_SECRET };

/* ---- The command line ---- */

/* Whatever the directory is called. A file is opened by its own path, which swtpm takes as it is behind the
 * scheme. */
static void add_state(const PlanTpm *plan, const char *path, GPtrArray *arguments)
{
  g_ptr_array_add(arguments, g_strdup("--tpmstate"));
  g_ptr_array_add(arguments, plan->is_file ? g_strdup_printf("backend-uri=file://%s", path)
                                           : g_strdup_printf("dir=/proc/self/fd/%d,mode=0600", NUMBER_STATE));
}

static GPtrArray *make_arguments(const char *program, const PlanTpm *plan, const char *path)
{
  GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

  g_ptr_array_add(arguments, g_strdup(program));
  g_ptr_array_add(arguments, g_strdup("socket"));
  g_ptr_array_add(arguments, g_strdup("--ctrl"));
  g_ptr_array_add(arguments, g_strdup_printf("type=unixio,clientfd=%d", NUMBER_CONTROL));
  g_ptr_array_add(arguments, g_strdup("--terminate"));
  if (plan->is_tpm2)
    g_ptr_array_add(arguments, g_strdup("--tpm2"));
  add_state(plan, path, arguments);
  if (plan->debug > 0) {
    g_ptr_array_add(arguments, g_strdup("--log"));
    g_ptr_array_add(arguments, g_strdup_printf("fd=2,level=%u", plan->debug));
  }
  if (plan->is_encrypted) {
    g_ptr_array_add(arguments, g_strdup("--key"));
    g_ptr_array_add(arguments, g_strdup_printf("pwdfd=%d,mode=aes-256-cbc", NUMBER_SECRET));
  }
  g_ptr_array_add(arguments, NULL);
  return arguments;
}

static Helper *start(const PlanTpm *plan, const char *path, int state, int secret, const Beside *beside,
                     int control, const Place *place, GError **error)
{
  g_autofree char *program = g_find_program_in_path("swtpm");
  g_autoptr(GPtrArray) arguments = NULL;
  g_autoptr(GError) cause = NULL;
  g_autoptr(Access) access = beside_access_swtpm(path);
  g_auto(SpawnBounds) bounds = { 0 };
  const SpawnFd fds[] = { { control, NUMBER_CONTROL }, { state, NUMBER_STATE }, { secret, NUMBER_SECRET } };
  HelperRequest request = { .fds = fds,
                            .n_fds = secret >= 0 ? 3 : 2,
                            .group = beside->group,
                            .is_tied = beside->is_tied,
                            .lifeline = beside->lifeline };
  Helper *helper;

  if (!program) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "the program 'swtpm' is not in PATH");
    return NULL;
  }
  if (!beside_confine(beside, BESIDE_SWTPM, program, access, &bounds, error))
    return NULL;
  arguments = make_arguments(program, plan, path);
  request.bounds = bounds;
  request.argv = (char *const *)arguments->pdata;
  helper = helper_start(&request, &cause);
  if (!helper)
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "%s", cause->message);
  return helper;
}

/* ---- The control channel ---- */

/* Sends @request, of @count words, and gives what is answered, a word. */
static HelperWait ask(const Swtpm *swtpm, const guint32 *request, gsize count, gboolean is_cleanup,
                      guint32 *ret_answer)
{
  guint seconds = is_cleanup ? END_SECONDS : ANSWER_SECONDS;
  guint32 words[2] = { 0 };
  HelperWait wait;

  for (gsize i = 0; i < count; i++)
    words[i] = GUINT32_TO_BE(request[i]);
  if (send(swtpm->fd, words, count * sizeof words[0], MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    return HELPER_ENDED;
  wait = helper_await(swtpm->helper, swtpm->fd, patience_of(seconds * 1000), is_cleanup);
  if (wait == HELPER_READY && recv(swtpm->fd, words, sizeof words[0], MSG_DONTWAIT) != sizeof words[0])
    return HELPER_ENDED;
  *ret_answer = GUINT32_FROM_BE(words[0]);
  return wait;
}

static gboolean refuse(const Swtpm *swtpm, const PlanTpm *plan, const char *path, HelperWait wait,
                       guint32 answer, const Place *place, GError **error)
{
  g_autofree char *words = helper_last_words(swtpm->helper);

  if (wait == HELPER_STOPPED)
    return error_set(error, DOMRUN_ERROR_STOPPED, place, NULL, "swtpm was stopped");
  if (wait == HELPER_LATE)
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "swtpm did not answer within %d seconds",
              (int)(patience_of(ANSWER_SECONDS * 1000) / 1000));
  else if (wait == HELPER_ENDED)
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "swtpm ended at its start");
  else if (plan->is_encrypted)
    error_set(
        error, DOMRUN_ERROR_HOST, place, NULL,
        "swtpm cannot use the state of the TPM in '%s' (error 0x%x): is the secret '%s' that by which it "
        "was made?",
        path, answer, plan->secret.name);
  else
    error_set(error, DOMRUN_ERROR_HOST, place, NULL,
              "swtpm cannot use the state of the TPM in '%s' (error 0x%x)", path, answer);
  return words ? error_add_hint(error, "its last words: %s", words) : FALSE;
}

static gboolean try(const Swtpm *swtpm, const PlanTpm *plan, const char *path, const Place *place,
                    GError **error)
{
  static const guint32 init[] = { REQUEST_INIT, 0 }, stop[] = { REQUEST_STOP };
  guint32 answer = 0;
  HelperWait wait = ask(swtpm, init, G_N_ELEMENTS(init), /* is_cleanup= */ FALSE, &answer);

  if (wait == HELPER_READY && answer == 0)
    wait = ask(swtpm, stop, G_N_ELEMENTS(stop), /* is_cleanup= */ FALSE, &answer);
  return (wait == HELPER_READY && answer == 0) || refuse(swtpm, plan, path, wait, answer, place, error);
}

/* ---- The whole ---- */

static void swtpm_free(Swtpm *swtpm)
{
  helper_free(swtpm->helper);
  fd_clear(&swtpm->fd);
  g_free(swtpm);
}

static Swtpm *start_on(const PlanTpm *plan, const char *path, int state, int secret, const Beside *beside,
                       const Place *place, GError **error)
{
  Swtpm *swtpm = g_new0(Swtpm, 1);
  autofd int its = -1;
  int pair[2];

  swtpm->fd = -1;
  if (secret >= 0)
    lseek(secret, 0, SEEK_SET);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot make a socket for swtpm: %s", g_strerror(errno));
    swtpm_free(swtpm);
    return NULL;
  }
  swtpm->fd = pair[0];
  its = pair[1];
  swtpm->helper = start(plan, path, state, secret, beside, its, place, error);
  if (!swtpm->helper || !try(swtpm, plan, path, place, error)) {
    swtpm_free(swtpm);
    return NULL;
  }
  return swtpm;
}

/* swtpm is QEMU's user. What was made just now is that user's for good, or goes with the guest. */
static gboolean give_state(const PlanTpm *plan, const RuntimeDir *directory, const char *path, int state,
                           gboolean is_new, const Beside *beside, const Place *place, GError **error)
{
  struct stat status;

  if (!beside->account)
    return TRUE;
  if (plan->path && beside->is_chowned)
    return ownership_take(directory, beside->account, path, place, error);
  if (is_new)
    return ownership_settle(beside->account, path, place, error);
  if (!plan->is_generated || fstat(state, &status) < 0 ||
      status.st_uid == account_identity(beside->account)->uid)
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, place, NULL,
            "the state of the TPM in '%s' is not that of '%s', as whom swtpm is run", path,
            account_name(beside->account));
  return error_add_hint(error,
                        "--chown gives it to '%s' while the guest runs; or, for good: chown -R %s '%s'",
                        account_name(beside->account), account_name(beside->account), path);
}

Swtpm *swtpm_start(const PlanTpm *plan, const RuntimeDir *directory, const Beside *beside, const Place *place,
                   GError **error)
{
  g_autofree char *path =
      plan->path ? g_strdup(plan->path) : g_build_filename(runtime_dir_path(directory), "tpm", NULL);
  gboolean is_new = !plan->path || access(path, F_OK) < 0;
  autofd int state = -1, secret = -1;

  if (plan->is_encrypted) {
    secret = secrets_open_decoded(&plan->secret, place, error);
    if (secret < 0)
      return NULL;
  }
  state = tpm_state_open(plan, path, runtime_dir_path(directory), secret, beside, place, error);
  if (state < 0 || !give_state(plan, directory, path, state, is_new, beside, place, error))
    return NULL;
  return start_on(plan, path, state, secret, beside, place, error);
}

int swtpm_fd(const Swtpm *swtpm)
{
  return swtpm->fd;
}

Helper *swtpm_helper(const Swtpm *swtpm)
{
  return swtpm->helper;
}

void swtpm_end(Swtpm *swtpm)
{
  static const guint32 request[] = { REQUEST_SHUTDOWN };
  guint32 answer;

  helper_unwatch(swtpm->helper);
  if (ask(swtpm, request, G_N_ELEMENTS(request), /* is_cleanup= */ TRUE, &answer) == HELPER_LATE ||
      helper_await(swtpm->helper, -1, patience_of(END_SECONDS * 1000), /* is_cleanup= */ TRUE) == HELPER_LATE)
    announce_notice("swtpm does not end, and is killed");
  swtpm_free(swtpm);
}

/* ---- What it takes ---- */

static gboolean check_program(const PlanRequirement *requirement, const char *name, const char *package,
                              GError **error)
{
  g_autofree char *found = g_find_program_in_path(name);

  if (found)
    return TRUE;
  requirement_refuse(requirement, error, "the program '%s' is not in PATH", name);
  return error_add_hint(error, "install the package %s", package);
}

/* A directory that the document names is made, but not what it is in. */
static gboolean check_path(const PlanRequirement *requirement, GError **error)
{
  const PlanTpm *tpm = requirement->tpm;
  g_autofree char *parent = NULL;
  struct stat status;
  gboolean is_there;

  if (!tpm->path || tpm->is_generated)
    return TRUE;
  is_there = stat(tpm->path, &status) == 0;
  if (is_there && !tpm->is_file && !S_ISDIR(status.st_mode))
    return requirement_refuse(requirement, error, "a directory is expected, and '%s' is none", tpm->path);
  if (is_there && tpm->is_file && !S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
    return requirement_refuse(requirement, error, "a file is expected, and '%s' is none", tpm->path);
  parent = is_there ? g_strdup(tpm->path) : g_path_get_dirname(tpm->path);
  return access(parent, W_OK) == 0 ||
         requirement_refuse(requirement, error, "cannot write '%s': %s", parent, g_strerror(errno));
}

gboolean swtpm_check(const PlanRequirement *requirement, GError **error)
{
  return check_program(requirement, "swtpm", "swtpm", error) &&
         (!tpm_state_is_to_be_made(requirement->tpm) ||
          check_program(requirement, "swtpm_setup", "swtpm-tools", error)) &&
         check_path(requirement, error);
}
