/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cpu-model.h"

#include <string.h>

#include "base/nearest.h"
#include "domain/cpu-resolve.h"
#include "domain/domain.h"
#include "domain/os.h"
#include "xml/element.h"

ENUM_TABLE(cpu_mode_table, CPU_MODE_LAST, [CPU_MODE_CUSTOM] = "custom", [CPU_MODE_HOST_MODEL] = "host-model",
           [CPU_MODE_HOST_PASSTHROUGH] = "host-passthrough", [CPU_MODE_MAXIMUM] = "maximum");
ENUM_TABLE(cpu_match_table, CPU_MATCH_LAST, [CPU_MATCH_EXACT] = "exact", [CPU_MATCH_MINIMUM] = "minimum",
           [CPU_MATCH_STRICT] = "strict");
ENUM_TABLE(
    cpu_check_table,
    CPU_CHECK_LAST, [CPU_CHECK_NONE] = "none", [CPU_CHECK_PARTIAL] = "partial", [CPU_CHECK_FULL] = "full");
ENUM_TABLE(
    cpu_policy_table, CPU_POLICY_LAST, [CPU_POLICY_REQUIRE] = "require", [CPU_POLICY_FORCE] = "force",
    [CPU_POLICY_OPTIONAL] = "optional", [CPU_POLICY_DISABLE] = "disable", [CPU_POLICY_FORBID] = "forbid");
ENUM_TABLE(cpu_cache_table, CPU_CACHE_LAST, [CPU_CACHE_EMULATE] = "emulate",
           [CPU_CACHE_PASSTHROUGH] = "passthrough", [CPU_CACHE_DISABLE] = "disable");

ENUM_TABLE(cpu_fallback_table, 2, "allow", "forbid");

/* QEMU takes 12 characters; a comma would end the value for libvirt, which refuses it. */
static gboolean check_vendor_id(xmlNode *node, const char *vendor_id, GError **error)
{
  if (vendor_id && (strlen(vendor_id) != 12 || strchr(vendor_id, ',')))
    return xml_error(error, node, "vendor_id", "'%s' is not 12 characters without a comma", vendor_id);
  return TRUE;
}

static gboolean refuse_model(xmlNode *node, const char *name, GError **error)
{
  Nearest nearest = NEAREST_INIT(name);

  for (guint i = 0; i < cpu_data_n_models; i++)
    nearest_try(&nearest, cpu_data_models[i].name);
  for (guint i = 0; i < cpu_data_n_named_models; i++)
    nearest_try(&nearest, cpu_data_named_models[i]);
  xml_error(error, node, NULL, "QEMU has no CPU model '%s'", name);
  if (nearest.name)
    return error_add_hint(error, "did you mean '%s'?", nearest.name);
  return error_add_hint(error,
                        "qemu-system-x86_64 -cpu help lists them; mode='host-model' takes the one nearest to "
                        "this host");
}

/* Of other architectures than x86 QEMU alone knows what there is. A name becomes a part of an option's value:
 * it is what QEMU's own names are made of. */
static gboolean check_foreign_name(xmlNode *node, const char *attribute, const Domain *domain,
                                   const char *name, GError **error)
{
  if (*name &&
      strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == strlen(name))
    return TRUE;
  xml_error(error, node, attribute, "'%s' is not a name that QEMU could know", name);
  return error_add_hint(error, "'%s -cpu help' lists them", os_arch_emulator(domain->os->arch));
}

/* In the other modes <model> names what once was chosen, and libvirt ignores it. */
static gboolean read_model(xmlNode *cpu, const Domain *domain, CpuModel *model, GError **error)
{
  xmlNode *node = NULL;
  const char *name = NULL;
  int fallback = 0;

  if (!xml_child(cpu, "model", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  model->model_place = xml_place(node);
  if (!xml_attribute_enum(node, "fallback", &cpu_fallback_table, &fallback, error) ||
      !xml_text(node, &name, error))
    return FALSE;
  model->vendor_id = xml_attribute(node, "vendor_id");
  if (!check_vendor_id(node, model->vendor_id, error))
    return FALSE;
  if (!*name || (model->mode != CPU_MODE_CUSTOM && model->mode != CPU_MODE_DEFAULT))
    return TRUE;
  if (!os_arch_is_x86(domain->os->arch) && !check_foreign_name(node, NULL, domain, name, error))
    return FALSE;
  if (os_arch_is_x86(domain->os->arch) && !cpu_data_find_model(name) && !cpu_data_has_named_model(name))
    return refuse_model(node, name, error);
  model->name = name;
  model->mode = CPU_MODE_CUSTOM;
  return TRUE;
}

/* <vendor> asks for a host of that maker: it narrows what KVM may run on, and changes no guest. */
static gboolean read_vendor(xmlNode *cpu, const CpuModel *model, GError **error)
{
  xmlNode *node = NULL;
  const char *vendor;

  if (!xml_child(cpu, "vendor", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!xml_text(node, &vendor, error))
    return FALSE;
  if (!model->name && model->mode <= CPU_MODE_CUSTOM)
    return xml_error(error, node, NULL, "a vendor without a <model>");
  return TRUE;
}

static gboolean refuse_feature(xmlNode *node, const char *name, GError **error)
{
  Nearest nearest = NEAREST_INIT(name);

  for (guint i = 0; i < cpu_data_n_features; i++)
    nearest_try(&nearest, cpu_data_features[i].name);
  for (guint i = 0; i < cpu_data_n_named_features; i++)
    nearest_try(&nearest, cpu_data_named_features[i]);
  xml_error(error, node, "name", "unknown CPU feature '%s'", name);
  return nearest.name ? error_add_hint(error, "did you mean '%s'?", nearest.name) : FALSE;
}

/* Flags that the guest's kernel sets, and such of the host's alone: QEMU has no switch for them. */
static gboolean is_without_effect(const char *name)
{
  static const char *const names[] = { "cmt", "mbm_local", "mbm_total", "osxsave", "ospke" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    if (g_str_equal(names[i], name))
      return TRUE;
  }
  return FALSE;
}

static gboolean is_named_twice(const CpuModel *model, guint feature)
{
  for (guint i = 0; i < model->features->len; i++) {
    if (g_array_index(model->features, CpuFeature, i).feature == feature)
      return TRUE;
  }
  return FALSE;
}

static gboolean is_foreign_named_twice(const CpuModel *model, const char *name)
{
  for (guint i = 0; i < model->features->len; i++) {
    if (g_str_equal(g_array_index(model->features, CpuFeature, i).name, name))
      return TRUE;
  }
  return FALSE;
}

static gboolean read_feature(xmlNode *node, const Domain *domain, CpuModel *model, GError **error)
{
  CpuFeature feature = { .policy = CPU_POLICY_REQUIRE };
  const char *name = NULL;
  int found;

  if (!xml_attribute_required(node, "name", &name, error) ||
      !xml_attribute_enum(node, "policy", &cpu_policy_table, XML_ENUM(&feature.policy), error))
    return FALSE;
  if (!os_arch_is_x86(domain->os->arch)) {
    if (!check_foreign_name(node, "name", domain, name, error))
      return FALSE;
    if (is_foreign_named_twice(model, name))
      return xml_error(error, node, "name", "the feature '%s' is named twice", name);
    feature.name = name;
    g_array_append_val(model->features, feature);
    return TRUE;
  }
  if (is_without_effect(name))
    return TRUE;
  found = cpu_data_find_any_feature(name);
  if (found < 0)
    return refuse_feature(node, name, error);
  feature.feature = (guint)found;
  if (is_named_twice(model, feature.feature))
    return xml_error(error, node, "name", "the feature '%s' is named twice", name);
  g_array_append_val(model->features, feature);
  return TRUE;
}

static gboolean read_features(xmlNode *cpu, const Domain *domain, CpuModel *model, GError **error)
{
  XML_FOREACH_CHILD(cpu, node, "feature") {
    if (model->mode == CPU_MODE_CUSTOM && !model->name) {
      xml_error(error, node, NULL, "a feature without a <model>");
      return error_add_hint(
          error, "name the model that it is added to, as in <model>qemu64</model>, or a mode of <cpu>");
    }
    if (!read_feature(node, domain, model, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean is_of_host(const CpuModel *model)
{
  return model->mode == CPU_MODE_HOST_PASSTHROUGH || model->mode == CPU_MODE_MAXIMUM;
}

static gboolean read_cache(xmlNode *cpu, CpuModel *model, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(cpu, "cache", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!xml_attribute_enum_required(node, "mode", &cpu_cache_table, XML_ENUM(&model->cache), error) ||
      !xml_attribute_uint32(node, "level", 1, 3, &model->cache_level, error))
    return FALSE;
  if (model->cache == CPU_CACHE_PASSTHROUGH && !is_of_host(model))
    return xml_error(
        error, node, "mode",
        "'passthrough' needs a CPU of mode 'host-passthrough' or 'maximum' (known: emulate, disable)");
  if (model->cache == CPU_CACHE_EMULATE && model->cache_level != 0 && model->cache_level != 3)
    return xml_error(error, node, "level", "QEMU emulates the cache of level 3 only");
  if (model->cache != CPU_CACHE_EMULATE && model->cache_level != 0)
    return xml_error(error, node, "level", "mode '%s' is that of all levels",
                     enum_to_string(&cpu_cache_table, (int)model->cache));
  return TRUE;
}

ENUM_TABLE(cpu_physical_bits_table, 2, "emulate", "passthrough");

static gboolean read_physical_bits(xmlNode *cpu, CpuModel *model, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(cpu, "maxphysaddr", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  model->has_physical_bits = TRUE;
  if (!xml_attribute_enum_required(node, "mode", &cpu_physical_bits_table, &model->is_host_physical_bits,
                                   error) ||
      !xml_attribute_uint32(node, "bits", 32, 52, &model->physical_bits, error) ||
      !xml_attribute_uint32(node, "limit", 32, 52, &model->physical_bits_limit, error))
    return FALSE;
  if (model->is_host_physical_bits && model->physical_bits)
    return xml_error(error, node, "bits", "with mode 'passthrough' they are the host's: 'limit' bounds them");
  if (!model->is_host_physical_bits && model->physical_bits_limit)
    return xml_error(error, node, "limit", "is for mode 'passthrough'; 'bits' is for 'emulate'");
  if (model->is_host_physical_bits && !is_of_host(model))
    return xml_error(error, node, "mode",
                     "'passthrough' needs a CPU of mode 'host-passthrough' or 'maximum'");
  return TRUE;
}

/* What libvirt writes of a host's CPU in its capabilities, and into documents made from them. */
static void read_past(xmlNode *cpu)
{
  static const char *const names[] = { "arch", "microcode", "signature", "counter", "pages" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    XML_FOREACH_CHILD(cpu, node, names[i])
      xml_ignore(node);
  }
}

static gboolean read_attributes(xmlNode *cpu, CpuModel *model, GError **error)
{
  model->has_migratable = xml_has_attribute(cpu, "migratable");
  if (!xml_attribute_enum(cpu, "mode", &cpu_mode_table, XML_ENUM(&model->mode), error) ||
      !xml_attribute_enum(cpu, "match", &cpu_match_table, XML_ENUM(&model->match), error) ||
      !xml_attribute_enum(cpu, "check", &cpu_check_table, XML_ENUM(&model->check), error) ||
      !xml_attribute_on_off(cpu, "migratable", &model->is_migratable, error))
    return FALSE;
  if (model->has_migratable && !is_of_host(model))
    return xml_error(error, cpu, "migratable", "needs mode 'host-passthrough' or 'maximum'");
  return TRUE;
}

/* Without KVM there is no CPU of the host to pass through. */
static gboolean check_mode(xmlNode *cpu, Domain *domain, CpuModel *model, GError **error)
{
  if (model->mode != CPU_MODE_HOST_PASSTHROUGH || domain->type == DOMAIN_TYPE_KVM)
    return TRUE;
  if (domain->options->type == DOMAIN_TYPE_QEMU) {
    report_warning(
        domain->report, &model->place, "mode", NULL,
        "'host-passthrough' needs KVM; with --type=qemu 'maximum' takes its place: all that QEMU emulates");
    model->mode = CPU_MODE_MAXIMUM;
    return TRUE;
  }
  xml_error(error, cpu, "mode", "'host-passthrough' needs a domain of type 'kvm'");
  return error_add_hint(error, "mode='maximum' is all that QEMU emulates");
}

gboolean cpu_model_parse(xmlNode *node, Domain *domain, CpuModel *ret_model, GError **error)
{
  ret_model->features = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(CpuFeature));
  ret_model->place = domain->place;
  if (!node)
    return TRUE;
  ret_model->place = xml_place(node);
  read_past(node);
  if (!read_attributes(node, ret_model, error) || !read_model(node, domain, ret_model, error))
    return FALSE;
  if (ret_model->mode == CPU_MODE_DEFAULT && xml_next_child(node, "feature", NULL))
    ret_model->mode = CPU_MODE_CUSTOM; /* without a model: read_features() says so */
  return read_vendor(node, ret_model, error) && read_features(node, domain, ret_model, error) &&
         read_cache(node, ret_model, error) && read_physical_bits(node, ret_model, error) &&
         check_mode(node, domain, ret_model, error);
}

/* ---- What depends on the host ---- */

static gboolean has_optional(const CpuModel *model)
{
  for (guint i = 0; i < model->features->len; i++) {
    if (g_array_index(model->features, CpuFeature, i).policy == CPU_POLICY_OPTIONAL)
      return TRUE;
  }
  return FALSE;
}

static gboolean is_resolved(const CpuModel *model)
{
  return model->mode == CPU_MODE_HOST_MODEL ||
         (model->mode == CPU_MODE_CUSTOM && model->match == CPU_MATCH_MINIMUM);
}

gboolean cpu_model_needs_host(const CpuModel *model)
{
  return is_resolved(model) || has_optional(model);
}

static void resolve_optional(CpuModel *model, const CpuFeatureSet *available)
{
  for (guint i = 0; i < model->features->len; i++) {
    CpuFeature *feature = &g_array_index(model->features, CpuFeature, i);

    if (feature->policy == CPU_POLICY_OPTIONAL && feature->feature < cpu_data_n_features)
      feature->policy =
          cpu_feature_set_has(available, feature->feature) ? CPU_POLICY_REQUIRE : CPU_POLICY_DISABLE;
  }
}

/* The document's own features stay as they are. */
static void add_differences(CpuModel *model, const CpuFeatureSet *base, const CpuFeatureSet *available)
{
  for (guint i = 0; i < cpu_data_n_features; i++) {
    gboolean has = cpu_feature_set_has(available, i);
    CpuFeature feature = { .feature = i, .policy = has ? CPU_POLICY_REQUIRE : CPU_POLICY_DISABLE };

    if (has != cpu_feature_set_has(base, i) && !is_named_twice(model, i))
      g_array_append_val(model->features, feature);
  }
}

/* match='minimum': the guest gets the host's CPU, which should have at least what is named, if anything is.
 */
static void check_minimum(const CpuModel *model, Domain *domain, const CpuFeatureSet *available)
{
  const CpuDataModel *named = model->name ? cpu_data_find_model(model->name) : NULL;
  g_autoptr(GString) missing = g_string_new(NULL);

  if (!named)
    return;
  for (guint i = 0; i < cpu_data_n_features; i++) {
    if (cpu_feature_set_has(&named->features, i) && !cpu_feature_set_has(available, i) &&
        !is_named_twice(model, i))
      g_string_append_printf(missing, "%s%s", missing->len ? ", " : "", cpu_data_features[i].name);
  }
  if (missing->len)
    report_warning(domain->report, &model->model_place, NULL, NULL,
                   "what there is here is less than '%s': it lacks %s", model->name, missing->str);
}

/* The nearest model takes the place of what was named, and what differs from it is said feature by feature.
 */
static void take_nearest(CpuModel *model, const CpuDataModel *nearest, const CpuFeatureSet *available)
{
  model->name = nearest->name;
  add_differences(model, &nearest->features, available);
}

static void resolve_kvm(CpuModel *model, Domain *domain, const CpuHost *host)
{
  CpuFeatureSet available;

  if (!host) {
    /* The dry run on another host, or one without KVM, which the guest needs anyway. */
    if (is_resolved(model)) {
      report_warning(domain->report, &model->place, "mode", NULL,
                     "KVM cannot be asked what CPU this host has: '-cpu host' stands in for it");
      model->mode = CPU_MODE_HOST_PASSTHROUGH;
    }
    return;
  }
  available = cpu_resolve_kvm(host);
  resolve_optional(model, &available);
  if (!is_resolved(model))
    return;
  if (model->mode == CPU_MODE_CUSTOM)
    check_minimum(model, domain, &available);
  take_nearest(model,
               cpu_resolve_nearest(host->vendor, host->family, host->model, host->stepping, &available),
               &available);
}

static void resolve_tcg(CpuModel *model, Domain *domain)
{
  const CpuDataModel *maximum = cpu_data_find_model("max");
  CpuFeatureSet available = cpu_resolve_tcg();

  resolve_optional(model, &available);
  if (!is_resolved(model))
    return;
  if (model->mode == CPU_MODE_CUSTOM)
    check_minimum(model, domain, &available);
  take_nearest(
      model,
      cpu_resolve_nearest(maximum->vendor, maximum->family, maximum->model, /* stepping= */ 0, &available),
      &available);
}

/* Only QEMU knows the models of other architectures, and it is not asked: KVM's guests get the host's CPU
 * whole. */
static void resolve_foreign(CpuModel *model, Domain *domain)
{
  gboolean is_kvm = domain->type == DOMAIN_TYPE_KVM;

  if (!is_resolved(model))
    return;
  report_warning(domain->report, &model->place, "mode", NULL,
                 "the CPU models of this architecture are QEMU's alone to know: the guest gets %s",
                 is_kvm ? "the host's CPU (host-passthrough)" : "all that QEMU emulates (maximum)");
  model->mode = is_kvm ? CPU_MODE_HOST_PASSTHROUGH : CPU_MODE_MAXIMUM;
}

void cpu_model_resolve(CpuModel *model, Domain *domain, const CpuHost *host)
{
  if (!os_arch_is_x86(domain->os->arch)) {
    resolve_foreign(model, domain);
    return;
  }
  if (!cpu_model_needs_host(model))
    return;
  if (domain->type == DOMAIN_TYPE_KVM)
    resolve_kvm(model, domain, host);
  else
    resolve_tcg(model, domain);
}

void cpu_model_clear(CpuModel *model)
{
  g_clear_pointer(&model->features, g_array_unref);
}
