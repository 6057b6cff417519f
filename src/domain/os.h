/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <os>: what machine it is, and how it boots.
 * https://libvirt.org/formatdomain.html#operating-system-booting
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
  OS_ARCH_LAST,
} OsArch;

typedef enum {
  OS_BOOT_NONE,
  OS_BOOT_FD,
  OS_BOOT_HD,
  OS_BOOT_CDROM,
  OS_BOOT_NETWORK,
  OS_BOOT_LAST,
} OsBoot;

extern const EnumTable os_arch_table;
extern const EnumTable os_boot_table;

typedef struct {
  OsArch arch;
  const char *machine; /* default: pc */
  GArray *boot;        /* of OsBoot, in order; empty where the document has none */
  Place boot_place;    /* of the first <boot> */
  const char *kernel;  /* absolute path, or NULL, as the next */
  const char *initrd;
  const char *cmdline;
  Place kernel_place;
  Place initrd_place;
} Os;

gboolean os_parse(struct _xmlNode *domain, Os *ret_os, GError **error);
void os_clear(Os *os);
void os_translate(const Domain *domain, Plan *plan);

/* The emulator's name for an architecture: "qemu-system-x86_64". */
const char *os_arch_emulator(OsArch arch);
