/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The two meanings of --network.
 */
#pragma once

#include <glib.h>

/* Whether --network=@value is one for all interfaces, and no definition of one network (domain/networks.h).
 */
gboolean change_is_for_all_networks(const char *value);
