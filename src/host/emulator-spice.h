/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether the emulator has SPICE: some distributions build QEMU without it, others have it in a package of
 * its own. The emulator is asked (-spice help) by `check`; a start that fails tells it by itself.
 */
#pragma once

#include "base/report.h"
#include "qemu/plan.h"

/* Asks the plan's emulator, where the plan needs SPICE. A DOMRUN_ERROR_HOST error where it has none. */
void emulator_spice_check(const Plan *plan, Report *report);

/* For an emulator that did not start, and whose last words are @words: FALSE, with an error of kind @code in
 * the words of the above, where they say that it has no SPICE. TRUE where something else is wrong. */
gboolean emulator_spice_explain(const Plan *plan, const char *words, DomrunError code, GError **error);
