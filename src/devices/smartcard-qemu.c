/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/smartcard.h"

#include "devices/controller/controller.h"

static Props *emulated_card(const Smartcard *smartcard, Plan *plan)
{
  Props *props = props_new("driver", "ccid-card-emulated");

  if (smartcard->mode == SMARTCARD_HOST) {
    props_add_string(props, "backend", "nss-emulated");
    plan_allow(plan, PLAN_ACCESS_READ, "/etc/pki/nssdb"); /* libcacard's own */
    return props;
  }
  props_add_string(props, "backend", "certificates");
  for (guint i = 0; i < SMARTCARD_CERTIFICATES; i++) {
    g_autofree char *key = g_strdup_printf("cert%u", i + 1);

    props_add_string(props, key, smartcard->certificates[i]);
  }
  props_add_string(props, "db", smartcard->database);
  plan_require(plan, PLAN_REQUIRE_DIRECTORY, &smartcard->database_place, NULL, smartcard->database);
  return props;
}

static Props *passed_card(const Smartcard *smartcard, Plan *plan)
{
  Props *props = props_new("driver", "ccid-card-passthru");

  chardev_source_translate(&smartcard->source, &smartcard->device, plan);
  props_add_format(props, "chardev", "char%s", smartcard->device.alias);
  return props;
}

gboolean smartcard_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Smartcard *smartcard = (const Smartcard *)device;
  Props *props = smartcard->mode == SMARTCARD_PASSTHROUGH ? passed_card(smartcard, plan)
                                                          : emulated_card(smartcard, plan);
  g_autofree char *bus = controller_bus(domain, CONTROLLER_CCID, 0);

  props_add_string(props, "id", device->alias);
  props_add_string(props, "bus", bus);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
