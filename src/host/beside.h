/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The programs that run for a guest beside its QEMU, and what bars each from the host. Each is different:
 * some have a sandbox of their own that Landlock would break, which keeps who has rules about files from
 * mounting anything.
 */
#pragma once

#include <glib.h>

#include "host/account.h"
#include "host/confinement.h"
#include "process/spawn.h"
#include "qemu/plan.h"

typedef enum {
  BESIDE_SWTPM,            /* opens nothing but its state */
  BESIDE_SWTPM_SETUP,      /* runs what its configuration names, which is the host's own */
  BESIDE_VIRTIOFSD,        /* shuts itself up in namespaces */
  BESIDE_VIRTIOFSD_CHROOT, /* opens nothing but what it shares */
  BESIDE_PASST,            /* shuts itself up in namespaces; ports are what it is for */
  BESIDE_DBUS_DAEMON,      /* makes its socket */
  BESIDE_ISO,              /* makes an image out of files in one directory */
  BESIDE_BOOTLOADER,       /* reads what it likes, and writes where temporary files are */
  BESIDE_LAST,
} BesideKind;

/* How all of them are started. */
typedef struct {
  int group;              /* of spawn.h */
  guint confinement;      /* of ConfinementPart: what is in force for QEMU */
  const Account *account; /* as whom QEMU is run, and those that can be; NULL: as this user */
  gboolean is_chowned;    /* the guest's own files are that user's meanwhile */
  gboolean is_tied;       /* all are killed with this process */
  int lifeline;           /* of helper.h: ended by the kernel when QEMU has ended; 0, or -1: nothing is */
} Beside;

/* Puts into @bounds, which the caller clears, what bounds @program. @access is what it may have of files and
 * ports, beside what every program may; NULL: nothing. FALSE with a DOMRUN_ERROR_HOST error. */
gboolean beside_confine(const Beside *beside, BesideKind kind, const char *program, const Access *access,
                        SpawnBounds *bounds, GError **error);

/* What each may have. @path is where the state is kept, and the socket made. */
Access *beside_access_swtpm(const char *path);
Access *beside_access_virtiofsd(const PlanVirtiofsd *plan);
Access *beside_access_dbus_daemon(const char *path);
Access *beside_access_bootloader(const PlanBootloader *bootloader);

/* Which it is, by what the plan says of it. */
BesideKind beside_kind_of_virtiofsd(const PlanVirtiofsd *plan);

/* "swtpm: create /var/lib/...": what programs for @plan may have of the host, beside what every one may, a
 * line each, as confinement_describe(); but for what the guest's own directory has. The caller frees it. */
char *beside_describe(const Plan *plan, guint parts);

/* "swtpm: files, tcp, signals, limits": what of @parts is in force for each of the plan's programs, a line
 * for each. The caller frees it. */
char *beside_describe_parts(const Plan *plan, guint parts);
