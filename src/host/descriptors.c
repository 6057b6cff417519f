/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/descriptors.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

enum {
  DESCRIPTOR_MAX = 256 * 1024, /* bytes of a descriptor */
  DESCRIPTORS_MAX = 1000,      /* of a directory */
  DESCRIPTOR_DEPTH = 16,
};

Json *descriptor_parse(const char *text, gsize length)
{
  return json_parse(text, length, DESCRIPTOR_DEPTH, NULL);
}

/* Those that others may have made are none. NULL where it is none; *@ret_is_empty: it takes away what has its
 * name. */
static Json *read_descriptor(int directory, const char *name, gboolean *ret_is_empty)
{
  autofd int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autofree char *text = NULL;
  struct stat status;
  gssize length;

  *ret_is_empty = FALSE;
  if (fd < 0 || fstat(fd, &status) < 0 || (status.st_uid != 0 && status.st_uid != geteuid()))
    return NULL;
  *ret_is_empty = status.st_size == 0; /* /dev/null counts as well */
  if (!S_ISREG(status.st_mode) || status.st_size == 0 || status.st_size > DESCRIPTOR_MAX)
    return NULL;
  text = g_malloc((gsize)status.st_size);
  length = read(fd, text, (gsize)status.st_size);
  return length > 0 ? descriptor_parse(text, (gsize)length) : NULL;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of all directories, each once, in their order. */
static GPtrArray *list_names(const char *const *directories)
{
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

  for (guint i = 0; directories[i]; i++) {
    GDir *directory = g_dir_open(directories[i], 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory)) && names->len < DESCRIPTORS_MAX) {
      char *copy;

      if (!g_str_has_suffix(name, ".json") || name[0] == '.' || g_hash_table_contains(seen, name))
        continue;
      copy = g_strdup(name);
      g_ptr_array_add(names, copy);
      g_hash_table_add(seen, copy);
    }
    if (directory)
      g_dir_close(directory);
  }
  g_ptr_array_sort(names, compare_names);
  return names;
}

gboolean descriptors_each(const char *const *directories, DescriptorFunc func, gpointer user_data)
{
  g_autoptr(GPtrArray) names = list_names(directories);

  for (guint i = 0; i < names->len; i++) {
    for (guint j = 0; directories[j]; j++) {
      autofd int directory = open(directories[j], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      g_autoptr(Json) descriptor = NULL;
      gboolean is_empty = FALSE;

      if (directory >= 0)
        descriptor = read_descriptor(directory, g_ptr_array_index(names, i), &is_empty);
      if (descriptor && func(descriptor, user_data))
        return TRUE;
      if (descriptor || is_empty)
        break;
    }
  }
  return FALSE;
}

/* Root has no directory of its own here, as in QEMU's interface. */
char **descriptors_directories(const char *kind)
{
  g_autofree char *own = g_build_filename(g_get_user_config_dir(), "qemu", kind, NULL);
  g_autofree char *local = g_build_filename("/etc/qemu", kind, NULL);
  g_autofree char *shared = g_build_filename("/usr/share/qemu", kind, NULL);
  const char *names[] = { own, local, shared, NULL };

  return g_strdupv((char **)(geteuid() == 0 ? names + 1 : names));
}
