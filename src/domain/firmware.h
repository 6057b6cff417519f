/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The firmware of the guest: <loader>, <nvram> and <varstore> of <os>. Without them the machine has QEMU's
 * own, SeaBIOS. https://libvirt.org/formatdomain.html#bios-bootloader
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "domain/firmware-request.h"
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

typedef enum {
  FIRMWARE_FORMAT_DEFAULT, /* raw */
  FIRMWARE_FORMAT_RAW,
  FIRMWARE_FORMAT_QCOW2,
  FIRMWARE_FORMAT_LAST,
} FirmwareFormat;

typedef enum {
  FIRMWARE_AUTO_NONE, /* the document names the loader, or has none */
  FIRMWARE_AUTO_BIOS,
  FIRMWARE_AUTO_EFI,
  FIRMWARE_AUTO_LAST,
} FirmwareAuto;

extern const EnumTable firmware_format_table;
extern const EnumTable firmware_auto_table;

typedef struct Firmware {
  FirmwareAuto automatic; /* firmware='efi': the host's descriptors choose the loader */
  FirmwareWish secure_boot;
  FirmwareWish enrolled_keys;
  FirmwareType type;
  const char *loader; /* absolute path; NULL: the machine's own */
  FirmwareFormat format;
  Place loader_place;
  gboolean is_readonly;  /* PFLASH: the guest cannot write the loader */
  gboolean has_readonly; /* the document says so */
  gboolean is_secure;    /* PFLASH: only code in system management mode can write it */
  gboolean has_secure;
  gboolean is_stateless; /* it keeps no variables */
  gboolean is_varstore;  /* ROM: QEMU keeps its variables for it, and not a flash (<varstore>); format 12.1 */
  const char *nvram;     /* PFLASH, or with a varstore: absolute path of the guest's own variables, or NULL */
  FirmwareFormat nvram_format;
  const char *nvram_template;  /* from which they are made once; absolute, or NULL: nobody knows it */
  gboolean is_nvram_generated; /* the document names no path */
  gboolean is_reset_nvram;     /* it is made again from the template */
  gboolean is_fast_boot;       /* the BIOS does not wait for USB devices that come late */
  Place nvram_place;
  Place auto_place;
  const char *missing; /* what the host lacks, in words; or NULL */
} Firmware;

/* Reads them from <os>. */
gboolean firmware_parse(struct _xmlNode *root, Domain *domain, GError **error);

/* Chooses the loader, the template and the file of the variables, with what the options know of the host. */
void firmware_complete(Domain *domain);

/* For the live XML: writes what was chosen, and what it needs, into <domain>, the node @root. */
void firmware_annotate(const Firmware *firmware, struct _xmlNode *root);

/* What the other parts have to be for it. */
gboolean firmware_validate(const Domain *domain, GError **error);

/* Adds the properties of -machine and what stands beside it. */
void firmware_translate(const Firmware *firmware, Props *machine, Plan *plan);

/* Adds the device that keeps its variables, on a machine of that kind. */
void firmware_translate_varstore(const Firmware *firmware, gboolean is_x86, Plan *plan);

/* Adds what SeaBIOS, x86's, reads of how it is to boot. */
void firmware_translate_settings(const Firmware *firmware, gboolean is_x86, Plan *plan);
