/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/rom.h"

void rom_translate(const Rom *rom, Props *props, Plan *plan)
{
  if (rom->has_bar)
    props_add_uint(props, "rombar", rom->bar ? 1 : 0);
  props_add_string(props, "romfile", rom->is_disabled ? "" : rom->file);
  if (rom->file)
    plan_require(plan, PLAN_REQUIRE_READ, &rom->place, "file", rom->file);
}
