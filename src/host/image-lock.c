/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The locks belong to open files and not to processes, and so the kernel does not say whose they are. But the
 * fdinfo of each descriptor in /proc has the locks that its open file holds.
 */
#include "config.h"

#include "host/image-lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The bits of BlockPermission. */
enum { PERMISSION_CONSISTENT_READ = 0, PERMISSION_WRITE = 1 };

/* A byte for what is done, and one for what nobody else may do. */
enum { LOCK_DONE = 100, LOCK_BARRED = 200 };

/* What is read of a file in /proc. */
enum { MAX_BYTES = 64 * 1024 };

static gboolean is_locked(int fd, int byte)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* The byte that is locked against @use, or -1. A disk that is not shared lets nobody else write, even where
 * it only reads. */
static int find_byte(int fd, ImageUse use)
{
  if (use != IMAGE_USE_SHARED_WRITE && is_locked(fd, LOCK_DONE + PERMISSION_WRITE))
    return LOCK_DONE + PERMISSION_WRITE;
  if (use != IMAGE_USE_READ && is_locked(fd, LOCK_BARRED + PERMISSION_WRITE))
    return LOCK_BARRED + PERMISSION_WRITE;
  return is_locked(fd, LOCK_BARRED + PERMISSION_CONSISTENT_READ) ? LOCK_BARRED + PERMISSION_CONSISTENT_READ
                                                                 : -1;
}

/* ---- Who holds it ---- */

static char *read_proc(const char *pid, const char *name)
{
  g_autofree char *path = g_build_filename("/proc", pid, name, NULL);
  FILE *file = fopen(path, "re");
  char *text;
  gsize length;

  if (!file)
    return NULL;
  text = g_malloc(MAX_BYTES + 1);
  length = fread(text, 1, MAX_BYTES, file);
  fclose(file);
  text[length] = '\0';
  for (gsize i = 0; i < length; i++) /* between the arguments of a command line */
    text[i] = text[i] == '\0' ? '\n' : text[i];
  return text;
}

/* "lock:\t1: OFDLCK  ADVISORY  READ -1 08:01:1234 100 101": device and inode, first byte and last. The device
 * is not stat(2)'s on btrfs and overlayfs. */
static gboolean is_lock_of(const char *line, const struct stat *image, int byte)
{
  g_autofree char *inode = g_strdup_printf(":%" G_GUINT64_FORMAT, (guint64)image->st_ino);
  g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
  gboolean is_file = FALSE;
  gint64 first;

  if (!g_str_has_prefix(line, "lock:") || !strstr(line, "OFDLCK"))
    return FALSE;
  for (char **word = words; *word; word++) {
    if (is_file && g_ascii_string_to_signed(*word, 10, 0, G_MAXINT32, &first, NULL))
      return word[1] && first <= byte &&
             (g_str_equal(word[1], "EOF") || g_ascii_strtoll(word[1], NULL, 10) >= byte);
    is_file |= g_str_has_suffix(*word, inode);
  }
  return FALSE;
}

static gboolean has_lock(const char *pid, const char *fd, const struct stat *image, int byte)
{
  g_autofree char *name = g_build_filename("fdinfo", fd, NULL);
  g_autofree char *text = read_proc(pid, name);
  g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

  for (char **line = lines; *line; line++) {
    if (is_lock_of(*line, image, byte))
      return TRUE;
  }
  return FALSE;
}

static gboolean is_holder(const char *pid, const struct stat *image, int byte)
{
  g_autofree char *path = g_build_filename("/proc", pid, "fdinfo", NULL);
  g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
  const char *name;

  while (directory && (name = g_dir_read_name(directory))) {
    if (has_lock(pid, name, image, byte))
      return TRUE;
  }
  return FALSE;
}

/* What QEMU's option -name says, or NULL. */
static char *guest_name(const char *pid)
{
  static const char key[] = "guest=";
  g_autofree char *text = read_proc(pid, "cmdline");
  g_auto(GStrv) words = g_strsplit(text ? text : "", "\n", -1);

  for (char **word = words; *word && word[1]; word++) {
    if (g_str_equal(*word, "-name") && g_str_has_prefix(word[1], key))
      return g_strndup(word[1] + strlen(key), strcspn(word[1] + strlen(key), ","));
  }
  return NULL;
}

static char *describe(const char *pid)
{
  g_autofree char *command = read_proc(pid, "comm");
  g_autofree char *guest = guest_name(pid);

  if (command)
    g_strchomp(command);
  if (guest)
    return g_strdup_printf("process %s (%s, guest '%s')", pid, command ? command : "QEMU", guest);
  return g_strdup_printf("process %s (%s)", pid, command ? command : "QEMU");
}

static char *find_holder(const struct stat *image, int byte)
{
  g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
  const char *name;

  while (processes && (name = g_dir_read_name(processes))) {
    if (g_ascii_isdigit(*name) && is_holder(name, image, byte))
      return describe(name);
  }
  return g_strdup("another process");
}

char *image_lock_find_holder(int fd, ImageUse use)
{
  struct stat status;
  int byte = find_byte(fd, use);

  return byte >= 0 && fstat(fd, &status) == 0 ? find_holder(&status, byte) : NULL;
}
