/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/rom.h"

#include "xml/element.h"

gboolean rom_parse(xmlNode *node, Rom *ret_rom, GError **error)
{
  xmlNode *rom = NULL;
  gboolean is_enabled = TRUE;

  if (!xml_child(node, "rom", &rom, error))
    return FALSE;
  if (!rom)
    return TRUE;
  ret_rom->place = xml_place(rom);
  ret_rom->has_bar = xml_attribute(rom, "bar") != NULL;
  if (!xml_attribute_yes_no(rom, "enabled", &is_enabled, error) ||
      !xml_attribute_on_off(rom, "bar", &ret_rom->bar, error) ||
      !xml_attribute_path(rom, "file", &ret_rom->file, error))
    return FALSE;
  ret_rom->is_disabled = !is_enabled;
  if (ret_rom->is_disabled && (ret_rom->has_bar || ret_rom->file))
    return xml_error(error, rom, "enabled", "'no' cannot be mixed with bar='...' and file='...'");
  return TRUE;
}
