/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <vcpu>, and later <cpu>.
 * https://libvirt.org/formatdomain.html#cpu-allocation
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef struct {
  guint32 vcpus;   /* at most that many; default 1 */
  guint32 current; /* plugged in at the start; 1 to vcpus */
} Cpu;

gboolean cpu_parse(struct _xmlNode *domain, Cpu *ret_cpu, GError **error);
void cpu_translate(const Domain *domain, Plan *plan);
