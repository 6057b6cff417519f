/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/chardev/port-map.h"

#include "domain/devices.h"

/* QEMU's default for max_ports. */
enum { DEFAULT_PORTS = 31 };

typedef struct {
  guint ports; /* 0: there is no such controller */
  guint next;  /* those before it are taken */
} Ports;

struct PortMap {
  Ports controllers[CONTROLLER_INDEX_MAX + 1];
  guint first;       /* controller that may have a free port: those before it have none, or are not there */
  GHashTable *taken; /* of "CONTROLLER << 16 | PORT" */
};

static gpointer key_of(guint32 controller, guint32 port)
{
  return GUINT_TO_POINTER(controller << 16 | port);
}

guint port_map_ports_of(const Controller *controller)
{
  return controller && controller->ports != CONTROLLER_UNSET ? controller->ports : DEFAULT_PORTS;
}

PortMap *port_map_new(const Domain *domain)
{
  PortMap *map = g_new0(PortMap, 1);

  map->taken = g_hash_table_new(NULL, NULL);
  DOMAIN_FOREACH_OF(domain, &controller_room, device, i) {
    const Controller *controller = (const Controller *)device;

    if (controller->type == CONTROLLER_VIRTIO_SERIAL && controller->index <= CONTROLLER_INDEX_MAX)
      map->controllers[controller->index] = (Ports){ port_map_ports_of(controller), 1 };
  }
  return map;
}

void port_map_free(PortMap *map)
{
  if (!map)
    return;
  g_hash_table_unref(map->taken);
  g_free(map);
}

void port_map_take(PortMap *map, guint32 controller, guint32 port)
{
  g_hash_table_add(map->taken, key_of(controller, port));
}

guint32 port_map_choose(PortMap *map, guint32 controller)
{
  Ports *ports = &map->controllers[controller];

  while (ports->next < ports->ports && g_hash_table_contains(map->taken, key_of(controller, ports->next)))
    ports->next++;
  if (ports->next >= ports->ports)
    return 0;
  return ports->next++;
}

static gboolean add_controller(PortMap *map, guint32 *ret_controller)
{
  for (guint i = 0; i <= CONTROLLER_INDEX_MAX; i++) {
    if (map->controllers[i].ports)
      continue;
    map->controllers[i] = (Ports){ DEFAULT_PORTS, 1 };
    map->first = i;
    *ret_controller = i;
    return TRUE;
  }
  return FALSE;
}

gboolean port_map_choose_any(PortMap *map, guint32 *ret_controller, guint32 *ret_port)
{
  for (; map->first <= CONTROLLER_INDEX_MAX; map->first++) {
    *ret_controller = map->first;
    *ret_port = port_map_choose(map, map->first);
    if (*ret_port)
      return TRUE;
  }
  if (!add_controller(map, ret_controller))
    return FALSE;
  *ret_port = port_map_choose(map, *ret_controller);
  return TRUE;
}
