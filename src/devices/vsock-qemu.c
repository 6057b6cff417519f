/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/vsock.h"

#include "devices/controller/controller.h"

ENUM_TABLE(vsock_driver_table, VSOCK_LAST, [VSOCK_VIRTIO] = "vhost-vsock-pci",
           [VSOCK_VIRTIO_TRANSITIONAL] = "vhost-vsock-pci-transitional",
           [VSOCK_VIRTIO_NON_TRANSITIONAL] = "vhost-vsock-pci-non-transitional");

gboolean vsock_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Vsock *vsock = (const Vsock *)device;
  Props *props = virtio_props_new(device, enum_to_string(&vsock_driver_table, (int)vsock->model));

  virtio_options_translate(&vsock->options, props);
  props_add_string(props, "id", device->alias);
  props_add_uint(props, "guest-cid", vsock->cid);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  plan_require(plan, PLAN_REQUIRE_DEVICE, &device->place, NULL, "/dev/vhost-vsock");
  return TRUE;
}
