/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which machines the emulator has: its versions know different ones, and a document names the one that it was
 * made with. The emulator is asked (-machine help) by `check`, and when it has refused to start; never before
 * a start.
 */
#pragma once

#include <glib.h>

#include "base/report.h"
#include "qemu/plan.h"

/* Asks the plan's emulator. A DOMRUN_ERROR_HOST error where it is no QEMU; a DOMRUN_ERROR_HOST error, or a
 * warning where it is deprecated, where it lacks the plan's machine. */
void emulator_machines_check(const Plan *plan, Report *report);

/* For an emulator that did not start, and whose last words are @words: FALSE, with an error of kind @code in
 * the words of the above, where it lacks the machine. TRUE where something else is wrong. */
gboolean emulator_machines_explain(const Plan *plan, const char *words, DomrunError code, GError **error);

/* What -machine help printed. */
typedef struct {
  GPtrArray *names;      /* of char *: in the order of QEMU */
  GPtrArray *deprecated; /* of char *: those that will go */
} MachineList;

/* FALSE where @text is not what QEMU prints. Clear the result. */
gboolean machine_list_parse(const char *text, MachineList *ret_list);
void machine_list_clear(MachineList *list);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MachineList, machine_list_clear)

/* The nearest to a machine that is not in the list: of the same family (pc-q35), the oldest that is not
 * older, or the newest; else what is spelt alike. Borrowed; NULL where none is near. */
const char *machine_list_nearest(const MachineList *list, const char *wanted);
