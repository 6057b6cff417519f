/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <hyperv> of <features>: what Windows knows of Hyper-V and is faster with, if it sees it.
 * https://libvirt.org/formatdomain.html#hypervisor-features
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/props.h"

struct _xmlNode;

typedef enum {
  HYPERV_MODE_CUSTOM,      /* what the document names */
  HYPERV_MODE_PASSTHROUGH, /* all that KVM has */
  HYPERV_MODE_LAST,
} HypervMode;

/* In the order in which QEMU gets them. */
typedef enum {
  HYPERV_RELAXED,
  HYPERV_VAPIC,
  HYPERV_SPINLOCKS,
  HYPERV_VPINDEX,
  HYPERV_RUNTIME,
  HYPERV_SYNIC,
  HYPERV_STIMER,
  HYPERV_STIMER_DIRECT, /* <direct> of <stimer> */
  HYPERV_RESET,
  HYPERV_VENDOR_ID,
  HYPERV_FREQUENCIES,
  HYPERV_REENLIGHTENMENT,
  HYPERV_TLBFLUSH,
  HYPERV_TLBFLUSH_DIRECT,   /* <direct> of <tlbflush>, as the next */
  HYPERV_TLBFLUSH_EXTENDED, /* <extended> */
  HYPERV_IPI,
  HYPERV_EVMCS,
  HYPERV_AVIC,
  HYPERV_EMSR_BITMAP,
  HYPERV_XMM_INPUT,
  HYPERV_LAST,
} HypervFeature;

extern const EnumTable hyperv_mode_table;

typedef struct {
  Place place; /* of the element, if there is one */
  HypervMode mode;
  gboolean has_crash; /* <panic model='hyperv'>: a register by which the guest tells that it has crashed */
  gboolean is_on[HYPERV_LAST];
  guint32 retries;       /* of spinlocks, if these are on */
  const char *vendor_id; /* of vendor_id, if it is on */
  Place places[HYPERV_LAST];
} Hyperv;

/* Reads it from <features>. */
gboolean hyperv_parse(struct _xmlNode *features, Hyperv *ret_hyperv, GError **error);

/* Whether it asks for anything: for a guest without KVM, which has none of it. */
gboolean hyperv_has_any(const Hyperv *hyperv);

/* Refuses what KVM would refuse: one that needs another. @has_clock: the guest has Hyper-V's clock. */
gboolean hyperv_validate(const Hyperv *hyperv, gboolean has_clock, GError **error);

/* Adds the properties of -cpu. */
void hyperv_translate(const Hyperv *hyperv, Props *model);
