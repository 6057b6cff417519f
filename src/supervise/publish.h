/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who is told of a guest's life: the files `state` and `live.xml` of its runtime directory, whoever follows
 * events over the control socket, the log, the service manager. But for the first state nothing here can fail
 * for the guest: what cannot be written is said once, and the guest runs on; others then ask the supervisor.
 */
#pragma once

#include "supervise/supervisor.h"

/* "powering down": for the log. */
const char *state_name(State state);

/* Writes the state of a guest that is about to start. FALSE with a DOMRUN_ERROR_HOST error. */
gboolean publish_first(Supervisor *supervisor, GError **error);

/* The state has changed: tells everybody. */
void publish_state(Supervisor *supervisor);

/* QEMU was started: its pid is written down, for whoever finds it without its supervisor. Nobody else is
 * told. */
void publish_emulator(Supervisor *supervisor);

/* What query-status returns; the caller unrefs it. */
Json *publish_status(const Supervisor *supervisor);

/* The guest has ended, and its directory is left as it is now: its state is `preserved`. */
void publish_remains(Supervisor *supervisor);

/* The guest has ended: writes down how, for whoever asks when the supervisor is gone. FALSE where that cannot
 * be written. */
gboolean publish_trace(Supervisor *supervisor);

/* Writes a file of the runtime directory whole; FALSE where that cannot be, which is said once. */
gboolean publish_file(Supervisor *supervisor, const char *name, const char *text);

/* Writes live.xml anew. */
void publish_live(Supervisor *supervisor);

/* What is in it; the caller frees it. NULL: there is none. */
char *publish_xml(const Supervisor *supervisor);

/* Passes on an event of QEMU's. */
void publish_event(Supervisor *supervisor, const char *name, Json *data);

/* Asks QEMU where the guest can be seen, before anything else is asked: what is told later has it. */
void publish_ask_displays(Supervisor *supervisor);

/* What is known since the guest runs; free it with live_facts_clear(). It borrows from the supervisor. */
LiveFacts publish_facts(const Supervisor *supervisor);
void live_facts_clear(LiveFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LiveFacts, live_facts_clear)
