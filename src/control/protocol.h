/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The words of the control socket, which both of its ends use; docs/control.md tells what they mean.
 */
#pragma once

/* The files of a guest's runtime directory, beside its lock. */
#define CONTROL_SOCKET_FILE     "control" /* the listening socket */
#define CONTROL_STATE_FILE      "state"   /* src/control/state.h */
#define CONTROL_OLD_FILE        "state.old" /* the last one that could be written, where it is not true any more */
#define CONTROL_LIVE_FILE       "live.xml"
#define CONTROL_DEFINITION_FILE "definition.xml" /* the same without what the host gave to this run */
#define CONTROL_RUN_FILE        "run"            /* how it was run: what another supervisor needs of that */
#define CONTROL_RESOURCES_FILE  "resources"      /* what its QEMU has of the host, for the same */
#define CONTROL_LOG_FILE        "log"            /* what the supervisor announced */
#define CONTROL_EVENTS_FILE     "events"         /* the last events of a guest that has ended, a line each */

/* Classes of errors: "class" of an answer {"error": {"class": ..., "desc": ...}}. */
#define CONTROL_CLASS_GENERIC   "GenericError"    /* also what QEMU refused, in its own words */
#define CONTROL_CLASS_COMMAND   "CommandNotFound" /* there is no such command */
#define CONTROL_CLASS_ARGUMENT  "BadArgument"     /* an argument is missing or makes no sense */
#define CONTROL_CLASS_DEVICE    "DeviceNotFound"  /* the guest has no such device */
#define CONTROL_CLASS_STATE     "WrongState"      /* not in the state that the guest is in */
#define CONTROL_CLASS_NO_ANSWER "NoAnswer"        /* QEMU does not answer */

/* Events. */
#define CONTROL_EVENT_STATE "STATE" /* data: what query-status returns */
#define CONTROL_EVENT_QEMU  "QEMU"  /* data: {"event": NAME, "data": {...}}, as QMP said it */

enum {
  /* How long the supervisor waits for QEMU before it answers CONTROL_CLASS_NO_ANSWER, and how long a client
   * waits for the supervisor; milliseconds. Together with the start of a command they stay below a second. */
  CONTROL_EMULATOR_PATIENCE = 600,
  CONTROL_SUPERVISOR_PATIENCE = 800,
};
