/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/sysinfo.h"

static void add_block(const GArray *block, const char *type, Plan *plan)
{
  Props *table = props_new("type", type);

  for (guint i = 0; i < block->len; i++) {
    const SysinfoEntry *entry = &g_array_index(block, SysinfoEntry, i);

    props_add_string(table, entry->name, entry->value);
  }
  plan_add_keyval(plan, PLAN_BOTH, "-smbios", table);
}

static void add_oem_strings(const GPtrArray *strings, Plan *plan)
{
  Props *table = props_new("type", "11");
  Json *values = json_new_array();

  for (guint i = 0; i < strings->len; i++)
    json_append_string(values, g_ptr_array_index(strings, i));
  props_add_array(table, "value", values);
  plan_add_keyval(plan, PLAN_BOTH, "-smbios", table);
}

static void add_file(const SysinfoFile *file, Plan *plan)
{
  Props *entry = props_new("name", file->name);

  props_add_string(entry, "string", file->value);
  props_add_string(entry, "file", file->file);
  plan_add_keyval(plan, PLAN_BOTH, "-fw_cfg", entry);
  if (file->file)
    plan_require(plan, PLAN_REQUIRE_READ, &file->place, "file", file->file);
}

void sysinfo_translate(const Sysinfo *sysinfo, Plan *plan)
{
  static const char *const types[SYSINFO_BLOCKS] = { "0", "1", "2", "3" };

  for (SysinfoBlock block = 0; block < SYSINFO_BLOCKS; block++) {
    if (sysinfo->blocks[block] && sysinfo->blocks[block]->len)
      add_block(sysinfo->blocks[block], types[block], plan);
  }
  if (sysinfo->oem_strings)
    add_oem_strings(sysinfo->oem_strings, plan);
  for (guint i = 0; sysinfo->files && i < sysinfo->files->len; i++)
    add_file(&g_array_index(sysinfo->files, SysinfoFile, i), plan);
}
