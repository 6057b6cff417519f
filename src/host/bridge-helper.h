/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU's bridge helper: a setuid program that makes a tap device on a bridge for users who may not, where its
 * file of bridges allows it. It is run here, since QEMU's sandbox forbids QEMU to do so.
 *
 * Facts: QEMU's manual, option -netdev bridge; qemu-bridge-helper(1) as far as there is one; what the program
 * says and does. It gives up its rights but for CAP_NET_ADMIN at once, so that it reads its rules, and opens
 * /dev/net/tun, as the user who runs it.
 */
#pragma once

#include <glib.h>

#include "qemu/plan.h"

/* For a PLAN_REQUIRE_BRIDGE of a user without CAP_NET_ADMIN: whether the helper is there and would make a tap
 * device on that bridge. Looks, and changes nothing. A DOMRUN_ERROR_HOST error that names the file to edit,
 * or the command that helps. */
gboolean bridge_helper_check(const PlanRequirement *requirement, GError **error);

/* Where distributions put it, below @root, which stands for the host's own ("" but in tests); a literal. NULL
 * where there is none. */
const char *bridge_helper_find(const char *root);

/* Runs it for a tap device on @bridge, which is up then and has the bridge's MTU, one queue, IFF_VNET_HDR,
 * and a name and a MAC address of the helper's choice. -1 with a DOMRUN_ERROR_HOST error at @place, which has
 * the helper's last words, on failure. */
int bridge_helper_open_tap(const char *bridge, const Place *place, GError **error);
