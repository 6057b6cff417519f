/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --graphics: what shows the guest's displays. What is SPICE's goes where the displays do not show by SPICE
 * (machine/without-spice.h).
 */
#include "config.h"

#include "change/part.h"

static void add(const Change *change, const char *type)
{
  xmlNode *graphics = change_add(change, change_devices(change), "graphics");

  xml_set_attribute(graphics, "type", type);
  if (!g_str_equal(type, "sdl"))
    xml_set_attribute(graphics, "autoport", "yes");
}

static gboolean has(xmlNode *devices, const char *type)
{
  XML_FOREACH_CHILD(devices, graphics, "graphics") {
    if (g_str_equal(change_peek(graphics, "type"), type))
      return TRUE;
  }
  return FALSE;
}

gboolean change_graphics(const Change *change, GError **error)
{
  xmlNode *devices = change_devices(change);

  if (g_str_equal(change->value, "vnc")) {
    if (!has(devices, "vnc") && !has(devices, "spice"))
      add(change, "vnc");
    return TRUE;
  }
  if (g_str_equal(change->value, "spice") && has(devices, "spice"))
    return TRUE;
  xml_remove_child(devices, "graphics");
  if (!g_str_equal(change->value, "none"))
    add(change, change->value);
  return TRUE;
}
