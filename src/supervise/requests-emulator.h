/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands of the control socket that QEMU has to answer. However long it takes or whether it does at all,
 * the client hears something in time: after CONTROL_EMULATOR_PATIENCE that QEMU does not answer, unless the
 * command is one that may take long.
 */
#pragma once

#include "supervise/supervisor.h"

/* One command of QMP, whose result or refusal becomes the answer; without @has_result an empty object does.
 * Takes @request and @arguments. */
void emulator_request_execute(Supervisor *supervisor, ControlRequest *request, const char *command,
                              Json *arguments, gboolean has_result, gboolean is_slow);

/* One command without arguments that changes the guest's state: answered when the supervisor has noticed
 * that, with an empty object. Takes @request. */
void emulator_request_change(Supervisor *supervisor, ControlRequest *request, const char *command);

/* The guest's memory into the file @path, in @format (NULL: QEMU's default). Takes @request. */
void emulator_request_dump(Supervisor *supervisor, ControlRequest *request, const char *path,
                           const char *format);

/* The screen as PNG. @device and @head as of QMP's screendump; @device may be NULL. Takes @request. */
void emulator_request_screenshot(Supervisor *supervisor, ControlRequest *request, const char *device,
                                 gint64 head);

/* Whether the guest's memory is being written, for a client or after a crash. A reset would end QEMU then. */
gboolean emulator_requests_is_dumping(const Supervisor *supervisor);

/* An event has come that one of them may wait for. */
void emulator_requests_on_event(Supervisor *supervisor, const char *name, Json *data);

/* QEMU is gone: all that wait are told. */
void emulator_requests_abandon(Supervisor *supervisor);
