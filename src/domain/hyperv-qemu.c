/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/hyperv.h"

static const char *const properties[HYPERV_LAST] = {
  [HYPERV_RELAXED] = "hv-relaxed",
  [HYPERV_VAPIC] = "hv-vapic",
  [HYPERV_SPINLOCKS] = "hv-spinlocks",
  [HYPERV_VPINDEX] = "hv-vpindex",
  [HYPERV_RUNTIME] = "hv-runtime",
  [HYPERV_SYNIC] = "hv-synic",
  [HYPERV_STIMER] = "hv-stimer",
  [HYPERV_STIMER_DIRECT] = "hv-stimer-direct",
  [HYPERV_RESET] = "hv-reset",
  [HYPERV_VENDOR_ID] = "hv-vendor-id",
  [HYPERV_FREQUENCIES] = "hv-frequencies",
  [HYPERV_REENLIGHTENMENT] = "hv-reenlightenment",
  [HYPERV_TLBFLUSH] = "hv-tlbflush",
  [HYPERV_TLBFLUSH_DIRECT] = "hv-tlbflush-direct",
  [HYPERV_TLBFLUSH_EXTENDED] = "hv-tlbflush-ext",
  [HYPERV_IPI] = "hv-ipi",
  [HYPERV_EVMCS] = "hv-evmcs",
  [HYPERV_AVIC] = "hv-avic",
  [HYPERV_EMSR_BITMAP] = "hv-emsr-bitmap",
  [HYPERV_XMM_INPUT] = "hv-xmm-input",
};

void hyperv_translate(const Hyperv *hyperv, Props *model)
{
  if (hyperv->mode == HYPERV_MODE_PASSTHROUGH)
    props_add_bool(model, "hv-passthrough", TRUE);
  for (HypervFeature feature = HYPERV_RELAXED; feature < HYPERV_LAST; feature++) {
    if (!hyperv->is_on[feature]) /* off is QEMU's default */
      continue;
    if (feature == HYPERV_SPINLOCKS)
      props_add_format(model, properties[feature], "0x%x", hyperv->retries);
    else if (feature == HYPERV_VENDOR_ID)
      props_add_string(model, properties[feature], hyperv->vendor_id);
    else
      props_add_bool(model, properties[feature], TRUE);
  }
  if (hyperv->has_crash)
    props_add_bool(model, "hv-crash", TRUE);
}
