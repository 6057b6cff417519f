/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The firmware of the guest: <loader> and <nvram> of <os>. Without them the machine has QEMU's own, SeaBIOS.
 * https://libvirt.org/formatdomain.html#bios-bootloader
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  FIRMWARE_DEFAULT, /* rom */
  FIRMWARE_ROM,
  FIRMWARE_PFLASH,
  FIRMWARE_LAST,
} FirmwareType;

extern const EnumTable firmware_type_table;

typedef struct Firmware {
  FirmwareType type;
  const char *loader; /* absolute path; NULL: the machine's own */
  Place loader_place;
  gboolean is_readonly; /* PFLASH: the guest cannot write the loader */
  gboolean is_secure;   /* PFLASH: only code in system management mode can write it */
  const char *nvram;    /* PFLASH: absolute path of the guest's own variables, or NULL */
  Place nvram_place;
} Firmware;

/* Reads them from <os>. */
gboolean firmware_parse(struct _xmlNode *root, Domain *domain, GError **error);

/* What the other parts have to be for it. */
gboolean firmware_validate(const Domain *domain, GError **error);

/* Adds the properties of -machine and what stands beside it. */
void firmware_translate(const Firmware *firmware, Props *machine, Plan *plan);
