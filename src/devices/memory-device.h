/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <memory> in <devices>: a memory module beside the memory that the guest boots with.
 * https://libvirt.org/formatdomain.html#memory-devices; QEMU's documentation, pc-dimm
 * (docs/memory-hotplug.txt), nvdimm (docs/nvdimm.txt), virtio-mem, virtio-pmem, SGX.
 */
#pragma once

#include "base/enum.h"
#include "domain/device.h"
#include "domain/memory-backing.h"

typedef enum {
  MEMORY_DEVICE_DIMM,
  MEMORY_DEVICE_NVDIMM,      /* a file whose contents stay */
  MEMORY_DEVICE_VIRTIO_MEM,  /* of which the guest gets as much as is asked for */
  MEMORY_DEVICE_VIRTIO_PMEM, /* as NVDIMM, without ACPI */
  MEMORY_DEVICE_SGX_EPC,     /* for enclaves */
  MEMORY_DEVICE_LAST,
} MemoryDeviceModel;

extern const EnumTable memory_device_model_table;

#define MEMORY_DEVICE_UNSET G_MAXUINT32

typedef struct {
  Device device;
  MemoryDeviceModel model;
  MemoryAccess access;
  gboolean is_discarded;
  const char *path; /* of what stays: absolute; or NULL */
  Place path_place;
  guint64 align_kib; /* 0: not given, as the next ones */
  guint64 page_kib;
  Place page_place;
  MemoryNodes nodes; /* of the host; none given: as <numatune> says */
  gboolean is_pmem;  /* the file lies in persistent memory */
  guint64 kib;
  guint32 node; /* of the guest; UNSET: none given */
  Place target_place;
  Place meaningless; /* of the first element that is for virtio-mem, and stands in another model; line 0: none
                      */
  guint64 label_kib;
  gboolean is_readonly;
  guint64 block_kib;
  guint64 requested_kib;
  gboolean is_dynamic; /* VIRTIO_MEM: QEMU gives it memory slots as it needs them; format 10.1 */
  guint32 slot;        /* assigned to those that ACPI shows as modules; UNSET for others */
  gboolean has_base;   /* @base was given */
  guint64 base;        /* its address in the guest's memory */
  gboolean has_slot;   /* @slot is the document's */
} MemoryDevice;

extern const DeviceRoom memory_device_room;

/* After the NUMA cells are known: what the guest boots with is the rest of <memory>, and <maxMemory> has room
 * for all. Gives slots to those without. */
gboolean memory_device_account(Domain *domain, GError **error);

/* What they have to say of -machine. */
void memory_device_translate_machine(const Domain *domain, Props *machine);
gboolean memory_device_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
