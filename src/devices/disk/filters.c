/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk/disk.h"
#include "domain/domain.h"
#include "xml/element.h"

gboolean disk_filters_parse(xmlNode *node, Disk *disk, GError **error)
{
  xmlNode *filters = NULL;

  if (!xml_child(node, "throttlefilters", &filters, error))
    return FALSE;
  if (!filters)
    return TRUE;
  disk->filters = g_array_new(FALSE, FALSE, sizeof(DiskFilter));
  XML_FOREACH_CHILD(filters, child, "throttlefilter") {
    DiskFilter filter = { .place = xml_place(child) };

    if (!xml_attribute_required(child, "group", &filter.group, error))
      return FALSE;
    g_array_append_val(disk->filters, filter);
  }
  return TRUE;
}

gboolean disk_filters_complete(const Domain *domain, Disk *disk, GError **error)
{
  for (guint i = 0; disk->filters && i < disk->filters->len; i++) {
    DiskFilter *filter = &g_array_index(disk->filters, DiskFilter, i);

    if (disk->iotune.place.line)
      return error_set_document(error, &filter->place, NULL,
                                "the disk has <iotune>, too, on line %d: one of the two says what holds",
                                disk->iotune.place.line);
    filter->number = throttle_groups_find(domain->throttle_groups, filter->group);
    if (filter->number == 0) {
      error_set_document(error, &filter->place, "group", "there is no group '%s'", filter->group);
      return error_add_hint(error, "<throttlegroups> of <domain> has the groups, each with a <group_name>");
    }
  }
  return TRUE;
}
