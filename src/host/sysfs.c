/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/sysfs.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* An attribute has a page at most. */
enum { SYSFS_MAX_BYTES = 4096 };

#define MAKE_PATH(path, root, format)                                                                        \
  do {                                                                                                       \
    g_autofree char *below_ = NULL;                                                                          \
    va_list arguments_;                                                                                      \
    va_start(arguments_, format);                                                                            \
    below_ = g_strdup_vprintf(format, arguments_);                                                           \
    va_end(arguments_);                                                                                      \
    (path) = g_strconcat(root, below_, NULL);                                                                \
  } while (0)

char *sysfs_read(const char *root, const char *format, ...)
{
  g_autofree char *path = NULL, *text = NULL;
  autofd int fd = -1;
  gsize length;

  MAKE_PATH(path, root, format);
  fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  text = fd >= 0 ? fd_read_all(fd, SYSFS_MAX_BYTES, &length) : NULL;
  return text ? g_strdup(g_strstrip(text)) : NULL;
}

char *sysfs_link(const char *root, const char *format, ...)
{
  g_autofree char *path = NULL, *target = NULL;

  MAKE_PATH(path, root, format);
  target = g_file_read_link(path, /* error= */ NULL);
  return target ? g_path_get_basename(target) : NULL;
}

gboolean sysfs_has(const char *root, const char *format, ...)
{
  g_autofree char *path = NULL;

  MAKE_PATH(path, root, format);
  return access(path, F_OK) == 0;
}

static SysfsKernel test_kernel;

void sysfs_set_kernel(SysfsKernel kernel)
{
  test_kernel = kernel;
}

gboolean sysfs_write(const char *root, const char *text, const char *format, ...)
{
  g_autofree char *path = NULL;
  autofd int fd = -1;

  MAKE_PATH(path, root, format);
  fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
  if (fd < 0 || !fd_write_all(fd, text, strlen(text)))
    return FALSE;
  if (test_kernel)
    test_kernel(root, path + strlen(root), text);
  return TRUE;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *sysfs_list(const char *root, const char *format, ...)
{
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *path = NULL;
  g_autoptr(GDir) directory = NULL;
  const char *name;

  MAKE_PATH(path, root, format);
  directory = g_dir_open(path, 0, /* error= */ NULL);
  while (directory && (name = g_dir_read_name(directory)))
    g_ptr_array_add(names, g_strdup(name));
  g_ptr_array_sort(names, compare_names);
  return names;
}
