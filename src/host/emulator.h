/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where QEMU is on this host. Distributions have it under different names, and documents come from all of
 * them.
 *
 * Facts: the packages' lists of files: Debian and Ubuntu (qemu-system-x86, also /usr/bin/kvm), Fedora, RHEL
 * and CentOS (qemu-kvm: /usr/libexec/qemu-kvm alone), Arch, openSUSE (also /usr/bin/qemu-kvm), Alpine, NixOS.
 */
#pragma once

#include <glib.h>

#include "base/report.h"
#include "qemu/plan.h"

/* Where to look: a tree that stands for the host's root ("" for the host itself), and its PATH. */
typedef struct {
  const char *root;
  const char *path;
} EmulatorTree;

/* What stands for the emulator @wanted on that host: @wanted itself, where it is there or nothing could stand
 * for it; @usual ("qemu-system-x86_64"), where PATH has it; or the absolute path of another program. @wanted
 * is an absolute path, or @usual. *@ret_program is its path where it had to be looked for in PATH and is
 * there, else NULL. The caller frees both. */
char *emulator_find(const EmulatorTree *tree, const char *wanted, const char *usual, char **ret_program);

/* The same for a plan: sets its emulator, and the program that is executed. One that is not the document's is
 * a warning. What is not there at all is left to requirements.h. */
void emulator_resolve(Plan *plan, Report *report);
