/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/rng.h"

#include "devices/controller/controller.h"

ENUM_TABLE(rng_driver_table, RNG_MODEL_LAST, [RNG_VIRTIO] = "virtio-rng-pci",
           [RNG_VIRTIO_TRANSITIONAL] = "virtio-rng-pci-transitional",
           [RNG_VIRTIO_NON_TRANSITIONAL] = "virtio-rng-pci-non-transitional");
ENUM_TABLE(
    rng_object_table,
    RNG_BACKEND_LAST, [RNG_RANDOM] = "rng-random", [RNG_EGD] = "rng-egd", [RNG_BUILTIN] = "rng-builtin");

static void add_object(const Rng *rng, const char *id, Plan *plan)
{
  Props *object = props_new("qom-type", enum_to_string(&rng_object_table, (int)rng->backend));

  props_add_string(object, "id", id);
  if (rng->backend == RNG_EGD) {
    chardev_source_translate(&rng->source, &rng->device, plan);
    props_add_format(object, "chardev", "char%s", rng->device.alias);
  } else if (rng->backend == RNG_RANDOM) {
    props_add_string(object, "filename", rng->path);
    plan_require(plan, PLAN_REQUIRE_READ, &rng->backend_place, NULL, rng->path)->is_shared = TRUE;
  }
  plan_add_json(plan, PLAN_BOTH, "-object", object);
}

gboolean rng_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Rng *rng = (const Rng *)device;
  g_autofree char *id = g_strconcat("obj", device->alias, NULL);
  Props *props = virtio_props_new(device, enum_to_string(&rng_driver_table, (int)rng->model));

  add_object(rng, id, plan);
  virtio_options_translate(&rng->options, props);
  props_add_string(props, "rng", id);
  props_add_string(props, "id", device->alias);
  if (rng->bytes) {
    props_add_uint(props, "max-bytes", rng->bytes);
    props_add_uint(props, "period", rng->period);
  }
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
