/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What KVM on this host can give a guest's CPU, as the host was asked: a plain struct, in which the two wings
 * meet. Intel's manual, CPUID; the kernel's documentation, KVM_GET_SUPPORTED_CPUID.
 */
#pragma once

#include <glib.h>

typedef struct {
  guint32 leaf;
  guint32 subleaf;
  guint32 registers[4]; /* eax, ebx, ecx, edx */
} CpuHostLeaf;

typedef struct {
  guint32 number;
  guint64 value;
} CpuHostMsr;

typedef struct {
  char vendor[13];
  guint family;
  guint model;
  guint stepping;
  gboolean has_tsc_deadline; /* by the kernel's own interrupt controller */
  CpuHostLeaf leaves[128];
  guint n_leaves;
  CpuHostMsr msrs[8];
  guint n_msrs;
} CpuHost;
