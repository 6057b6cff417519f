/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/memballoon.h"

#include "devices/controller/controller.h"

#include "domain/domain.h"
#include "domain/memory.h"

ENUM_TABLE(memballoon_driver_table, MEMBALLOON_LAST, [MEMBALLOON_VIRTIO] = "virtio-balloon-pci",
           [MEMBALLOON_VIRTIO_TRANSITIONAL] = "virtio-balloon-pci-transitional",
           [MEMBALLOON_VIRTIO_NON_TRANSITIONAL] = "virtio-balloon-pci-non-transitional",
           [MEMBALLOON_NONE] = /* no device, as the next */ NULL, [MEMBALLOON_XEN] = NULL);

gboolean memballoon_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Memballoon *balloon = (const Memballoon *)device;
  Props *props;

  if (balloon->model == MEMBALLOON_NONE)
    return TRUE;
  props = virtio_props_new(device, enum_to_string(&memballoon_driver_table, (int)balloon->model));
  virtio_options_translate(&balloon->virtio, props);
  props_add_string(props, "id", device->alias);
  if (balloon->autodeflate)
    props_add_bool(props, "deflate-on-oom", TRUE);
  if (balloon->free_page_reporting)
    props_add_bool(props, "free-page-reporting", TRUE);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  if (balloon->period > 0) {
    plan->balloon_alias = device->alias;
    plan->balloon_period = balloon->period;
  }
  if (domain->memory->current_kib < domain->memory->kib + domain->memory->device_kib)
    plan->balloon_bytes = domain->memory->current_kib * 1024;
  return TRUE;
}
