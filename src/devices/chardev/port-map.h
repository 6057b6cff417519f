/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which ports of the guest's virtio-serial controllers are free. Port 0 never is: it is for a console.
 */
#pragma once

#include "devices/controller/controller.h"

typedef struct PortMap PortMap;

/* Of the controllers that @domain has, with all ports free. */
PortMap *port_map_new(const Domain *domain);
void port_map_free(PortMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PortMap, port_map_free)

/* How many ports @controller has, with port 0. */
guint port_map_ports_of(const Controller *controller);

void port_map_take(PortMap *map, guint32 controller, guint32 port);

/* Takes the first free port of @controller, from 1; 0: there is none. */
guint32 port_map_choose(PortMap *map, guint32 controller);

/* Takes the first free port of the first controller that has one; or port 1 of the lowest index that no
 * controller has, which the caller adds. FALSE: there is no such index. */
gboolean port_map_choose_any(PortMap *map, guint32 *ret_controller, guint32 *ret_port);
