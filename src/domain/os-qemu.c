/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/os.h"

#include "domain/domain.h"

ENUM_TABLE(os_arch_emulator_table,
           OS_ARCH_LAST, [OS_ARCH_I686] = "qemu-system-i386", [OS_ARCH_X86_64] = "qemu-system-x86_64");

const char *os_arch_emulator(OsArch arch)
{
  return enum_to_string(&os_arch_emulator_table, (int)arch);
}

static void translate_kernel(const Os *os, Plan *plan)
{
  if (!os->kernel)
    return;
  plan_add(plan, PLAN_BOTH, "-kernel", os->kernel);
  plan_require(plan, PLAN_REQUIRE_READ, &os->kernel_place, NULL, os->kernel);
  if (os->initrd) {
    plan_add(plan, PLAN_BOTH, "-initrd", os->initrd);
    plan_require(plan, PLAN_REQUIRE_READ, &os->initrd_place, NULL, os->initrd);
  }
  if (os->cmdline)
    plan_add(plan, PLAN_BOTH, "-append", os->cmdline);
}

void os_translate(const Domain *domain, Plan *plan)
{
  Props *machine = props_new(/* key= */ NULL, domain->os.machine);

  /* No USB controller but those of the document, and no guest memory in QEMU's own core dumps. */
  props_add_bool(machine, "usb", FALSE);
  props_add_bool(machine, "dump-guest-core", FALSE);
  plan_add_keyval(plan, PLAN_BOTH, "-machine", machine);
  /* strict: nothing boots that the document does not name. */
  plan_add(plan, PLAN_BOTH, "-boot", "strict=on");
  translate_kernel(&domain->os, plan);
}
