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
    return slot < PCI_SLOTS;
  default:
    return slot > 0 && slot < PCI_SLOTS;
  }
}

static gboolean is_conventional(ControllerModel model)
{
  return model == CONTROLLER_PCI_ROOT || model == CONTROLLER_PCI_BRIDGE ||
         model == CONTROLLER_PCIE_TO_PCI_BRIDGE || model == CONTROLLER_DMI_TO_PCI_BRIDGE;
}

static gboolean is_port(ControllerModel model)
{
  return model == CONTROLLER_PCIE_ROOT_PORT || model == CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT;
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
    return fits_root;
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

/* Root ports share slots, eight to one. */
static gboolean take_root_port(PciMap *map, PciAddress *ret_address)
{
  PciBus *root = bus_at(map, 0);

  for (guint32 slot = 1; slot < PCI_SLOTS; slot++) {
    if (root->functions[slot] != root->root_ports[slot])
      continue;
    for (guint32 function = 0; function < 8; function++) {
      if (root->functions[slot] & (1 << function))
        continue;
      *ret_address = (PciAddress){ .slot = slot, .function = function };
      take(root, ret_address, TRUE);
      return TRUE;
    }
  }
  return FALSE;
}

/* Where the ICH9 has it. */
static gboolean take_dmi_bridge(PciMap *map, PciAddress *ret_address)
{
  enum { DMI_SLOT = 0x1e };
  PciBus *root = bus_at(map, 0);

  if (root->functions[DMI_SLOT])
    return take_free_slot(map, fits_root, ret_address);
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

/* Adds a bus on which @fits, with what it needs itself, without placing it yet. */
static gboolean grow(PciMap *map, BusFits fits)
{
  if (map->chipset != CHIPSET_Q35)
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
    const Controller *controller = (const Controller *)device;

    if (is_ich9_usb(device) && device->address.type == ADDRESS_PCI && !map.ich9[controller->index])
      map.ich9[controller->index] = device;
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
  bus = bus_at(map, given->pci.bus);
  if (!has_slot(bus, given->pci.slot))
    return error_set_document(error, &given->place, "slot", "bus %u (%s) has no slot 0x%02x for a device",
                              given->pci.bus, enum_to_string(&controller_model_table, (int)bus->model),
                              given->pci.slot);
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

/* On Q35 they are where the board has them, slots 0x1d and 0x1a; elsewhere in any slot. */
static gboolean find_ich9_slot(PciMap *map, PciAddress *ret_address)
{
  static const guint32 slots[] = { 0x1d, 0x1a };

  for (gsize i = 0; map->chipset == CHIPSET_Q35 && i < G_N_ELEMENTS(slots); i++) {
    if (bus_at(map, 0)->functions[slots[i]] == 0) {
      *ret_address = (PciAddress){ .slot = slots[i] };
      return TRUE;
    }
  }
  if (!take_free_slot(map, map->chipset == CHIPSET_Q35 ? fits_root : fits_conventional, ret_address))
    return FALSE;
  bus_at(map, ret_address->bus)->functions[ret_address->slot] = 0;
  return TRUE;
}

static gboolean place_ich9(PciMap *map, Device *device)
{
  const Controller *controller = (const Controller *)device;
  const Device *sibling = map->ich9[controller->index];
  PciAddress address;

  if (sibling)
    address = sibling->address.pci;
  else if (!find_ich9_slot(map, &address))
    return FALSE;
  address.function = ich9_function(controller);
  address.multifunction = FALSE;
  take(bus_at(map, address.bus), &address, FALSE);
  device->address.type = ADDRESS_PCI;
  device->address.pci = address;
  map->ich9[controller->index] = device;
  return TRUE;
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

static gboolean place_devices(PciMap *map, GError **error)
{
  for (guint order = 0; order <= DEVICE_PCI_ORDER_LAST; order++) {
    DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
      if (device->room->pci_order == order && !is_pci_bus(device) && !place_device(map, device, error))
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

/* Numbers that guests see of bridges and ports: they follow from index and address. */
static void number_buses(const Domain *domain)
{
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    Controller *controller = (Controller *)device;
    const PciAddress *address = &device->address.pci;

    if (!is_pci_bus(device) || controller->is_builtin)
      continue;
    if (is_port(controller->model) && controller->chassis == CONTROLLER_UNSET)
      controller->chassis = controller->index;
    if (controller->model == CONTROLLER_PCIE_ROOT_PORT && controller->port == CONTROLLER_UNSET)
      controller->port = address->slot << 3 | address->function;
    else if (controller->model == CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT &&
             controller->port == CONTROLLER_UNSET)
      controller->port = address->slot;
    if (controller->model == CONTROLLER_PCI_BRIDGE && controller->chassis_nr == CONTROLLER_UNSET)
      controller->chassis_nr = controller->index;
  }
}

static gint compare_for_start(gconstpointer a, gconstpointer b)
{
  const Device *x = *(const Device *const *)a, *y = *(const Device *const *)b;

  if (is_pci_bus(x) && is_pci_bus(y))
    return (gint)((const Controller *)x)->index - (gint)((const Controller *)y)->index;
  return is_pci_bus(y) - is_pci_bus(x);
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
  if (is_fine)
    reserve_primary_video(&map);
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
  number_buses(domain);
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
