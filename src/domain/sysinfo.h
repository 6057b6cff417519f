/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <sysinfo>, and <smbios> of <os>: what the guest reads of its machine's identity, in the SMBIOS tables
 * (dmidecode, cloud-init's NoCloud) and as files of the firmware's configuration (fw_cfg: Ignition).
 * https://libvirt.org/formatdomain.html#smbios-system-information; QEMU's documentation, -smbios and -fw_cfg;
 * QEMU's docs/specs/fw_cfg: names of users begin with "opt/"; DMTF's DSP0134 for the tables.
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  SMBIOS_DEFAULT, /* QEMU's own, as with emulate */
  SMBIOS_EMULATE,
  SMBIOS_HOST,
  SMBIOS_SYSINFO,
  SMBIOS_LAST,
} SmbiosMode;

extern const EnumTable smbios_mode_table;

typedef enum {
  SYSINFO_BIOS, /* SMBIOS type 0 */
  SYSINFO_SYSTEM,
  SYSINFO_BASE_BOARD,
  SYSINFO_CHASSIS, /* type 3 */
  SYSINFO_BLOCKS,
} SysinfoBlock;

typedef struct {
  const char *name; /* the same in the format and in QEMU; a literal */
  const char *value;
} SysinfoEntry;

typedef struct {
  const char *name;
  const char *value; /* or NULL: @file, an absolute path, has it */
  const char *file;
  Place place;
} SysinfoFile;

typedef struct Sysinfo {
  SmbiosMode mode;
  Place mode_place;
  Place smbios_place;             /* of <sysinfo type='smbios'>, or of nothing */
  GArray *blocks[SYSINFO_BLOCKS]; /* of SysinfoEntry: what the tables are given, in QEMU's order; or NULL */
  GPtrArray *oem_strings;         /* or NULL */
  GArray *files;                  /* of SysinfoFile, or NULL */
} Sysinfo;

/* After metadata_parse(): a uuid that only <sysinfo> has becomes the guest's. The host's tables are read by
 * the option read_dmi. */
gboolean sysinfo_parse(struct _xmlNode *root, Domain *domain, GError **error);
void sysinfo_clear(Sysinfo *sysinfo);
void sysinfo_translate(const Sysinfo *sysinfo, Plan *plan);
