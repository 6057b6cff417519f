/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/features.h"

#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(feature_ioapic_table,
           FEATURE_IOAPIC_LAST, [FEATURE_IOAPIC_KVM] = "kvm", [FEATURE_IOAPIC_QEMU] = "qemu");

static gboolean read_flag(xmlNode *features, const char *name, gboolean *ret_flag, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(features, name, &node, error))
    return FALSE;
  *ret_flag = node != NULL;
  return TRUE;
}

/* <name state='on'/>; without the attribute it is on. */
static gboolean read_state(xmlNode *features, const char *name, FeatureState *ret_state, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(features, name, &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  *ret_state = FEATURE_ON;
  return feature_state_parse(node, "state", ret_state, error);
}

static gboolean read_apic(xmlNode *features, Features *ret_features, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(features, "apic", &node, error))
    return FALSE;
  ret_features->apic = node != NULL;
  return !node || feature_state_parse(node, "eoi", &ret_features->apic_eoi, error);
}

static gboolean read_kvm(xmlNode *features, Features *ret_features, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(features, "kvm", &node, error))
    return FALSE;
  return !node || read_state(node, "hidden", &ret_features->kvm_hidden, error);
}

static gboolean read_ioapic(xmlNode *features, Features *ret_features, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(features, "ioapic", &node, error))
    return FALSE;
  return !node || xml_attribute_enum_required(node, "driver", &feature_ioapic_table,
                                              XML_ENUM(&ret_features->ioapic), error);
}

/* Of other hypervisors: libvirt's QEMU driver takes them without a word, and they do nothing there. */
static gboolean read_foreign(xmlNode *features, Domain *domain, GError **error)
{
  static const char *const names[] = { "hap", "viridian", "privnet" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    xmlNode *node = NULL;
    gboolean is_on = TRUE;
    Place place;

    if (!xml_child(features, names[i], &node, error))
      return FALSE;
    if (!node)
      continue;
    if (!xml_attribute_on_off(node, "state", &is_on, error))
      return FALSE;
    place = xml_place(node);
    report_warning(domain->report, &place, NULL, NULL,
                   "this is a feature of another hypervisor; it has no effect with QEMU");
  }
  return TRUE;
}

gboolean features_parse(xmlNode *root, Domain *domain, GError **error)
{
  Features *ret_features = domain->features;
  xmlNode *features = NULL;

  if (!xml_child(root, "features", &features, error))
    return FALSE;
  return !features ||
         (read_flag(features, "acpi", &ret_features->acpi, error) &&
          read_apic(features, ret_features, error) && read_flag(features, "pae", &ret_features->pae, error) &&
          read_state(features, "pvspinlock", &ret_features->pvspinlock, error) &&
          read_state(features, "pmu", &ret_features->pmu, error) &&
          read_state(features, "vmport", &ret_features->vmport, error) &&
          read_state(features, "smm", &ret_features->smm, error) && read_kvm(features, ret_features, error) &&
          read_ioapic(features, ret_features, error) && read_foreign(features, domain, error));
}
