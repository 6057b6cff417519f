/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * passt(1), which translates a guest's network to this user's sockets, without any rights.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "host/beside.h"
#include "qemu/plan.h"

/* Starts it, and returns when it has all that it is to have (its ports are bound): the descriptor is QEMU's
 * end. It ends when nobody has that open any more, whoever is killed. -1 with a DOMRUN_ERROR_HOST error that
 * has its last words. */
int passt_start(const PlanPasst *plan, const Beside *beside, const Place *place, GError **error);

/* Ends it, and returns when its ports are free: the next may want the same. Takes @fd, QEMU's end, which QEMU
 * itself does not have open any more. */
void passt_end(int fd);
