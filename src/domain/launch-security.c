/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/launch-security.h"

#include <string.h>

#include "domain/domain.h"
#include "domain/os.h"
#include "xml/element.h"

ENUM_TABLE(launch_security_type_table,
           LAUNCH_SECURITY_LAST, [LAUNCH_SECURITY_SEV] = "sev", [LAUNCH_SECURITY_SEV_SNP] = "sev-snp",
           [LAUNCH_SECURITY_TDX] = "tdx", [LAUNCH_SECURITY_S390_PV] = "s390-pv");

static const struct {
  const char *element;
  LaunchSecurityType type;
} texts[LAUNCH_TEXT_LAST] = {
  [LAUNCH_TEXT_DH_CERT] = { "dhCert", LAUNCH_SECURITY_SEV },
  [LAUNCH_TEXT_SESSION] = { "session", LAUNCH_SECURITY_SEV },
  [LAUNCH_TEXT_WORKAROUNDS] = { "guestVisibleWorkarounds", LAUNCH_SECURITY_SEV_SNP },
  [LAUNCH_TEXT_ID_BLOCK] = { "idBlock", LAUNCH_SECURITY_SEV_SNP },
  [LAUNCH_TEXT_ID_AUTH] = { "idAuth", LAUNCH_SECURITY_SEV_SNP },
  [LAUNCH_TEXT_HOST_DATA] = { "hostData", LAUNCH_SECURITY_SEV_SNP },
  [LAUNCH_TEXT_MR_CONFIG_ID] = { "mrConfigId", LAUNCH_SECURITY_TDX },
  [LAUNCH_TEXT_MR_OWNER] = { "mrOwner", LAUNCH_SECURITY_TDX },
  [LAUNCH_TEXT_MR_OWNER_CONFIG] = { "mrOwnerConfig", LAUNCH_SECURITY_TDX },
};

static gboolean is_base64(const char *text)
{
  gsize length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ \t\r\n");

  return length > 0 && strspn(text + length, "= \t\r\n") == strlen(text + length);
}

/* QEMU takes no spaces, which a text of several lines has before each. */
static const char *keep_without_space(xmlNode *node, const char *text)
{
  g_autoptr(GString) kept = g_string_new(NULL);

  for (; *text; text++) {
    if (!g_ascii_isspace(*text))
      g_string_append_c(kept, *text);
  }
  return xml_document_keep(xml_document_of(node), kept->str);
}

static gboolean read_text(xmlNode *node, LaunchSecurity *security, LaunchText which, GError **error)
{
  xmlNode *child = NULL;
  const char *text;

  if (!xml_child(node, texts[which].element, &child, error))
    return FALSE;
  if (!child)
    return TRUE;
  if (texts[which].type != security->type)
    return xml_error(error, child, NULL, "type '%s' has none of it: it is for '%s'",
                     enum_to_string(&launch_security_type_table, (int)security->type),
                     enum_to_string(&launch_security_type_table, (int)texts[which].type));
  security->text_places[which] = xml_place(child);
  if (!xml_text(child, &text, error))
    return FALSE;
  if (!is_base64(text))
    return xml_error(error, child, NULL, "it is not base64");
  security->texts[which] = keep_without_space(child, text);
  return TRUE;
}

static gboolean read_number(xmlNode *node, const char *name, guint64 max, gboolean *ret_is_there,
                            guint64 *ret_value, GError **error)
{
  xmlNode *child = NULL;

  if (!xml_child(node, name, &child, error))
    return FALSE;
  *ret_is_there = child != NULL;
  return !child || xml_text_uint(child, 0, max, ret_value, error);
}

static gboolean read_policy(xmlNode *node, LaunchSecurity *security, GError **error)
{
  guint64 max = security->type == LAUNCH_SECURITY_SEV ? G_MAXUINT32 : G_MAXUINT64;

  if (!read_number(node, "policy", max, &security->has_policy, &security->policy, error))
    return FALSE;
  return security->has_policy || security->type >= LAUNCH_SECURITY_TDX ||
         xml_error(error, node, NULL, "element <policy> is missing");
}

/* Both are the processor's: of each kind of them there is one pair. */
static gboolean read_bits(xmlNode *node, LaunchSecurity *security, GError **error)
{
  guint64 c_bit = 0, reduced_bits = 1;
  gboolean has_c_bit, has_reduced_bits;

  if (!read_number(node, "cbitpos", 63, &has_c_bit, &c_bit, error) ||
      !read_number(node, "reducedPhysBits", 63, &has_reduced_bits, &reduced_bits, error))
    return FALSE;
  if (!has_c_bit) {
    xml_error(error, node, NULL, "element <cbitpos> is missing");
    return error_add_hint(error,
                          "it is the host's processor's: bits 0 to 5 of EBX of CPUID 0x8000001f; 51 from "
                          "the second EPYC on, and 47 before");
  }
  security->c_bit = (guint32)c_bit;
  security->reduced_bits = (guint32)reduced_bits;
  return TRUE;
}

static gboolean read_quote_service(xmlNode *node, LaunchSecurity *security, GError **error)
{
  xmlNode *service = NULL;

  if (!xml_child(node, "quoteGenerationService", &service, error))
    return FALSE;
  if (!service)
    return TRUE;
  security->quote_place = xml_place(service);
  security->quote_socket = "/var/run/tdx-qgs/qgs.socket";
  return !xml_has_attribute(service, "path") ||
         xml_attribute_path(service, "path", &security->quote_socket, error);
}

#define OF(type) (1u << LAUNCH_SECURITY_##type)

/* Nothing of it is to be passed over: it is about who may read the guest's memory. */
static gboolean refuse_others(xmlNode *node, LaunchSecurityType type, GError **error)
{
  static const struct {
    const char *name;
    gboolean is_attribute;
    guint types;
  } parts[] = {
    { "kernelHashes", TRUE, OF(SEV) | OF(SEV_SNP) },
    { "authorKey", TRUE, OF(SEV_SNP) },
    { "vcek", TRUE, OF(SEV_SNP) },
    { "policy", FALSE, OF(SEV) | OF(SEV_SNP) | OF(TDX) },
    { "cbitpos", FALSE, OF(SEV) | OF(SEV_SNP) },
    { "reducedPhysBits", FALSE, OF(SEV) | OF(SEV_SNP) },
    { "quoteGenerationService", FALSE, OF(TDX) },
  };
  const char *name = enum_to_string(&launch_security_type_table, (int)type);

  for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
    xmlNode *child = parts[i].is_attribute ? NULL : xml_next_child(node, parts[i].name, NULL);

    if (parts[i].types & (1u << type))
      continue;
    if (parts[i].is_attribute && xml_has_attribute(node, parts[i].name))
      return xml_error(error, node, parts[i].name, "type '%s' has none of it", name);
    if (child)
      return xml_error(error, child, NULL, "type '%s' has none of it", name);
  }
  return TRUE;
}

static gboolean read_by_type(xmlNode *node, LaunchSecurity *security, GError **error)
{
  if (security->type == LAUNCH_SECURITY_S390_PV)
    return TRUE;
  if (security->type == LAUNCH_SECURITY_TDX)
    return read_quote_service(node, security, error);
  return read_bits(node, security, error) &&
         feature_state_parse_yes_no(node, "kernelHashes", &security->kernel_hashes, error) &&
         (security->type == LAUNCH_SECURITY_SEV ||
          (feature_state_parse_yes_no(node, "authorKey", &security->author_key, error) &&
           feature_state_parse_yes_no(node, "vcek", &security->vcek, error)));
}

ENUM_TABLE(cipher_table, 2, "aes", "dea");

static gboolean read_keywrap(xmlNode *root, LaunchSecurity *security, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(root, "keywrap", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  security->wrap_place = xml_place(node);
  XML_FOREACH_CHILD(node, cipher, "cipher") {
    FeatureState state = FEATURE_UNSET;
    int which = 0;

    if (!xml_attribute_enum_required(cipher, "name", &cipher_table, &which, error) ||
        !feature_state_parse(cipher, "state", &state, error))
      return FALSE;
    if (state == FEATURE_UNSET)
      return xml_error(error, cipher, "state", "is missing (known: on, off)");
    *(which ? &security->dea_wrap : &security->aes_wrap) = state;
  }
  return TRUE;
}

gboolean launch_security_parse(xmlNode *root, LaunchSecurity *ret_security, GError **error)
{
  xmlNode *node = NULL;

  if (!read_keywrap(root, ret_security, error) || !xml_child(root, "launchSecurity", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  ret_security->place = xml_place(node);
  if (!xml_attribute_enum_required(node, "type", &launch_security_type_table, XML_ENUM(&ret_security->type),
                                   error) ||
      !refuse_others(node, ret_security->type, error) || !read_policy(node, ret_security, error) ||
      !read_by_type(node, ret_security, error))
    return FALSE;
  for (LaunchText which = 0; which < LAUNCH_TEXT_LAST; which++) {
    if (!read_text(node, ret_security, which, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean check_machine(const Domain *domain, GError **error)
{
  const LaunchSecurity *security = domain->launch_security;
  gboolean is_pv = security->type == LAUNCH_SECURITY_S390_PV;

  if (is_pv ? domain->os->arch == OS_ARCH_S390X : os_arch_is_x86(domain->os->arch))
    return TRUE;
  return error_set_document(error, &security->place, "type", "'%s' is that of %s machines",
                            enum_to_string(&launch_security_type_table, (int)security->type),
                            is_pv ? "s390" : "x86");
}

gboolean launch_security_validate(const Domain *domain, GError **error)
{
  const LaunchSecurity *security = domain->launch_security;

  if (security->wrap_place.element && domain->os->arch != OS_ARCH_S390X)
    report_warning(domain->report, &security->wrap_place, NULL, NULL,
                   "s390 machines alone have such keys: it has no effect");
  if (security->type == LAUNCH_SECURITY_NONE)
    return TRUE;
  if (!check_machine(domain, error))
    return FALSE;
  if (domain->type == DOMAIN_TYPE_KVM)
    return TRUE;
  error_set_document(error, &security->place, "type", "'%s' needs KVM, on a processor that has it",
                     enum_to_string(&launch_security_type_table, (int)security->type));
  return error_add_hint(error, "<domain type='kvm'>, or --type=kvm");
}
