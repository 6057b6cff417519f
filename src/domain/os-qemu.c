/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/os.h"

ENUM_TABLE(os_arch_emulator_table,
           OS_ARCH_LAST, [OS_ARCH_I686] = "qemu-system-i386", [OS_ARCH_X86_64] = "qemu-system-x86_64",
           [OS_ARCH_ARMV7L] = "qemu-system-arm", [OS_ARCH_AARCH64] = "qemu-system-aarch64",
           [OS_ARCH_RISCV32] = "qemu-system-riscv32", [OS_ARCH_RISCV64] = "qemu-system-riscv64",
           [OS_ARCH_PPC64] = "qemu-system-ppc64", [OS_ARCH_PPC64LE] = "qemu-system-ppc64",
           [OS_ARCH_S390X] = "qemu-system-s390x", [OS_ARCH_LOONGARCH64] = "qemu-system-loongarch64");

const char *os_arch_emulator(OsArch arch)
{
  return enum_to_string(&os_arch_emulator_table, (int)arch);
}

static void add_file(Plan *plan, const char *option, const char *path, const Place *place)
{
  if (!path)
    return;
  plan_add(plan, PLAN_BOTH, option, path);
  plan_require(plan, PLAN_REQUIRE_READ, place, NULL, path);
}

static void translate_kernel(const Os *os, Plan *plan)
{
  add_file(plan, "-kernel", os->kernel, &os->kernel_place);
  add_file(plan, "-initrd", os->initrd, &os->initrd_place);
  if (os->cmdline)
    plan_add(plan, PLAN_BOTH, "-append", os->cmdline);
  add_file(plan, "-shim", os->shim, &os->shim_place); /* QEMU 10.0 */
  add_file(plan, "-dtb", os->dtb, &os->dtb_place);
}

static void translate_boot(const OsBios *bios, Plan *plan)
{
  Props *boot = props_new_empty();

  if (bios->has_menu)
    props_add_bool(boot, "menu", bios->menu);
  if (bios->has_menu_timeout)
    props_add_uint(boot, "splash-time", bios->menu_timeout);
  if (bios->has_reboot_timeout)
    props_add_int(boot, "reboot-timeout", bios->reboot_timeout);
  /* Nothing boots that the document does not name. */
  props_add_bool(boot, "strict", TRUE);
  plan_add_keyval(plan, PLAN_BOTH, "-boot", boot);
}

/* QEMU makes the header that <table type='slic'> has, with the signature that it is given. */
static void translate_acpi_table(const OsAcpiTable *table, Plan *plan)
{
  static const char *const signatures[OS_ACPI_LAST] = { [OS_ACPI_SLIC] = "SLIC", [OS_ACPI_MSDM] = "MSDM" };
  Props *option = props_new_empty();

  props_add_string(option, "sig", signatures[table->type]);
  props_add_string(option, "file", table->path);
  plan_add_keyval(plan, PLAN_BOTH, "-acpitable", option);
  plan_require(plan, PLAN_REQUIRE_READ, &table->place, NULL, table->path);
}

void os_translate_machine(const Os *os, Props *machine)
{
  if (os->bios.is_on_serial) /* SeaBIOS then talks on the first serial port */
    props_add_bool(machine, "graphics", FALSE);
}

void os_translate(const Os *os, Plan *plan)
{
  translate_boot(&os->bios, plan);
  translate_kernel(os, plan);
  for (guint i = 0; os->acpi_tables && i < os->acpi_tables->len; i++)
    translate_acpi_table(&g_array_index(os->acpi_tables, OsAcpiTable, i), plan);
}
