/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/emulator-spice.h"

#include <string.h>

#include "process/program.h"

/* Nobody waits longer for an answer that comes at once. */
enum { ASK_SECONDS = 20 };

/* Of QEMU 7.2 and newer, of older ones, and of one whose options were built without it. */
static const char *const refusals[] = {
  "spice support is disabled",
  "spice is not supported by this qemu build",
  "There is no option group 'spice'",
  "-spice: invalid option",
};

static gboolean is_refusal(const char *words)
{
  for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
    if (strstr(words, refusals[i]))
      return TRUE;
  }
  return FALSE;
}

static gboolean refuse(const Plan *plan, const PlanRequirement *spice, DomrunError code, GError **error)
{
  error_set(error, code, &spice->place, spice->attribute, "'%s' has no SPICE", plan->emulator);
  return error_add_hint(error, "--graphics=vnc runs the guest without it; the package "
                               "qemu-system-modules-spice (Debian, Ubuntu) or qemu-ui-spice-core (Fedora, "
                               "openSUSE) may have it");
}

void emulator_spice_check(const Plan *plan, Report *report)
{
  const PlanRequirement *spice = plan_find_requirement(plan, PLAN_REQUIRE_SPICE);
  char *const argv[] = { plan->program, (char *)"-spice", (char *)"help", NULL };
  const ProgramRequest request = { .argv = argv, .seconds = ASK_SECONDS, .pass_fd = -1 };
  g_auto(ProgramEnd) end = { 0 };
  GError *error = NULL;

  if (!plan->program || !spice || !program_run(&request, &end, /* error= */ NULL) ||
      program_end_is_good(&end))
    return;
  if (is_refusal(end.output) && !refuse(plan, spice, DOMRUN_ERROR_HOST, &error))
    report_error(report, error);
}

gboolean emulator_spice_explain(const Plan *plan, const char *words, DomrunError code, GError **error)
{
  const PlanRequirement *spice = plan_find_requirement(plan, PLAN_REQUIRE_SPICE);

  return !spice || !is_refusal(words) || refuse(plan, spice, code, error);
}
