/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/networks.h"

#include <string.h>

static const char bridge_prefix[] = "bridge:";

static DomainNetwork *refuse(const char *text, GError **error)
{
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--network: '%s' is not understood", text);
  error_add_hint(error, "expected user, bridge:BRIDGE or none, for all interfaces, or NAME=bridge:BRIDGE or "
                        "NAME=user, for those of one "
                        "network, as in --network=default=user");
  return NULL;
}

DomainNetwork *domain_network_new(const char *text, GError **error)
{
  const char *equals = strrchr(text, '='); /* a network's name may have one, a bridge's should not */
  DomainNetwork *network;
  const char *target;

  if (!equals || equals == text)
    return refuse(text, error);
  target = equals + 1;
  if (!g_str_equal(target, "user") &&
      (!g_str_has_prefix(target, bridge_prefix) || !target[strlen(bridge_prefix)]))
    return refuse(text, error);
  network = g_new0(DomainNetwork, 1);
  network->name = g_strndup(text, (gsize)(equals - text));
  if (!g_str_equal(target, "user"))
    network->bridge = g_strdup(target + strlen(bridge_prefix));
  return network;
}

void domain_network_free(DomainNetwork *network)
{
  if (!network)
    return;
  g_free(network->name);
  g_free(network->bridge);
  g_free(network);
}
