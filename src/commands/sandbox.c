/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/sandbox.h"

#include "host/confinement.h"

static void refuse_or_warn(Report *report, const char *name, const char *without, gboolean is_required)
{
  GError *error = NULL;

  if (!is_required) {
    report_warning(report, NULL, NULL, "--require-sandbox refuses to run then",
                   "this kernel has no Landlock for '%s' of QEMU's sandbox: %s", name, without);
    return;
  }
  error_set(&error, DOMRUN_ERROR_HOST, NULL, NULL,
            "--require-sandbox: this kernel has no Landlock for '%s': %s", name, without);
  error_add_hint(&error,
                 "it takes Linux 6.12, with landlock among the modules of its lsm= option; "
                 "--no-sandbox=%s does without",
                 name);
  report_error(report, error);
}

void sandbox_decide(DocumentCommand *command, gboolean is_required)
{
  const Plan *plan = command->plan;
  guint possible = confinement_possible(command->confinement);

  for (int part = 0; part < CONFINEMENT_LAST; part++) {
    const char *name = enum_to_string(&confinement_part_table, part), *without = confinement_loss(part);

    if (!(command->confinement & 1u << part))
      report_warning(command->report, NULL, NULL, NULL, "--no-sandbox=%s: %s", name, without);
    else if (!(possible & 1u << part))
      refuse_or_warn(command->report, name, without, is_required);
  }
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
