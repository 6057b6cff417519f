/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a requirement that is not met says: for all that look at the host.
 */
#pragma once

#include <glib.h>

#include "qemu/plan.h"

/* Sets a DOMRUN_ERROR_HOST error with the requirement's place and attribute. Returns FALSE. */
gboolean requirement_refuse(const PlanRequirement *requirement, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
