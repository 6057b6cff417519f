/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether this user can connect a guest to a bridge: by itself, with CAP_NET_ADMIN, or by QEMU's bridge
 * helper (host/bridge-helper.h). Looks, and changes nothing.
 */
#pragma once

#include <glib.h>

#include "qemu/plan.h"

/* Whether this process may make tap devices and attach them by itself. */
gboolean bridge_may_administer(void);

/* For PLAN_REQUIRE_BRIDGE, _TUN, _TAP and _NETWORK: a DOMRUN_ERROR_HOST error that names the file to edit, or
 * the command that helps. */
gboolean bridge_check(const PlanRequirement *requirement, GError **error);
gboolean bridge_check_tun(const PlanRequirement *requirement, GError **error);
gboolean bridge_check_tap(const PlanRequirement *requirement, GError **error);
gboolean bridge_check_network(const PlanRequirement *requirement, GError **error);
