/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The live XML: the user's document with what became of it. Comments and elements that domrun does not know
 * stay; what was generated or assigned (uuid, MAC addresses, aliases, addresses) is written into it, so that
 * it describes the guest that runs and would start the same one again.
 * https://libvirt.org/formatdomain.html#devices
 */
#pragma once

#include "domain/domain.h"
#include "domain/live-facts.h"

/* @facts is what is known since it runs, or NULL. Changes the document of @domain (the strings that the
 * domain borrows stay), and returns its text, which the caller frees. Calling it again, after more has become
 * known, is fine. */
char *live_describe(const Domain *domain, const LiveFacts *facts);
