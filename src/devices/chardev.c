/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/chardev.h"

#include "domain/domain.h"
#include "xml/element.h"

/* An ISA machine has room for four serial ports (COM1 to COM4). */
enum { SERIAL_PORTS = 4 };

static gboolean chardev_parse(xmlNode *node, Device *device, guint max_port, xmlNode **ret_target,
                              GError **error)
{
  Chardev *chardev = (Chardev *)device;
  guint64 port = G_MAXUINT64;

  *ret_target = NULL;
  chardev->port = CHARDEV_PORT_NONE;
  if (!chardev_source_parse(node, &chardev->source, error) || !device_parse_alias(node, device, error) ||
      !xml_child(node, "target", ret_target, error))
    return FALSE;
  if (!*ret_target)
    return TRUE;
  if (!xml_attribute_uint(*ret_target, "port", 0, max_port, &port, error))
    return FALSE;
  if (port != G_MAXUINT64)
    chardev->port = (int)port;
  return TRUE;
}

ENUM_TABLE(serial_target_table, 1, "isa-serial");
ENUM_TABLE(serial_model_table, 1, "isa-serial");

static gboolean serial_parse(xmlNode *node, Device *device, GError **error)
{
  xmlNode *target, *model = NULL;
  int only = 0;

  if (!chardev_parse(node, device, SERIAL_PORTS - 1, &target, error))
    return FALSE;
  if (!target)
    return TRUE;
  return xml_attribute_enum(target, "type", &serial_target_table, &only, error) &&
         xml_child(target, "model", &model, error) &&
         (!model || xml_attribute_enum_required(model, "name", &serial_model_table, &only, error));
}

static const Chardev *serial_at_port(const Domain *domain, int port, const Device *except)
{
  DOMAIN_FOREACH_DEVICE(domain, device, i)
  {
    if (device->room == &serial_room && device != except && ((const Chardev *)device)->port == port)
      return (const Chardev *)device;
  }
  return NULL;
}

/* The first port that nobody has, neither by number nor by an earlier choice. */
static int free_serial_port(const Domain *domain)
{
  int port = 0;

  while (serial_at_port(domain, port, NULL))
    port++;
  return port;
}

static gboolean serial_complete(Domain *domain, Device *device, GError **error)
{
  Chardev *serial = (Chardev *)device;

  if (serial->port == CHARDEV_PORT_NONE)
    serial->port = free_serial_port(domain);
  device_set_alias(domain, device, "serial%d", serial->port);
  return TRUE;
}

/* Standard input and output are one pair. */
static gboolean validate_stdio(const Domain *domain, const Device *device, const ChardevSource *source,
                               GError **error)
{
  if (source->type != CHARDEV_STDIO)
    return TRUE;
  DOMAIN_FOREACH_DEVICE(domain, other, i)
  {
    if (other == device)
      return TRUE;
    if (other->room == &serial_room && ((const Chardev *)other)->source.type == CHARDEV_STDIO)
      return error_set_document(
          error, &device->place, "type",
          "'stdio' is taken by the device on line %d; one device can have standard input and output",
          other->place.line);
  }
  return TRUE;
}

static gboolean serial_validate(const Domain *domain, const Device *device, GError **error)
{
  const Chardev *serial = (const Chardev *)device;
  const Chardev *twin = serial_at_port(domain, serial->port, device);

  if (twin && twin->device.place.line <= device->place.line)
    return error_set_document(error, &device->place, NULL, "port %d is that of the serial device on line %d",
                              serial->port, twin->device.place.line);
  if (serial->port >= SERIAL_PORTS)
    return error_set_document(error, &device->place, NULL, "is serial port %d; the machine has room for %d",
                              serial->port + 1, SERIAL_PORTS);
  return validate_stdio(domain, device, &serial->source, error);
}

ENUM_TABLE(console_target_table, 1, "serial");

static gboolean console_parse(xmlNode *node, Device *device, GError **error)
{
  xmlNode *target;
  int only = 0;

  xml_attribute(node, "tty"); /* where the terminal of a running guest was */
  return chardev_parse(node, device, G_MAXINT32, &target, error) &&
         (!target || xml_attribute_enum(target, "type", &console_target_table, &only, error));
}

/* The console stands alone: it makes the serial port that it names. */
static void add_serial_of(Domain *domain, const Chardev *console)
{
  Chardev *serial = (Chardev *)device_new(&serial_room, console->device.node);

  serial->source = console->source;
  serial->port = 0;
  serial->device.alias = console->device.alias;
  device_set_alias(domain, &serial->device, "serial0");
  domain_add_device(domain, &serial->device);
}

static gboolean console_complete(Domain *domain, Device *device, GError **error)
{
  Chardev *console = (Chardev *)device;
  const Chardev *serial = serial_at_port(domain, 0, NULL);

  if (device_index_in_room(domain, device) > 0) {
    error_set_document(error, &device->place, NULL, "a second console of target type 'serial'");
    return error_add_hint(error,
                          "the first console is the first serial port; further ports are <serial> elements");
  }
  console->port = 0;
  console->is_duplicate = TRUE;
  if (!serial) {
    add_serial_of(domain, console);
  } else if (serial->source.type != console->source.type) {
    report_warning(domain->report, &device->place, "type", "it is another name of that serial device",
                   "'%s' has no effect: the serial device on line %d is of type '%s'",
                   enum_to_string(&chardev_type_table, (int)console->source.type), serial->device.place.line,
                   enum_to_string(&chardev_type_table, (int)serial->source.type));
  }
  device_set_alias(domain, device, "console%u", device_index_in_room(domain, device));
  return TRUE;
}

const DeviceRoom serial_room = {
  .element = "serial",
  .size = sizeof(Chardev),
  .parse = serial_parse,
  .complete = serial_complete,
  .validate = serial_validate,
  .translate = serial_translate,
  .clear = device_clear_nothing,
};

const DeviceRoom console_room = {
  .element = "console",
  .size = sizeof(Chardev),
  .parse = console_parse,
  .complete = console_complete,
  .validate = device_validate_nothing,
  .translate = console_translate,
  .clear = device_clear_nothing,
};
