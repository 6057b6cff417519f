/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a virtual network of the document stands for on this host: --network NAME=bridge:BR, or NAME=user.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct DomainNetwork {
  char *name;
  char *bridge; /* NULL: QEMU's user networking takes its place */
} DomainNetwork;

/* Reads one value of --network; a DOMRUN_ERROR_USAGE error where it is none. */
DomainNetwork *domain_network_new(const char *text, GError **error);
void domain_network_free(DomainNetwork *network);
