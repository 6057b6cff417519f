/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/shmem.h"

#include "devices/controller/controller.h"

ENUM_TABLE(shmem_driver_table, SHMEM_LAST, [SHMEM_IVSHMEM] = /* gone */ NULL, [SHMEM_PLAIN] = "ivshmem-plain",
           [SHMEM_DOORBELL] = "ivshmem-doorbell");

static void add_memory(const Shmem *shmem, const char *id, Plan *plan)
{
  Props *object = props_new("qom-type", "memory-backend-file");

  props_add_string(object, "id", id);
  props_add_string(object, "mem-path", shmem->path);
  props_add_bool(object, "share", TRUE);
  props_add_uint(object, "size", shmem->kib * 1024);
  plan_add_json(plan, PLAN_BOTH, "-object", object);
  plan_require(plan, PLAN_REQUIRE_CREATE, &shmem->device.place, "name", shmem->path)->kib = shmem->kib;
  plan_allow(plan, PLAN_ACCESS_WRITE | PLAN_ACCESS_CREATE, shmem->path);
}

gboolean shmem_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Shmem *shmem = (const Shmem *)device;
  Props *props = props_new("driver", enum_to_string(&shmem_driver_table, (int)shmem->model));

  props_add_string(props, "id", device->alias);
  if (shmem->model == SHMEM_PLAIN) {
    g_autofree char *id = g_strconcat("shmmem-", device->alias, NULL);

    add_memory(shmem, id, plan);
    props_add_string(props, "memdev", id);
  } else {
    chardev_source_translate(&shmem->server, device, plan);
    props_add_format(props, "chardev", "char%s", device->alias);
    if (shmem->vectors)
      props_add_uint(props, "vectors", shmem->vectors);
    feature_state_add(props, "ioeventfd", shmem->ioeventfd);
  }
  if (shmem->role == SHMEM_MASTER)
    props_add_string(props, "master", "on");
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
