/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/memory-device.h"

#include "devices/controller/controller.h"
#include "domain/devices.h"
#include "domain/domain.h"

ENUM_TABLE(memory_device_driver_table, MEMORY_DEVICE_LAST, [MEMORY_DEVICE_DIMM] = "pc-dimm",
           [MEMORY_DEVICE_NVDIMM] = "nvdimm", [MEMORY_DEVICE_VIRTIO_MEM] = "virtio-mem-pci",
           [MEMORY_DEVICE_VIRTIO_PMEM] = "virtio-pmem-pci", [MEMORY_DEVICE_SGX_EPC] = /* no device */ NULL);

static char *object_id(const Device *device)
{
  return g_strconcat("mem", device->alias, NULL);
}

static void add_object(const Domain *domain, const MemoryDevice *memory, const char *id, Plan *plan)
{
  gboolean is_virtio_mem = memory->model == MEMORY_DEVICE_VIRTIO_MEM;
  const MemoryPiece piece = {
    .id = id,
    .kib = memory->kib,
    .cell = memory->node == MEMORY_DEVICE_UNSET ? -1 : (int)memory->node,
    .access = memory->model == MEMORY_DEVICE_VIRTIO_PMEM ? MEMORY_ACCESS_SHARED : memory->access,
    .is_discarded = memory->is_discarded,
    .nodes = memory->nodes.nodes ? &memory->nodes : NULL,
    .page_kib = memory->page_kib,
    .page_place = memory->page_kib ? &memory->page_place : NULL,
    .is_unreserved = is_virtio_mem, /* most of it may never be there */
    .path = memory->path,
    .is_preallocated =
        memory->model == MEMORY_DEVICE_NVDIMM && !memory->is_pmem && memory->access != MEMORY_ACCESS_SHARED,
    .align_kib = memory->align_kib,
    .is_pmem = memory->is_pmem,
    .is_epc = memory->model == MEMORY_DEVICE_SGX_EPC,
  };

  memory_backing_translate_piece(domain, &piece, plan);
  if (memory->path)
    plan_require(plan, memory->is_readonly ? PLAN_REQUIRE_READ : PLAN_REQUIRE_WRITE, &memory->path_place,
                 NULL, memory->path);
}

static void add_size(Props *props, const char *key, guint64 kib)
{
  if (kib)
    props_add_uint(props, key, kib * 1024);
}

gboolean memory_device_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const MemoryDevice *memory = (const MemoryDevice *)device;
  g_autofree char *id = object_id(device);
  Props *props;

  add_object(domain, memory, id, plan);
  if (memory->model == MEMORY_DEVICE_SGX_EPC)
    return TRUE;
  props = props_new("driver", enum_to_string(&memory_device_driver_table, (int)memory->model));
  if (memory->node != MEMORY_DEVICE_UNSET)
    props_add_uint(props, "node", memory->node);
  add_size(props, "label-size", memory->label_kib);
  if (memory->model == MEMORY_DEVICE_VIRTIO_MEM) {
    add_size(props, "block-size", memory->block_kib);
    props_add_uint(props, "requested-size", memory->requested_kib * 1024);
    if (memory->is_dynamic) /* since QEMU 8.2 */
      props_add_bool(props, "dynamic-memslots", TRUE);
  }
  if (memory->is_readonly)
    props_add_bool(props, "unarmed", TRUE);
  props_add_string(props, "memdev", id);
  if (memory->model == MEMORY_DEVICE_VIRTIO_MEM && domain->memory_backing->is_immediate)
    props_add_bool(props, "prealloc", TRUE);
  props_add_string(props, "id", device->alias);
  if (memory->slot != MEMORY_DEVICE_UNSET)
    props_add_uint(props, "slot", memory->slot);
  if (memory->has_base)
    props_add_uint(props, device->pci_plug == PCI_PLUG_NONE ? "addr" : "memaddr", memory->base);
  if (device->pci_plug != PCI_PLUG_NONE)
    controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}

/* Sections of the enclave page cache have no device. */
static void add_section(const Device *device, guint index, Props *machine)
{
  const MemoryDevice *memory = (const MemoryDevice *)device;
  g_autofree char *id = object_id(device);
  g_autofree char *memdev = g_strdup_printf("sgx-epc.%u.memdev", index);
  g_autofree char *node = g_strdup_printf("sgx-epc.%u.node", index);

  props_add_string(machine, memdev, id);
  if (memory->node != MEMORY_DEVICE_UNSET)
    props_add_uint(machine, node, memory->node);
}

void memory_device_translate_machine(const Domain *domain, Props *machine)
{
  gboolean has_nvdimm = FALSE;
  guint sections = 0;

  DOMAIN_FOREACH_OF(domain, &memory_device_room, device, i) {
    const MemoryDevice *memory = (const MemoryDevice *)device;

    has_nvdimm = has_nvdimm || memory->model == MEMORY_DEVICE_NVDIMM;
    if (memory->model == MEMORY_DEVICE_SGX_EPC)
      add_section(device, sections++, machine);
  }
  if (has_nvdimm)
    props_add_bool(machine, "nvdimm", TRUE);
}
