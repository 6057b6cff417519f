/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guest's agent, QEMU's (qemu-ga), asked by way of the channel that the document has for it. It is a
 * program of the guest's: what it says is bounded in size, depth and time, and never trusted.
 * https://www.qemu.org/docs/master/interop/qemu-ga-ref.html
 */
#pragma once

#include "commands/guest.h"

/* For how long a verb asks where its option --timeout (in seconds; 0: no limit) was not given: for each
 * answer, while what the user says is for all of them together. */
enum {
  AGENT_QUICK = G_MININT,    /* what is known at once: 5 seconds */
  AGENT_SLOW = G_MININT + 1, /* what writes to disks: 60 */
};

/* The option itself. */
#define AGENT_OPTION(seconds, usual)                                                                         \
  {                                                                                                          \
    "timeout", 0, 0, G_OPTION_ARG_INT, &(seconds),                                                           \
        "give up after that many seconds (" usual "; 0: no limit)", "SECONDS"                                \
  }

typedef struct Agent Agent;
void agent_free(Agent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Agent, agent_free)

/* Connects to the agent of @command's guest, and leaves behind what others have asked it. NULL with an error:
 * DOMRUN_ERROR_REFUSED where the guest has no such channel or does not run; DOMRUN_ERROR_NO_ANSWER where
 * nobody answers. @command outlives what is returned. */
Agent *agent_open(GuestCommand *command, int seconds, GError **error);

/* Executes a command of the agent's. Takes @arguments, which may be NULL. What it returns is the caller's.
 * NULL with an error: DOMRUN_ERROR_REFUSED where the agent refuses, DOMRUN_ERROR_NO_ANSWER where it does not
 * answer, or not with what can be an answer; nothing can be asked after that. */
Json *agent_ask(Agent *agent, const char *name, Json *arguments, GError **error);

/* The same for a command that is answered only where it fails: an end, or sleep. */
gboolean agent_tell(Agent *agent, const char *name, Json *arguments, GError **error);

/* The same, but no answer is waited for once @is_done, which is asked several times a second: a guest that
 * sleeps says nothing. */
typedef gboolean (*AgentDoneFunc)(gpointer user_data);
gboolean agent_tell_until(Agent *agent, const char *name, AgentDoneFunc is_done, gpointer user_data,
                          GError **error);

/* The first 200 characters of what an agent says, made safe wherever they go; NULL of NULL. The caller frees
 * it. */
char *agent_words(const char *text);

/* Asks the agent to power the guest down ("powerdown") or to boot it again ("reboot"): @mode of
 * guest-shutdown. FALSE with an error as above. */
gboolean agent_shut_down(GuestCommand *command, const char *mode, GError **error);
