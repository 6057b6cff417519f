/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What CPU this host can give a guest, and which named model is nearest to it: <cpu mode='host-model'>.
 *
 * The answer is libvirt's: the model of the host's vendor from which the host's features differ least, first
 * of all among those that are this very CPU (family and model).
 * https://libvirt.org/formatdomain.html#cpu-model-and-topology
 */
#pragma once

#include "domain/cpu-data.h"
#include "domain/cpu-host.h"

/* The features that KVM gives a guest that may migrate. The kernel leaves out some that QEMU adds by itself.
 */
CpuFeatureSet cpu_resolve_kvm(const CpuHost *host);

/* Those that QEMU emulates. */
CpuFeatureSet cpu_resolve_tcg(void);

/* The nearest model to a CPU with @features; never NULL. */
const CpuDataModel *cpu_resolve_nearest(const char *vendor, guint family, guint model, guint stepping,
                                        const CpuFeatureSet *features);
