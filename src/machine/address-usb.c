/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libvirt's rules: hubs come first, at the first free port of a controller; then the other devices in the
 * order of usb_order, each at the first free port of a controller, and then of a hub. One hub gives seven
 * ports more.
 */
#include "config.h"

#include "machine/address-usb.h"

#include <string.h>

#include "devices/controller/controller.h"
#include "devices/hub.h"
#include "domain/devices.h"
#include "xml/document.h"

/* What devices are plugged into: a controller or a hub. */
typedef struct {
  guint32 bus;
  char *prefix; /* "" for the controller itself, "1." for what is behind its port 1 */
  guint ports;
  guint64 taken; /* a bit for each, from port 1 */
} UsbPorts;

/* Where to look for a free port: ports only ever become taken. */
typedef struct {
  GArray *order; /* of guint: indices of UsbPorts */
  guint next;    /* of them: those before it have no free port */
} UsbQueue;

typedef struct {
  const Domain *domain;
  GArray *all; /* of UsbPorts: controllers in the order of their buses, then hubs as they were placed */
  GHashTable *by_place; /* "BUS PREFIX" to an index in it, plus 1 */
  UsbQueue any;
  UsbQueue of_bus[CONTROLLER_INDEX_MAX + 1];
} UsbMap;

static void usb_ports_clear(gpointer data)
{
  g_free(((UsbPorts *)data)->prefix);
}

static void queue_add(UsbQueue *queue, guint index)
{
  if (!queue->order)
    queue->order = g_array_new(FALSE, FALSE, sizeof(guint));
  g_array_append_val(queue->order, index);
}

static void queue_clear(UsbQueue *queue)
{
  g_clear_pointer(&queue->order, g_array_unref);
}

static char *place_key(guint32 bus, const char *prefix)
{
  return g_strdup_printf("%u %s", bus, prefix);
}

static void add_ports(UsbMap *map, guint32 bus, const char *prefix, guint ports)
{
  UsbPorts one = { bus, g_strdup(prefix), ports, 0 };
  guint index = map->all->len;
  char *key = place_key(bus, prefix);

  g_array_append_val(map->all, one);
  queue_add(&map->any, index);
  queue_add(&map->of_bus[bus], index);
  if (g_hash_table_contains(map->by_place, key)) /* two controllers of one index: validation refuses them */
    g_free(key);
  else
    g_hash_table_insert(map->by_place, key, GUINT_TO_POINTER(index + 1));
}

static gboolean is_usb_controller(const Controller *controller)
{
  return controller->type == CONTROLLER_USB && controller->model != CONTROLLER_USB_NONE &&
         controller->master_port == CONTROLLER_UNSET;
}

static gint compare_bus(gconstpointer a, gconstpointer b)
{
  const Controller *x = *(const Controller *const *)a, *y = *(const Controller *const *)b;

  return (x->index > y->index) - (x->index < y->index);
}

static UsbMap *map_new(const Domain *domain)
{
  g_autoptr(GPtrArray) controllers = g_ptr_array_new();
  UsbMap *map = g_new0(UsbMap, 1);

  map->domain = domain;
  map->all = g_array_new(FALSE, FALSE, sizeof(UsbPorts));
  g_array_set_clear_func(map->all, usb_ports_clear);
  map->by_place = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    if (is_usb_controller((const Controller *)device))
      g_ptr_array_add(controllers, device);
  }
  g_ptr_array_sort(controllers, compare_bus);
  for (guint i = 0; i < controllers->len; i++) {
    const Controller *controller = g_ptr_array_index(controllers, i);

    add_ports(map, controller->index, "", controller_usb_ports(controller));
  }
  return map;
}

static void map_free(UsbMap *map)
{
  for (gsize i = 0; i < G_N_ELEMENTS(map->of_bus); i++)
    queue_clear(&map->of_bus[i]);
  queue_clear(&map->any);
  g_hash_table_unref(map->by_place);
  g_array_unref(map->all);
  g_free(map);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UsbMap, map_free)

static UsbPorts *find_ports(const UsbMap *map, guint32 bus, const char *prefix)
{
  g_autofree char *key = place_key(bus, prefix);
  guint index = GPOINTER_TO_UINT(g_hash_table_lookup(map->by_place, key));

  return index ? &g_array_index(map->all, UsbPorts, index - 1) : NULL;
}

/* The lowest port that nobody has; 0: there is none. */
static guint free_port(const UsbPorts *ports)
{
  for (guint number = 1; number <= ports->ports; number++) {
    if (!(ports->taken & G_GUINT64_CONSTANT(1) << number))
      return number;
  }
  return 0;
}

/* NULL: no port is free. */
static UsbPorts *find_free(const UsbMap *map, UsbQueue *queue)
{
  for (; queue->order && queue->next < queue->order->len; queue->next++) {
    UsbPorts *ports = &g_array_index(map->all, UsbPorts, g_array_index(queue->order, guint, queue->next));

    if (free_port(ports))
      return ports;
  }
  return NULL;
}

static gboolean take_given(const UsbMap *map, const Device *device, GError **error)
{
  const Address *address = &device->address;
  const char *dot = strrchr(address->usb.port, '.');
  g_autofree char *prefix =
      dot ? g_strndup(address->usb.port, (gsize)(dot + 1 - address->usb.port)) : g_strdup("");
  guint64 number = g_ascii_strtoull(dot ? dot + 1 : address->usb.port, NULL, 10);
  UsbPorts *ports = find_ports(map, address->usb.bus, prefix);

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

/* QEMU plugs no hub into a hub that is the fifth in a row. */
enum { HUBS_IN_A_ROW = 5 };

static guint hubs_before(const char *port)
{
  guint count = 0;

  for (const char *c = port; *c; c++)
    count += *c == '.';
  return count;
}

static gboolean add_hub_ports(UsbMap *map, const Device *hub, GError **error)
{
  g_autofree char *prefix = g_strconcat(hub->address.usb.port, ".", NULL);

  if (hubs_before(hub->address.usb.port) >= HUBS_IN_A_ROW)
    return error_set_document(
        error, hub->address.is_given ? &hub->address.place : &hub->place, NULL,
        "a hub at port %s of bus %u would be behind %d others: QEMU has no more in a row",
        hub->address.usb.port, hub->address.usb.bus, HUBS_IN_A_ROW);
  add_ports(map, hub->address.usb.bus, prefix, HUB_PORTS);
  return TRUE;
}

static gboolean take_free(UsbMap *map, Device *device)
{
  gboolean has_bus = device->address.type == ADDRESS_USB;
  UsbPorts *ports = find_free(map, has_bus ? &map->of_bus[device->address.usb.bus] : &map->any);
  guint number = ports ? free_port(ports) : 0;
  g_autofree char *port = NULL;

  if (!ports)
    return FALSE;
  port = g_strdup_printf("%s%u", ports->prefix, number);
  ports->taken |= G_GUINT64_CONSTANT(1) << number;
  device->address.type = ADDRESS_USB;
  device->address.usb.bus = ports->bus;
  device->address.usb.port = xml_document_keep(map->domain->document, port);
  return TRUE;
}

static gboolean set_full_error(const Device *device, const GArray *all, GError **error)
{
  if (all->len == 0) {
    error_set_document(error, &device->place, NULL, "the machine has no USB controller for this device");
    return error_add_hint(error, "<controller type='usb' model='qemu-xhci'/> adds one");
  }
  return error_set_document(error, &device->place, NULL, "there is no free USB port for this device");
}

static gboolean place(UsbMap *map, Device *device, GError **error)
{
  if (!is_given(device) && !take_free(map, device))
    return set_full_error(device, map->all, error);
  return device->room != &hub_room || add_hub_ports(map, device, error);
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

static gboolean place_hubs(UsbMap *map, GError **error)
{
  DOMAIN_FOREACH_OF(map->domain, &hub_room, hub, i) {
    if (is_given(hub) && (!take_given(map, hub, error) || !add_hub_ports(map, hub, error)))
      return FALSE;
  }
  DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
    if (device->is_usb && device->room != &hub_room && is_given(device) && !take_given(map, device, error))
      return FALSE;
  }
  DOMAIN_FOREACH_OF(map->domain, &hub_room, hub, i) {
    if (!is_given(hub) && !place(map, hub, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean place_all(UsbMap *map, GError **error)
{
  if (!place_hubs(map, error))
    return FALSE;
  for (guint order = 0; order <= DEVICE_USB_ORDER_LAST; order++) {
    DOMAIN_FOREACH_DEVICE(map->domain, device, i) {
      if (device->is_usb && device->room != &hub_room && device->room->usb_order == order &&
          !is_given(device) && !place(map, device, error))
        return FALSE;
    }
  }
  return TRUE;
}

gboolean address_assign_usb(Domain *domain, GError **error)
{
  g_autoptr(UsbMap) map = map_new(domain);

  for (guint hubs = hubs_needed(domain, map->all); hubs > 0; hubs--)
    hub_add(domain);
  return place_all(map, error);
}
