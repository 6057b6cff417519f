/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/panic.h"

#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(panic_model_table, PANIC_LAST, [PANIC_ISA] = "isa");

static gboolean panic_parse(xmlNode *node, Device *device, GError **error)
{
  Panic *panic = (Panic *)device;
  xmlNode *address = NULL;
  const char *type;

  if (!xml_attribute_enum(node, "model", &panic_model_table, XML_ENUM(&panic->model), error) ||
      !device_parse_alias(node, device, error) || !xml_child(node, "address", &address, error))
    return FALSE;
  if (!address)
    return TRUE;
  if (!xml_attribute_required(address, "type", &type, error))
    return FALSE;
  if (!g_str_equal(type, "isa"))
    return xml_error(error, address, "type", "unknown value '%s' (known: isa)", type);
  return xml_attribute_uint32(address, "iobase", 1, 0xffff, &panic->iobase, error);
}

static gboolean panic_complete(Domain *domain, Device *device, GError **error)
{
  device_set_alias(domain, device, "panic%u", device->index);
  return TRUE;
}

static gboolean panic_validate(const Domain *domain, const Device *device, GError **error)
{
  if (device->index > 0)
    return xml_error(error, device->node, NULL, "a guest can have one panic device");
  return TRUE;
}

const DeviceRoom panic_room = {
  .element = "panic",
  .size = sizeof(Panic),
  .parse = panic_parse,
  .complete = panic_complete,
  .validate = panic_validate,
  .translate = panic_translate,
  .annotate = device_annotate_nothing,
  .clear = device_clear_nothing,
};
