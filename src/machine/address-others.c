/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The numbers are those that libvirt gives, in its order; tried with libvirt 9.0.
 */
#include "config.h"

#include "machine/address-others.h"

#include "devices/controller/controller.h"
#include "devices/disk/disk.h"
#include "devices/filesystem.h"
#include "devices/input.h"
#include "devices/interface/interface.h"
#include "devices/memballoon.h"
#include "devices/rng.h"
#include "devices/video.h"
#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/os.h"

/* A guest's devices are in this channel subsystem; a device number is one of 65,536 in a subchannel set. */
enum { CCW_CSSID = 0xfe, CCW_DEVNO_MAX = 0xffff };

/* What one device of the hypervisor has of the numbers. */
enum { SPAPR_VIO_STEP = 0x1000 };

static gboolean is_virtio(const Device *device)
{
  return device->pci_plug == PCI_PLUG_VIRTIO || device->pci_plug == PCI_PLUG_PRIMARY_VIDEO_VIRTIO;
}

/* ---- Whether an address of the document can be ---- */

static gboolean has_mmio(const Domain *domain)
{
  Chipset chipset = chipset_of(domain);

  return chipset_virtio_bus(chipset) == VIRTIO_BUS_MMIO ||
         (chipset == CHIPSET_VIRT && domain->os->arch != OS_ARCH_LOONGARCH64);
}

static gboolean has_bus_of(const Domain *domain, AddressType type)
{
  switch ((int)type) {
  case ADDRESS_CCW:
    return chipset_of(domain) == CHIPSET_CCW;
  case ADDRESS_VIRTIO_MMIO:
    return has_mmio(domain);
  case ADDRESS_SPAPR_VIO:
    return chipset_of(domain) == CHIPSET_PSERIES;
  default:
    return TRUE;
  }
}

static gboolean is_of_bus(const Device *device, AddressType type)
{
  switch ((int)type) {
  case ADDRESS_CCW:
  case ADDRESS_VIRTIO_MMIO:
    return is_virtio(device);
  case ADDRESS_SPAPR_VIO:
    return device->vio_base != 0;
  default:
    return TRUE;
  }
}

static gboolean check_given(const Domain *domain, const Device *device, GError **error)
{
  const Address *address = &device->address;
  const char *type = enum_to_string(&address_type_table, (int)address->type);

  if (!has_bus_of(domain, address->type)) {
    error_set_document(error, &address->place, "type", "machine '%s' has no addresses of type '%s'",
                       domain->os->machine, type);
    return error_add_hint(error, "remove the address: the device then gets one that the machine has");
  }
  if (is_of_bus(device, address->type))
    return TRUE;
  error_set_document(error, &address->place, "type", "this device cannot have an address of type '%s'", type);
  return error_add_hint(error, "remove the address: the device then gets one that it can have");
}

static gboolean check_all_given(const Domain *domain, GError **error)
{
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->address.is_given && !check_given(domain, device, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- virtio-mmio ---- */

/* Where one device of a machine with both is there by the document, the others are, too: libvirt's rule. */
static gboolean prefers_mmio(const Domain *domain)
{
  if (chipset_virtio_bus(chipset_of(domain)) == VIRTIO_BUS_MMIO)
    return TRUE;
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->address.type == ADDRESS_VIRTIO_MMIO)
      return TRUE;
  }
  return FALSE;
}

/* The bus that such a device is not on by itself. */
static gboolean wants_pci(const Domain *domain, const Device *device)
{
  return device->address.is_pci_wanted && chipset_has_pci_root(chipset_of(domain));
}

static void assign_mmio(const Domain *domain)
{
  if (!prefers_mmio(domain))
    return;
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (is_virtio(device) && device->address.type == ADDRESS_NONE && !wants_pci(domain, device))
      device->address.type = ADDRESS_VIRTIO_MMIO;
  }
}

/* ---- Channel I/O ---- */

typedef struct {
  GHashTable *taken; /* of (ssid << 16 | devno) + 1 -> Device */
  guint32 next;
} CcwMap;

static gpointer ccw_key(const CcwAddress *ccw)
{
  return GUINT_TO_POINTER((ccw->ssid << 16 | ccw->devno) + 1);
}

static gboolean reserve_ccw(CcwMap *map, Device *device, GError **error)
{
  const CcwAddress *ccw = &device->address.ccw;
  const Device *other;

  if (ccw->cssid != CCW_CSSID)
    return error_set_document(error, &device->address.place, "cssid",
                              "0x%x: virtio devices are in channel subsystem 0x%x", ccw->cssid, CCW_CSSID);
  other = g_hash_table_lookup(map->taken, ccw_key(ccw));
  if (other)
    return error_set_document(error, &device->address.place, "devno",
                              "%x.%x.%04x is that of the device on line %d", ccw->cssid, ccw->ssid,
                              ccw->devno, other->place.line);
  g_hash_table_insert(map->taken, ccw_key(ccw), device);
  return TRUE;
}

static gboolean place_ccw(CcwMap *map, Device *device, GError **error)
{
  CcwAddress *ccw = &device->address.ccw;

  if (!is_virtio(device) || (device->address.type != ADDRESS_NONE && device->address.type != ADDRESS_CCW) ||
      ccw->has_devno || device->address.is_pci_wanted)
    return TRUE;
  *ccw = (CcwAddress){ .cssid = CCW_CSSID, .devno = map->next, .has_devno = TRUE };
  while (ccw->devno <= CCW_DEVNO_MAX && g_hash_table_contains(map->taken, ccw_key(ccw)))
    ccw->devno++;
  if (ccw->devno > CCW_DEVNO_MAX)
    return error_set_document(error, &device->place, NULL, "there is no device number left for this device");
  map->next = ccw->devno + 1;
  device->address.type = ADDRESS_CCW;
  return reserve_ccw(map, device, error);
}

static gboolean place_all_ccw(const Domain *domain, CcwMap *map, GError **error)
{
  const DeviceRoom *const first[] = { &disk_room,       &interface_room, &video_room,
                                      &controller_room, &input_room,     &filesystem_room };
  const DeviceRoom *const last[] = { &memballoon_room, &rng_room };

  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->address.type == ADDRESS_CCW && device->address.ccw.has_devno &&
        !reserve_ccw(map, device, error))
      return FALSE;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(first); i++) {
    DOMAIN_FOREACH_OF(domain, first[i], device, j) {
      if (!place_ccw(map, device, error))
        return FALSE;
    }
  }
  for (gsize i = 0; i < G_N_ELEMENTS(last); i++) {
    DOMAIN_FOREACH_OF(domain, last[i], device, j) {
      if (!place_ccw(map, device, error))
        return FALSE;
    }
  }
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (!place_ccw(map, device, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean assign_ccw(const Domain *domain, GError **error)
{
  g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
  CcwMap map = { taken, 0 };

  return place_all_ccw(domain, &map, error);
}

/* ---- VIO ---- */

static gboolean reserve_vio(GHashTable *taken, Device *device, GError **error)
{
  const SpaprVioAddress *vio = &device->address.spapr_vio;
  const Device *other = g_hash_table_lookup(taken, GUINT_TO_POINTER((guint)vio->reg));

  if (other)
    return error_set_document(error, &device->address.place, "reg",
                              "0x%" G_GINT64_MODIFIER "x is that of the device on line %d", vio->reg,
                              other->place.line);
  g_hash_table_insert(taken, GUINT_TO_POINTER((guint)vio->reg), device);
  return TRUE;
}

static gboolean assign_vio(const Domain *domain, GError **error)
{
  g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL), next = g_hash_table_new(NULL, NULL);

  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->address.type == ADDRESS_SPAPR_VIO && device->address.spapr_vio.has_reg &&
        !reserve_vio(taken, device, error))
      return FALSE;
  }
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    SpaprVioAddress *vio = &device->address.spapr_vio;
    gpointer base = GUINT_TO_POINTER(device->vio_base);

    if (device->vio_base == 0 || vio->has_reg)
      continue;
    vio->reg = GPOINTER_TO_UINT(g_hash_table_lookup(next, base));
    vio->reg = MAX(vio->reg, device->vio_base);
    while (g_hash_table_contains(taken, GUINT_TO_POINTER((guint)vio->reg)))
      vio->reg += SPAPR_VIO_STEP;
    vio->has_reg = TRUE;
    g_hash_table_insert(next, base, GUINT_TO_POINTER((guint)vio->reg + SPAPR_VIO_STEP));
    device->address.type = ADDRESS_SPAPR_VIO;
    if (!reserve_vio(taken, device, error))
      return FALSE;
  }
  return TRUE;
}

gboolean address_assign_others(Domain *domain, GError **error)
{
  if (!check_all_given(domain, error))
    return FALSE;
  assign_mmio(domain);
  if (chipset_of(domain) == CHIPSET_CCW)
    return assign_ccw(domain, error);
  return chipset_of(domain) != CHIPSET_PSERIES || assign_vio(domain, error);
}
