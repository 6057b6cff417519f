/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk/disk.h"

char *disk_filters_translate(const Disk *disk, const char *under, Plan *plan)
{
  char *top = g_strdup(under);

  for (guint i = 0; disk->filters && i < disk->filters->len; i++) {
    Props *node = props_new("driver", "throttle");
    char *name = g_strdup_printf("disk-%u-filter-%u", disk->device.index, i);

    props_add_string(node, "node-name", name);
    props_add_format(node, "throttle-group", "throttle-%u",
                     g_array_index(disk->filters, DiskFilter, i).number);
    props_add_string(node, "file", top);
    if (disk->is_readonly)
      props_add_bool(node, "read-only", TRUE);
    props_add_string(node, "discard", "unmap");
    plan_add_json(plan, PLAN_BOTH, "-blockdev", node);
    g_free(top);
    top = name;
  }
  return top;
}
