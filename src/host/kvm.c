/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/kvm.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/fd.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

typedef struct {
  struct kvm_cpuid2 head;
  struct kvm_cpuid_entry2 entries[G_N_ELEMENTS(((CpuHost *)NULL)->leaves)];
} Cpuid;

typedef struct {
  struct kvm_msrs head;
  struct kvm_msr_entry entries[1];
} Msr;

/* The maker, family and model of the CPU that this program runs on. */
static void read_signature(CpuHost *host)
{
  guint32 eax = 0, ebx = 0, ecx = 0, edx = 0;

  __cpuid(0, eax, ebx, ecx, edx);
  memcpy(host->vendor, &ebx, 4);
  memcpy(host->vendor + 4, &edx, 4);
  memcpy(host->vendor + 8, &ecx, 4);
  __cpuid(1, eax, ebx, ecx, edx);
  host->family = (eax >> 8) & 0xf;
  host->model = ((eax >> 4) & 0xf) | ((eax >> 12) & 0xf0);
  host->stepping = eax & 0xf;
  if (host->family == 0xf)
    host->family += (eax >> 20) & 0xff;
  else if (host->family != 6) /* the extended model is for these two */
    host->model &= 0xf;
}

static gboolean read_leaves(int kvm, CpuHost *host)
{
  Cpuid cpuid = { .head.nent = G_N_ELEMENTS(cpuid.entries) };

  if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) < 0)
    return FALSE;
  host->n_leaves = MIN(cpuid.head.nent, G_N_ELEMENTS(host->leaves));
  for (guint i = 0; i < host->n_leaves; i++) {
    const struct kvm_cpuid_entry2 *entry = &cpuid.entries[i];

    host->leaves[i] = (CpuHostLeaf){
      .leaf = entry->function,
      .subleaf = entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX ? entry->index : 0,
      .registers = { entry->eax, entry->ebx, entry->ecx, entry->edx },
    };
  }
  return TRUE;
}

/* The two that tell of features; older kernels have neither. */
static void read_msrs(int kvm, CpuHost *host)
{
  static const guint32 numbers[] = { 0x10a, 0xcf };

  for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
    Msr msr = { .head.nmsrs = 1, .entries[0].index = numbers[i] };

    if (ioctl(kvm, KVM_GET_MSRS, &msr) == 1)
      host->msrs[host->n_msrs++] = (CpuHostMsr){ numbers[i], msr.entries[0].data };
  }
}

gboolean kvm_read_cpu(CpuHost *ret_host)
{
  autofd int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  CpuHost host = { 0 };

  if (kvm < 0 || !read_leaves(kvm, &host))
    return FALSE;
  read_msrs(kvm, &host);
  read_signature(&host);
  host.has_tsc_deadline = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_TSC_DEADLINE_TIMER) > 0;
  *ret_host = host;
  return TRUE;
}
#else
gboolean kvm_read_cpu(CpuHost *ret_host)
{
  return FALSE;
}
#endif
