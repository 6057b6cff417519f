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
 */
#include "config.h"

#include "machine/address.h"

#include "devices/registry.h"
#include "domain/devices.h"
#include "domain/os.h"
#include "machine/address-others.h"
#include "machine/address-usb.h"
#include "machine/address-zpci.h"
#include "machine/pci-map.h"

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

/* Whether it has a place: what the machine has built in has none of its own, nor has a balloon of model none.
 */
static gboolean is_plugged(const Device *device)
{
  return device->address.type == ADDRESS_PCI &&
         (device->pci_plug != PCI_PLUG_NONE || (is_pci_bus(device) && !is_builtin(device)));
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

/* What a bus is that is not named. */
static ControllerModel usual_bus(const PciMap *map)
{
  if (map->chipset == CHIPSET_PSERIES)
    return CONTROLLER_PCI_ROOT;
  return chipset_is_express(map->chipset) ? CONTROLLER_PCIE_ROOT_PORT : CONTROLLER_PCI_BRIDGE;
}

static PciMap map_new(Domain *domain)
{
  PciMap map = { domain, g_array_new(FALSE, TRUE, sizeof(PciBus)), chipset_of(domain), { NULL } };

  for (guint32 i = 0; i < PCI_BUSES_MAX; i++) {
    const Controller *controller = controller_find(domain, CONTROLLER_PCI, i);

    if (controller) {
      while (map.buses->len < i) /* a gap in the document: filled with what is usual */
        pci_map_add_bus(&map, usual_bus(&map));
      pci_map_add_bus(&map, controller->model);
    }
  }
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    if (is_ich9_usb(device) && device->address.type == ADDRESS_PCI)
      note_ich9(&map, device);
  }
  return map;
}

/* What the boards have soldered in: slot 1 of i440FX (ISA, IDE, USB, ACPI), slot 31 of Q35 (ISA, AHCI,
 * SMBus); 0 where it is nothing. */
static guint32 board_slot(const PciMap *map)
{
  return map->chipset == CHIPSET_Q35 ? 31 : map->chipset == CHIPSET_I440FX ? 1 : 0;
}

static void reserve_board(PciMap *map)
{
  if (board_slot(map))
    pci_bus_take_slot(pci_map_bus(map, 0), board_slot(map));
}

/* An address on a bus that is not there makes the bus. */
static void grow_to(PciMap *map, const PciAddress *address)
{
  while (map->buses->len <= address->bus) {
    gboolean is_last = map->buses->len == address->bus;

    if (!chipset_is_express(map->chipset))
      pci_map_add_bus(map, usual_bus(map));
    else if (is_last && address->slot > 0)
      pci_map_add_bus(map, CONTROLLER_PCIE_TO_PCI_BRIDGE);
    else
      pci_map_add_bus(map, CONTROLLER_PCIE_ROOT_PORT);
  }
}

static gboolean is_on_board(const PciMap *map, const PciAddress *address)
{
  return address->bus == 0 && board_slot(map) && address->slot == board_slot(map);
}

/* The board's slot may be named for what is there: the UHCI controller of the PIIX3 at 1.2, or another
 * function that is still free. */
static gboolean is_board_function_free(const PciMap *map, const PciAddress *address)
{
  guint8 taken = map->chipset == CHIPSET_Q35 ? 1 << 0 | 1 << 2 | 1 << 3 : 1 << 0 | 1 << 1 | 1 << 3;

  return is_on_board(map, address) && !(taken & (1 << address->function));
}

/* The PIIX3's own USB controller is a function of the board; QEMU wants it as a device. */
static gboolean is_board_usb(const PciMap *map, const Device *device)
{
  const Controller *controller = (const Controller *)device;

  return map->chipset == CHIPSET_I440FX && device->room == &controller_room &&
         controller->type == CONTROLLER_USB && controller->model == CONTROLLER_PIIX3_UHCI &&
         controller->index == 0;
}

/* What a document may plug into what: any device into whatever takes devices, conventional or Express, and a
 * bridge to conventional PCI likewise; other buses only where they fit. */
static gboolean accepts_given(ControllerModel bus, const Device *device)
{
  const Controller *controller = (const Controller *)device;

  if (is_pci_bus(device) && controller->model != CONTROLLER_PCI_BRIDGE)
    return pci_fits_of_bus(controller->model)(bus);
  return pci_is_conventional(bus) || controller_model_is_port(bus) || bus == CONTROLLER_PCIE_ROOT;
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

/* The PIIX3's own USB controller is a function of the board. */
static gboolean check_board_usb(const Device *device, GError **error)
{
  const PciAddress *pci = &device->address.pci;

  if (pci->bus == 0 && pci->slot == 1 && pci->function == 2)
    return TRUE;
  error_set_document(error, &device->address.place, NULL,
                     "USB controller 0 of model 'piix3-uhci' is built into the board, at 00:01.2");
  return error_add_hint(error, "remove the address, or choose another model");
}

static gboolean check_given(const PciMap *map, const Device *device, GError **error)
{
  const Address *given = &device->address;
  const PciBus *bus = pci_map_bus(map, given->pci.bus);
  const char *model = enum_to_string(&controller_model_table, (int)bus->model);

  if (!accepts_given(bus->model, device)) {
    error_set_document(error, &given->place, "bus", "bus %u is a %s, which takes no such device",
                       given->pci.bus, model);
    return error_add_hint(error, "it takes %s", what_it_takes(bus->model));
  }
  if (!pci_bus_has_slot(bus, given->pci.slot))
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
  if (!check_given(map, device, error) || (is_board_usb(map, device) && !check_board_usb(device, error)))
    return FALSE;
  bus = pci_map_bus(map, given->pci.bus);
  if (is_board_function_free(map, &given->pci))
    return TRUE;
  if (bus->functions[given->pci.slot] & (1 << given->pci.function))
    return error_set_document(error, &given->place, NULL, "PCI address %02x:%02x.%x is taken%s",
                              given->pci.bus, given->pci.slot, given->pci.function,
                              is_on_board(map, &given->pci) ? " by a device that the machine has built in"
                                                            : " by another device");
  pci_bus_take(bus, &given->pci, is_root_port);
  return TRUE;
}

static gboolean reserve_all_given(PciMap *map, GError **error)
{
  DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
    if (is_plugged(device) && device->address.is_given && !reserve_given(map, device, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean is_primary_video(const Device *device)
{
  return device->pci_plug == PCI_PLUG_PRIMARY_VIDEO || device->pci_plug == PCI_PLUG_PRIMARY_VIDEO_VIRTIO;
}

/* The first display has a place of its own, so that firmware finds it where it always was. */
static gboolean place_primary_video(PciMap *map, Device *device)
{
  PciBus *root = pci_map_bus(map, 0);
  guint32 slot = map->chipset == CHIPSET_Q35 ? 1 : 2;

  if (!board_slot(map) || root->functions[slot])
    return FALSE;
  pci_bus_take_slot(root, slot);
  device->address.type = ADDRESS_PCI;
  device->address.pci = (PciAddress){ .slot = slot };
  return TRUE;
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
  pci_bus_take(pci_map_bus(map, address.bus), &address, FALSE);
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
    if (!pci_map_take_place(map, pci_fits_conventional, &address))
      return FALSE;
    pci_map_bus(map, address.bus)->functions[address.slot] = 0;
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
      if (pci_map_bus(map, 0)->functions[slots[j]] == 0) {
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
        !pci_map_bus(map, 0)->functions[device->board_slot]) {
      pci_bus_take_slot(pci_map_bus(map, 0), device->board_slot);
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
  if (is_ich9_usb(device))
    return place_ich9(map, device) || set_full_error(device, error);
  if (!pci_map_take_place(map, pci_fits_of_plug(map, device->pci_plug), &address))
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

    if (!controller || controller->device.address.type != ADDRESS_NONE ||
        controller->model == CONTROLLER_PCI_ROOT)
      continue;
    address = &controller->device.address;
    if (!pci_map_take_place_of_bus(map, controller->model, &address->pci) &&
        (!pci_map_grow(map, pci_fits_of_bus(controller->model)) ||
         !pci_map_take_place_of_bus(map, controller->model, &address->pci)))
      return set_full_error(&controller->device, error);
    if (address->pci.bus >= i)
      return set_order_error(controller, error);
    address->type = ADDRESS_PCI;
  }
  return TRUE;
}

/* The first display comes before all others: its slot is kept free, or it takes the first that is. */
static gboolean reserve_primary_video(PciMap *map, GError **error)
{
  if (!board_slot(map)) /* and no firmware that would expect it anywhere */
    return TRUE;
  DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
    if (is_primary_video(device) && device->address.type == ADDRESS_NONE &&
        !place_primary_video(map, device) && !place_device(map, device, error))
      return FALSE;
  }
  return TRUE;
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
    if (pci_map_bus(map, i)->full_slots != G_MAXUINT32)
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
  if (!chipset_is_express(map->chipset) && !is_full(map))
    pci_map_take_place(map, pci_fits_conventional, &spare);
  if (!reserve_primary_video(map, error))
    return FALSE;
  reserve_ich9(map);
  reserve_board_slots(map);
  if (!place_buses(map, error) || !place_devices(map, error))
    return FALSE;
  if (chipset_is_express(map->chipset) && !has_given_buses)
    pci_map_take_place(map, controller_model_is_port, &spare);
  return TRUE;
}

/* Makes controllers of the buses that the first round added. */
static gboolean add_controllers(const PciMap *map, GError **error)
{
  for (guint32 i = 0; i < map->buses->len; i++) {
    Controller *controller = controller_find(map->domain, CONTROLLER_PCI, i);

    if (controller)
      continue;
    controller = controller_add(map->domain, CONTROLLER_PCI, pci_map_bus(map, i)->model, i);
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

    if (is_plugged(device) && address->function > 0)
      has_more[address->bus] |= 1U << address->slot;
  }
  DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
    PciAddress *address = &device->address.pci;

    if (is_plugged(device) && address->function == 0 && (has_more[address->bus] & 1U << address->slot))
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

    if (!controller || !controller_model_is_expander(controller->model) ||
        controller->target.bus_nr != CONTROLLER_UNSET)
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

  if (controller_model_is_port(controller->model) && target->chassis == CONTROLLER_UNSET)
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

/* The same for a live document as for the one that it was made of, in which some controllers are not. */
static gint compare_for_start(gconstpointer a, gconstpointer b)
{
  const Controller *x = *(const Controller *const *)a, *y = *(const Controller *const *)b;

  if (start_class(&x->device) != start_class(&y->device))
    return start_class(&x->device) - start_class(&y->device);
  if (x->type != y->type)
    return x->type_rank < y->type_rank ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
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
  is_fine = is_fine && reserve_primary_video(&map, error);
  if (is_fine) {
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

static gboolean set_no_pci_error(const Domain *domain, const Device *device, GError **error)
{
  return error_set_document(error, &device->place, NULL, "machine '%s' has no PCI bus for this device",
                            domain->os->machine);
}

static gboolean refuse_pci(const Domain *domain, GError **error)
{
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->pci_plug != PCI_PLUG_NONE &&
        (device->address.type == ADDRESS_NONE || device->address.type == ADDRESS_PCI))
      return set_no_pci_error(domain, device, error);
  }
  return TRUE;
}

static void claim_acpi_index(const Device *device, GPtrArray *claims)
{
  if (device->acpi_index)
    g_ptr_array_add(claims, g_strdup_printf("%u", device->acpi_index));
}

/* The number is that of a PCI function, and one function's alone. */
static gboolean check_acpi_index(const Domain *domain, const Device *device, GError **error)
{
  g_autofree char *claim = g_strdup_printf("%u", device->acpi_index);
  const Device *first;

  if (!device->acpi_index)
    return TRUE;
  if (!is_plugged(device)) {
    error_set_document(error, &device->acpi_place, "index", "%u: this is no device on a PCI bus",
                       device->acpi_index);
    return error_add_hint(error, "remove <acpi>: the guest's system names PCI devices by it, and no others");
  }
  first = device_first_claimant(domain, claim_acpi_index, claim);
  return first == device ||
         error_set_document(error, &device->acpi_place, "index", "%u is that of the device on line %d",
                            device->acpi_index, first->place.line);
}

static gboolean check_acpi_indexes(const Domain *domain, GError **error)
{
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (!check_acpi_index(domain, device, error))
      return FALSE;
  }
  return TRUE;
}

gboolean address_assign(Domain *domain, GError **error)
{
  gboolean has_pci = chipset_has_pci_root(chipset_of(domain));

  controller_sort(domain);
  return address_assign_others(domain, error) &&
         (has_pci ? assign_pci(domain, error) : refuse_pci(domain, error)) &&
         address_assign_zpci(domain, error) && address_assign_usb(domain, error) &&
         check_acpi_indexes(domain, error);
}
