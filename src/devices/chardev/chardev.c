/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/chardev/chardev.h"

#include "devices/chardev/port-map.h"
#include "devices/controller/controller.h"
#include "devices/graphics/graphics.h"
#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/os.h"
#include "xml/annotate.h"
#include "xml/element.h"

/* What an ISA machine has room for: COM1 to COM4, LPT1 to LPT3. QEMU has no more. */
enum { SERIAL_PORTS = 4, PARALLEL_PORTS = 3 };

ENUM_TABLE(serial_target_table,
           CHARDEV_TARGET_LAST, [CHARDEV_TARGET_ISA] = "isa-serial", [CHARDEV_TARGET_USB] = "usb-serial",
           [CHARDEV_TARGET_PCI] = "pci-serial", [CHARDEV_TARGET_DEBUG] = "isa-debug",
           [CHARDEV_TARGET_SYSTEM] = "system-serial", [CHARDEV_TARGET_SPAPR] = "spapr-vio-serial",
           [CHARDEV_TARGET_SCLP] = "sclp-serial", [CHARDEV_TARGET_XEN] = NULL);
/* The models of a target have names of their own; those of two say which of its kinds it is. */
static const struct {
  const char *name;
  ChardevTarget target, kind;
} serial_models[] = {
  { "isa-serial", CHARDEV_TARGET_ISA, CHARDEV_TARGET_ISA },
  { "usb-serial", CHARDEV_TARGET_USB, CHARDEV_TARGET_USB },
  { "pci-serial", CHARDEV_TARGET_PCI, CHARDEV_TARGET_PCI },
  { "isa-debugcon", CHARDEV_TARGET_DEBUG, CHARDEV_TARGET_DEBUG },
  { "pl011", CHARDEV_TARGET_SYSTEM, CHARDEV_TARGET_SYSTEM },
  { "16550a", CHARDEV_TARGET_SYSTEM, CHARDEV_TARGET_SYSTEM },
  { "spapr-vty", CHARDEV_TARGET_SPAPR, CHARDEV_TARGET_SPAPR },
  { "sclpconsole", CHARDEV_TARGET_SCLP, CHARDEV_TARGET_SCLP },
  { "sclplmconsole", CHARDEV_TARGET_SCLP, CHARDEV_TARGET_SCLPLM },
};
ENUM_TABLE(console_target_table,
           CHARDEV_TARGET_LAST, [CHARDEV_TARGET_SERIAL] = "serial", [CHARDEV_TARGET_VIRTIO] = "virtio",
           [CHARDEV_TARGET_SCLP] = "sclp", [CHARDEV_TARGET_SCLPLM] = "sclplm", [CHARDEV_TARGET_XEN] = "xen");

static gboolean chardev_parse(xmlNode *node, Device *device, xmlNode **ret_target, GError **error)
{
  Chardev *chardev = (Chardev *)device;
  guint32 port = G_MAXUINT32;

  *ret_target = NULL;
  chardev->port = CHARDEV_PORT_NONE;
  if (!chardev_source_parse(node, &chardev->source, error) || !device_parse_alias(node, device, error) ||
      !xml_child(node, "target", ret_target, error))
    return FALSE;
  if (!*ret_target)
    return TRUE;
  if (!xml_attribute_uint32(*ret_target, "port", 0, G_MAXINT32, &port, error))
    return FALSE;
  if (port != G_MAXUINT32)
    chardev->port = (int)port;
  return TRUE;
}

static gboolean refuse_model(xmlNode *node, const char *name, GError **error)
{
  g_autoptr(GString) known = g_string_new(NULL);

  for (gsize i = 0; i < G_N_ELEMENTS(serial_models); i++)
    g_string_append_printf(known, "%s%s", i ? ", " : "", serial_models[i].name);
  return xml_error(error, node, "name", "unknown value '%s' (known: %s)", name, known->str);
}

/* <model> says again what the target's type says; with it alone, it says it. */
static gboolean parse_model(xmlNode *target, ChardevTarget *ret_target, GError **error)
{
  xmlNode *node = NULL;
  const char *name = NULL;

  if (!xml_child(target, "model", &node, error))
    return FALSE;
  if (!node || !xml_attribute_required(node, "name", &name, error))
    return !node;
  for (gsize i = 0; i < G_N_ELEMENTS(serial_models); i++) {
    if (!g_str_equal(serial_models[i].name, name))
      continue;
    if (*ret_target != CHARDEV_TARGET_DEFAULT && *ret_target != serial_models[i].target)
      return xml_error(error, node, "name", "model '%s' does not go with target type '%s'", name,
                       enum_to_string(&serial_target_table, (int)*ret_target));
    *ret_target = serial_models[i].kind;
    return TRUE;
  }
  return refuse_model(node, name, error);
}

static gboolean parse_serial_address(xmlNode *node, Device *device, ChardevTarget *ret_target, GError **error)
{
  static const AddressType any[] = { ADDRESS_ISA, ADDRESS_USB, ADDRESS_PCI, ADDRESS_NONE };
  static const AddressType isa[] = { ADDRESS_ISA, ADDRESS_NONE };
  static const AddressType usb[] = { ADDRESS_USB, ADDRESS_NONE };
  static const AddressType pci[] = { ADDRESS_PCI, ADDRESS_NONE };
  gboolean is_isa = *ret_target == CHARDEV_TARGET_ISA || *ret_target == CHARDEV_TARGET_DEBUG;
  const AddressType *allowed = is_isa                              ? isa
                               : *ret_target == CHARDEV_TARGET_USB ? usb
                               : *ret_target == CHARDEV_TARGET_PCI ? pci
                                                                   : any;

  if (!address_parse(node, allowed, &device->address, error))
    return FALSE;
  if (*ret_target == CHARDEV_TARGET_DEBUG && device->address.irq)
    return error_set_document(error, &device->address.place, "irq",
                              "a port of type 'isa-debug' interrupts nobody");
  if (*ret_target != CHARDEV_TARGET_DEFAULT)
    return TRUE;
  if (device->address.type == ADDRESS_USB)
    *ret_target = CHARDEV_TARGET_USB;
  else if (device->address.type == ADDRESS_PCI)
    *ret_target = CHARDEV_TARGET_PCI;
  else if (device->address.type == ADDRESS_ISA)
    *ret_target = CHARDEV_TARGET_ISA;
  return TRUE;
}

static gboolean serial_parse(xmlNode *node, Device *device, GError **error)
{
  Chardev *serial = (Chardev *)device;
  xmlNode *target;

  if (!chardev_parse(node, device, &target, error))
    return FALSE;
  if (target &&
      (!xml_attribute_enum(target, "type", &serial_target_table, XML_ENUM(&serial->target), error) ||
       !parse_model(target, &serial->target, error)))
    return FALSE;
  return parse_serial_address(node, device, &serial->target, error);
}

static gboolean parallel_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_ISA, ADDRESS_NONE };
  Chardev *parallel = (Chardev *)device;
  xmlNode *target;

  if (!chardev_parse(node, device, &target, error))
    return FALSE;
  parallel->target = CHARDEV_TARGET_ISA;
  return address_parse(node, allowed, &device->address, error);
}

static void claim_isa_port(const Device *device, GPtrArray *claims)
{
  const Chardev *chardev = (const Chardev *)device;

  if ((device->room == &serial_room || device->room == &parallel_room) &&
      chardev->target == CHARDEV_TARGET_ISA)
    g_ptr_array_add(claims, g_strdup_printf("%s %d", device->room->element, chardev->port));
}

/* What every machine of its kind has. */
static ChardevTarget own_target(const Domain *domain)
{
  switch (chipset_of(domain)) {
  case CHIPSET_VIRT:
  case CHIPSET_VEXPRESS:
    return CHARDEV_TARGET_SYSTEM;
  case CHIPSET_PSERIES:
    return CHARDEV_TARGET_SPAPR;
  case CHIPSET_CCW:
    return CHARDEV_TARGET_SCLP;
  case CHIPSET_I440FX:
  case CHIPSET_Q35:
  case CHIPSET_ISA:
  case CHIPSET_MICROVM:
    break;
  }
  return CHARDEV_TARGET_ISA;
}

static void complete_target(const Domain *domain, Chardev *chardev)
{
  if (chardev->target == CHARDEV_TARGET_DEFAULT)
    chardev->target = own_target(domain);
}

/* Which ports are taken already. */
typedef struct {
  int after_highest;
  GHashTable *isa;
  int next_isa; /* those before it are taken */
} TakenPorts;

static void take_port(TakenPorts *taken, const Chardev *chardev)
{
  if (chardev->port < G_MAXINT)
    taken->after_highest = MAX(taken->after_highest, chardev->port + 1);
  if (chardev->target == CHARDEV_TARGET_ISA)
    g_hash_table_add(taken->isa, GINT_TO_POINTER(chardev->port));
}

/* libvirt's rule: the port after the highest, be it taken by number or by an earlier choice. Where the
 * machine has no such port (libvirt's guest then fails to start), the first that is free. */
static int choose_port(TakenPorts *taken, const Chardev *chardev, int ports)
{
  if (chardev->target != CHARDEV_TARGET_ISA || taken->after_highest < ports)
    return taken->after_highest;
  while (g_hash_table_contains(taken->isa, GINT_TO_POINTER(taken->next_isa)))
    taken->next_isa++;
  return taken->next_isa;
}

/* Of a whole room: each choice depends on those before it. */
static void choose_ports(const Domain *domain, const DeviceRoom *room, int ports)
{
  g_autoptr(GHashTable) isa = g_hash_table_new(NULL, NULL);
  TakenPorts taken = { 0, isa, 0 };

  DOMAIN_FOREACH_OF(domain, room, device, i) {
    complete_target(domain, (Chardev *)device);
    if (((const Chardev *)device)->port != CHARDEV_PORT_NONE)
      take_port(&taken, (const Chardev *)device);
  }
  DOMAIN_FOREACH_OF(domain, room, device, i) {
    Chardev *chardev = (Chardev *)device;

    if (chardev->port != CHARDEV_PORT_NONE)
      continue;
    chardev->port = choose_port(&taken, chardev, ports);
    take_port(&taken, chardev);
  }
}

static gboolean serial_complete(Domain *domain, Device *device, GError **error)
{
  Chardev *serial = (Chardev *)device;

  if (serial->port == CHARDEV_PORT_NONE)
    choose_ports(domain, &serial_room, SERIAL_PORTS);
  complete_target(domain, serial);
  device->vio_base = serial->target == CHARDEV_TARGET_SPAPR ? VIO_BASE_SERIAL : 0;
  device->is_usb = serial->target == CHARDEV_TARGET_USB;
  device->pci_plug = serial->target == CHARDEV_TARGET_PCI ? PCI_PLUG_CONVENTIONAL : PCI_PLUG_NONE;
  device_set_alias(domain, device, "serial%u", device->index);
  return TRUE;
}

static gboolean parallel_complete(Domain *domain, Device *device, GError **error)
{
  if (((const Chardev *)device)->port == CHARDEV_PORT_NONE)
    choose_ports(domain, &parallel_room, PARALLEL_PORTS);
  device_set_alias(domain, device, "parallel%u", device->index);
  return TRUE;
}

static void claim_source(const Device *device, GPtrArray *claims)
{
  if (device->room->has_source && !(device->room == &console_room && ((const Chardev *)device)->is_duplicate))
    chardev_source_claim(&((const ChardevDevice *)device)->source, claims);
}

static gboolean validate_claim(const Domain *domain, const Device *device, const Place *place,
                               const char *claim, GError **error)
{
  const Device *first = claim ? device_first_claimant(domain, claim_source, claim) : device;

  return first == device || error_set_document(error, place, NULL, "%s is taken by the device on line %d",
                                               claim, first->place.line);
}

gboolean chardev_validate_source(const Domain *domain, const Device *device, GError **error)
{
  const ChardevSource *source = &((const ChardevDevice *)device)->source;
  g_autofree char *claim = chardev_source_claim_of(source), *log_claim = chardev_source_log_claim_of(source);

  if (chardev_source_needs_spice(source) &&
      !graphics_check_spice(domain, &device->place, enum_to_string(&chardev_type_table, (int)source->type),
                            error))
    return FALSE;
  return validate_claim(domain, device, &source->place, claim, error) &&
         validate_claim(domain, device, &source->log_place, log_claim, error);
}

static gboolean validate_port(const Domain *domain, const Device *device, const char *what, int ports,
                              GError **error)
{
  const Chardev *chardev = (const Chardev *)device;
  g_autofree char *claim = g_strdup_printf("%s %d", device->room->element, chardev->port);
  const Device *first;

  if (chardev->target != CHARDEV_TARGET_ISA)
    return TRUE;
  first = device_first_claimant(domain, claim_isa_port, claim);
  if (first != device)
    return error_set_document(error, &device->place, NULL, "port %d is that of the %s device on line %d",
                              chardev->port, what, first->place.line);
  if (chardev->port >= ports)
    return error_set_document(error, &device->place, NULL,
                              "port %d does not exist: the machine has %d, numbered from 0", chardev->port,
                              ports);
  return TRUE;
}

/* Those that are parts of a machine. */
static gboolean validate_machine(const Domain *domain, const Device *device, const EnumTable *targets,
                                 GError **error)
{
  ChardevTarget target = ((const Chardev *)device)->target, own = own_target(domain);
  gboolean is_sclp = target == CHARDEV_TARGET_SCLP || target == CHARDEV_TARGET_SCLPLM;
  gboolean is_part = is_sclp || target == CHARDEV_TARGET_ISA || target == CHARDEV_TARGET_DEBUG ||
                     target == CHARDEV_TARGET_SYSTEM || target == CHARDEV_TARGET_SPAPR;

  if (!is_part || target == own || (is_sclp && own == CHARDEV_TARGET_SCLP) ||
      (target == CHARDEV_TARGET_DEBUG && own == CHARDEV_TARGET_ISA))
    return TRUE;
  error_set_document(error, &device->place, NULL, "machine '%s' has none of target type '%s'",
                     domain->os->machine, enum_to_string(targets, (int)target));
  return error_add_hint(error,
                        "its own is of target type '%s', which is what it is where the document says "
                        "nothing",
                        enum_to_string(&serial_target_table, (int)own));
}

static gboolean serial_validate(const Domain *domain, const Device *device, GError **error)
{
  return validate_machine(domain, device, &serial_target_table, error) &&
         validate_port(domain, device, "serial", SERIAL_PORTS, error) &&
         chardev_validate_source(domain, device, error);
}

static gboolean parallel_validate(const Domain *domain, const Device *device, GError **error)
{
  if (!chipset_is_x86(chipset_of(domain)))
    return error_set_document(error, &device->place, NULL, "machine '%s' has no parallel ports",
                              domain->os->machine);
  return validate_port(domain, device, "parallel", PARALLEL_PORTS, error) &&
         chardev_validate_source(domain, device, error);
}

static gboolean console_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_VIRTIO_SERIAL, ADDRESS_NONE };
  Chardev *console = (Chardev *)device;
  xmlNode *target;

  xml_attribute(node, "tty"); /* where the terminal of a running guest was */
  console->target = CHARDEV_TARGET_SERIAL;
  if (!chardev_parse(node, device, &target, error) ||
      (target &&
       !xml_attribute_enum(target, "type", &console_target_table, XML_ENUM(&console->target), error)))
    return FALSE;
  return console->target != CHARDEV_TARGET_VIRTIO || address_parse(node, allowed, &device->address, error);
}

/* The console stands alone: it makes the first serial port. */
static const Chardev *add_serial_of(Domain *domain, const Chardev *console)
{
  Chardev *serial = (Chardev *)device_new(&serial_room, /* node= */ NULL);

  serial->device.place = console->device.place;
  serial->source = console->source;
  serial->target = own_target(domain);
  serial->device.vio_base = serial->target == CHARDEV_TARGET_SPAPR ? VIO_BASE_SERIAL : 0;
  serial->port = 0;
  serial->device.alias = console->device.alias;
  device_set_alias(domain, &serial->device, "serial0");
  domain_add_device(domain, &serial->device);
  return serial;
}

/* What the console says of its own has no effect: the serial device is asked. */
static void warn_of_difference(const Domain *domain, const Chardev *console, const Chardev *serial)
{
  static const char hint[] = "a console is another name of the first serial device";

  if (serial->source.type != console->source.type)
    report_warning(domain->report, &console->device.place, "type", hint,
                   "'%s' has no effect: the serial device on line %d is of type '%s'",
                   enum_to_string(&chardev_type_table, (int)console->source.type), serial->device.place.line,
                   enum_to_string(&chardev_type_table, (int)serial->source.type));
  else if (g_strcmp0(serial->source.path, console->source.path) != 0)
    report_warning(domain->report, &console->source.place, "path", hint,
                   "'%s' has no effect: the serial device on line %d has '%s'", console->source.path,
                   serial->device.place.line, serial->source.path);
  if (console->source.log_path && g_strcmp0(serial->source.log_path, console->source.log_path) != 0)
    report_warning(domain->report, &console->source.log_place, "file", hint,
                   "'%s' has no effect: give it to the serial device on line %d", console->source.log_path,
                   serial->device.place.line);
}

/* Of a document for Xen, what the guest cannot have is replaced by its like. */
static gboolean replace_xen(const Domain *domain, Chardev *console, GError **error)
{
  const Place *place = &console->device.place;

  if (!domain->is_xen) {
    error_set_document(error, place, NULL, "a console of target type 'xen' needs the Xen hypervisor");
    return error_add_hint(error, "type 'virtio' is its like, and 'serial' what every guest can use");
  }
  console->target = CHARDEV_TARGET_SERIAL;
  report_warning(domain->report, place, NULL, NULL, "target type 'xen' is Xen's; 'serial' takes its place");
  return TRUE;
}

/* Only the one that is named, be it the first or not. */
void chardev_ensure_controller(Domain *domain, const Device *device)
{
  guint32 index =
      device->address.type == ADDRESS_VIRTIO_SERIAL ? device->address.virtio_serial.controller : 0;

  if (!controller_find(domain, CONTROLLER_VIRTIO_SERIAL, index))
    controller_add(domain, CONTROLLER_VIRTIO_SERIAL, CONTROLLER_MODEL_DEFAULT, index)->device.place =
        device->place;
}

static gboolean console_complete(Domain *domain, Device *device, GError **error)
{
  Chardev *console = (Chardev *)device;
  const Chardev *serial = (const Chardev *)device_first_of(domain, &serial_room);

  if (console->target == CHARDEV_TARGET_XEN && !replace_xen(domain, console, error))
    return FALSE;
  if (console->target != CHARDEV_TARGET_SERIAL) {
    device_set_alias(domain, device, "console%u", device->index);
    if (console->target == CHARDEV_TARGET_VIRTIO)
      chardev_ensure_controller(domain, device);
    return TRUE;
  }
  if (device->index > 0) {
    error_set_document(error, &device->place, NULL, "only the first console can be of target type 'serial'");
    return error_add_hint(error, "it is another name of the first serial device; further ports are <serial>, "
                                 "further consoles <target type='virtio'/>");
  }
  console->port = 0;
  console->is_duplicate = TRUE;
  if (serial)
    warn_of_difference(domain, console, serial);
  else
    serial = add_serial_of(domain, console);
  device_set_alias(domain, device, "%s", serial->device.alias);
  return TRUE;
}

static void claim_virtio_port(const Device *device, GPtrArray *claims)
{
  const VirtioSerialAddress *address = &device->address.virtio_serial;

  if (device->address.type == ADDRESS_VIRTIO_SERIAL && address->port)
    g_ptr_array_add(claims, g_strdup_printf("%u %u", address->controller, address->port));
}

gboolean chardev_validate_port(const Domain *domain, const Device *device, GError **error)
{
  const VirtioSerialAddress *address = &device->address.virtio_serial;
  g_autofree char *claim = g_strdup_printf("%u %u", address->controller, address->port);
  const Device *first = device_first_claimant(domain, claim_virtio_port, claim);
  guint ports = port_map_ports_of(controller_find(domain, CONTROLLER_VIRTIO_SERIAL, address->controller));

  if (first && first != device)
    return error_set_document(error, &device->address.place, "port", "%u is that of the device on line %d",
                              address->port, first->place.line);
  if (address->port >= ports)
    return error_set_document(error, &device->address.place, "port",
                              "%u is beyond the last port of its controller, %u", address->port, ports - 1);
  return TRUE;
}

static gboolean console_validate(const Domain *domain, const Device *device, GError **error)
{
  const Chardev *console = (const Chardev *)device;

  return console->is_duplicate ||
         (validate_machine(domain, device, &console_target_table, error) &&
          chardev_validate_source(domain, device, error) &&
          (console->target != CHARDEV_TARGET_VIRTIO || chardev_validate_port(domain, device, error)));
}

static void annotate_target(const Device *device, const EnumTable *targets, xmlNode *node)
{
  const Chardev *chardev = (const Chardev *)device;
  xmlNode *target = xml_set_child(node, "target");

  if (targets)
    xml_set_attribute(target, "type", enum_to_string(targets, (int)chardev->target));
  if (chardev->port != CHARDEV_PORT_NONE)
    xml_set_attribute_format(target, "port", "%d", chardev->port);
}

/* A serial port that a console made has what the console says. */
static void annotate_source(const Domain *domain, const Chardev *serial, xmlNode *node)
{
  static const char *const children[] = { "source", "protocol", "log" };
  const Device *console = device_first_of(domain, &console_room);

  if (xml_has_attribute(node, "type") || !console || !console->node)
    return;
  xml_set_attribute(node, "type", enum_to_string(&chardev_type_table, (int)serial->source.type));
  for (gsize i = 0; i < G_N_ELEMENTS(children); i++)
    xml_copy_children(node, console->node, children[i]);
}

static void serial_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  annotate_source(domain, (const Chardev *)device, node);
  annotate_target(device, &serial_target_table, node);
  if (((const Chardev *)device)->target == CHARDEV_TARGET_SCLPLM) {
    xmlNode *target = xml_set_child(node, "target");

    xml_set_attribute(target, "type", enum_to_string(&serial_target_table, CHARDEV_TARGET_SCLP));
    xml_set_attribute(xml_set_child(target, "model"), "name", "sclplmconsole");
  }
}

static void parallel_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  annotate_target(device, /* targets= */ NULL, node);
}

static void console_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  xml_set_attribute(node, "type",
                    enum_to_string(&chardev_type_table, (int)((const Chardev *)device)->source.type));
  annotate_target(device, &console_target_table, node);
}

const DeviceRoom serial_room = {
  .element = "serial",
  .size = sizeof(Chardev),
  .has_source = TRUE,
  .pci_order = DEVICE_PCI_ORDER_SERIAL,
  .usb_order = DEVICE_USB_ORDER_SERIAL,
  .parse = serial_parse,
  .complete = serial_complete,
  .validate = serial_validate,
  .translate = serial_translate,
  .annotate = serial_annotate,
  .clear = device_clear_nothing,
};

const DeviceRoom parallel_room = {
  .element = "parallel",
  .size = sizeof(Chardev),
  .has_source = TRUE,
  .parse = parallel_parse,
  .complete = parallel_complete,
  .validate = parallel_validate,
  .translate = parallel_translate,
  .annotate = parallel_annotate,
  .clear = device_clear_nothing,
};

const DeviceRoom console_room = {
  .element = "console",
  .size = sizeof(Chardev),
  .has_source = TRUE,
  .parse = console_parse,
  .complete = console_complete,
  .validate = console_validate,
  .translate = console_translate,
  .annotate = console_annotate,
  .clear = device_clear_nothing,
};
