/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a guest's agent knows of the guest, under the names that virsh guestinfo has for it: of all that the
 * agent says nothing is taken but the members of a table, where they are words, numbers or truth values.
 */
#pragma once

#include "commands/agent.h"

typedef enum {
  FACT_USER,
  FACT_OS,
  FACT_TIMEZONE,
  FACT_HOSTNAME,
  FACT_FILESYSTEM,
  FACT_DISK,
  FACT_INTERFACE,
} Fact;
enum { FACT_COUNT = FACT_INTERFACE + 1 };

/* "fs": the member of a JSON object that it is, and how its lines begin. */
const char *fact_name(Fact fact);

/* An object, an array of objects, or, of FACT_HOSTNAME, a string. NULL with an error as of agent_ask(). */
Json *fact_ask(Agent *agent, Fact fact, GError **error);
