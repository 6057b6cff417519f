/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands of the control socket (docs/control.md), carried out.
 */
#pragma once

#include "supervise/supervisor.h"

/* A ControlExecuteFunc; @user_data is the Supervisor. */
void requests_execute(ControlRequest *request, const char *name, Json *arguments, gpointer user_data);
