/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host's own definition of a virtual network says of an interface that belongs to it: its bridge, or
 * the device below a macvtap; and what a portgroup, or all of the network, have of <virtualport>, <vlan>,
 * <bandwidth> and <port>. https://libvirt.org/formatnetwork.html
 */
#pragma once

#include "devices/interface/source.h"
#include "domain/domain.h"

/* Fills in what @source leaves open, if it is of type `network`: as the command line says (--network), or the
 * document of a running guest, or the host's definition. It may become one of type `user` or `direct`. A
 * named portgroup that cannot be looked up is refused, unless --ignore=vlan gives it up: it may stand for a
 * VLAN. @node is the <interface>. */
gboolean interface_network_complete(Domain *domain, struct _xmlNode *node, InterfaceSource *source,
                                    GError **error);
