/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <os>: what machine it is, and how it boots. The firmware is firmware.h's, a bootloader of the host
 * bootloader.h's. https://libvirt.org/formatdomain.html#operating-system-booting
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  OS_ARCH_I686,
  OS_ARCH_X86_64,
  OS_ARCH_ARMV7L,
  OS_ARCH_AARCH64,
  OS_ARCH_RISCV32,
  OS_ARCH_RISCV64,
  OS_ARCH_PPC64,
  OS_ARCH_PPC64LE,
  OS_ARCH_S390X,
  OS_ARCH_LOONGARCH64,
  OS_ARCH_LAST,
} OsArch;

typedef enum {
  OS_ACPI_RAW,  /* a whole table; format 11.2, as OS_ACPI_MSDM */
  OS_ACPI_SLIC, /* the licence of a Windows that came with the machine */
  OS_ACPI_MSDM, /* the same, of a newer one */
  OS_ACPI_LAST,
} OsAcpi;

extern const EnumTable os_arch_table;
extern const EnumTable os_acpi_table;

/* <bootmenu> and <bios>: what the BIOS does. */
typedef struct {
  gboolean has_menu; /* @menu was given */
  gboolean menu;
  gboolean has_menu_timeout;
  guint32 menu_timeout;  /* ms */
  gboolean is_on_serial; /* the BIOS talks on the first serial port */
  Place serial_place;    /* of what says so */
  gboolean has_reboot_timeout;
  gint32 reboot_timeout; /* ms until another try where nothing boots; -1: none */
} OsBios;

typedef struct {
  OsAcpi type;
  const char *path; /* absolute */
  Place place;
} OsAcpiTable;

typedef struct Os {
  OsArch arch;
  const char *machine; /* default: that of the architecture */
  Place machine_place; /* of <type>; nowhere where the command line names the machine */
  GArray *boot;        /* of BootClass, in order; empty where the document has none */
  Place boot_place;    /* of the first <boot> */
  OsBios bios;
  const char *kernel; /* absolute path, or NULL, as the next */
  const char *initrd;
  const char *dtb;
  const char *shim; /* the loader that checks the kernel's signature, which UEFI starts first; format 10.4 */
  const char *cmdline; /* with what the old <root> says at its end; or NULL */
  Place kernel_place;
  Place initrd_place;
  Place dtb_place;
  Place shim_place;
  GArray *acpi_tables; /* of OsAcpiTable, or NULL */
} Os;

gboolean os_parse(struct _xmlNode *root, Domain *domain, GError **error);
void os_clear(Os *os);
gboolean os_validate(const Domain *domain, GError **error);

/* What the part has to say of -machine. */
void os_translate_machine(const Os *os, Props *machine);
void os_translate(const Os *os, Plan *plan);

/* The emulator's name for an architecture: "qemu-system-x86_64". */
const char *os_arch_emulator(OsArch arch);

gboolean os_arch_is_x86(OsArch arch);
gboolean os_arch_is_arm(OsArch arch);
gboolean os_arch_is_riscv(OsArch arch);
gboolean os_arch_is_power(OsArch arch);
