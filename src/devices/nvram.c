/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/nvram.h"

#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/os.h"

static gboolean nvram_parse(struct _xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_SPAPR_VIO, ADDRESS_NONE };

  return device_parse_alias(node, device, error) && address_parse(node, allowed, &device->address, error);
}

static gboolean nvram_complete(Domain *domain, Device *device, GError **error)
{
  device_set_alias(domain, device, "nvram");
  if (chipset_of(domain) == CHIPSET_PSERIES) {
    device->vio_base = VIO_BASE_NVRAM;
    return TRUE;
  }
  error_set_document(error, &device->place, NULL,
                     "this is a part of POWER's machines, and machine '%s' has none", domain->os->machine);
  return error_add_hint(error, "<nvram> in <os> is what UEFI keeps its variables in");
}

static gboolean nvram_validate(const Domain *domain, const Device *device, GError **error)
{
  return device->index == 0 ||
         error_set_document(error, &device->place, NULL, "a machine has one; the first is on line %d",
                            device_first_of(domain, &nvram_room)->place.line);
}

const DeviceRoom nvram_room = {
  .element = "nvram",
  .size = sizeof(Nvram),
  .parse = nvram_parse,
  .complete = nvram_complete,
  .validate = nvram_validate,
  .translate = nvram_translate,
  .annotate = device_annotate_nothing,
  .clear = device_clear_nothing,
};
