/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/clock.h"

#include "xml/element.h"

ENUM_TABLE(clock_offset_table, CLOCK_LAST, [CLOCK_UTC] = "utc", [CLOCK_LOCALTIME] = "localtime");

gboolean clock_parse(xmlNode *domain, Clock *ret_clock, GError **error)
{
  xmlNode *clock = NULL;

  if (!xml_child(domain, "clock", &clock, error))
    return FALSE;
  if (!clock)
    return TRUE;
  /* `sync` is what `offset` was called until 2009. */
  return xml_attribute_enum(clock, "sync", &clock_offset_table, XML_ENUM(&ret_clock->offset), error) &&
         xml_attribute_enum(clock, "offset", &clock_offset_table, XML_ENUM(&ret_clock->offset), error);
}
