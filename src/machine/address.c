/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How PCI addresses are found.
 *
 * A PciBus is a controller of type pci and which functions of its 32 slots are taken. The pass goes over the
 * machine twice. The first time only counts: devices take places in the order of pci_order, a bus is added
 * whenever none has room, and one spare place is kept for a device that is plugged in later (on PCI Express,
 * only where the document names no ports of its own). The buses that this found become controllers of the
 * domain. The second time, with all buses there, bridges and root ports are placed first and then the
 * devices: a bridge that was found late still comes early. That is how libvirt does it, and the only way to
 * come to the same addresses. (Where the bridges themselves fill a bus there is a third time, and so on.)
 *
 * What a bus takes: a conventional bus (pci-root, pci-bridge, pcie-to-pci-bridge, dmi-to-pci-bridge) any
 * device; a root port or a downstream port one PCI Express device, or a bridge to conventional PCI; the PCI
 * Express root takes root ports (eight to a slot) and integrated devices.
 */
#include "config.h"

#include "machine/address.h"

#include "devices/controller/controller.h"
#include "devices/registry.h"
#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/os.h"
#include "machine/address-usb.h"

enum { PCI_SLOTS = 32, PCI_BUSES_MAX = 256, ALL_FUNCTIONS = 0xff };

typedef struct {
  ControllerModel model;
  guint8 functions[PCI_SLOTS];  /* a bit for each that is taken */
  guint8 root_ports[PCI_SLOTS]; /* of those, a bit for each that is a root port */
  guint32 full_slots;           /* a bit for each slot that has no place for a device, taken or not there */
} PciBus;

typedef struct {
  Domain *domain;
  GArray *buses; /* of PciBus, by index */
  Chipset chipset;
  const Device *ich9[CONTROLLER_INDEX_MAX + 1]; /* a part with an address, by the index of the controller */
} PciMap;

static PciBus *bus_at(const PciMap *map, guint32 index)
{
  return &g_array_index(map->buses, PciBus, index);
}

/* Slot 0 of the roots is the host bridge, of the bridges their hot-plug controller. */
static gboolean has_slot(const PciBus *bus, guint32 slot)
{
  switch ((int)bus->model) {
  case CONTROLLER_PCIE_ROOT_PORT:
  case CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT:
    return slot == 0;
  case CONTROLLER_PCIE_SWITCH_UPSTREAM_PORT:
  case CONTROLLER_DMI_TO_PCI_BRIDGE:
  case CONTROLLER_PCI_EXPANDER_BUS:
  case CONTROLLER_PCIE_EXPANDER_BUS:
    return slot < PCI_SLOTS;
  default:
    return slot > 0 && slot < PCI_SLOTS;
  }
}

static gboolean is_conventional(ControllerModel model)
{
  return model == CONTROLLER_PCI_ROOT || model == CONTROLLER_PCI_BRIDGE ||
         model == CONTROLLER_PCIE_TO_PCI_BRIDGE || model == CONTROLLER_DMI_TO_PCI_BRIDGE ||
         model == CONTROLLER_PCI_EXPANDER_BUS;
}

static gboolean is_port(ControllerModel model)
{
  return model == CONTROLLER_PCIE_ROOT_PORT || model == CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT;
}

static gboolean is_expander(ControllerModel model)
{
  return model == CONTROLLER_PCI_EXPANDER_BUS || model == CONTROLLER_PCIE_EXPANDER_BUS;
}

/* What a bus must be like for a device, or a bus, to be placed on it without being told to. */
typedef gboolean (*BusFits)(ControllerModel model);

static gboolean fits_conventional(ControllerModel model)
{
  return is_conventional(model) && model != CONTROLLER_DMI_TO_PCI_BRIDGE;
}

static gboolean fits_root(ControllerModel model)
{
  return model == CONTROLLER_PCIE_ROOT;
}

static gboolean fits_any_root(ControllerModel model)
{
  return model == CONTROLLER_PCIE_ROOT || model == CONTROLLER_PCI_ROOT;
}

/* Where root ports are. */
static gboolean fits_complex(ControllerModel model)
{
  return model == CONTROLLER_PCIE_ROOT || model == CONTROLLER_PCIE_EXPANDER_BUS;
}

static gboolean fits_upstream_port(ControllerModel model)
{
  return model == CONTROLLER_PCIE_SWITCH_UPSTREAM_PORT;
}

static BusFits fits_of_plug(const PciMap *map, PciPlug plug)
{
  if (map->chipset != CHIPSET_Q35 || plug == PCI_PLUG_CONVENTIONAL)
    return fits_conventional;
  return plug == PCI_PLUG_EXPRESS ? is_port : fits_root;
}

static BusFits fits_of_bus(ControllerModel model)
{
  switch ((int)model) {
  case CONTROLLER_PCI_BRIDGE:
    return is_conventional;
  case CONTROLLER_PCIE_ROOT_PORT:
  case CONTROLLER_DMI_TO_PCI_BRIDGE:
    return fits_complex;
  case CONTROLLER_PCI_EXPANDER_BUS:
  case CONTROLLER_PCIE_EXPANDER_BUS:
    return fits_any_root;
  case CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT:
    return fits_upstream_port;
  default: /* pcie-to-pci-bridge, upstream port */
    return is_port;
  }
}

static gboolean add_bus(PciMap *map, ControllerModel model)
{
  PciBus bus = { .model = model };

  if (map->buses->len >= PCI_BUSES_MAX)
    return FALSE;
  for (guint32 slot = 0; slot < PCI_SLOTS; slot++) {
    if (!has_slot(&bus, slot))
      bus.full_slots |= 1U << slot;
  }
  g_array_append_val(map->buses, bus);
  return TRUE;
}

static void take(PciBus *bus, const PciAddress *address, gboolean is_root_port)
{
  bus->functions[address->slot] |= (guint8)(1 << address->function);
  bus->full_slots |= 1U << address->slot;
  if (is_root_port)
    bus->root_ports[address->slot] |= (guint8)(1 << address->function);
}

static void take_slot(PciBus *bus, guint32 slot)
{
  bus->functions[slot] = ALL_FUNCTIONS;
  bus->full_slots |= 1U << slot;
}

/* Takes a whole slot: nothing else goes into it without being told to. */
static gboolean take_free_slot(PciMap *map, BusFits fits, PciAddress *ret_address)
{
  for (guint32 i = 0; i < map->buses->len; i++) {
    PciBus *bus = bus_at(map, i);

    if (!fits(bus->model) || bus->full_slots == G_MAXUINT32)
      continue;
    *ret_address = (PciAddress){ .bus = i, .slot = (guint32)g_bit_nth_lsf(~(gulong)bus->full_slots, -1) };
    take_slot(bus, ret_address->slot);
    return TRUE;
  }
  return FALSE;
}

static gboolean take_root_port_on(PciBus *bus, PciAddress *ret_address)
{
  for (guint32 slot = 0; slot < PCI_SLOTS; slot++) {
    if (!has_slot(bus, slot) || bus->functions[slot] != bus->root_ports[slot])
      continue;
    for (guint32 function = 0; function < 8; function++) {
      if (bus->functions[slot] & (1 << function))
        continue;
      ret_address->slot = slot;
      ret_address->function = function;
      take(bus, ret_address, TRUE);
      return TRUE;
    }
  }
  return FALSE;
}

/* Root ports share slots, eight to one. */
static gboolean take_root_port(PciMap *map, PciAddress *ret_address)
{
  for (guint32 i = 0; i < map->buses->len; i++) {
    *ret_address = (PciAddress){ .bus = i };
    if (fits_complex(bus_at(map, i)->model) && take_root_port_on(bus_at(map, i), ret_address))
      return TRUE;
  }
  return FALSE;
}

/* Where the ICH9 has it. */
static gboolean take_dmi_bridge(PciMap *map, PciAddress *ret_address)
{
  enum { DMI_SLOT = 0x1e };
  PciBus *root = bus_at(map, 0);

  if (root->functions[DMI_SLOT])
    return take_free_slot(map, fits_complex, ret_address);
  take_slot(root, DMI_SLOT);
  *ret_address = (PciAddress){ .slot = DMI_SLOT };
  return TRUE;
}

static gboolean take_place_of_bus(PciMap *map, ControllerModel model, PciAddress *ret_address)
{
  if (model == CONTROLLER_DMI_TO_PCI_BRIDGE)
    return take_dmi_bridge(map, ret_address);
  if (model == CONTROLLER_PCIE_ROOT_PORT)
    return take_root_port(map, ret_address);
  return take_free_slot(map, fits_of_bus(model), ret_address);
}

static gboolean has_bus(const PciMap *map, BusFits fits)
{
  for (guint32 i = 0; i < map->buses->len; i++) {
    if (fits(bus_at(map, i)->model))
      return TRUE;
  }
  return FALSE;
}

/* Adds a bus on which @fits, with what it needs itself, without placing it yet. */
static gboolean grow(PciMap *map, BusFits fits)
{
  if (map->chipset != CHIPSET_Q35 || (fits == fits_conventional && has_bus(map, is_conventional)))
    return add_bus(map, CONTROLLER_PCI_BRIDGE);
  if (fits == is_port)
    return add_bus(map, CONTROLLER_PCIE_ROOT_PORT);
  if (fits == fits_conventional) {
    PciAddress address;

    if (!take_free_slot(map, is_port, &address) &&
        (!add_bus(map, CONTROLLER_PCIE_ROOT_PORT) || !take_free_slot(map, is_port, &address)))
      return FALSE;
    return add_bus(map, CONTROLLER_PCIE_TO_PCI_BRIDGE);
  }
  return FALSE;
}

static gboolean take_place(PciMap *map, BusFits fits, PciAddress *ret_address)
{
  return take_free_slot(map, fits, ret_address) ||
         (grow(map, fits) && take_free_slot(map, fits, ret_address));
}

static gboolean set_full_error(const Device *device, GError **error)
{
  return error_set_document(error, &device->place, NULL, "the machine has no free PCI slot for this device");
}

static gboolean is_pci_bus(const Device *device)
{
  return device->room == &controller_room && ((const Controller *)device)->type == CONTROLLER_PCI;
}

/* The machine's own parts, whatever the document says of them. */
static gboolean is_builtin(const Device *device)
{
  return device->room == &controller_room && ((const Controller *)device)->is_builtin;
}

static gboolean is_ich9_usb(const Device *device)
{
  const Controller *controller = (const Controller *)device;

  return device->room == &controller_room && controller->type == CONTROLLER_USB &&
         controller->model >= CONTROLLER_ICH9_EHCI1 && controller->model <= CONTROLLER_ICH9_UHCI3;
}

/* The first in the document that has an address decides where the others are. */
static void note_ich9(PciMap *map, const Device *device)
{
  const Device **first = &map->ich9[((const Controller *)device)->index];

  if (!*first || device->index < (*first)->index)
    *first = device;
}

static PciMap map_new(Domain *domain)
{
  PciMap map = { domain, g_array_new(FALSE, TRUE, sizeof(PciBus)), chipset_of(domain), { NULL } };

  for (guint32 i = 0; i < PCI_BUSES_MAX; i++) {
    const Controller *controller = controller_find(domain, CONTROLLER_PCI, i);

    if (controller) {
      while (map.buses->len < i) /* a gap in the document: filled with what is usual */
        add_bus(&map, map.chipset == CHIPSET_Q35 ? CONTROLLER_PCIE_ROOT_PORT : CONTROLLER_PCI_BRIDGE);
      add_bus(&map, controller->model);
    }
  }
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    if (is_ich9_usb(device) && device->address.type == ADDRESS_PCI)
      note_ich9(&map, device);
  }
  return map;
}

/* What the boards have soldered in: slot 1 of i440FX (ISA, IDE, USB, ACPI), slot 31 of Q35 (ISA, AHCI,
 * SMBus). */
static void reserve_board(PciMap *map)
{
  PciBus *root = bus_at(map, 0);

  take_slot(root, map->chipset == CHIPSET_Q35 ? 31 : 1);
}

/* An address on a bus that is not there makes the bus. */
static void grow_to(PciMap *map, const PciAddress *address)
{
  while (map->buses->len <= address->bus) {
    gboolean is_last = map->buses->len == address->bus;

    if (map->chipset != CHIPSET_Q35)
      add_bus(map, CONTROLLER_PCI_BRIDGE);
    else if (is_last && address->slot > 0)
      add_bus(map, CONTROLLER_PCIE_TO_PCI_BRIDGE);
    else
      add_bus(map, CONTROLLER_PCIE_ROOT_PORT);
  }
}

static gboolean is_on_board(const PciMap *map, const PciAddress *address)
{
  return address->bus == 0 && address->slot == (map->chipset == CHIPSET_Q35 ? 31 : 1);
}

/* The board's slot may be named for what is there: the UHCI controller of the PIIX3 at 1.2, or another
 * function that is still free. */
static gboolean is_board_function_free(const PciMap *map, const PciAddress *address)
{
  guint8 taken = map->chipset == CHIPSET_Q35 ? 1 << 0 | 1 << 2 | 1 << 3 : 1 << 0 | 1 << 1 | 1 << 3;

  return is_on_board(map, address) && !(taken & (1 << address->function));
}

/* What a document may plug into what: any device into whatever takes devices, conventional or Express, and a
 * bridge to conventional PCI likewise; other buses only where they fit. */
static gboolean accepts_given(ControllerModel bus, const Device *device)
{
  const Controller *controller = (const Controller *)device;

  if (is_pci_bus(device) && controller->model != CONTROLLER_PCI_BRIDGE)
    return fits_of_bus(controller->model)(bus);
  return is_conventional(bus) || is_port(bus) || bus == CONTROLLER_PCIE_ROOT;
}

static const char *what_it_takes(ControllerModel bus)
{
  switch ((int)bus) {
  case CONTROLLER_PCIE_SWITCH_UPSTREAM_PORT:
    return "controllers of model 'pcie-switch-downstream-port', which take devices";
  case CONTROLLER_PCIE_EXPANDER_BUS:
    return "controllers of model 'pcie-root-port', which take devices, and 'dmi-to-pci-bridge'";
  case CONTROLLER_PCIE_ROOT:
    return "devices, root ports, expander buses and dmi-to-pci-bridges";
  case CONTROLLER_PCIE_ROOT_PORT:
  case CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT:
    return "one device, a pcie-to-pci-bridge, or a pcie-switch-upstream-port";
  case CONTROLLER_PCI_ROOT:
    return "devices, pci-bridges and pci-expander-buses";
  default:
    return "devices and pci-bridges";
  }
}

static gboolean check_given(const PciMap *map, const Device *device, GError **error)
{
  const Address *given = &device->address;
  const PciBus *bus = bus_at(map, given->pci.bus);
  const char *model = enum_to_string(&controller_model_table, (int)bus->model);

  if (!accepts_given(bus->model, device)) {
    error_set_document(error, &given->place, "bus", "bus %u is a %s, which takes no such device",
                       given->pci.bus, model);
    return error_add_hint(error, "it takes %s", what_it_takes(bus->model));
  }
  if (!has_slot(bus, given->pci.slot))
    return error_set_document(error, &given->place, "slot", "bus %u (%s) has no slot 0x%02x for a device",
                              given->pci.bus, model, given->pci.slot);
  return TRUE;
}

static gboolean reserve_given(PciMap *map, const Device *device, GError **error)
{
  const Address *given = &device->address;
  gboolean is_root_port =
      is_pci_bus(device) && ((const Controller *)device)->model == CONTROLLER_PCIE_ROOT_PORT;
  PciBus *bus;

  if (is_pci_bus(device) && ((const Controller *)device)->index <= given->pci.bus)
    return error_set_document(error, &given->place, "bus",
                              "%u must be lower than the index of the controller, %u", given->pci.bus,
                              ((const Controller *)device)->index);
  grow_to(map, &given->pci);
  if (!check_given(map, device, error))
    return FALSE;
  bus = bus_at(map, given->pci.bus);
  if (is_board_function_free(map, &given->pci))
    return TRUE;
  if (bus->functions[given->pci.slot] & (1 << given->pci.function))
    return error_set_document(error, &given->place, NULL, "PCI address %02x:%02x.%x is taken%s",
                              given->pci.bus, given->pci.slot, given->pci.function,
                              is_on_board(map, &given->pci) ? " by a device that the machine has built in"
                                                            : " by another device");
  take(bus, &given->pci, is_root_port);
  return TRUE;
}

static gboolean reserve_all_given(PciMap *map, GError **error)
{
  DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
    if (device->address.type == ADDRESS_PCI && device->address.is_given && !is_builtin(device) &&
        !reserve_given(map, device, error))
      return FALSE;
  }
  return TRUE;
}

/* The first display has a place of its own, so that firmware finds it where it always was. */
static gboolean place_primary_video(PciMap *map, Device *device)
{
  PciBus *root = bus_at(map, 0);
  guint32 slot = map->chipset == CHIPSET_Q35 ? 1 : 2;

  if (root->functions[slot])
    return FALSE;
  take_slot(root, slot);
  device->address.type = ADDRESS_PCI;
  device->address.pci = (PciAddress){ .slot = slot };
  return TRUE;
}

/* The PIIX3's own USB controller is a function of the board; QEMU wants it as a device. */
static gboolean is_board_usb(const PciMap *map, const Device *device)
{
  const Controller *controller = (const Controller *)device;

  return map->chipset == CHIPSET_I440FX && device->room == &controller_room &&
         controller->type == CONTROLLER_USB && controller->model == CONTROLLER_PIIX3_UHCI &&
         controller->index == 0;
}

/* The parts of an ICH9 USB controller share a slot: EHCI is function 7, the UHCI companions are 0 to 2. */
static guint32 ich9_function(const Controller *controller)
{
  return controller->model == CONTROLLER_ICH9_EHCI1 ? 7
                                                    : (guint32)(controller->model - CONTROLLER_ICH9_UHCI1);
}

static void place_ich9_at(PciMap *map, Device *device, PciAddress address)
{
  address.function = ich9_function((const Controller *)device);
  address.multifunction = address.function == 0;
  take(bus_at(map, address.bus), &address, FALSE);
  device->address.type = ADDRESS_PCI;
  device->address.pci = address;
  note_ich9(map, device);
}

/* The others go to the slot of the first. */
static gboolean place_ich9(PciMap *map, Device *device)
{
  const Device *first = map->ich9[((const Controller *)device)->index];
  PciAddress address;

  if (first) {
    address = first->address.pci;
  } else {
    if (!take_place(map, fits_conventional, &address))
      return FALSE;
    bus_at(map, address.bus)->functions[address.slot] = 0;
  }
  place_ich9_at(map, device, address);
  return TRUE;
}

/* On Q35 the first UHCI controllers are where the board has them, in slots 0x1d and 0x1a, before any other
 * device is placed. */
static void reserve_ich9(PciMap *map)
{
  static const guint32 slots[] = { 0x1d, 0x1a };

  DOMAIN_FOREACH_OF(map->domain, &controller_room, device, i) {
    if (map->chipset != CHIPSET_Q35 || ((const Controller *)device)->model != CONTROLLER_ICH9_UHCI1 ||
        device->address.type != ADDRESS_NONE)
      continue;
    for (gsize j = 0; j < G_N_ELEMENTS(slots); j++) {
      if (bus_at(map, 0)->functions[slots[j]] == 0) {
        place_ich9_at(map, device, (PciAddress){ .slot = slots[j] });
        break;
      }
    }
  }
}

/* What the board has in a slot of its own is there, the first of them. */
static void reserve_board_slots(PciMap *map)
{
  DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
    if (device->board_slot && device->address.type == ADDRESS_NONE &&
        !bus_at(map, 0)->functions[device->board_slot]) {
      take_slot(bus_at(map, 0), device->board_slot);
      device->address.type = ADDRESS_PCI;
      device->address.pci = (PciAddress){ .slot = device->board_slot };
    }
  }
}

static gboolean place_device(PciMap *map, Device *device, GError **error)
{
  PciAddress address;

  if (device->pci_plug == PCI_PLUG_NONE || device->address.type != ADDRESS_NONE)
    return TRUE;
  if (is_board_usb(map, device)) {
    device->address.type = ADDRESS_PCI;
    device->address.pci = (PciAddress){ .slot = 1, .function = 2 };
    return TRUE;
  }
  if (device->pci_plug == PCI_PLUG_PRIMARY_VIDEO && place_primary_video(map, device))
    return TRUE;
  if (is_ich9_usb(device))
    return place_ich9(map, device) || set_full_error(device, error);
  if (!take_place(map, fits_of_plug(map, device->pci_plug), &address))
    return set_full_error(device, error);
  device->address.type = ADDRESS_PCI;
  device->address.pci = address;
  return TRUE;
}

/* QEMU wants a bus before what is on it, and the numbers are their order. */
static gboolean set_order_error(const Controller *controller, GError **error)
{
  error_set_document(
      error, &controller->device.place, "index",
      "%u: this %s has to be plugged into a bus of a lower index, and there is none that has room",
      controller->index, enum_to_string(&controller_model_table, (int)controller->model));
  return error_add_hint(error,
                        "give it a higher index than those of the ports and bridges that it is behind");
}

static gboolean place_buses(PciMap *map, GError **error)
{
  for (guint32 i = 1; i < map->buses->len; i++) {
    Controller *controller = controller_find(map->domain, CONTROLLER_PCI, i);
    Address *address;

    if (!controller || controller->device.address.type != ADDRESS_NONE)
      continue;
    address = &controller->device.address;
    if (!take_place_of_bus(map, controller->model, &address->pci) &&
        (!grow(map, fits_of_bus(controller->model)) ||
         !take_place_of_bus(map, controller->model, &address->pci)))
      return set_full_error(&controller->device, error);
    if (address->pci.bus >= i)
      return set_order_error(controller, error);
    address->type = ADDRESS_PCI;
  }
  return TRUE;
}

/* The first display keeps its slot free of others even where they come before it. */
static void reserve_primary_video(PciMap *map)
{
  DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
    if (device->pci_plug == PCI_PLUG_PRIMARY_VIDEO && device->address.type == ADDRESS_NONE)
      place_primary_video(map, device);
  }
}

static guint order_of(const Device *device)
{
  return device->pci_order ? device->pci_order : device->room->pci_order;
}

static gboolean place_devices(PciMap *map, GError **error)
{
  for (guint order = 0; order <= DEVICE_PCI_ORDER_LAST; order++) {
    DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
      if (order_of(device) == order && !is_pci_bus(device) && !place_device(map, device, error))
        return FALSE;
    }
  }
  return TRUE;
}

/* Forgets what the first round assigned. */
static void forget_assigned(Domain *domain)
{
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->address.type == ADDRESS_PCI && !device->address.is_given)
      device->address.type = ADDRESS_NONE;
  }
}

static gboolean is_full(const PciMap *map)
{
  for (guint32 i = 0; i < map->buses->len; i++) {
    if (bus_at(map, i)->full_slots != G_MAXUINT32)
      return FALSE;
  }
  return TRUE;
}

/* The first round. A document that names root ports or bridges has said how many it wants to spare. */
static gboolean count_buses(PciMap *map, GError **error)
{
  gboolean has_given_buses = map->buses->len > 1;
  PciAddress spare;

  reserve_board(map);
  if (!reserve_all_given(map, error))
    return FALSE;
  if (map->chipset != CHIPSET_Q35 && !is_full(map))
    take_place(map, fits_conventional, &spare);
  reserve_primary_video(map);
  reserve_ich9(map);
  reserve_board_slots(map);
  if (!place_buses(map, error) || !place_devices(map, error))
    return FALSE;
  if (map->chipset == CHIPSET_Q35 && !has_given_buses)
    take_place(map, is_port, &spare);
  return TRUE;
}

/* Makes controllers of the buses that the first round added. */
static gboolean add_controllers(const PciMap *map, GError **error)
{
  for (guint32 i = 0; i < map->buses->len; i++) {
    Controller *controller = controller_find(map->domain, CONTROLLER_PCI, i);

    if (controller)
      continue;
    controller = controller_add(map->domain, CONTROLLER_PCI, bus_at(map, i)->model, i);
    if (!controller_room.complete(map->domain, &controller->device, error))
      return FALSE;
  }
  return TRUE;
}

/* QEMU is told of a slot with several functions by the one that is function 0. */
static void set_multifunction(const PciMap *map)
{
  guint32 has_more[PCI_BUSES_MAX] = { 0 }; /* by bus, a bit for each slot */

  DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
    const PciAddress *address = &device->address.pci;

    if (device->address.type == ADDRESS_PCI && address->function > 0)
      has_more[address->bus] |= 1U << address->slot;
  }
  DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
    PciAddress *address = &device->address.pci;

    if (device->address.type == ADDRESS_PCI && !is_builtin(device) && address->function == 0 &&
        (has_more[address->bus] & 1U << address->slot))
      address->multifunction = TRUE;
  }
}

/* An expander bus without a number is two below the lowest: between them is room for what is on it. */
static gboolean number_expanders(const Domain *domain, GError **error)
{
  guint32 lowest = PCI_BUSES_MAX;

  DOMAIN_FOREACH_OF(domain, &controller_room, device, i)
    lowest = MIN(lowest, ((const Controller *)device)->target.bus_nr); /* CONTROLLER_UNSET is high */
  for (guint32 i = 0; i < PCI_BUSES_MAX; i++) {
    Controller *controller = controller_find(domain, CONTROLLER_PCI, i);

    if (!controller || !is_expander(controller->model) || controller->target.bus_nr != CONTROLLER_UNSET)
      continue;
    if (lowest <= 2)
      return error_set_document(error, &controller->device.place, NULL,
                                "there is no bus number left below %u, that of another expander bus", lowest);
    lowest -= 2;
    controller->target.bus_nr = lowest;
  }
  return TRUE;
}

/* Numbers that guests see of bridges and ports: they follow from index and address. */
static void number_bus(Controller *controller)
{
  const PciAddress *address = &controller->device.address.pci;
  ControllerTarget *target = &controller->target;

  if (is_port(controller->model) && target->chassis == CONTROLLER_UNSET)
    target->chassis = controller->index;
  if (controller->model == CONTROLLER_PCIE_ROOT_PORT && target->port == CONTROLLER_UNSET)
    target->port = address->slot << 3 | address->function;
  else if (controller->model == CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT && target->port == CONTROLLER_UNSET)
    target->port = address->slot;
  if (controller->model == CONTROLLER_PCI_BRIDGE && target->chassis_nr == CONTROLLER_UNSET)
    target->chassis_nr = controller->index;
}

static gboolean number_buses(const Domain *domain, GError **error)
{
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    if (is_pci_bus(device))
      number_bus((Controller *)device);
  }
  return number_expanders(domain, error);
}

/* Buses come first, by their index; companions behind their masters; what is plugged into a USB bus last. */
static gint start_class(const Device *device)
{
  if (is_pci_bus(device))
    return 0;
  if (device->is_usb)
    return 3;
  return controller_is_companion((const Controller *)device) ? 2 : 1;
}

static gint compare_for_start(gconstpointer a, gconstpointer b)
{
  const Device *x = *(const Device *const *)a, *y = *(const Device *const *)b;

  if (is_pci_bus(x) && is_pci_bus(y))
    return (gint)((const Controller *)x)->index - (gint)((const Controller *)y)->index;
  return start_class(x) - start_class(y);
}

/* With all buses there. Bridges take places, too: where that makes one more necessary, it is told, and the
 * round begins again. */
static gboolean place_all(Domain *domain, gboolean *ret_has_grown, GError **error)
{
  PciMap map;
  guint buses;
  gboolean is_fine;

  forget_assigned(domain);
  map = map_new(domain);
  buses = map.buses->len;
  reserve_board(&map);
  is_fine = reserve_all_given(&map, error);
  if (is_fine) {
    reserve_primary_video(&map);
    reserve_ich9(&map);
    reserve_board_slots(&map);
  }
  is_fine = is_fine && place_buses(&map, error) && place_devices(&map, error) && add_controllers(&map, error);
  *ret_has_grown = map.buses->len > buses;
  if (is_fine && !*ret_has_grown)
    set_multifunction(&map);
  g_array_unref(map.buses);
  return is_fine;
}

static gboolean assign_pci(Domain *domain, GError **error)
{
  PciMap map = map_new(domain);
  gboolean is_fine = count_buses(&map, error) && add_controllers(&map, error);
  gboolean has_grown = TRUE;

  g_array_unref(map.buses);
  while (is_fine && has_grown)
    is_fine = place_all(domain, &has_grown, error);
  is_fine = is_fine && number_buses(domain, error);
  domain_sort_room(domain, &controller_room, compare_for_start); /* QEMU wants a bus before what is on it */
  return is_fine;
}

static gboolean refuse_pci(const Domain *domain, GError **error)
{
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->pci_plug != PCI_PLUG_NONE)
      return error_set_document(error, &device->place, NULL, "machine '%s' has no PCI bus for this device",
                                domain->os->machine);
  }
  return TRUE;
}

gboolean address_assign(Domain *domain, GError **error)
{
  gboolean has_pci = chipset_of(domain) != CHIPSET_ISA;

  return (has_pci ? assign_pci(domain, error) : refuse_pci(domain, error)) &&
         address_assign_usb(domain, error);
}
