/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A new state is made in a directory of its own inside of the one that is to have it, where all that a killed
 * swtpm_setup leaves is found and removed by the next; its one file is moved out when it is ready.
 *
 * The certificates of a new TPM need an authority that signs them. Root has the host's, which the package of
 * swtpm_setup configures in /etc; a user who has none in ~/.config gets one in the directory where domrun
 * keeps files.
 */
#include "config.h"

#include "host/tpm-state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "host/state-dir.h"
#include "process/environment.h"
#include "process/program.h"

/* It generates keys, which takes a second or two, and much longer where chance wants it. */
enum { SETUP_SECONDS = 120 };

/* Of a line that a message can hold. */
enum { CAUSE_BYTES = 256 };

/* Behind the name of a file, or in a directory; what others have there is not called so. */
static const char new_name[] = ".domrun-new";
static const char config_name[] = "swtpm_setup.conf";

static const char *file_of(const PlanTpm *plan)
{
  return plan->is_tpm2 ? "tpm2-00.permall" : "tpm-00.permall";
}

gboolean tpm_state_is_to_be_made(const PlanTpm *plan)
{
  g_autofree char *file = NULL;
  struct stat status;

  if (plan->banks || !plan->path)
    return TRUE;
  file = plan->is_file ? g_strdup(plan->path) : g_build_filename(plan->path, file_of(plan), NULL);
  return stat(file, &status) < 0 || (S_ISREG(status.st_mode) && status.st_size == 0);
}

/* ---- swtpm_setup ---- */

typedef struct {
  const PlanTpm *plan;
  const Place *place;
  int secret;
  const Beside *beside;
  char *program;
  const char *temporary; /* a directory that goes with the guest */
  char **environment;
} Setup;

static void setup_clear(Setup *setup)
{
  g_free(setup->program);
  g_strfreev(setup->environment);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Setup, setup_clear)

static gboolean fail(const Place *place, const char *what, const char *path, GError **error)
{
  return error_set(error, DOMRUN_ERROR_HOST, place, NULL, "cannot %s '%s': %s", what, path,
                   g_strerror(errno));
}

/* Of what it printed, in no good order since it is a pipe, the first line that is none of what it always
 * says.
 */
static char *find_cause(const ProgramEnd *end)
{
  static const char *const usual[] = { "Starting ", "TPM is ",           "Successfully ",     "  Invoking ",
                                       "Ending ",   "An error occurred", "  The TPM's state " };
  g_auto(GStrv) lines = g_strsplit(end->output, "\n", -1);

  for (char **line = lines; *line; line++) {
    gboolean is_usual = **line == '\0';

    for (gsize i = 0; i < G_N_ELEMENTS(usual); i++)
      is_usual |= g_str_has_prefix(*line, usual[i]);
    if (!is_usual)
      return g_strndup(*line, CAUSE_BYTES);
  }
  return program_end_last_line(end);
}

static gboolean run(const Setup *setup, GPtrArray *arguments, GError **error)
{
  g_autofree char *how = NULL, *cause_line = NULL;
  g_autoptr(GError) cause = NULL;
  g_auto(ProgramEnd) end = { 0 };
  g_auto(SpawnBounds) bounds = { 0 };
  ProgramRequest request = {
    .environment = setup->environment,
    .seconds = SETUP_SECONDS,
    .pass_fd = setup->secret,
    .group = setup->beside->group,
    .is_private = TRUE,
  };

  g_ptr_array_add(arguments, NULL);
  request.argv = (char *const *)arguments->pdata;
  if (setup->secret >= 0 && lseek(setup->secret, 0, SEEK_SET) < 0)
    return fail(setup->place, "read", "the secret", error);
  if (!beside_confine(setup->beside, BESIDE_SWTPM_SETUP, setup->program, /* access= */ NULL, &bounds, error))
    return FALSE;
  request.bounds = bounds;
  if (!program_run(&request, &end, &cause))
    return error_set(error, DOMRUN_ERROR_HOST, setup->place, NULL, "%s", cause->message);
  if (program_end_is_good(&end))
    return TRUE;
  how = program_end_describe(&end, SETUP_SECONDS);
  cause_line = find_cause(&end);
  error_set(error, end.is_stopped ? DOMRUN_ERROR_STOPPED : DOMRUN_ERROR_HOST, setup->place, NULL,
            "swtpm_setup, which prepares a TPM, %s", how);
  return cause_line ? error_add_hint(error, "it said: %s", cause_line) : FALSE;
}

/* It starts a swtpm, which would stay where it is killed. So the kernel tells a shell of the end of this
 * process (spawn.h), and that ends all three. */
static GPtrArray *arguments_new(const Setup *setup, const char *first)
{
  static const char *const shell[] = { "/bin/sh", "-c", "trap 'kill -9 0' TERM; \"$@\" & wait $!", "sh" };
  GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

  for (gsize i = 0; i < G_N_ELEMENTS(shell); i++)
    g_ptr_array_add(arguments, g_strdup(shell[i]));
  g_ptr_array_add(arguments, g_strdup(setup->program));
  g_ptr_array_add(arguments, g_strdup(first));
  return arguments;
}

static void add(GPtrArray *arguments, const char *option, const char *value)
{
  g_ptr_array_add(arguments, g_strdup(option));
  if (value)
    g_ptr_array_add(arguments, g_strdup(value));
}

static gboolean has_config_of_user(void)
{
  g_autofree char *path = g_build_filename(g_get_user_config_dir(), config_name, NULL);

  return geteuid() == 0 || access(path, F_OK) == 0;
}

/* swtpm_setup writes the configuration of an authority where XDG_CONFIG_HOME says, unless it is there. */
static gboolean make_authority(Setup *setup, GError **error)
{
  g_autofree char *state = state_dir_path();
  g_autofree char *directory = g_build_filename(state, "swtpm", NULL);
  g_autofree char *config = g_build_filename(directory, config_name, NULL);
  g_autoptr(GPtrArray) arguments = NULL;

  if (has_config_of_user())
    return TRUE;
  if (g_mkdir_with_parents(directory, 0700) < 0)
    return fail(setup->place, "make the directory", directory, error);
  setup->environment =
      g_environ_setenv(setup->environment, "XDG_CONFIG_HOME", directory, /* overwrite= */ TRUE);
  if (access(config, F_OK) == 0)
    return TRUE;
  arguments = arguments_new(setup, "--create-config-files");
  add(arguments, "skip-if-exist", NULL);
  return run(setup, arguments, error);
}

/* Since version 0.10. */
static gboolean check_profiles(const Setup *setup, GError **error)
{
  char *const argv[] = { setup->program, (char *)"--print-capabilities", NULL };
  const ProgramRequest request = { .argv = argv, .seconds = SETUP_SECONDS, .pass_fd = -1 };
  g_auto(ProgramEnd) end = { 0 };

  if (!setup->plan->profile)
    return TRUE;
  if (program_run(&request, &end, NULL) && end.output && strstr(end.output, "cmdarg-profile"))
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, setup->place, NULL, "this swtpm_setup knows no profiles");
  return error_add_hint(error, "swtpm 0.10 and later do; without <profile> a TPM has swtpm's default");
}

static gboolean prepare(Setup *setup, const char *scratch, GError **error)
{
  setup->program = g_find_program_in_path("swtpm_setup");
  if (!setup->program) {
    error_set(error, DOMRUN_ERROR_HOST, setup->place, NULL, "the program 'swtpm_setup' is not in PATH");
    return error_add_hint(error, "install the package swtpm-tools");
  }
  setup->environment =
      g_environ_setenv(environment_inherited(/* identity= */ NULL, /* with_proxies= */ FALSE), "TMPDIR",
                       scratch, /* overwrite= */ TRUE);
  return make_authority(setup, error) && check_profiles(setup, error);
}

/* What each run of it has. */
static void add_common(const Setup *setup, const char *state, GPtrArray *arguments)
{
  G_STATIC_ASSERT(PROGRAM_PASSED_FD == 3); /* as the option has it */

  if (setup->plan->is_tpm2)
    add(arguments, "--tpm2", NULL);
  add(arguments, "--tpmstate", state);
  if (setup->secret >= 0) {
    add(arguments, "--pwdfile-fd", "3");
    add(arguments, "--cipher", "aes-256-cbc");
  }
  if (setup->plan->banks)
    add(arguments, "--pcr-banks", setup->plan->banks);
}

/* As libvirt has a new TPM: with keys and certificates that its manufacturer would have given it. */
static gboolean make_new(const Setup *setup, const char *state, GError **error)
{
  static const char *const manufacturing[] = { "--create-ek-cert", "--create-platform-cert", "--lock-nvram",
                                               "--not-overwrite" };
  g_autoptr(GPtrArray) arguments = arguments_new(setup, "--createek");

  add_common(setup, state, arguments);
  for (gsize i = 0; i < G_N_ELEMENTS(manufacturing); i++)
    add(arguments, manufacturing[i], NULL);
  if (setup->plan->profile)
    add(arguments, "--profile-name", setup->plan->profile);
  if (setup->plan->profile_filter)
    add(arguments, "--profile-remove-disabled", setup->plan->profile_filter);
  return run(setup, arguments, error);
}

static gboolean choose_banks(const Setup *setup, const char *state, GError **error)
{
  g_autoptr(GPtrArray) arguments = arguments_new(setup, "--reconfigure");

  add_common(setup, state, arguments);
  return run(setup, arguments, error);
}

/* ---- Directories ---- */

static gboolean lock(int fd, const char *path, const Place *place, GError **error)
{
  if (flock(fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (errno != EWOULDBLOCK)
    return fail(place, "lock", path, error);
  return error_set(error, DOMRUN_ERROR_HOST, place, NULL,
                   "the state of a TPM in '%s' is in use by another guest", path);
}

/* What swtpm_setup has left, too: files in directories. No link is followed. */
static void make_empty(int fd, guint depth)
{
  int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;
  const struct dirent *entry;

  if (copy >= 0 && !directory)
    close(copy);
  while (directory && (entry = readdir(directory))) {
    const char *name = entry->d_name;
    autofd int inner = -1;

    if (g_str_equal(name, ".") || g_str_equal(name, "..") || unlinkat(fd, name, 0) == 0 || depth == 0)
      continue;
    inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner >= 0)
      make_empty(inner, depth - 1);
    unlinkat(fd, name, AT_REMOVEDIR);
  }
  if (directory)
    closedir(directory);
}

enum { SCRATCH_DEPTH = 4 };

/* Empty, and this process's own. What another user has called so, or a link, is not touched. */
static int open_scratch(const char *path, const Place *place, GError **error)
{
  struct stat opened, named;
  autofd int fd = -1;

  if (mkdir(path, 0700) < 0 && errno != EEXIST) {
    fail(place, "make the directory", path, error);
    return -1;
  }
  fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &opened) < 0 || opened.st_uid != geteuid()) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL,
              "cannot make the directory '%s': something else has that name", path);
    return -1;
  }
  if (!lock(fd, path, place, error))
    return -1;
  if (lstat(path, &named) < 0 || named.st_ino != opened.st_ino) { /* its owner has just removed it */
    error_set(error, DOMRUN_ERROR_HOST, place, NULL, "the state of a TPM in '%s' is in use by another guest",
              path);
    return -1;
  }
  make_empty(fd, SCRATCH_DEPTH);
  return g_steal_fd(&fd);
}

static void remove_scratch(int fd, const char *path)
{
  make_empty(fd, SCRATCH_DEPTH);
  rmdir(path);
}

/* The program does not: after a power failure there would be an empty file, which is no TPM's state. */
static gboolean sync_file(const char *path)
{
  autofd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

  return fd >= 0 && fsync(fd) == 0;
}

static gboolean move_out(const Setup *setup, const char *scratch, const char *path, GError **error)
{
  g_autofree char *from = g_build_filename(scratch, file_of(setup->plan), NULL);
  g_autofree char *to = g_build_filename(path, file_of(setup->plan), NULL);

  return (sync_file(from) && rename(from, to) == 0) || fail(setup->place, "make", to, error);
}

static gboolean make_in(Setup *setup, const char *path, GError **error)
{
  g_autofree char *scratch = g_build_filename(path, new_name, NULL);
  autofd int fd = open_scratch(scratch, setup->place, error);
  gboolean is_made;

  if (fd < 0)
    return FALSE;
  is_made = prepare(setup, scratch, error) && make_new(setup, scratch, error) &&
            move_out(setup, scratch, path, error);
  remove_scratch(fd, scratch);
  return is_made;
}

static gboolean reconfigure_in(Setup *setup, const char *path, GError **error)
{
  g_autofree char *scratch = g_build_filename(path, new_name, NULL);

  return !setup->plan->banks || (prepare(setup, scratch, error) && choose_banks(setup, path, error));
}

static int open_directory(Setup *setup, const char *path, GError **error)
{
  g_autofree char *file = g_build_filename(path, file_of(setup->plan), NULL);
  autofd int fd = -1;
  int made = setup->plan->is_generated ? g_mkdir_with_parents(path, 0700) : mkdir(path, 0700);

  if (made < 0 && errno != EEXIST) {
    fail(setup->place, "make the directory", path, error);
    return -1;
  }
  fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    fail(setup->place, "open the directory", path, error);
    return -1;
  }
  if (!lock(fd, path, setup->place, error) ||
      !(access(file, F_OK) == 0 ? reconfigure_in(setup, path, error) : make_in(setup, path, error)))
    return -1;
  return g_steal_fd(&fd);
}

/* ---- Files ---- */

/* Under another name first. Two guests that start at once make one. */
static gboolean make_file(Setup *setup, const char *path, GError **error)
{
  g_autofree char *scratch = g_strconcat(path, new_name, NULL);
  g_autofree char *inner = g_build_filename(scratch, "state", NULL);
  g_autofree char *state = g_strconcat("file://", inner, NULL);
  autofd int fd = open_scratch(scratch, setup->place, error);
  gboolean is_made;

  if (fd < 0)
    return FALSE;
  is_made = prepare(setup, scratch, error) && make_new(setup, state, error);
  if (is_made && (!sync_file(inner) || (link(inner, path) < 0 && errno != EEXIST)))
    is_made = fail(setup->place, "make", path, error);
  remove_scratch(fd, scratch);
  return is_made;
}

/* One that is there and may be empty: a block device, or a file that somebody has made. */
static gboolean fill_file(Setup *setup, const char *path, int fd, GError **error)
{
  g_autofree char *state = g_strconcat("file://", path, NULL);
  struct stat status;

  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
    return !setup->plan->banks ||
           (prepare(setup, setup->temporary, error) && choose_banks(setup, state, error));
  return prepare(setup, setup->temporary, error) && make_new(setup, state, error);
}

static int open_file(Setup *setup, const char *path, GError **error)
{
  autofd int fd = -1;

  if (access(path, F_OK) < 0 && errno == ENOENT && !make_file(setup, path, error))
    return -1;
  fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    fail(setup->place, "open", path, error);
    return -1;
  }
  return lock(fd, path, setup->place, error) && fill_file(setup, path, fd, error) ? g_steal_fd(&fd) : -1;
}

int tpm_state_open(const PlanTpm *plan, const char *path, const char *temporary, int secret,
                   const Beside *beside, const Place *place, GError **error)
{
  g_auto(Setup)
      setup = { .plan = plan, .place = place, .temporary = temporary, .secret = secret, .beside = beside };

  if (strchr(path, ',')) {
    error_set(error, DOMRUN_ERROR_HOST, place, NULL,
              "swtpm cannot keep the state of a TPM in '%s': there is a comma in the path", path);
    return -1;
  }
  return plan->is_file ? open_file(&setup, path, error) : open_directory(&setup, path, error);
}
