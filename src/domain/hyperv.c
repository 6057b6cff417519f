/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/hyperv.h"

#include <string.h>

#include "xml/element.h"

ENUM_TABLE(hyperv_mode_table,
           HYPERV_MODE_LAST, [HYPERV_MODE_CUSTOM] = "custom", [HYPERV_MODE_PASSTHROUGH] = "passthrough");

typedef struct {
  const char *parent; /* NULL: <hyperv> itself */
  const char *element;
} HypervName;

static const HypervName names[HYPERV_LAST] = {
  [HYPERV_RELAXED] = { NULL, "relaxed" },
  [HYPERV_VAPIC] = { NULL, "vapic" },
  [HYPERV_SPINLOCKS] = { NULL, "spinlocks" },
  [HYPERV_VPINDEX] = { NULL, "vpindex" },
  [HYPERV_RUNTIME] = { NULL, "runtime" },
  [HYPERV_SYNIC] = { NULL, "synic" },
  [HYPERV_STIMER] = { NULL, "stimer" },
  [HYPERV_STIMER_DIRECT] = { "stimer", "direct" },
  [HYPERV_RESET] = { NULL, "reset" },
  [HYPERV_VENDOR_ID] = { NULL, "vendor_id" },
  [HYPERV_FREQUENCIES] = { NULL, "frequencies" },
  [HYPERV_REENLIGHTENMENT] = { NULL, "reenlightenment" },
  [HYPERV_TLBFLUSH] = { NULL, "tlbflush" },
  [HYPERV_TLBFLUSH_DIRECT] = { "tlbflush", "direct" },
  [HYPERV_TLBFLUSH_EXTENDED] = { "tlbflush", "extended" },
  [HYPERV_IPI] = { NULL, "ipi" },
  [HYPERV_EVMCS] = { NULL, "evmcs" },
  [HYPERV_AVIC] = { NULL, "avic" },
  [HYPERV_EMSR_BITMAP] = { NULL, "emsr_bitmap" },
  [HYPERV_XMM_INPUT] = { NULL, "xmm_input" },
};

static gboolean find_feature(xmlNode *hyperv, const HypervName *name, xmlNode **ret_node, GError **error)
{
  xmlNode *parent = hyperv;

  if (name->parent && !xml_child(hyperv, name->parent, &parent, error))
    return FALSE;
  if (name->parent && parent == hyperv)
    return TRUE;
  return xml_child(parent, name->element, ret_node, error);
}

static gboolean read_state(xmlNode *node, gboolean *ret_is_on, GError **error)
{
  const char *state = NULL;

  return xml_attribute_required(node, "state", &state, error) &&
         xml_attribute_on_off(node, "state", ret_is_on, error);
}

static gboolean read_feature(xmlNode *hyperv, HypervFeature feature, Hyperv *ret_hyperv, GError **error)
{
  const HypervName *name = &names[feature];
  xmlNode *node = NULL;

  if (!find_feature(hyperv, name, &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  ret_hyperv->places[feature] = xml_place(node);
  if (!read_state(node, &ret_hyperv->is_on[feature], error))
    return FALSE;
  if (feature == HYPERV_SPINLOCKS)
    return xml_attribute_uint32(node, "retries", 4095, G_MAXUINT32, &ret_hyperv->retries, error);
  if (feature == HYPERV_VENDOR_ID)
    ret_hyperv->vendor_id = xml_attribute(node, "value");
  return TRUE;
}

enum { VENDOR_ID_LENGTH = 12 };

static gboolean check_values(xmlNode *hyperv, const Hyperv *read, GError **error)
{
  const char *vendor = read->vendor_id;

  if (read->is_on[HYPERV_SPINLOCKS] && read->retries == 0)
    return xml_error(
        error, xml_next_child(hyperv, "spinlocks", NULL), "retries",
        "is missing (how often to try before the hypervisor is told; at least 4095, usual: 8191)");
  if (!read->is_on[HYPERV_VENDOR_ID])
    return TRUE;
  if (!vendor || !*vendor)
    return xml_error(error, xml_next_child(hyperv, "vendor_id", NULL), "value", "is missing");
  if (strlen(vendor) > VENDOR_ID_LENGTH || strchr(vendor, ','))
    return xml_error(error, xml_next_child(hyperv, "vendor_id", NULL), "value",
                     "'%s' is not a vendor's name (expected: at most %d characters, no comma)", vendor,
                     VENDOR_ID_LENGTH);
  return TRUE;
}

gboolean hyperv_parse(xmlNode *features, Hyperv *ret_hyperv, GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(features, "hyperv", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  ret_hyperv->place = xml_place(node);
  if (!xml_attribute_enum(node, "mode", &hyperv_mode_table, XML_ENUM(&ret_hyperv->mode), error))
    return FALSE;
  for (HypervFeature feature = HYPERV_RELAXED; feature < HYPERV_LAST; feature++) {
    if (!read_feature(node, feature, ret_hyperv, error))
      return FALSE;
  }
  return check_values(node, ret_hyperv, error);
}

gboolean hyperv_has_any(const Hyperv *hyperv)
{
  for (HypervFeature feature = HYPERV_RELAXED; feature < HYPERV_LAST; feature++) {
    if (hyperv->is_on[feature])
      return TRUE;
  }
  return hyperv->mode == HYPERV_MODE_PASSTHROUGH;
}

/* QEMU's own table. The clock is <timer name='hypervclock'>. */
typedef struct {
  HypervFeature feature;
  HypervFeature needed;
} Need;

static const Need needs[] = {
  { HYPERV_SYNIC, HYPERV_VPINDEX },
  { HYPERV_STIMER, HYPERV_SYNIC },
  { HYPERV_STIMER_DIRECT, HYPERV_STIMER },
  { HYPERV_TLBFLUSH, HYPERV_VPINDEX },
  { HYPERV_TLBFLUSH_DIRECT, HYPERV_TLBFLUSH },
  { HYPERV_TLBFLUSH_EXTENDED, HYPERV_TLBFLUSH },
  { HYPERV_IPI, HYPERV_VPINDEX },
  { HYPERV_EVMCS, HYPERV_VAPIC },
};

gboolean hyperv_validate(const Hyperv *hyperv, gboolean has_clock, GError **error)
{
  if (hyperv->mode == HYPERV_MODE_PASSTHROUGH)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS(needs); i++) {
    if (!hyperv->is_on[needs[i].feature] || hyperv->is_on[needs[i].needed])
      continue;
    error_set_document(error, &hyperv->places[needs[i].feature], NULL, "needs <%s>",
                       names[needs[i].needed].element);
    return error_add_hint(error, "add <%s state='on'/>", names[needs[i].needed].element);
  }
  if (!hyperv->is_on[HYPERV_STIMER] || has_clock)
    return TRUE;
  error_set_document(error, &hyperv->places[HYPERV_STIMER], NULL, "needs Hyper-V's clock");
  return error_add_hint(error, "add <timer name='hypervclock' present='yes'/> to <clock>");
}
