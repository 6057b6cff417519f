/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <vcpu>, and the features of the CPU's model that other elements switch (<clock>, <features>).
 * https://libvirt.org/formatdomain.html#cpu-allocation
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef struct Cpu {
  guint32 vcpus;   /* at most that many; default 1 */
  guint32 current; /* plugged in at the start; 1 to vcpus */
  Place place;     /* of <vcpu>, or of the domain */
} Cpu;

/* Reads <vcpu>; comes after os_parse(), since the machine has its limit. */
gboolean cpu_parse(struct _xmlNode *root, Domain *domain, GError **error);
void cpu_translate(const Domain *domain, Plan *plan);
