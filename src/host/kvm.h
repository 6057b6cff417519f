/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What KVM says of the CPUs that it can give a guest: for documents that want the host's. The kernel's
 * documentation, KVM_GET_SUPPORTED_CPUID, KVM_GET_MSR_FEATURE_INDEX_LIST; no guest is made for it.
 */
#pragma once

#include "domain/cpu-host.h"

/* FALSE where there is no KVM that this user may use, or this is no x86. */
gboolean kvm_read_cpu(CpuHost *ret_host);
