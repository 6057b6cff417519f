/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PCI devices of the host that a guest gets as they are, by VFIO; and how one is taken from its driver and
 * given back. Functions that take a @root look below a tree that stands for the host's root: "" is the host
 * itself.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "base/report.h"
#include "qemu/plan.h"

/* For PLAN_REQUIRE_PCI. */
gboolean pci_check(const PlanRequirement *requirement, GError **error);
gboolean pci_check_below(const char *root, const PlanRequirement *requirement, GError **error);

/* Whether what shares an IOMMU group with a device of the plan is nobody else's. */
void pci_check_groups(const Plan *plan, Report *report);
void pci_check_groups_below(const char *root, const Plan *plan, Report *report);

/* What giving a device back takes. Strings are owned. */
typedef struct {
  char *device;   /* "0000:01:02.0" */
  char *driver;   /* that had it, or "": none did */
  char *override; /* which driver the kernel was told to give it, or "" */
} PciEnd;

/* The node of its group, "/dev/vfio/14", or NULL. The caller frees it. */
char *pci_find_group(const char *root, const char *device);

/* What has the device now; FALSE where it is VFIO already, and nothing is to be done. */
gboolean pci_describe(const char *root, const char *device, PciEnd *ret_end);

/* Gives it to @driver, NULL: vfio-pci. On an error it is as it was. */
gboolean pci_take(const char *root, const PciEnd *end, const char *driver, const Place *place,
                  GError **error);

/* Gives it back. What fails is said in the log: there is nobody to turn to. FALSE where that has to wait:
 * after this guest's supervisor was killed another guest has taken the device, and who took it from that
 * would wait until it lets go. */
gboolean pci_give_back(const char *root, const PciEnd *end);

void pci_end_clear(PciEnd *end);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PciEnd, pci_end_clear)
