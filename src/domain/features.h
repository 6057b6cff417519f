/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <features>: what is named is on, what is not named is off.
 * https://libvirt.org/formatdomain.html#hypervisor-features
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;

typedef struct {
  gboolean acpi;
  gboolean apic;
  gboolean pae;
} Features;

gboolean features_parse(struct _xmlNode *domain, Features *ret_features, GError **error);
void features_translate(const Features *features, Plan *plan);
