/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/sandbox.h"

#include "host/confinement.h"

/* Parts that only a newer kernel has. */
static void refuse_or_warn(Report *report, guint lacking, gboolean is_required)
{
  static const char advice[] = "Linux 6.12 has all of it, with landlock among the modules of its lsm= option";
  g_autofree char *names = confinement_names(lacking);
  GError *error = NULL;

  if (!is_required) {
    report_warning(report, NULL, NULL, advice, "this kernel's Landlock lacks parts of QEMU's sandbox: %s",
                   names);
    return;
  }
  error_set(&error, DOMRUN_ERROR_HOST, NULL, NULL,
            "--require-sandbox: this kernel's Landlock lacks parts of QEMU's sandbox: %s", names);
  error_add_hint(&error, "%s; --no-sandbox does without", advice);
  report_error(report, error);
}

void sandbox_decide(DocumentCommand *command, gboolean is_required)
{
  const Plan *plan = command->plan;
  guint possible = confinement_possible(command->confinement), lacking = command->confinement & ~possible;

  for (int part = 0; part < CONFINEMENT_LAST; part++) {
    if (!(command->confinement & 1u << part))
      report_warning(command->report, NULL, NULL, NULL, "--no-sandbox=%s: %s",
                     enum_to_string(&confinement_part_table, part), confinement_loss(part));
  }
  if (lacking)
    refuse_or_warn(command->report, lacking, is_required);
  command->confinement = possible;
  if (!(possible & 1u << CONFINEMENT_FILES) || !plan->program ||
      !confinement_is_foreign_script(plan->program))
    return;
  command->confinement &= ~(1u << CONFINEMENT_FILES);
  report_warning(command->report, &command->domain->emulator_place, NULL,
                 "with --no-sandbox=files this is known to be meant",
                 "'%s' is a script, and nobody knows what it needs: %s", plan->program,
                 confinement_loss(CONFINEMENT_FILES));
}
