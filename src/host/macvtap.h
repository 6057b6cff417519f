/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * macvtap devices: a guest's interface that shares a device of the host, without a bridge. Unlike a tap
 * device it stays when nobody has it open: who makes it deletes it.
 *
 * Facts: the kernel's drivers/net/macvtap.c and macvlan.c; each device has a node of its own, /dev/tapN,
 * where N is its index.
 */
#pragma once

#include <glib.h>
#include <net/if.h>

#include "base/error.h"
#include "host/link.h"
#include "qemu/plan.h"

/* Makes it, down, with the guest's address; its name goes to @ret_name. A DOMRUN_ERROR_HOST error on failure.
 */
gboolean macvtap_make(const PlanTap *plan, const Place *place, const LinkMac *mac, char ret_name[IFNAMSIZ],
                      GError **error);

/* Opens a queue of it: -1 with a DOMRUN_ERROR_HOST error on failure. */
int macvtap_open_queue(const char *name, gboolean is_multi_queue, const Place *place, GError **error);

/* Deletes it, if it is a macvtap device of that address: another may have its name by now. */
void macvtap_delete(const char *name, const LinkMac *mac);

/* For PLAN_REQUIRE_PARENT. */
gboolean macvtap_check_parent(const PlanRequirement *requirement, GError **error);
