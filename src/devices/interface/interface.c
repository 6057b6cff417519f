/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface/interface.h"

#include <string.h>

#include "base/nearest.h"
#include "devices/chardev/chardev.h"
#include "devices/disk/disk.h"
#include "devices/interface/network.h"
#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/generator.h"
#include "domain/networks.h"
#include "domain/shared-memory.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(
    interface_model_table, INTERFACE_MODEL_LAST, [INTERFACE_MODEL_E1000] = "e1000",
    [INTERFACE_MODEL_E1000_82540EM] = "e1000-82540em", [INTERFACE_MODEL_E1000_82544GC] = "e1000-82544gc",
    [INTERFACE_MODEL_E1000_82545EM] = "e1000-82545em", [INTERFACE_MODEL_E1000E] = "e1000e",
    [INTERFACE_MODEL_I82550] = "i82550", [INTERFACE_MODEL_I82551] = "i82551",
    [INTERFACE_MODEL_I82557A] = "i82557a", [INTERFACE_MODEL_I82557B] = "i82557b",
    [INTERFACE_MODEL_I82557C] = "i82557c", [INTERFACE_MODEL_I82558A] = "i82558a",
    [INTERFACE_MODEL_I82558B] = "i82558b", [INTERFACE_MODEL_I82559A] = "i82559a",
    [INTERFACE_MODEL_I82559B] = "i82559b", [INTERFACE_MODEL_I82559C] = "i82559c",
    [INTERFACE_MODEL_I82559ER] = "i82559er", [INTERFACE_MODEL_I82562] = "i82562",
    [INTERFACE_MODEL_I82801] = "i82801", [INTERFACE_MODEL_IGB] = "igb",
    [INTERFACE_MODEL_NE2K_ISA] = "ne2k_isa", [INTERFACE_MODEL_NE2K_PCI] = "ne2k_pci",
    [INTERFACE_MODEL_NETFRONT] = "netfront", [INTERFACE_MODEL_PCNET] = "pcnet",
    [INTERFACE_MODEL_RTL8139] = "rtl8139", [INTERFACE_MODEL_SPAPR_VLAN] = "spapr-vlan",
    [INTERFACE_MODEL_TULIP] = "tulip", [INTERFACE_MODEL_USB_NET] = "usb-net",
    [INTERFACE_MODEL_VIRTIO] = "virtio", [INTERFACE_MODEL_VIRTIO_TRANSITIONAL] = "virtio-transitional",
    [INTERFACE_MODEL_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional",
    [INTERFACE_MODEL_VMXNET3] = "vmxnet3");

/* QEMU's own names, which libvirt hands through. */
typedef struct {
  const char *name;
  InterfaceModel model;
} ModelAlias;

static const ModelAlias model_aliases[] = {
  { "virtio-net", INTERFACE_MODEL_VIRTIO },
  { "virtio-net-pci", INTERFACE_MODEL_VIRTIO },
  { "virtio-net-pci-transitional", INTERFACE_MODEL_VIRTIO_TRANSITIONAL },
  { "virtio-net-pci-non-transitional", INTERFACE_MODEL_VIRTIO_NON_TRANSITIONAL },
};

/* Six numbers of one or two hexadecimal digits, with colons between them. */
static gboolean parse_mac(const char *text, guint8 *ret_bytes)
{
  for (gsize i = 0; i < 6; i++) {
    gsize digits = 0;

    ret_bytes[i] = 0;
    for (; digits < 2 && g_ascii_isxdigit(*text); digits++)
      ret_bytes[i] = (guint8)(ret_bytes[i] * 16 + g_ascii_xdigit_value(*text++));
    if (digits == 0 || *text != (i == 5 ? '\0' : ':'))
      return FALSE;
    text++;
  }
  return TRUE;
}

static const char *keep_mac(xmlNode *mac, const guint8 *bytes)
{
  g_autofree char *text = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2],
                                          bytes[3], bytes[4], bytes[5]);

  return xml_document_keep(xml_document_of(mac), text);
}

static gboolean read_mac(xmlNode *node, Interface *interface, GError **error)
{
  xmlNode *mac = NULL;
  const char *text;
  guint8 bytes[6];

  interface->mac_place = interface->device.place;
  if (!xml_child(node, "mac", &mac, error))
    return FALSE;
  if (!mac)
    return TRUE;
  interface->mac_place = xml_place(mac);
  xml_attribute(mac, "type"); /* of VMware's driver, as the next */
  xml_attribute(mac, "check");
  xml_attribute(mac, "currentAddress");   /* of a guest that ran */
  if (!xml_has_attribute(mac, "address")) /* one is generated */
    return TRUE;
  if (!xml_attribute_required(mac, "address", &text, error))
    return FALSE;
  if (!parse_mac(text, bytes))
    return xml_error(error, mac, "address",
                     "'%s' is not a MAC address (expected: six pairs of hexadecimal digits with "
                     "colons, as in 52:54:00:12:34:56)",
                     text);
  if (bytes[0] & 1) {
    xml_error(error, mac, "address", "'%s' is a multicast address, which no interface can have", text);
    return error_add_hint(error, "the first pair must be even, as in 52:54:00:12:34:56");
  }
  interface->mac = keep_mac(mac, bytes);
  interface->is_mac_given = TRUE;
  return TRUE;
}

static gboolean find_model(const char *name, InterfaceModel *ret_model)
{
  g_autofree char *lower = g_ascii_strdown(name, -1); /* case does not matter to libvirt either */

  for (gsize i = 0; i < G_N_ELEMENTS(model_aliases); i++) {
    if (g_str_equal(lower, model_aliases[i].name)) {
      *ret_model = model_aliases[i].model;
      return TRUE;
    }
  }
  return enum_from_string(&interface_model_table, lower, XML_ENUM(ret_model));
}

static gboolean read_model(xmlNode *node, Interface *interface, GError **error)
{
  xmlNode *model = NULL;
  const char *name;

  if (!xml_child(node, "model", &model, error))
    return FALSE;
  name = model ? xml_attribute(model, "type") : NULL;
  if (!name || !*name)
    return TRUE;
  interface->model_place = xml_place(model);
  return find_model(name, &interface->model) ||
         xml_error_unknown_value(error, model, "type", &interface_model_table, name);
}

ENUM_TABLE(link_state_table, 2, "up", "down");

static gboolean read_link(xmlNode *node, Interface *interface, GError **error)
{
  xmlNode *link = NULL;

  if (!xml_child(node, "link", &link, error))
    return FALSE;
  if (!link)
    return TRUE;
  interface->link_place = xml_place(link);
  return xml_attribute_enum(link, "state", &link_state_table, &interface->is_link_down, error);
}

static gboolean read_mtu(xmlNode *node, Interface *interface, GError **error)
{
  xmlNode *mtu = NULL;

  if (!xml_child(node, "mtu", &mtu, error))
    return FALSE;
  if (!mtu)
    return TRUE;
  interface->mtu_place = xml_place(mtu);
  /* 68 is the least that IPv4 allows, and the kernel's own limit. */
  return xml_attribute_uint32(mtu, "size", 68, 65535, &interface->mtu, error);
}

/* Where the model plugs in, which also says what its <address> can be. */
static const AddressType *address_types(InterfaceModel model)
{
  static const AddressType pci[] = { ADDRESS_PCI, ADDRESS_NONE };
  static const AddressType usb[] = { ADDRESS_USB, ADDRESS_NONE };
  static const AddressType none[] = { ADDRESS_NONE };

  if (model == INTERFACE_MODEL_USB_NET)
    return usb;
  return model == INTERFACE_MODEL_NE2K_ISA ? none : pci;
}

ENUM_TABLE(teaming_table, 2, "persistent", "transient");

static gboolean read_teaming(xmlNode *node, Interface *interface, GError **error)
{
  xmlNode *teaming = NULL;
  int is_transient = FALSE;

  if (!xml_child(node, "teaming", &teaming, error))
    return FALSE;
  if (!teaming)
    return TRUE;
  interface->teaming_place = xml_place(teaming);
  interface->is_failover = TRUE;
  return xml_attribute_enum_required(teaming, "type", &teaming_table, &is_transient, error) &&
         (!is_transient || xml_attribute_required(teaming, "persistent", &interface->standby, error));
}

/* What QEMU listens on and connects to is that of a character device. */
static void note_socket(Interface *interface)
{
  const InterfaceSource *source = &interface->source;

  if (source->type == INTERFACE_VHOSTUSER)
    interface->socket = (ChardevSource){ .type = CHARDEV_UNIX,
                                         .place = source->place,
                                         .mode = source->is_server ? CHARDEV_BIND : CHARDEV_CONNECT,
                                         .path = source->path };
}

static gboolean interface_parse(xmlNode *node, Device *device, GError **error)
{
  Interface *interface = (Interface *)device;

  device->boot_class = BOOT_NETWORK;
  if (!interface_source_parse(node, &interface->source, error))
    return FALSE;
  note_socket(interface);
  return read_mac(node, interface, error) && read_model(node, interface, error) &&
         interface_driver_parse(node, &interface->driver, error) && read_link(node, interface, error) &&
         read_mtu(node, interface, error) && device_parse_acpi(node, device, error) &&
         read_teaming(node, interface, error) && rom_parse(node, &interface->rom, error) &&
         device_parse_boot(node, device, error) && device_parse_alias(node, device, error) &&
         address_parse(node, address_types(interface->model), &device->address, error);
}

/* libvirt's rules, which a guest on q35 sees. It plugs the models that it knows to be PCI's own behind a
 * bridge, and those that it hands through to QEMU into a root port, where they work as well. */
static PciPlug pci_plug(InterfaceModel model)
{
  switch (model) {
  case INTERFACE_MODEL_USB_NET:
  case INTERFACE_MODEL_NE2K_ISA:
  case INTERFACE_MODEL_SPAPR_VLAN:
    return PCI_PLUG_NONE;
  case INTERFACE_MODEL_E1000:
  case INTERFACE_MODEL_NETFRONT:
  case INTERFACE_MODEL_RTL8139:
  case INTERFACE_MODEL_VIRTIO_TRANSITIONAL:
  case INTERFACE_MODEL_VMXNET3:
    return PCI_PLUG_CONVENTIONAL;
  case INTERFACE_MODEL_E1000_82540EM:
  case INTERFACE_MODEL_E1000_82544GC:
  case INTERFACE_MODEL_E1000_82545EM:
  case INTERFACE_MODEL_E1000E:
  case INTERFACE_MODEL_I82550:
  case INTERFACE_MODEL_I82551:
  case INTERFACE_MODEL_I82557A:
  case INTERFACE_MODEL_I82557B:
  case INTERFACE_MODEL_I82557C:
  case INTERFACE_MODEL_I82558A:
  case INTERFACE_MODEL_I82558B:
  case INTERFACE_MODEL_I82559A:
  case INTERFACE_MODEL_I82559B:
  case INTERFACE_MODEL_I82559C:
  case INTERFACE_MODEL_I82559ER:
  case INTERFACE_MODEL_I82562:
  case INTERFACE_MODEL_I82801:
  case INTERFACE_MODEL_IGB:
  case INTERFACE_MODEL_NE2K_PCI:
  case INTERFACE_MODEL_PCNET:
  case INTERFACE_MODEL_TULIP:
    return PCI_PLUG_EXPRESS;
  case INTERFACE_MODEL_VIRTIO:
  case INTERFACE_MODEL_VIRTIO_NON_TRANSITIONAL:
    return PCI_PLUG_VIRTIO;
  case INTERFACE_MODEL_DEFAULT:
  case INTERFACE_MODEL_LAST:
    break;
  }
  g_assert_not_reached();
}

/* KVM's own way to give devices to a guest is gone from Linux (4.12). */
static void complete_backend(const Domain *domain, Interface *interface)
{
  if (interface->driver.backend != INTERFACE_BACKEND_KVM || interface->source.type != INTERFACE_HOSTDEV)
    return;
  report_warning(domain->report, &interface->driver.place, "name", /* hint= */ NULL,
                 "KVM's own device assignment is gone; VFIO takes its place");
  interface->driver.backend = INTERFACE_BACKEND_VFIO;
}

/* Machines that are younger than other network cards, or have no PCI bus for them. */
static gboolean has_only_virtio(Chipset chipset)
{
  return chipset != CHIPSET_PSERIES && (!chipset_is_x86(chipset) || chipset == CHIPSET_MICROVM);
}

static void complete_model(const Domain *domain, Interface *interface)
{
  if (interface->model == INTERFACE_MODEL_NETFRONT)
    report_warning(domain->report, &interface->model_place, "type",
                   "model 'virtio' is the paravirtualized one of QEMU",
                   "'netfront' is Xen's; an emulated 'rtl8139' takes its place");
  if (interface->source.type == INTERFACE_HOSTDEV) { /* it is what the host's device is */
    interface->device.pci_plug = PCI_PLUG_EXPRESS;
    interface->device.pci_order = DEVICE_PCI_ORDER_HOSTDEV;
    return;
  }
  if (interface->model == INTERFACE_MODEL_DEFAULT &&
      (interface->source.is_vhost || interface->source.type == INTERFACE_VDPA ||
       has_only_virtio(chipset_of(domain))))
    interface->model = INTERFACE_MODEL_VIRTIO;
  if (interface->model == INTERFACE_MODEL_DEFAULT || interface->model == INTERFACE_MODEL_NETFRONT)
    interface->model = INTERFACE_MODEL_RTL8139;
  interface->device.pci_plug = pci_plug(interface->model);
  interface->device.vio_base = interface->model == INTERFACE_MODEL_SPAPR_VLAN ? VIO_BASE_NET : 0;
  interface->device.is_usb = interface->model == INTERFACE_MODEL_USB_NET;
}

/* QEMU's limit where it serves the queue itself; 7.2 cut it to that without a word, 10.0 refuses.
 */
enum { TX_QUEUE_MAX = 256 };

static void complete_tx_queue(const Domain *domain, Interface *interface)
{
  if (!interface_is_virtio(interface) || interface->driver.tx_queue_size <= TX_QUEUE_MAX ||
      interface->source.type == INTERFACE_VHOSTUSER || interface->source.type == INTERFACE_VDPA)
    return;
  report_warning(domain->report, &interface->driver.place, "tx_queue_size",
                 "leave it out: that is what the queue has by itself",
                 "%u becomes %d, the most that QEMU has for an interface of type '%s'",
                 interface->driver.tx_queue_size, TX_QUEUE_MAX,
                 enum_to_string(&interface_type_table, (int)interface->source.type));
  interface->driver.tx_queue_size = TX_QUEUE_MAX;
}

static void claim_mac(const Device *device, GPtrArray *claims)
{
  if (device->room == &interface_room)
    g_ptr_array_add(claims, g_strdup(((const Interface *)device)->mac));
}

/* One address at two interfaces is what bonding and fail-over want, and otherwise a slip. */
static void warn_of_same_mac(const Domain *domain, const Interface *interface)
{
  const Device *first = device_first_claimant(domain, claim_mac, interface->mac);

  if (first != &interface->device)
    report_warning(domain->report, &interface->mac_place, "address", /* hint= */ NULL,
                   "'%s' is also the address of the interface on line %d", interface->mac, first->place.line);
}

/* It stands for an address that nobody chose; QEMU would put one in its place that all guests share. */
static void drop_zero_mac(const Domain *domain, Interface *interface)
{
  if (g_strcmp0(interface->mac, "00:00:00:00:00:00") != 0)
    return;
  report_warning(domain->report, &interface->mac_place, "address", NULL,
                 "'%s' is not the address of any interface; a generated one takes its place", interface->mac);
  interface->mac = NULL;
}

static gboolean interface_complete(Domain *domain, Device *device, GError **error)
{
  Interface *interface = (Interface *)device;

  complete_backend(domain, interface);
  complete_model(domain, interface);
  complete_tx_queue(domain, interface);
  if (!interface_network_complete(domain, device->node, &interface->source, error))
    return FALSE;
  interface_source_complete(domain, &interface->source);
  if (interface->source.type != INTERFACE_HOSTDEV) /* whose turn is that of <hostdev> */
    device_set_alias(domain, device, "net%u", device->index);
  drop_zero_mac(domain, interface);
  if (!interface->mac) {
    g_autofree char *mac = generator_mac(domain->generator, device->index);

    interface->mac = xml_document_keep(domain->document, mac);
  }
  return TRUE;
}

static void claim_alias(const Device *device, GPtrArray *claims)
{
  if (device->room == &interface_room)
    g_ptr_array_add(claims, g_strdup(device->alias));
}

/* QEMU's fail-over: a virtio device that is always there, and one of the host's that may go. */
static gboolean validate_teaming(const Domain *domain, const Interface *interface, GError **error)
{
  gboolean is_hostdev = interface->source.type == INTERFACE_HOSTDEV;

  if (!interface->is_failover)
    return TRUE;
  if (!interface->standby && !interface_is_virtio(interface))
    return error_set_document(error, &interface->teaming_place, "type",
                              "a persistent interface has to be of model 'virtio'");
  if (interface->standby && !is_hostdev)
    return error_set_document(error, &interface->teaming_place, "type",
                              "a transient interface has to be of type 'hostdev'");
  if (!interface->standby || device_first_claimant(domain, claim_alias, interface->standby))
    return TRUE;
  error_set_document(error, &interface->teaming_place, "persistent",
                     "there is no interface with the alias '%s'", interface->standby);
  return error_add_hint(error, "it is the one with <teaming type='persistent'/>, and has to have an "
                               "<alias name='ua-...'/>");
}

/* What the host would have to do first, and does not. */
static void warn_of_hostdev(const Domain *domain, const Interface *interface)
{
  const char *option = interface_driver_option(&interface->driver);

  if (interface->is_mac_given)
    report_warning(domain->report, &interface->mac_place, "address",
                   "ip link set DEVICE vf NUMBER mac ADDRESS gives it to a virtual function",
                   "the device of the host keeps the address that it has");
  if (interface->model_place.element)
    report_warning(domain->report, &interface->model_place, "type", /* hint= */ NULL,
                   "it has no effect: the guest sees the device that the host has");
  if (option)
    report_warning(domain->report, &interface->driver.place, option, /* hint= */ NULL,
                   "it has no effect: the device of the host is driven by the guest alone");
}

/* QEMU cannot take the cable out of a device that is the host's. */
static gboolean validate_hostdev(const Domain *domain, const Interface *interface, GError **error)
{
  warn_of_hostdev(domain, interface);
  if (!interface->is_link_down)
    return TRUE;
  error_set_document(error, &interface->link_place, "state",
                     "'down' cannot be: the link of a device of the host is the host's");
  return error_add_hint(error, "remove the element, or the interface; 'ip link set DEVICE vf NUMBER state "
                               "disable' takes a virtual function's link away");
}

static gboolean validate_back_end(const Domain *domain, const Interface *interface, GError **error)
{
  const InterfaceSource *source = &interface->source;
  gboolean is_virtio = interface_is_virtio(interface);

  if (source->type == INTERFACE_USER)
    return interface_user_validate(&source->user, error);
  if (source->type == INTERFACE_HOSTDEV)
    return validate_hostdev(domain, interface, error);
  if ((source->type == INTERFACE_VHOSTUSER || source->type == INTERFACE_VDPA) && !is_virtio) {
    error_set_document(
        error, interface->model_place.element ? &interface->model_place : &interface->device.place,
        interface->model_place.element ? "type" : NULL, "an interface of type '%s' is a virtio device",
        enum_to_string(&interface_type_table, (int)source->type));
    return error_add_hint(error, "<model type='virtio'/>");
  }
  if (source->type == INTERFACE_VHOSTUSER && !memory_is_shared(domain))
    report_warning(domain->report, &source->place, /* attribute= */ NULL,
                   "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking> shares it",
                   "vhost-user reaches nothing: the guest's memory is not shared with the other program");
  return TRUE;
}

static gboolean validate_driver(const Interface *interface, GError **error)
{
  const InterfaceSource *source = &interface->source;
  const char *type = enum_to_string(&interface_type_table, (int)source->type);

  if (interface->mtu && !interface_source_is_tap(source) && source->type != INTERFACE_VHOSTUSER)
    return error_set_document(error, &interface->mtu_place, NULL,
                              "an interface of type '%s' has no MTU that could be set", type);
  if (interface->driver.backend >= INTERFACE_BACKEND_VFIO && source->type != INTERFACE_HOSTDEV)
    return error_set_document(error, &interface->driver.place, "name",
                              "'%s' is for devices of the host: type='hostdev'",
                              enum_to_string(&interface_backend_table, (int)interface->driver.backend));
  if (!interface_is_virtio(interface))
    return TRUE;
  if (interface->driver.queues > 1 && !interface_source_has_queues(source))
    return error_set_document(error, &interface->driver.place, "queues",
                              "an interface of type '%s' has one queue only", type);
  if (interface->driver.backend == INTERFACE_BACKEND_VHOST && !interface_source_has_queues(source))
    return error_set_document(error, &interface->driver.place, "name",
                              "'vhost' needs a tap device, which an interface of type '%s' does not have",
                              type);
  return TRUE;
}

static void claim_host_device(const Device *device, GPtrArray *claims)
{
  if (device->room == &interface_room && ((const Interface *)device)->source.pci.name)
    g_ptr_array_add(claims, g_strdup(((const Interface *)device)->source.pci.name));
}

static void claim_controller(const Device *device, GPtrArray *claims)
{
  if (device->room == &disk_room && ((const Disk *)device)->image.source.nvme.name)
    g_ptr_array_add(claims, g_strdup(((const Disk *)device)->image.source.nvme.name));
}

/* A device of the host is one interface, and no disk. (A <hostdev> looks by itself.) */
static gboolean validate_host_device(const Domain *domain, const Interface *interface, GError **error)
{
  const HostPci *pci = &interface->source.pci;
  const Device *other = pci->name ? device_first_claimant(domain, claim_controller, pci->name) : NULL;

  if (pci->name && !other)
    other = device_first_claimant(domain, claim_host_device, pci->name);
  return !other || other == &interface->device ||
         error_set_document(error, &pci->place, NULL, "this device of the host is that of %s on line %d",
                            other->place.element, other->place.line);
}

static gboolean interface_validate(const Domain *domain, const Device *device, GError **error)
{
  const Interface *interface = (const Interface *)device;

  warn_of_same_mac(domain, interface);
  if (device->vio_base && chipset_of(domain) != CHIPSET_PSERIES) {
    error_set_document(error, &interface->model_place, "type", "'%s' is of POWER's hypervisor",
                       enum_to_string(&interface_model_table, (int)interface->model));
    return error_add_hint(error, "model 'virtio' is what every machine can have");
  }
  return interface_source_validate(&interface->source, error) &&
         chardev_validate_source(domain, device, error) && validate_driver(interface, error) &&
         validate_back_end(domain, interface, error) && validate_teaming(domain, interface, error) &&
         validate_host_device(domain, interface, error);
}

static void interface_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const Interface *interface = (const Interface *)device;

  xml_set_attribute(xml_set_child(node, "mac"), "address", interface->mac);
  if (interface->source.type != INTERFACE_HOSTDEV)
    xml_set_attribute(xml_set_child(node, "model"), "type",
                      enum_to_string(&interface_model_table, (int)interface->model));
  if (interface->source.network && interface->source.type == INTERFACE_USER) { /* --network said so */
    xml_set_attribute(node, "type", enum_to_string(&interface_type_table, INTERFACE_USER));
    xml_remove_child(node, "source");
  } else if (interface->source.network && interface->source.bridge) {
    xml_set_attribute(xml_set_child(node, "source"), "bridge", interface->source.bridge);
  }
}

/* The names of the document's virtual networks, as a set. */
static GHashTable *networks_of(const Domain *domain)
{
  GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);

  DOMAIN_FOREACH_OF(domain, &interface_room, device, i) {
    const char *network = ((const Interface *)device)->source.network;

    if (network)
      g_hash_table_add(names, (gpointer)network);
  }
  return names;
}

static gboolean refuse_network(GHashTable *names, const char *name, GError **error)
{
  Nearest nearest = NEAREST_INIT(name);
  const char *known = NULL;
  GHashTableIter iter;
  gpointer other;

  g_hash_table_iter_init(&iter, names);
  while (g_hash_table_iter_next(&iter, &other, NULL)) {
    nearest_try(&nearest, other);
    known = other;
  }
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--network: the document has no network '%s'", name);
  if (nearest.name)
    return error_add_hint(error, "did you mean '%s'?", nearest.name);
  if (!known)
    return error_add_hint(error, "no <interface> of it is of type 'network'");
  if (g_hash_table_size(names) == 1)
    return error_add_hint(error, "it has '%s'", known);
  return error_add_hint(error, "the <source network=''> of an <interface> is meant");
}

gboolean interface_check_networks(const Domain *domain, GError **error)
{
  const GPtrArray *given = domain->options->networks;
  g_autoptr(GHashTable) names = networks_of(domain);

  for (guint i = 0; given && i < given->len; i++) {
    const DomainNetwork *network = g_ptr_array_index(given, i);

    if (!g_hash_table_contains(names, network->name))
      return refuse_network(names, network->name, error);
  }
  return TRUE;
}

gboolean interface_is_virtio(const Interface *interface)
{
  return interface->source.type != INTERFACE_HOSTDEV &&
         (interface->model == INTERFACE_MODEL_VIRTIO ||
          interface->model == INTERFACE_MODEL_VIRTIO_TRANSITIONAL ||
          interface->model == INTERFACE_MODEL_VIRTIO_NON_TRANSITIONAL);
}

static void interface_clear(Device *device)
{
  interface_source_clear(&((Interface *)device)->source);
}

const DeviceRoom interface_room = {
  .element = "interface",
  .size = sizeof(Interface),
  .has_source = TRUE,
  .pci_order = DEVICE_PCI_ORDER_INTERFACE,
  .usb_order = DEVICE_USB_ORDER_INTERFACE,
  .parse = interface_parse,
  .complete = interface_complete,
  .validate = interface_validate,
  .translate = interface_translate,
  .annotate = interface_annotate,
  .clear = interface_clear,
};
