/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: QEMU's hw/vfio/pci.c, hw/usb/host-libusb.c, hw/scsi/scsi-generic.c, hw/virtio/vhost-scsi-pci.c.
 */
#include "config.h"

#include "devices/hostdev/hostdev.h"

#include "devices/controller/controller.h"

ENUM_TABLE(hostdev_vhost_table, HOSTDEV_MODEL_LAST, [HOSTDEV_MODEL_VIRTIO] = "vhost-scsi-pci",
           [HOSTDEV_MODEL_VIRTIO_TRANSITIONAL] = "vhost-scsi-pci-transitional",
           [HOSTDEV_MODEL_VIRTIO_NON_TRANSITIONAL] = "vhost-scsi-pci-non-transitional");

static void add_device(const Domain *domain, const Hostdev *hostdev, Props *props, Plan *plan)
{
  props_add_string(props, "id", hostdev->device.alias);
  if (hostdev->device.boot_index)
    props_add_uint(props, "bootindex", hostdev->device.boot_index);
  controller_add_address(domain, &hostdev->device, props);
  rom_translate(&hostdev->rom, props, plan);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
}

/* ---- VFIO ---- */

/* QEMU 9.0 has the object, one for each cell. */
static void add_nodes(const Hostdev *hostdev, Plan *plan)
{
  for (guint i = 0; hostdev->nodes && i < hostdev->nodes->len; i++) {
    guint32 node = g_array_index(hostdev->nodes, guint32, i);
    Props *props = props_new("qom-type", "acpi-generic-initiator");

    props_add_format(props, "id", "%s-gi%u", hostdev->device.alias, node);
    props_add_string(props, "pci-dev", hostdev->device.alias);
    props_add_uint(props, "node", node);
    plan_add_json(plan, PLAN_BOTH, "-object", props);
  }
}

/* A frame buffer for the firmware: QEMU has that in another device, which cannot be unplugged. */
static void add_display(const Hostdev *hostdev, Props *props)
{
  if (hostdev->ramfb == FEATURE_ON)
    props_add_string(props, "driver", "vfio-pci-nohotplug");
  if (hostdev->display != FEATURE_UNSET)
    props_add_string(props, "display", hostdev->display == FEATURE_ON ? "on" : "off");
  if (hostdev->ramfb == FEATURE_ON)
    props_add_bool(props, "ramfb", TRUE);
}

static void translate_pci(const Domain *domain, const Hostdev *hostdev, Plan *plan)
{
  Props *props;

  host_pci_translate(domain, &hostdev->pci, hostdev->device.alias, plan);
  if (hostdev->device.address.type == ADDRESS_UNASSIGNED) /* the host loses it, and no guest has it */
    return;
  props = host_pci_props(&hostdev->pci);
  add_display(hostdev, props);
  props_add_string(props, "failover_pair_id", hostdev->standby);
  add_device(domain, hostdev, props, plan);
  add_nodes(hostdev, plan);
}

static void translate_mdev(const Domain *domain, const Hostdev *hostdev, Plan *plan)
{
  Props *props = props_new("driver", "vfio-pci");

  props_add_string(props, "sysfsdev", hostdev->mdev_path);
  add_display(hostdev, props);
  add_device(domain, hostdev, props, plan);
  add_nodes(hostdev, plan);
  plan_require(plan, PLAN_REQUIRE_MDEV, &hostdev->source_place, NULL, hostdev->uuid);
}

/* ---- USB ---- */

static void add_reset(HostdevReset reset, Props *props)
{
  if (reset == HOSTDEV_RESET_DEFAULT)
    return;
  props_add_bool(props, "guest-reset", reset != HOSTDEV_RESET_OFF);
  if (reset != HOSTDEV_RESET_OFF)
    props_add_bool(props, "guest-resets-all", reset == HOSTDEV_RESET_ON);
}

/* By what it is, QEMU takes it whenever it is there; by its place alone, from the start. */
static void translate_usb(const Domain *domain, const Hostdev *hostdev, Plan *plan)
{
  const HostdevUsb *usb = &hostdev->usb;
  PlanRequirement *requirement;
  Props *props;

  if (usb->is_absent)
    return;
  props = props_new("driver", "usb-host");
  props_add_string(props, "hostdevice", usb->path);
  if (usb->has_id) {
    props_add_uint(props, "vendorid", usb->vendor);
    props_add_uint(props, "productid", usb->product);
  }
  if (usb->bus && !usb->path) {
    props_add_uint(props, "hostbus", usb->bus);
    props_add_uint(props, "hostaddr", usb->device);
  }
  add_reset(usb->reset, props);
  add_device(domain, hostdev, props, plan);
  requirement = plan_require(plan, PLAN_REQUIRE_USB, &hostdev->source_place, NULL, usb->name);
  requirement->usb = (PlanUsb){ .has_id = usb->has_id,
                                .vendor = usb->vendor,
                                .product = usb->product,
                                .bus = usb->bus,
                                .device = usb->device,
                                .is_optional = usb->startup == HOSTDEV_STARTUP_OPTIONAL };
}

/* ---- SCSI ---- */

static Props *translate_node(const Hostdev *hostdev, Plan *plan)
{
  const HostdevScsi *scsi = &hostdev->scsi;
  g_autofree char *prefix = g_strdup_printf("hostdev-%u", hostdev->device.index);
  Props *node;

  if (scsi->network)
    return disk_network_translate(scsi->network, prefix, plan);
  node = props_new("driver", "host_device");
  props_add_string(node, "filename", scsi->path);
  if (scsi->unknown)
    plan_lack(plan, &hostdev->source_place, /* attribute= */ NULL, scsi->unknown);
  if (scsi->path)
    plan_allow(plan, PLAN_ACCESS_WRITE, scsi->path);
  plan_require(plan, PLAN_REQUIRE_SCSI, &hostdev->source_place, NULL, scsi->name)->is_shared =
      scsi->is_shareable;
  return node;
}

static void translate_scsi(const Domain *domain, const Hostdev *hostdev, Plan *plan)
{
  const DriveAddress *drive = &hostdev->device.address.drive;
  const Controller *controller = controller_find(domain, CONTROLLER_SCSI, drive->controller);
  Props *node = translate_node(hostdev, plan);
  Props *props = props_new("driver", "scsi-generic");

  props_add_format(node, "node-name", "hostdev-%u-backend", hostdev->device.index);
  props_add_bool(node, "read-only", hostdev->scsi.is_readonly);
  plan_add_json(plan, PLAN_BOTH, "-blockdev", node);
  props_add_format(props, "drive", "hostdev-%u-backend", hostdev->device.index);
  if (hostdev->scsi.is_shareable)
    props_add_bool(props, "share-rw", TRUE);
  props_add_format(props, "bus", "%s.0", controller->device.alias);
  if (!controller_has_targets(domain, drive->controller)) {
    props_add_uint(props, "scsi-id", drive->unit);
  } else {
    props_add_uint(props, "channel", drive->bus);
    props_add_uint(props, "scsi-id", drive->target);
    props_add_uint(props, "lun", drive->unit);
  }
  add_device(domain, hostdev, props, plan);
}

static void translate_scsi_host(const Domain *domain, const Hostdev *hostdev, Plan *plan)
{
  HostdevModel model = hostdev->model == HOSTDEV_MODEL_DEFAULT ? HOSTDEV_MODEL_VIRTIO : hostdev->model;
  Props *props = props_new("driver", enum_to_string(&hostdev_vhost_table, (int)model));

  props_add_string(props, "wwpn", hostdev->wwpn);
  add_device(domain, hostdev, props, plan);
  plan_require(plan, PLAN_REQUIRE_DEVICE, &hostdev->source_place, NULL, "/dev/vhost-scsi");
}

gboolean hostdev_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Hostdev *hostdev = (const Hostdev *)device;

  switch (hostdev->type) {
  case HOSTDEV_PCI:
    translate_pci(domain, hostdev, plan);
    return TRUE;
  case HOSTDEV_USB:
    translate_usb(domain, hostdev, plan);
    return TRUE;
  case HOSTDEV_SCSI:
    translate_scsi(domain, hostdev, plan);
    return TRUE;
  case HOSTDEV_SCSI_HOST:
    translate_scsi_host(domain, hostdev, plan);
    return TRUE;
  case HOSTDEV_MDEV:
    translate_mdev(domain, hostdev, plan);
    return TRUE;
  case HOSTDEV_LAST:
    break;
  }
  g_assert_not_reached();
}
