/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <rom>: the option ROM of a PCI device, what network cards boot with.
 * https://libvirt.org/formatdomain.html#usb-pci-scsi-devices
 */
#pragma once

#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;

typedef struct {
  gboolean is_disabled; /* no ROM at all */
  gboolean has_bar;     /* @bar was given */
  gboolean bar;         /* whether the guest sees the ROM in its memory */
  const char *file;     /* absolute; NULL: QEMU's own for the device */
  Place place;          /* of the element, if there is one */
} Rom;

/* Reads <rom> of @node, if there is one. */
gboolean rom_parse(struct _xmlNode *node, Rom *ret_rom, GError **error);

/* Adds the device's properties, and the file to what the plan requires. */
void rom_translate(const Rom *rom, Props *props, Plan *plan);
