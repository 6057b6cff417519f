/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <bootloader> and <bootloader_args>: a program of the host that looks into the guest's first disk and
 * chooses what to boot, as Xen's pygrub does. It is run before QEMU, by host/bootloader.h.
 * https://libvirt.org/formatdomain.html#host-bootloader
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef struct Bootloader {
  const char *program;   /* absolute path; NULL: there is none */
  const char *arguments; /* separated as a shell would, but nothing is expanded; or NULL */
  const char *disk; /* of the first hard disk, from which it reads; NULL: there is none. Set by machine/ */
  Place place;
} Bootloader;

gboolean bootloader_parse(struct _xmlNode *root, Bootloader *ret_bootloader, GError **error);

/* It needs a disk, and no kernel beside it. */
gboolean bootloader_validate(const Domain *domain, GError **error);

void bootloader_translate(const Domain *domain, Plan *plan);
