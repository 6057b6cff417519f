/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/cloud-init.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "process/environment.h"
#include "process/program.h"

/* Made in milliseconds. */
enum { MAKE_SECONDS = 60 };

enum { MAX_FILE_BYTES = 16 * 1024 * 1024, MAX_KEY_BYTES = 64 * 1024 };

typedef enum { FILE_USER_DATA, FILE_META_DATA, FILE_NETWORK_CONFIG, FILE_VENDOR_DATA, FILE_LAST } FileKind;

static const char *const file_names[FILE_LAST] = { "user-data", "meta-data", "network-config",
                                                   "vendor-data" };

typedef struct {
  char *bytes; /* NULL: there is no such file */
  gsize length;
} File;

typedef struct {
  const PlanCloudInit *plan;
  const Place *place;
  File files[FILE_LAST];
} Seed;

static void seed_clear(Seed *seed)
{
  for (guint kind = 0; kind < FILE_LAST; kind++)
    g_free(seed->files[kind].bytes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Seed, seed_clear)

/* ---- What is on it ---- */

static gboolean fail(const Seed *seed, const char *what, const char *path, GError **error)
{
  return error_set(error, DOMRUN_ERROR_HOST, seed->place, NULL, "cannot %s '%s': %s", what, path,
                   g_strerror(errno));
}

/* *@ret_bytes stays NULL where there is no such file and there need not be. Nobody waits for a pipe. */
static gboolean read_file(const Seed *seed, const char *path, gboolean may_lack, gsize limit,
                          char **ret_bytes, gsize *ret_length, GError **error)
{
  autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat status;

  if (fd < 0 && errno == ENOENT && may_lack)
    return TRUE;
  if (fd < 0 || fstat(fd, &status) < 0)
    return fail(seed, "read", path, error);
  if (!S_ISREG(status.st_mode))
    return error_set(error, DOMRUN_ERROR_HOST, seed->place, NULL, "'%s' is not a regular file", path);
  *ret_bytes = fd_read_all(fd, limit, ret_length);
  return *ret_bytes || fail(seed, "read", path, error);
}

/* As a string of YAML is one of JSON, too. */
static void add_quoted(GString *text, const char *before, const char *value)
{
  g_autoptr(Json) string = json_new_string(value);
  g_autofree char *quoted = json_print(string);

  g_string_append_printf(text, "%s%s\n", before, quoted);
}

/* One line of authorized_keys(5) without options: "ssh-ed25519 AAAA... who". */
static gboolean is_public_key(const char *line)
{
  static const char *const prefixes[] = { "ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-" };
  const char *space = strchr(line, ' ');

  for (gsize i = 0; space && i < G_N_ELEMENTS(prefixes); i++) {
    if (g_str_has_prefix(line, prefixes[i]))
      return g_str_has_prefix(space + 1, "AAAA") && g_utf8_validate(line, -1, NULL);
  }
  return FALSE;
}

static gboolean refuse_key(const Seed *seed, const char *path, const char *text, GError **error)
{
  g_autofree char *public = g_strconcat(path, ".pub", NULL);

  error_set(error, DOMRUN_ERROR_HOST, seed->place, NULL, "'%s' has no public keys of ssh, one a line", path);
  if (strstr(text, "PRIVATE KEY"))
    return error_add_hint(error, "that is a private key; the public one is usually '%s'", public);
  return FALSE;
}

static gboolean add_keys(const Seed *seed, const char *path, GString *text, GError **error)
{
  g_autofree char *bytes = NULL;
  g_auto(GStrv) lines = NULL;
  gsize length = 0;
  guint n = 0;

  if (!read_file(seed, path, /* may_lack= */ FALSE, MAX_KEY_BYTES, &bytes, &length, error))
    return FALSE;
  lines = g_strsplit(bytes, "\n", -1);
  for (char **line = lines; *line; line++) {
    g_strstrip(*line);
    if (**line == '\0' || **line == '#')
      continue;
    if (!is_public_key(*line))
      return refuse_key(seed, path, bytes, error);
    add_quoted(text, "- ", *line);
    n++;
  }
  return (n > 0 && strlen(bytes) == length) || refuse_key(seed, path, bytes, error);
}

static gboolean make_user_data(const Seed *seed, GString *text, GError **error)
{
  g_string_append(text, "#cloud-config\n");
  if (*seed->plan->keys)
    g_string_append(text, "ssh_authorized_keys:\n");
  for (char *const *key = seed->plan->keys; *key; key++) {
    if (!add_keys(seed, *key, text, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean make_meta_data(const Seed *seed, GString *text, G_GNUC_UNUSED GError **error)
{
  add_quoted(text, "instance-id: ", seed->plan->instance);
  if (seed->plan->hostname)
    add_quoted(text, "local-hostname: ", seed->plan->hostname);
  return TRUE;
}

static gboolean make_file(const Seed *seed, FileKind kind, File *file, GError **error)
{
  GString *text;
  gboolean is_made;

  if (kind != FILE_USER_DATA && kind != FILE_META_DATA)
    return TRUE;
  text = g_string_new(NULL);
  is_made = kind == FILE_USER_DATA ? make_user_data(seed, text, error) : make_meta_data(seed, text, error);
  file->length = text->len;
  file->bytes = g_string_free(text, /* free_segment= */ FALSE);
  return is_made;
}

/* An option that would be lost. */
static gboolean check_lost(const Seed *seed, FileKind kind, const char *path, GError **error)
{
  const char *option = NULL, *what = NULL;

  if (kind == FILE_USER_DATA && *seed->plan->keys)
    option = "--ssh-key", what = "ssh_authorized_keys";
  else if (kind == FILE_META_DATA && seed->plan->hostname)
    option = "--hostname", what = "local-hostname";
  if (!option)
    return TRUE;
  error_set(error, DOMRUN_ERROR_HOST, seed->place, NULL, "%s has no place in '%s', which is there", option,
            path);
  return error_add_hint(error, "write it in there, as %s", what);
}

static gboolean take_file(Seed *seed, FileKind kind, GError **error)
{
  File *file = &seed->files[kind];
  g_autofree char *path = NULL;

  if (seed->plan->directory) {
    path = g_build_filename(seed->plan->directory, file_names[kind], NULL);
    if (!read_file(seed, path, /* may_lack= */ TRUE, MAX_FILE_BYTES, &file->bytes, &file->length, error))
      return FALSE;
  }
  return file->bytes ? check_lost(seed, kind, path, error) : make_file(seed, kind, file, error);
}

static gboolean check_directory(const Seed *seed, GError **error)
{
  const char *directory = seed->plan->directory;
  autofd int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

  return !directory || fd >= 0 || fail(seed, "read", directory, error);
}

static gboolean take_files(Seed *seed, GError **error)
{
  if (!check_directory(seed, error))
    return FALSE;
  for (FileKind kind = 0; kind < FILE_LAST; kind++) {
    if (!take_file(seed, kind, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- Making it ---- */

static char *find_program(const Place *place, GError **error)
{
  static const char *const names[] = { "xorrisofs", "genisoimage", "mkisofs" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    char *program = g_find_program_in_path(names[i]);

    if (program)
      return program;
  }
  error_set(error, DOMRUN_ERROR_HOST, place, NULL, "neither 'xorrisofs' nor 'genisoimage' is in PATH");
  error_add_hint(error, "install the package xorriso");
  return NULL;
}

gboolean cloud_init_check(const PlanRequirement *requirement, GError **error)
{
  g_auto(Seed) seed = { .plan = requirement->cloud_init, .place = &requirement->place };
  g_autofree char *program = find_program(&requirement->place, error);

  return program && take_files(&seed, error);
}

static gboolean write_files(const Seed *seed, const char *directory, GError **error)
{
  for (guint kind = 0; kind < FILE_LAST; kind++) {
    const File *file = &seed->files[kind];
    g_autofree char *path = g_build_filename(directory, file_names[kind], NULL);
    autofd int fd = -1;

    if (!file->bytes)
      continue;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || !fd_write_all(fd, file->bytes, file->length))
      return fail(seed, "write", path, error);
  }
  return TRUE;
}

static gboolean run(const Seed *seed, char *const *argv, const char *scratch, const Beside *beside,
                    GError **error)
{
  g_auto(SpawnBounds) bounds = { 0 };
  g_auto(ProgramEnd) end = { 0 };
  g_auto(GStrv) environment = environment_inherited(/* identity= */ NULL, /* with_proxies= */ FALSE);
  g_autoptr(Access) access = access_new_empty();
  g_autoptr(GError) cause = NULL;
  g_autofree char *how = NULL, *last = NULL;
  ProgramRequest request = { .argv = argv,
                             .environment = environment,
                             .seconds = MAKE_SECONDS,
                             .pass_fd = -1,
                             .group = beside->group,
                             .is_private = TRUE };

  access_add(access, PLAN_ACCESS_ALL, scratch);
  if (!beside_confine(beside, BESIDE_ISO, argv[0], access, &bounds, error))
    return FALSE;
  request.bounds = bounds;
  if (!program_run(&request, &end, &cause))
    return error_set(error, DOMRUN_ERROR_HOST, seed->place, NULL, "%s", cause->message);
  if (program_end_is_good(&end))
    return TRUE;
  how = program_end_describe(&end, MAKE_SECONDS);
  last = program_end_last_line(&end);
  error_set(error, end.is_stopped ? DOMRUN_ERROR_STOPPED : DOMRUN_ERROR_HOST, seed->place, NULL, "'%s' %s",
            argv[0], how);
  return last ? error_add_hint(error, "its last words: %s", last) : FALSE;
}

static int make_image(const Seed *seed, const char *scratch, const char *files, const Beside *beside,
                      GError **error)
{
  g_autofree char *program = find_program(seed->place, error);
  g_autofree char *image = g_build_filename(scratch, "seed.iso", NULL);
  const char *argv[] = { program,          "-quiet",  "-volid", "CIDATA", "-joliet",
                         "-rational-rock", "-output", image,    files,    NULL };
  int fd;

  if (!program || !run(seed, (char *const *)argv, scratch, beside, error))
    return -1;
  fd = open(image, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    fail(seed, "read", image, error);
  return fd;
}

static void remove_scratch(const char *scratch, const char *files)
{
  g_autofree char *image = g_build_filename(scratch, "seed.iso", NULL);

  for (guint kind = 0; kind < FILE_LAST; kind++) {
    g_autofree char *path = g_build_filename(files, file_names[kind], NULL);

    unlink(path);
  }
  rmdir(files);
  unlink(image);
  rmdir(scratch);
}

int cloud_init_make(const PlanCloudInit *plan, const char *directory, const Beside *beside,
                    const Place *place, GError **error)
{
  g_auto(Seed) seed = { .plan = plan, .place = place };
  g_autofree char *scratch = g_build_filename(directory, CLOUD_INIT_SCRATCH, NULL);
  g_autofree char *files = g_build_filename(scratch, "files", NULL);
  int fd = -1;

  if (!take_files(&seed, error))
    return -1;
  remove_scratch(scratch, files); /* of one that was killed */
  if (mkdir(scratch, 0700) < 0 || mkdir(files, 0700) < 0)
    fail(&seed, "make the directory", files, error);
  else if (write_files(&seed, files, error))
    fd = make_image(&seed, scratch, files, beside, error);
  remove_scratch(scratch, files);
  return fd;
}
