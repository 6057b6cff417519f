/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libvirt's rules: hubs come first, at the first free port of a controller; then the other devices in the
 * order of usb_order, each at the first free port of a controller, and then of a hub. One hub gives seven
 * ports more.
 */
#include "config.h"

#include "machine/address-usb.h"

#include <string.h>

#include "devices/controller.h"
#include "devices/hub.h"
#include "xml/document.h"

typedef struct {
  guint32 bus;
  char *prefix; /* "" for the controller itself, "1." for what is behind its port 1 */
  guint ports;
  guint64 taken; /* a bit for each, from port 1 */
} UsbPorts;

static void usb_ports_clear(gpointer data)
{
  g_free(((UsbPorts *)data)->prefix);
}

static void add_ports(GArray *all, guint32 bus, const char *prefix, guint ports)
{
  UsbPorts one = { bus, g_strdup(prefix), ports, 0 };

  g_array_append_val(all, one);
}

static gboolean is_usb_controller(const Device *device)
{
  const Controller *controller = (const Controller *)device;

  return device->room == &controller_room && controller->type == CONTROLLER_USB &&
         controller->model != CONTROLLER_USB_NONE && controller->master_port == CONTROLLER_UNSET;
}

static gint compare_bus(gconstpointer a, gconstpointer b)
{
  const UsbPorts *x = a, *y = b;

  return (x->bus > y->bus) - (x->bus < y->bus);
}

static GArray *ports_of_controllers(const Domain *domain)
{
  GArray *all = g_array_new(FALSE, FALSE, sizeof(UsbPorts));

  g_array_set_clear_func(all, usb_ports_clear);
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (is_usb_controller(device))
      add_ports(all, ((const Controller *)device)->index, "",
                controller_usb_ports((const Controller *)device));
  }
  g_array_sort(all, compare_bus);
  return all;
}

static UsbPorts *find_ports(GArray *all, guint32 bus, const char *prefix)
{
  for (guint i = 0; i < all->len; i++) {
    UsbPorts *one = &g_array_index(all, UsbPorts, i);

    if (one->bus == bus && g_str_equal(one->prefix, prefix))
      return one;
  }
  return NULL;
}

static gboolean take_given(GArray *all, const Device *device, GError **error)
{
  const Address *address = &device->address;
  const char *dot = strrchr(address->usb.port, '.');
  g_autofree char *prefix =
      dot ? g_strndup(address->usb.port, (gsize)(dot + 1 - address->usb.port)) : g_strdup("");
  guint64 number = g_ascii_strtoull(dot ? dot + 1 : address->usb.port, NULL, 10);
  UsbPorts *ports = find_ports(all, address->usb.bus, prefix);

  if (!ports)
    return error_set_document(error, &address->place, "port",
                              "'%s' on bus %u: there is no controller or hub with such a port",
                              address->usb.port, address->usb.bus);
  if (number == 0 || number > ports->ports)
    return error_set_document(error, &address->place, "port", "'%s' is beyond the last of %u ports",
                              address->usb.port, ports->ports);
  if (ports->taken & G_GUINT64_CONSTANT(1) << number)
    return error_set_document(error, &address->place, "port", "'%s' on bus %u is taken by another device",
                              address->usb.port, address->usb.bus);
  ports->taken |= G_GUINT64_CONSTANT(1) << number;
  return TRUE;
}

static gboolean is_given(const Device *device)
{
  return device->address.type == ADDRESS_USB && device->address.usb.port;
}

static void add_hub_ports(GArray *all, const Device *hub)
{
  g_autofree char *prefix = g_strconcat(hub->address.usb.port, ".", NULL);

  add_ports(all, hub->address.usb.bus, prefix, HUB_PORTS);
}

static gboolean take_free(const Domain *domain, GArray *all, Device *device)
{
  gboolean has_bus = device->address.type == ADDRESS_USB;

  for (guint i = 0; i < all->len; i++) {
    UsbPorts *ports = &g_array_index(all, UsbPorts, i);

    if (has_bus && ports->bus != device->address.usb.bus)
      continue;
    for (guint number = 1; number <= ports->ports; number++) {
      g_autofree char *port = g_strdup_printf("%s%u", ports->prefix, number);

      if (ports->taken & G_GUINT64_CONSTANT(1) << number)
        continue;
      ports->taken |= G_GUINT64_CONSTANT(1) << number;
      device->address.type = ADDRESS_USB;
      device->address.usb.bus = ports->bus;
      device->address.usb.port = xml_document_keep(domain->document, port);
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean set_full_error(const Device *device, const GArray *all, GError **error)
{
  if (all->len == 0) {
    error_set_document(error, &device->place, NULL, "the machine has no USB controller for this device");
    return error_add_hint(error, "<controller type='usb' model='qemu-xhci'/> adds one");
  }
  return error_set_document(error, &device->place, NULL, "there is no free USB port for this device");
}

static gboolean place(const Domain *domain, GArray *all, Device *device, GError **error)
{
  if (!is_given(device) && !take_free(domain, all, device))
    return set_full_error(device, all, error);
  if (device->room == &hub_room)
    add_hub_ports(all, device);
  return TRUE;
}

/* Ports of controllers, less what is named in the document, against devices without one. */
static guint hubs_needed(const Domain *domain, const GArray *all)
{
  guint available = 0, wanted = 0;

  for (guint i = 0; i < all->len; i++)
    available += g_array_index(all, UsbPorts, i).ports;
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->room == &hub_room)
      available += HUB_PORTS - 1;
    else if (device->is_usb)
      wanted++;
  }
  return all->len == 0 || wanted <= available ? 0 : (wanted - available + HUB_PORTS - 2) / (HUB_PORTS - 1);
}

static gboolean place_all(const Domain *domain, GArray *all, GError **error)
{
  DOMAIN_FOREACH_DEVICE(domain, hub, i) {
    if (hub->room == &hub_room && is_given(hub)) {
      if (!take_given(all, hub, error))
        return FALSE;
      add_hub_ports(all, hub);
    }
  }
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->is_usb && device->room != &hub_room && is_given(device) && !take_given(all, device, error))
      return FALSE;
  }
  DOMAIN_FOREACH_DEVICE(domain, hub, i) {
    if (hub->room == &hub_room && !is_given(hub) && !place(domain, all, hub, error))
      return FALSE;
  }
  for (guint order = 0; order <= DEVICE_USB_ORDER_LAST; order++) {
    DOMAIN_FOREACH_DEVICE(domain, device, i) {
      if (device->is_usb && device->room != &hub_room && device->room->usb_order == order &&
          !is_given(device) && !place(domain, all, device, error))
        return FALSE;
    }
  }
  return TRUE;
}

gboolean address_assign_usb(Domain *domain, GError **error)
{
  g_autoptr(GArray) all = ports_of_controllers(domain);

  for (guint hubs = hubs_needed(domain, all); hubs > 0; hubs--)
    hub_add(domain);
  return place_all(domain, all, error);
}
