/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU's sandbox, as the user, the document and this host leave it: for `run` and `check`.
 */
#pragma once

#include "commands/command.h"

/* Leaves in @command->confinement what will be in force, and warns of each part that will not; where it
 * @is_required, one that the kernel lacks is an error. After document_command_load(). */
void sandbox_decide(DocumentCommand *command, gboolean is_required);
