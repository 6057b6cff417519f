/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory that other programs see: what vhost-user needs.
 */
#pragma once

#include <glib.h>

typedef struct Domain Domain;

/* Whether another program can be given the guest's memory, or a part of it. */
gboolean memory_is_shared(const Domain *domain);
