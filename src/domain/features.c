/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/features.h"

#include "domain/chipset.h"
#include "domain/clock.h"
#include "domain/domain.h"
#include "domain/memory.h"
#include "domain/os.h"
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

static gboolean read_acpi(xmlNode *features, Features *ret_features, GError **error)
{
  xmlNode *node = xml_next_child(features, "acpi", NULL);

  if (node)
    ret_features->acpi_place = xml_place(node);
  return read_flag(features, "acpi", &ret_features->acpi, error);
}

static gboolean read_apic(xmlNode *features, Features *ret_features, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(features, "apic", &node, error))
    return FALSE;
  ret_features->apic = node != NULL;
  return !node || feature_state_parse(node, "eoi", &ret_features->apic_eoi, error);
}

static gboolean read_dirty_ring(xmlNode *kvm, FeaturesKvm *ret_kvm, GError **error)
{
  xmlNode *node = NULL;
  FeatureState state = FEATURE_UNSET;
  guint32 size = 0;

  if (!read_state(kvm, "dirty-ring", &state, error) || !xml_child(kvm, "dirty-ring", &node, error))
    return FALSE;
  if (!node || !xml_attribute_uint32(node, "size", 1024, 65536, &size, error))
    return !node;
  if (state != FEATURE_ON)
    return TRUE;
  if (size == 0)
    return xml_error(error, node, "size", "is missing (a power of two from 1024 to 65536)");
  if (size & (size - 1))
    return xml_error(error, node, "size", "%u is not a power of two from 1024 to 65536", size);
  ret_kvm->dirty_ring = size;
  ret_kvm->dirty_ring_place = xml_place(node);
  return TRUE;
}

static gboolean read_kvm(xmlNode *features, FeaturesKvm *ret_kvm, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(features, "kvm", &node, error))
    return FALSE;
  return !node ||
         (read_state(node, "hidden", &ret_kvm->hidden, error) &&
          read_state(node, "hint-dedicated", &ret_kvm->hint_dedicated, error) &&
          read_state(node, "poll-control", &ret_kvm->poll_control, error) &&
          read_state(node, "pv-ipi", &ret_kvm->pv_ipi, error) && read_dirty_ring(node, ret_kvm, error));
}

/* A size in whole MiB. Without a unit it is in @default_kib. */
static gboolean read_mib(xmlNode *node, guint64 default_kib, guint64 *ret_mib, GError **error)
{
  guint64 kib = 0;

  if (xml_has_attribute(node, "unit") ? !memory_read_kib(node, &kib, error)
                                      : !xml_text_uint(node, 0, G_MAXUINT32, &kib, error))
    return FALSE;
  if (!xml_has_attribute(node, "unit"))
    kib *= default_kib;
  if (kib % 1024)
    return xml_error(error, node, NULL, "%" G_GUINT64_FORMAT " KiB are no whole number of MiB", kib);
  *ret_mib = kib / 1024;
  return TRUE;
}

static gboolean read_smm(xmlNode *features, Features *ret_features, GError **error)
{
  xmlNode *smm = NULL, *tseg = NULL;

  if (!read_state(features, "smm", &ret_features->smm, error) || !xml_child(features, "smm", &smm, error))
    return FALSE;
  if (!smm || !xml_child(smm, "tseg", &tseg, error))
    return !smm;
  if (!tseg || !read_mib(tseg, 1024, &ret_features->tseg_mib, error))
    return !tseg;
  ret_features->tseg_place = xml_place(tseg);
  ret_features->has_tseg = ret_features->smm == FEATURE_ON;
  return TRUE;
}

static gboolean read_tcg(xmlNode *features, Features *ret_features, GError **error)
{
  xmlNode *tcg = NULL, *cache = NULL;

  if (!xml_child(features, "tcg", &tcg, error))
    return FALSE;
  if (!tcg || !xml_child(tcg, "tb-cache", &cache, error))
    return !tcg;
  if (!cache)
    return TRUE;
  ret_features->tb_cache_place = xml_place(cache);
  return read_mib(cache, 1, &ret_features->tb_cache_mib, error);
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
  static const char *const names[] = { "hap", "viridian", "privnet", "xen", "capabilities", "msrs" };

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
    xml_ignore(node);
    place = xml_place(node);
    report_warning(domain->report, &place, NULL, NULL,
                   "this is a feature of another hypervisor; it has no effect with QEMU");
  }
  return TRUE;
}

/* Of PCs; elsewhere they do nothing. */
static void warn_of_x86(xmlNode *features, const Domain *domain)
{
  static const char *const names[] = { "apic", "hyperv",     "ioapic", "kvm",   "pae",
                                       "ps2",  "pvspinlock", "smm",    "vmport" };

  for (gsize i = 0; i < G_N_ELEMENTS(names) && !os_arch_is_x86(domain->os->arch); i++) {
    xmlNode *node = xml_next_child(features, names[i], NULL);
    Place place;

    if (!node)
      continue;
    place = xml_place(node);
    report_warning(domain->report, &place, NULL, NULL,
                   "this is a feature of x86 machines; it has no effect on this one");
  }
}

gboolean features_parse(xmlNode *root, Domain *domain, GError **error)
{
  Features *ret_features = domain->features;
  xmlNode *features = NULL;

  if (!xml_child(root, "features", &features, error))
    return FALSE;
  if (features)
    warn_of_x86(features, domain);
  return !features ||
         (read_acpi(features, ret_features, error) && read_apic(features, ret_features, error) &&
          read_flag(features, "pae", &ret_features->pae, error) &&
          read_state(features, "pvspinlock", &ret_features->pvspinlock, error) &&
          read_state(features, "pmu", &ret_features->pmu, error) &&
          read_state(features, "vmport", &ret_features->vmport, error) &&
          read_state(features, "ps2", &ret_features->ps2, error) &&
          read_state(features, "vmcoreinfo", &ret_features->vmcoreinfo, error) &&
          read_smm(features, ret_features, error) && read_kvm(features, &ret_features->kvm, error) &&
          hyperv_parse(features, &ret_features->hyperv, error) && read_tcg(features, ret_features, error) &&
          read_ioapic(features, ret_features, error) && read_foreign(features, domain, error) &&
          features_machine_parse(features, domain->os->arch, &ret_features->machine, error));
}

static void warn_of_no_kvm(const Domain *domain, const Place *place, const char *message)
{
  report_warning(domain->report, place, /* attribute= */ NULL, "type='kvm' has it, where the host has KVM",
                 "%s", message);
}

static void warn_of_unused(const Domain *domain)
{
  const Features *features = domain->features;

  if (features->tseg_place.element && !features->has_tseg)
    report_warning(domain->report, &features->tseg_place, /* attribute= */ NULL, /* hint= */ NULL,
                   "it has no effect: the guest has no system management mode (<smm state='off'>)");
  if (domain->type == DOMAIN_TYPE_KVM)
    return;
  if (features->kvm.dirty_ring)
    warn_of_no_kvm(domain, &features->kvm.dirty_ring_place, "it has no effect: the ring is KVM's");
  if (hyperv_has_any(&features->hyperv) && os_arch_is_x86(domain->os->arch))
    warn_of_no_kvm(domain, &features->hyperv.place, "the guest sees none of it: what is Hyper-V's needs KVM");
}

gboolean features_validate(const Domain *domain, GError **error)
{
  const Features *features = domain->features;

  warn_of_unused(domain);
  if (features->has_tseg && chipset_of(domain) != CHIPSET_Q35) {
    error_set_document(error, &features->tseg_place, NULL, "machine '%s' has none of that size",
                       domain->os->machine);
    return error_add_hint(error, "machine='q35' can have it");
  }
  if (features->tb_cache_place.line && domain->type == DOMAIN_TYPE_KVM) {
    error_set_document(error, &features->tb_cache_place, NULL,
                       "KVM translates nothing: this is for type='qemu'");
    return error_add_hint(error, "remove <tcg>, or run it with --type=qemu (slower)");
  }
  return domain->type != DOMAIN_TYPE_KVM || !os_arch_is_x86(domain->os->arch) ||
         hyperv_validate(&features->hyperv, domain->clock->timers[CLOCK_TIMER_HYPERVCLOCK].is_present, error);
}
