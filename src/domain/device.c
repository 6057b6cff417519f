/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/device.h"

#include <string.h>

#include "domain/domain.h"
#include "xml/element.h"

Device *device_new(const DeviceRoom *room, xmlNode *node)
{
  Device *device = g_malloc0(room->size);

  device->room = room;
  device->node = node;
  if (node)
    device->place = xml_place(node);
  return device;
}

void device_free(Device *device)
{
  if (!device)
    return;
  device->room->clear(device);
  g_free(device);
}

gboolean device_complete_nothing(Domain *domain, Device *device, GError **error)
{
  return TRUE;
}

gboolean device_validate_nothing(const Domain *domain, const Device *device, GError **error)
{
  return TRUE;
}

void device_annotate_nothing(const Domain *domain, const Device *device, xmlNode *node)
{
}

void device_clear_nothing(Device *device)
{
}

gboolean device_parse_boot(xmlNode *node, Device *device, GError **error)
{
  xmlNode *boot = NULL;

  if (!xml_child(node, "boot", &boot, error))
    return FALSE;
  if (boot && !xml_attribute(boot, "order"))
    return xml_error(error, boot, "order", "is missing");
  return !boot || xml_attribute_uint32(boot, "order", 1, G_MAXINT32, &device->boot_order, error);
}

gboolean device_parse_acpi(xmlNode *node, Device *device, GError **error)
{
  xmlNode *acpi = NULL;

  if (!xml_child(node, "acpi", &acpi, error))
    return FALSE;
  if (!acpi)
    return TRUE;
  device->acpi_place = xml_place(acpi);
  /* As systemd names interfaces, and QEMU after it: the limit is 16383. */
  return xml_attribute_uint32(acpi, "index", 1, 16383, &device->acpi_index, error);
}

/* QEMU's rule for ids: a letter, then letters, digits, '-', '.', '_'. */
static gboolean is_id(const char *name)
{
  return g_ascii_isalpha(*name) &&
         strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == strlen(name);
}

gboolean device_parse_alias(xmlNode *node, Device *device, GError **error)
{
  xmlNode *alias = NULL;
  const char *name;

  if (!xml_child(node, "alias", &alias, error))
    return FALSE;
  if (!alias)
    return TRUE;
  name = xml_attribute(alias, "name");
  if (!name || !g_str_has_prefix(name, "ua-")) /* one that libvirt gave while the guest ran */
    return TRUE;
  if (!is_id(name) || strlen(name) > 64)
    return xml_error(error, alias, "name",
                     "'%s' is not an id (allowed: letters, digits, '-', '.', '_'; at most 64)", name);
  device->alias = name;
  return TRUE;
}

void device_set_alias(const Domain *domain, Device *device, const char *format, ...)
{
  g_autofree char *alias = NULL;
  va_list arguments;

  if (device->alias)
    return;
  va_start(arguments, format);
  alias = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  device->alias = xml_document_keep(domain->document, alias);
}
