/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The PCI buses of a machine, and which functions of their slots are taken; for the passes of address.c.
 *
 * What a bus takes: a conventional bus (pci-root, pci-bridge, pcie-to-pci-bridge, dmi-to-pci-bridge,
 * pci-expander-bus) any device; a root port or a downstream port one PCI Express device, or a bridge to
 * conventional PCI; the PCI Express root takes root ports (eight to a slot) and integrated devices, a
 * pcie-expander-bus root ports alone.
 */
#pragma once

#include "devices/controller/controller.h"
#include "domain/chipset.h"

enum { PCI_SLOTS = 32, PCI_BUSES_MAX = 256 };

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

PciBus *pci_map_bus(const PciMap *map, guint32 index);
gboolean pci_bus_has_slot(const PciBus *bus, guint32 slot);

gboolean pci_is_conventional(ControllerModel model);

/* What a bus must be like for a device, or a bus, to be placed on it without being told to. */
typedef gboolean (*BusFits)(ControllerModel model);

gboolean pci_fits_conventional(ControllerModel model);
BusFits pci_fits_of_plug(const PciMap *map, PciPlug plug);
BusFits pci_fits_of_bus(ControllerModel model);

/* FALSE: there are as many as there can be. */
gboolean pci_map_add_bus(PciMap *map, ControllerModel model);

/* Adds a bus on which @fits, with what it needs itself, without placing it yet. */
gboolean pci_map_grow(PciMap *map, BusFits fits);

/* Takes one function, all of a slot: nothing else goes into it without being told to. */
void pci_bus_take(PciBus *bus, const PciAddress *address, gboolean is_root_port);
void pci_bus_take_slot(PciBus *bus, guint32 slot);

/* Takes a whole slot of a bus on which @fits, which is added where none has room. FALSE: there is no room. */
gboolean pci_map_take_place(PciMap *map, BusFits fits, PciAddress *ret_address);

/* Takes the place of a bus of @model, where there is one. */
gboolean pci_map_take_place_of_bus(PciMap *map, ControllerModel model, PciAddress *ret_address);
