/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/hugepages.h"

#include <string.h>

#include "host/requirement.h"

/* "Hugepagesize:       2048 kB"; 0 where the kernel has none. */
static guint64 default_size(void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents("/proc/meminfo", &text, NULL, NULL))
    return 0;
  line = strstr(text, "Hugepagesize:");
  return line ? g_ascii_strtoull(line + strlen("Hugepagesize:"), NULL, 10) : 0;
}

static gboolean read_number(guint64 kib, const char *name, guint64 *ret_number)
{
  g_autofree char *path =
      g_strdup_printf("/sys/kernel/mm/hugepages/hugepages-%" G_GUINT64_FORMAT "kB/%s", kib, name);
  g_autofree char *text = NULL;

  if (!g_file_get_contents(path, &text, NULL, NULL))
    return FALSE;
  *ret_number = g_ascii_strtoull(text, NULL, 10);
  return TRUE;
}

gboolean hugepages_check(const PlanRequirement *requirement, GError **error)
{
  guint64 kib = requirement->page_kib ? requirement->page_kib : default_size(), free_pages = 0, needed;

  if (kib == 0 || !read_number(kib, "free_hugepages", &free_pages))
    return requirement_refuse(requirement, error,
                              "this host's kernel has no huge pages of %" G_GUINT64_FORMAT " KiB", kib);
  needed = (requirement->kib + kib - 1) / kib;
  if (free_pages >= needed)
    return TRUE;
  requirement_refuse(requirement, error,
                     "%" G_GUINT64_FORMAT " huge pages of %" G_GUINT64_FORMAT
                     " KiB are needed, and %" G_GUINT64_FORMAT " are free on this host",
                     needed, kib, free_pages);
  return error_add_hint(error,
                        "as root: echo %" G_GUINT64_FORMAT
                        " > /sys/kernel/mm/hugepages/hugepages-%" G_GUINT64_FORMAT "kB/nr_hugepages",
                        needed, kib);
}
