/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands of the control socket (docs/control.md), carried out.
 */
#pragma once

#include "supervise/supervisor.h"

/* A ControlExecuteFunc; @user_data is the Supervisor. */
void requests_execute(ControlRequest *request, const char *name, Json *arguments, gpointer user_data);

/* What came while QEMU let the guest go, and had not said so yet, is carried out, or refused if that failed:
 * whoever has seen the guest's first words may ask for a reset. To be called when it is known what became of
 * the start, and before the end. */
void requests_release(Supervisor *supervisor);
