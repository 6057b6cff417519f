/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/memory-device.h"

#include "domain/cpu-set.h"
#include "domain/cpu.h"
#include "domain/devices.h"
#include "domain/domain.h"
#include "domain/memory.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(memory_device_model_table, MEMORY_DEVICE_LAST, [MEMORY_DEVICE_DIMM] = "dimm",
           [MEMORY_DEVICE_NVDIMM] = "nvdimm", [MEMORY_DEVICE_VIRTIO_MEM] = "virtio-mem",
           [MEMORY_DEVICE_VIRTIO_PMEM] = "virtio-pmem", [MEMORY_DEVICE_SGX_EPC] = "sgx-epc");

/* Sizes are whole pieces of this, which x86 maps at once. */
enum { MEMORY_UNIT_KIB = 2048, LABEL_MIN_KIB = 128 };

static gboolean has_file(const MemoryDevice *memory)
{
  return memory->model == MEMORY_DEVICE_NVDIMM || memory->model == MEMORY_DEVICE_VIRTIO_PMEM;
}

/* Whether ACPI shows it as a module, in a slot. */
static gboolean has_slots(const MemoryDevice *memory)
{
  return memory->model == MEMORY_DEVICE_DIMM || memory->model == MEMORY_DEVICE_NVDIMM;
}

/* The child's size, 0 where there is none. */
static gboolean read_size(xmlNode *node, const char *name, guint64 *ret_kib, GError **error)
{
  xmlNode *child = NULL;

  return xml_child(node, name, &child, error) && (!child || memory_read_kib(child, ret_kib, error));
}

static gboolean read_flag(xmlNode *node, const char *name, gboolean *ret_is_there, GError **error)
{
  xmlNode *child = NULL;

  if (!xml_child(node, name, &child, error))
    return FALSE;
  *ret_is_there = child != NULL;
  return TRUE;
}

static gboolean read_nodes(xmlNode *source, MemoryNodes *nodes, GError **error)
{
  xmlNode *node = NULL;
  const char *text;

  if (!xml_child(source, "nodemask", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  nodes->policy = MEMORY_POLICY_STRICT;
  nodes->nodes = g_array_new(FALSE, FALSE, sizeof(guint32));
  return xml_text(node, &text, error) && cpu_set_parse(node, NULL, text, nodes->nodes, error);
}

static gboolean read_file(xmlNode *source, MemoryDevice *memory, GError **error)
{
  xmlNode *path = NULL;

  if (!xml_child_required(source, "path", &path, error))
    return FALSE;
  memory->path_place = xml_place(path);
  if (!xml_text_path(path, &memory->path, error))
    return FALSE;
  return memory->model != MEMORY_DEVICE_NVDIMM ||
         (read_size(source, "alignsize", &memory->align_kib, error) &&
          read_flag(source, "pmem", &memory->is_pmem, error));
}

static gboolean read_source(xmlNode *node, MemoryDevice *memory, GError **error)
{
  xmlNode *source = NULL, *page = NULL;

  if (!xml_child(node, "source", &source, error))
    return FALSE;
  if (!source)
    return !has_file(memory) ||
           xml_error(error, node, NULL,
                     "there is no <source> with the <path> of what model '%s' shows the guest",
                     enum_to_string(&memory_device_model_table, (int)memory->model));
  if (has_file(memory))
    return read_file(source, memory, error);
  if (memory->model != MEMORY_DEVICE_SGX_EPC && !xml_child(source, "pagesize", &page, error))
    return FALSE;
  if (page)
    memory->page_place = xml_place(page);
  return (!page || memory_read_kib(page, &memory->page_kib, error)) &&
         read_nodes(source, &memory->nodes, error);
}

static gboolean read_node(xmlNode *target, MemoryDevice *memory, GError **error)
{
  xmlNode *node = NULL;
  guint64 number;

  if (memory->model == MEMORY_DEVICE_VIRTIO_PMEM)
    return TRUE;
  if (!xml_child(target, "node", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!xml_text_uint(node, 0, MEMORY_DEVICE_UNSET - 1, &number, error))
    return FALSE;
  memory->node = (guint32)number;
  return TRUE;
}

static gboolean read_label(xmlNode *target, MemoryDevice *memory, GError **error)
{
  xmlNode *label = NULL, *size;

  if (!xml_child(target, "label", &label, error) ||
      !read_flag(target, "readonly", &memory->is_readonly, error))
    return FALSE;
  if (!label)
    return TRUE;
  if (!xml_child_required(label, "size", &size, error) || !memory_read_kib(size, &memory->label_kib, error))
    return FALSE;
  if (memory->label_kib < LABEL_MIN_KIB)
    return xml_error(error, size, NULL,
                     "%" G_GUINT64_FORMAT " KiB is too little for a label; at least %d KiB",
                     memory->label_kib, LABEL_MIN_KIB);
  if (memory->label_kib >= memory->kib)
    return xml_error(error, size, NULL, "the label has no room in the device's %" G_GUINT64_FORMAT " KiB",
                     memory->kib);
  return TRUE;
}

static gboolean is_power_of_two(guint64 number)
{
  return number && !(number & (number - 1));
}

static gboolean check_requested(xmlNode *node, const MemoryDevice *memory, GError **error)
{
  if (memory->requested_kib > memory->kib)
    return xml_error(error, node, NULL,
                     "%" G_GUINT64_FORMAT " KiB is more than the device's %" G_GUINT64_FORMAT " KiB",
                     memory->requested_kib, memory->kib);
  if (memory->requested_kib % memory->block_kib)
    return xml_error(error, node, NULL,
                     "%" G_GUINT64_FORMAT " KiB is no multiple of the <block>, %" G_GUINT64_FORMAT " KiB",
                     memory->requested_kib, memory->block_kib);
  return TRUE;
}

static gboolean read_virtio_mem(xmlNode *target, MemoryDevice *memory, GError **error)
{
  xmlNode *block, *requested;

  /* What the guest has taken of it: of a running guest. */
  if (!read_size(target, "current", &(guint64){ 0 }, error) ||
      !xml_attribute_yes_no(target, "dynamicMemslots", &memory->is_dynamic, error) ||
      !xml_child_required(target, "block", &block, error) ||
      !memory_read_kib(block, &memory->block_kib, error) ||
      !xml_child_required(target, "requested", &requested, error) ||
      !memory_read_kib(requested, &memory->requested_kib, error))
    return FALSE;
  if (!is_power_of_two(memory->block_kib) || memory->block_kib < 1024)
    return xml_error(error, block, NULL,
                     "%" G_GUINT64_FORMAT " KiB is no size of blocks; a power of two, and at least 1 MiB",
                     memory->block_kib);
  if (memory->kib % memory->block_kib)
    return xml_error(error, block, NULL,
                     "the device's %" G_GUINT64_FORMAT " KiB are no multiple of %" G_GUINT64_FORMAT " KiB",
                     memory->kib, memory->block_kib);
  return check_requested(requested, memory, error);
}

static gboolean read_base(xmlNode *node, MemoryDevice *memory, GError **error)
{
  const char *text = xml_attribute(node, "base");

  memory->has_base = text != NULL;
  if (text && !g_ascii_string_to_unsigned(g_str_has_prefix(text, "0x") ? text + 2 : text,
                                          g_str_has_prefix(text, "0x") ? 16 : 10, 0, G_MAXUINT64,
                                          &memory->base, NULL))
    return xml_error(error, node, "base", "'%s' is not an address of memory, as in 0x100000000", text);
  return TRUE;
}

/* Where in the guest's memory one is that has its place on a bus; format 9.4. */
static gboolean read_target_address(xmlNode *target, MemoryDevice *memory, GError **error)
{
  xmlNode *address = NULL;

  if (has_slots(memory) || memory->model == MEMORY_DEVICE_SGX_EPC)
    return TRUE;
  return xml_child(target, "address", &address, error) && (!address || read_base(address, memory, error));
}

/* libvirt takes these in every model, and heeds them in one. */
static gboolean note_meaningless(xmlNode *target, MemoryDevice *memory, GError **error)
{
  static const char *const names[] = { "block", "current", "requested" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    xmlNode *child = NULL;

    if (!xml_child(target, names[i], &child, error))
      return FALSE;
    if (!child)
      continue;
    xml_ignore(child);
    if (memory->meaningless.line == 0)
      memory->meaningless = xml_place(child);
  }
  return TRUE;
}

static gboolean read_target(xmlNode *node, MemoryDevice *memory, GError **error)
{
  xmlNode *target, *size;

  if (!xml_child_required(node, "target", &target, error) ||
      !xml_child_required(target, "size", &size, error) || !memory_read_kib(size, &memory->kib, error))
    return FALSE;
  memory->target_place = xml_place(target);
  if (memory->kib == 0 || memory->kib > G_MAXINT64 / 1024)
    return xml_error(error, size, NULL, "%" G_GUINT64_FORMAT " KiB is no size of a memory device",
                     memory->kib);
  memory->kib = (memory->kib + MEMORY_UNIT_KIB - 1) / MEMORY_UNIT_KIB * MEMORY_UNIT_KIB;
  if (!read_node(target, memory, error) || !read_target_address(target, memory, error))
    return FALSE;
  if (memory->model == MEMORY_DEVICE_VIRTIO_MEM)
    return read_virtio_mem(target, memory, error);
  return note_meaningless(target, memory, error) &&
         (memory->model != MEMORY_DEVICE_NVDIMM || read_label(target, memory, error));
}

/* That of a module says where in the guest's memory it is. */
static gboolean read_address(xmlNode *node, MemoryDevice *memory, GError **error)
{
  static const AddressType pci[] = { ADDRESS_PCI, ADDRESS_NONE };
  xmlNode *address = NULL;

  if (!has_slots(memory))
    return memory->model == MEMORY_DEVICE_SGX_EPC || address_parse(node, pci, &memory->device.address, error);
  if (!xml_child(node, "address", &address, error))
    return FALSE;
  if (!address)
    return TRUE;
  if (g_strcmp0(xml_attribute(address, "type"), "dimm") != 0)
    return xml_error(error, address, "type", "'%s' is not where a memory module can be; 'dimm' is",
                     xml_attribute(address, "type") ? xml_attribute(address, "type") : "");
  memory->has_slot = xml_has_attribute(address, "slot");
  return xml_attribute_uint32(address, "slot", 0, 255, &memory->slot, error) &&
         read_base(address, memory, error);
}

static gboolean refuse_uuid(xmlNode *node, GError **error)
{
  xmlNode *uuid = NULL;

  if (!xml_child(node, "uuid", &uuid, error))
    return FALSE;
  return !uuid || xml_error(error, uuid, NULL, "only POWER machines show a memory device's uuid");
}

static gboolean memory_device_parse(xmlNode *node, Device *device, GError **error)
{
  MemoryDevice *memory = (MemoryDevice *)device;

  memory->node = memory->slot = MEMORY_DEVICE_UNSET;
  return xml_attribute_enum_required(node, "model", &memory_device_model_table, XML_ENUM(&memory->model),
                                     error) &&
         xml_attribute_enum(node, "access", &memory_access_table, XML_ENUM(&memory->access), error) &&
         xml_attribute_yes_no(node, "discard", &memory->is_discarded, error) && refuse_uuid(node, error) &&
         read_source(node, memory, error) && read_target(node, memory, error) &&
         read_address(node, memory, error) && device_parse_alias(node, device, error);
}

static void memory_device_clear(Device *device)
{
  g_clear_pointer(&((MemoryDevice *)device)->nodes.nodes, g_array_unref);
}

/* ---- Slots and sums ---- */

static gboolean give_slots(Domain *domain, GError **error)
{
  const Memory *memory = domain->memory;
  g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
  guint32 next = 0;

  DOMAIN_FOREACH_OF(domain, &memory_device_room, device, i) {
    const MemoryDevice *module = (const MemoryDevice *)device;

    if (has_slots(module) && module->has_slot && !g_hash_table_add(taken, GUINT_TO_POINTER(module->slot)))
      return error_set_document(error, &device->place, NULL, "another memory device has slot %u",
                                module->slot);
  }
  DOMAIN_FOREACH_OF(domain, &memory_device_room, device, i) {
    MemoryDevice *module = (MemoryDevice *)device;

    if (!has_slots(module))
      continue;
    while (!module->has_slot && g_hash_table_contains(taken, GUINT_TO_POINTER(next)))
      next++;
    if (!module->has_slot)
      module->slot = next++;
    if (module->slot >= memory->slots)
      return error_set_document(error, &device->place, NULL,
                                "needs slot %u; <maxMemory> on line %d has %u slots, from 0", module->slot,
                                memory->max_place.line, memory->slots);
  }
  return TRUE;
}

static guint64 sum_up(const Domain *domain)
{
  guint64 kib = 0;

  DOMAIN_FOREACH_OF(domain, &memory_device_room, device, i)
    kib += ((const MemoryDevice *)device)->kib;
  return kib;
}

static gboolean check_max(const Domain *domain, guint64 devices_kib, GError **error)
{
  const Memory *memory = domain->memory;
  const Device *first = device_first_of(domain, &memory_device_room);

  if (first && !memory->max_kib) {
    error_set_document(error, &first->place, NULL, "the guest has no room for memory devices");
    return error_add_hint(error, "<maxMemory slots='16' unit='GiB'>32</maxMemory> beside <memory> makes it");
  }
  if (memory->max_kib && memory->kib + devices_kib > memory->max_kib)
    return error_set_document(error, &memory->max_place, NULL,
                              "%" G_GUINT64_FORMAT
                              " KiB is less than what the guest has with its memory devices, "
                              "%" G_GUINT64_FORMAT " KiB",
                              memory->max_kib, memory->kib + devices_kib);
  return TRUE;
}

gboolean memory_device_account(Domain *domain, GError **error)
{
  Memory *memory = domain->memory;
  guint64 kib = sum_up(domain);
  gboolean has_cells = domain->cpu->numa.cells && domain->cpu->numa.cells->len > 0;

  if (!has_cells && kib >= memory->kib)
    return error_set_document(error, &memory->place, NULL,
                              "%" G_GUINT64_FORMAT
                              " KiB leave nothing to boot with: the memory devices, which are "
                              "part of it, have %" G_GUINT64_FORMAT " KiB",
                              memory->kib, kib);
  memory_add_devices(memory, kib, has_cells);
  return check_max(domain, kib, error) && give_slots(domain, error);
}

static gboolean memory_device_complete(Domain *domain, Device *device, GError **error)
{
  MemoryDevice *memory = (MemoryDevice *)device;

  if (memory->meaningless.line)
    report_warning(domain->report, &memory->meaningless, NULL, NULL,
                   "<block>, <current> and <requested> are for model 'virtio-mem', and mean nothing here");
  switch (memory->model) {
  case MEMORY_DEVICE_DIMM:
    device_set_alias(domain, device, "dimm%u", memory->slot);
    break;
  case MEMORY_DEVICE_NVDIMM:
    device_set_alias(domain, device, "nvdimm%u", memory->slot);
    break;
  case MEMORY_DEVICE_VIRTIO_MEM:
    device_set_alias(domain, device, "virtiomem%u", device->index);
    break;
  case MEMORY_DEVICE_VIRTIO_PMEM:
    device_set_alias(domain, device, "virtiopmem%u", device->index);
    break;
  case MEMORY_DEVICE_SGX_EPC:
  case MEMORY_DEVICE_LAST:
    device_set_alias(domain, device, "epc%u", device->index);
    break;
  }
  if (memory->model == MEMORY_DEVICE_VIRTIO_MEM || memory->model == MEMORY_DEVICE_VIRTIO_PMEM)
    device->pci_plug = PCI_PLUG_VIRTIO;
  return TRUE;
}

static gboolean memory_device_validate(const Domain *domain, const Device *device, GError **error)
{
  const MemoryDevice *memory = (const MemoryDevice *)device;
  guint cells = domain->cpu->numa.cells ? domain->cpu->numa.cells->len : 0;

  if (memory->node != MEMORY_DEVICE_UNSET && memory->node >= MAX(cells, 1))
    return error_set_document(error, &memory->target_place, NULL,
                              "there is no NUMA cell %u in the guest, which has %u", memory->node, cells);
  if (cells && memory->node == MEMORY_DEVICE_UNSET && memory->model != MEMORY_DEVICE_VIRTIO_PMEM &&
      memory->model != MEMORY_DEVICE_SGX_EPC)
    return error_set_document(
        error, &memory->target_place, NULL,
        "there is no <node>, which says to which of the guest's %u NUMA cells it belongs", cells);
  if (memory->model == MEMORY_DEVICE_VIRTIO_PMEM && memory->access == MEMORY_ACCESS_PRIVATE)
    return error_set_document(error, &device->place, "access",
                              "'private' would keep from the file what the guest writes to 'virtio-pmem' "
                              "(known: shared)");
  if (memory->model == MEMORY_DEVICE_SGX_EPC && domain->type != DOMAIN_TYPE_KVM)
    return error_set_document(error, &device->place, "model", "'sgx-epc' needs KVM, on a processor with SGX");
  return TRUE;
}

static void memory_device_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const MemoryDevice *memory = (const MemoryDevice *)device;
  xmlNode *address = has_slots(memory) && !memory->has_slot ? xml_set_child(node, "address") : NULL;

  if (!address)
    return;
  xml_set_attribute(address, "type", "dimm");
  xml_set_attribute_format(address, "slot", "%u", memory->slot);
}

const DeviceRoom memory_device_room = {
  .element = "memory",
  .size = sizeof(MemoryDevice),
  .pci_order = DEVICE_PCI_ORDER_MEMORY,
  .parse = memory_device_parse,
  .complete = memory_device_complete,
  .validate = memory_device_validate,
  .translate = memory_device_translate,
  .annotate = memory_device_annotate,
  .clear = memory_device_clear,
};
