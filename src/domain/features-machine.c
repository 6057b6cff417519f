/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/features-machine.h"

#include "domain/memory.h"
#include "xml/element.h"

typedef struct {
  const char *element, *attribute;
  const char *property;
  gboolean (*is_of)(OsArch arch);
  const char *whose;
  const char *values[6]; /* what the attribute can be, and what QEMU says for that, too */
  gboolean has_default;  /* the element alone means what it means without it */
} MachineFeature;

/* Facts: QEMU's manual, "virt" generic virtual platform and "pseries" family; -machine NAME,help. */
static const MachineFeature table[] = {
  { "gic", "version", "gic-version", os_arch_is_arm, "ARM's", { "2", "3", "host" }, .has_default = TRUE },
  { "ras", "state", "ras", os_arch_is_arm, "ARM's", { "on", "off" }, FALSE },
  { "hpt",
    "resizing",
    "resize-hpt",
    os_arch_is_power,
    "IBM's POWER",
    { "enabled", "disabled", "required" },
    TRUE },
  { "htm", "state", "cap-htm", os_arch_is_power, "IBM's POWER", { "on", "off" }, FALSE },
  { "cfpc",
    "value",
    "cap-cfpc",
    os_arch_is_power,
    "IBM's POWER",
    { "broken", "workaround", "fixed" },
    FALSE },
  { "sbbc",
    "value",
    "cap-sbbc",
    os_arch_is_power,
    "IBM's POWER",
    { "broken", "workaround", "fixed" },
    FALSE },
  { "ibs",
    "value",
    "cap-ibs",
    os_arch_is_power,
    "IBM's POWER",
    { "broken", "workaround", "fixed-ibs", "fixed-ccd", "fixed-na" },
    FALSE },
  { "nested-hv", "state", "cap-nested-hv", os_arch_is_power, "IBM's POWER", { "on", "off" }, FALSE },
  { "ccf-assist", "state", "cap-ccf-assist", os_arch_is_power, "IBM's POWER", { "on", "off" }, FALSE },
  { "aia", "value", "aia", os_arch_is_riscv, "RISC-V's", { "none", "aplic", "aplic-imsic" }, FALSE },
};
G_STATIC_ASSERT(G_N_ELEMENTS(table) <= FEATURES_MACHINE_MAX);

static gboolean refuse_value(xmlNode *node, const MachineFeature *feature, const char *value, GError **error)
{
  g_autoptr(GString) known = g_string_new(NULL);

  for (gsize i = 0; i < G_N_ELEMENTS(feature->values) && feature->values[i]; i++)
    g_string_append_printf(known, "%s%s", i ? ", " : "", feature->values[i]);
  if (!value)
    return xml_error(error, node, feature->attribute, "is missing (known: %s)", known->str);
  return xml_error(error, node, feature->attribute, "unknown value '%s' (known: %s)", value, known->str);
}

/* <hpt><maxpagesize unit=''>: the largest pages of the host that the guest's page table may name. */
static gboolean read_page_size(xmlNode *hpt, FeaturesMachine *machine, GError **error)
{
  xmlNode *size = NULL;
  guint64 kib = 0;

  if (!xml_child(hpt, "maxpagesize", &size, error))
    return FALSE;
  if (!size || !memory_read_kib(size, &kib, error))
    return !size;
  machine->hpt_page_size = kib * 1024;
  return TRUE;
}

static gboolean read_feature(xmlNode *node, const MachineFeature *feature, const char **ret_value,
                             GError **error)
{
  const char *value = xml_attribute(node, feature->attribute);

  for (gsize i = 0; value && i < G_N_ELEMENTS(feature->values) && feature->values[i]; i++) {
    if (g_str_equal(feature->values[i], value)) {
      *ret_value = value;
      return TRUE;
    }
  }
  return (!value && feature->has_default) || refuse_value(node, feature, value, error);
}

static gboolean refuse_foreign(xmlNode *node, const MachineFeature *feature, OsArch arch, GError **error)
{
  if (os_arch_is_x86(arch))
    xml_error(error, node, NULL, "this is a feature of %s machines; this one is an x86", feature->whose);
  else
    xml_error(error, node, NULL, "this is a feature of %s machines; this one is of architecture '%s'",
              feature->whose, enum_to_string(&os_arch_table, (int)arch));
  return error_add_hint(error, "remove the element");
}

gboolean features_machine_parse(xmlNode *features, OsArch arch, FeaturesMachine *ret_machine, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
    xmlNode *node = NULL;

    if (!xml_child(features, table[i].element, &node, error))
      return FALSE;
    if (!node)
      continue;
    if (!table[i].is_of(arch))
      return refuse_foreign(node, &table[i], arch, error);
    if (!read_feature(node, &table[i], &ret_machine->values[i], error) ||
        (g_str_equal(table[i].element, "hpt") && !read_page_size(node, ret_machine, error)))
      return FALSE;
  }
  return TRUE;
}

void features_machine_translate(const FeaturesMachine *features, const char *gic, Props *machine)
{
  for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
    props_add_string(machine, table[i].property,
                     !features->values[i] && g_str_equal(table[i].element, "gic") ? gic
                                                                                  : features->values[i]);
  if (features->hpt_page_size)
    props_add_uint(machine, "cap-hpt-max-page-size", features->hpt_page_size);
}
