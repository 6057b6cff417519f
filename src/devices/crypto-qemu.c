/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/crypto.h"

#include "devices/controller/controller.h"

ENUM_TABLE(crypto_driver_table, CRYPTO_MODEL_LAST, [CRYPTO_VIRTIO] = "virtio-crypto-pci");
ENUM_TABLE(crypto_object_table, CRYPTO_BACKEND_LAST, [CRYPTO_BUILTIN] = "cryptodev-backend-builtin",
           [CRYPTO_LKCF] = "cryptodev-backend-lkcf");

gboolean crypto_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Crypto *crypto = (const Crypto *)device;
  g_autofree char *id = g_strconcat("obj", device->alias, NULL);
  Props *object = props_new("qom-type", enum_to_string(&crypto_object_table, (int)crypto->backend));
  Props *props = virtio_props_new(device, enum_to_string(&crypto_driver_table, (int)crypto->model));

  props_add_string(object, "id", id);
  if (crypto->queues)
    props_add_uint(object, "queues", crypto->queues);
  plan_add_json(plan, PLAN_BOTH, "-object", object);
  virtio_options_translate(&crypto->options, props);
  props_add_string(props, "cryptodev", id);
  props_add_string(props, "id", device->alias);
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
