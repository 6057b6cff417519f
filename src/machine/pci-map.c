/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "machine/pci-map.h"

enum { ALL_FUNCTIONS = 0xff };

PciBus *pci_map_bus(const PciMap *map, guint32 index)
{
  return &g_array_index(map->buses, PciBus, index);
}

/* Slot 0 of the roots is the host bridge, of the bridges their hot-plug controller. */
gboolean pci_bus_has_slot(const PciBus *bus, guint32 slot)
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

gboolean pci_is_conventional(ControllerModel model)
{
  return model == CONTROLLER_PCI_ROOT || model == CONTROLLER_PCI_BRIDGE ||
         model == CONTROLLER_PCIE_TO_PCI_BRIDGE || model == CONTROLLER_DMI_TO_PCI_BRIDGE ||
         model == CONTROLLER_PCI_EXPANDER_BUS;
}

gboolean pci_fits_conventional(ControllerModel model)
{
  return pci_is_conventional(model) && model != CONTROLLER_DMI_TO_PCI_BRIDGE;
}

static gboolean pci_fits_root(ControllerModel model)
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

BusFits pci_fits_of_plug(const PciMap *map, PciPlug plug)
{
  if (!chipset_is_express(map->chipset) || plug == PCI_PLUG_CONVENTIONAL || plug == PCI_PLUG_PRIMARY_VIDEO)
    return pci_fits_conventional;
  return plug == PCI_PLUG_INTEGRATED ? pci_fits_root : controller_model_is_port;
}

BusFits pci_fits_of_bus(ControllerModel model)
{
  switch ((int)model) {
  case CONTROLLER_PCI_BRIDGE:
    return pci_is_conventional;
  case CONTROLLER_PCIE_ROOT_PORT:
  case CONTROLLER_DMI_TO_PCI_BRIDGE:
    return fits_complex;
  case CONTROLLER_PCI_EXPANDER_BUS:
  case CONTROLLER_PCIE_EXPANDER_BUS:
    return fits_any_root;
  case CONTROLLER_PCIE_SWITCH_DOWNSTREAM_PORT:
    return fits_upstream_port;
  default: /* pcie-to-pci-bridge, upstream port */
    return controller_model_is_port;
  }
}

gboolean pci_map_add_bus(PciMap *map, ControllerModel model)
{
  PciBus bus = { .model = model };

  if (map->buses->len >= PCI_BUSES_MAX)
    return FALSE;
  for (guint32 slot = 0; slot < PCI_SLOTS; slot++) {
    if (!pci_bus_has_slot(&bus, slot))
      bus.full_slots |= 1U << slot;
  }
  g_array_append_val(map->buses, bus);
  return TRUE;
}

void pci_bus_take(PciBus *bus, const PciAddress *address, gboolean is_root_port)
{
  bus->functions[address->slot] |= (guint8)(1 << address->function);
  bus->full_slots |= 1U << address->slot;
  if (is_root_port)
    bus->root_ports[address->slot] |= (guint8)(1 << address->function);
}

void pci_bus_take_slot(PciBus *bus, guint32 slot)
{
  bus->functions[slot] = ALL_FUNCTIONS;
  bus->full_slots |= 1U << slot;
}

/* Takes a whole slot: nothing else goes into it without being told to. */
static gboolean pci_map_take_free_slot(PciMap *map, BusFits fits, PciAddress *ret_address)
{
  for (guint32 i = 0; i < map->buses->len; i++) {
    PciBus *bus = pci_map_bus(map, i);

    if (!fits(bus->model) || bus->full_slots == G_MAXUINT32)
      continue;
    *ret_address = (PciAddress){ .bus = i, .slot = (guint32)g_bit_nth_lsf(~(gulong)bus->full_slots, -1) };
    pci_bus_take_slot(bus, ret_address->slot);
    return TRUE;
  }
  return FALSE;
}

static gboolean take_root_port_on(PciBus *bus, PciAddress *ret_address)
{
  for (guint32 slot = 0; slot < PCI_SLOTS; slot++) {
    if (!pci_bus_has_slot(bus, slot) || bus->functions[slot] != bus->root_ports[slot])
      continue;
    for (guint32 function = 0; function < 8; function++) {
      if (bus->functions[slot] & (1 << function))
        continue;
      ret_address->slot = slot;
      ret_address->function = function;
      pci_bus_take(bus, ret_address, TRUE);
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
    if (fits_complex(pci_map_bus(map, i)->model) && take_root_port_on(pci_map_bus(map, i), ret_address))
      return TRUE;
  }
  return FALSE;
}

/* Where the ICH9 has it, on a board with that. */
static gboolean take_dmi_bridge(PciMap *map, PciAddress *ret_address)
{
  enum { DMI_SLOT = 0x1e };
  PciBus *root = pci_map_bus(map, 0);

  if (map->chipset != CHIPSET_Q35 || root->functions[DMI_SLOT])
    return pci_map_take_free_slot(map, fits_complex, ret_address);
  pci_bus_take_slot(root, DMI_SLOT);
  *ret_address = (PciAddress){ .slot = DMI_SLOT };
  return TRUE;
}

gboolean pci_map_take_place_of_bus(PciMap *map, ControllerModel model, PciAddress *ret_address)
{
  if (model == CONTROLLER_DMI_TO_PCI_BRIDGE)
    return take_dmi_bridge(map, ret_address);
  if (model == CONTROLLER_PCIE_ROOT_PORT)
    return take_root_port(map, ret_address);
  return pci_map_take_free_slot(map, pci_fits_of_bus(model), ret_address);
}

static gboolean has_bus(const PciMap *map, BusFits fits)
{
  for (guint32 i = 0; i < map->buses->len; i++) {
    if (fits(pci_map_bus(map, i)->model))
      return TRUE;
  }
  return FALSE;
}

gboolean pci_map_grow(PciMap *map, BusFits fits)
{
  if (map->chipset == CHIPSET_PSERIES)
    return pci_map_add_bus(map, CONTROLLER_PCI_ROOT);
  if (!chipset_is_express(map->chipset) ||
      (fits == pci_fits_conventional && has_bus(map, pci_is_conventional)))
    return pci_map_add_bus(map, CONTROLLER_PCI_BRIDGE);
  if (fits == controller_model_is_port)
    return pci_map_add_bus(map, CONTROLLER_PCIE_ROOT_PORT);
  if (fits == pci_fits_conventional) {
    PciAddress address;

    /* Always with a port more, whether or not one is free: libvirt's way. */
    if (!pci_map_add_bus(map, CONTROLLER_PCIE_ROOT_PORT) ||
        !pci_map_take_free_slot(map, controller_model_is_port, &address))
      return FALSE;
    return pci_map_add_bus(map, CONTROLLER_PCIE_TO_PCI_BRIDGE);
  }
  return FALSE;
}

gboolean pci_map_take_place(PciMap *map, BusFits fits, PciAddress *ret_address)
{
  return pci_map_take_free_slot(map, fits, ret_address) ||
         (pci_map_grow(map, fits) && pci_map_take_free_slot(map, fits, ret_address));
}
