/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <memory>, <currentMemory> and <maxMemory>.
 * https://libvirt.org/formatdomain.html#memory-allocation
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef struct Memory {
  guint64 kib;         /* what the guest has at boot, in KiB */
  guint64 current_kib; /* what the balloon leaves it; at most @kib and @device_kib */
  guint64 device_kib;  /* in memory devices, beside that */
  guint64 max_kib;     /* with what can be added; 0: nothing can, there is no place for it */
  guint32 slots;       /* for that */
  Place max_place;
  gboolean is_in_core_dumps; /* of QEMU itself */
  Place place;
} Memory;

gboolean memory_parse(struct _xmlNode *root, Domain *domain, GError **error);
void memory_translate(const Memory *memory, Plan *plan);

/* Reads "<memory unit='MiB'>512</memory>" and its like: a number with a unit (default: KiB), in KiB, rounded
 * up. https://libvirt.org/formatdomain.html#memory-allocation lists the units. */
gboolean memory_read_kib(struct _xmlNode *node, guint64 *ret_kib, GError **error);

/* The same from an attribute, <cell memory='512' unit='MiB'/>, which must be there: in bytes, and in KiB. */
gboolean memory_read_attribute(struct _xmlNode *node, const char *name, guint64 *ret_bytes, GError **error);
gboolean memory_read_attribute_kib(struct _xmlNode *node, const char *name, guint64 *ret_kib, GError **error);

/* @kib of the guest's memory are in devices; without NUMA cells (@has_cells) they are part of <memory>, as
 * libvirt has it.
 */
void memory_add_devices(Memory *memory, guint64 kib, gboolean has_cells);

/* The guest has as much as its NUMA cells, whatever <memory> says. */
void memory_set_total(Memory *memory, guint64 kib);
