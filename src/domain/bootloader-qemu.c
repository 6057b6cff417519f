/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/bootloader.h"

#include "domain/domain.h"

void bootloader_translate(const Domain *domain, Plan *plan)
{
  const Bootloader *bootloader = domain->bootloader;

  if (!bootloader->program)
    return;
  plan->bootloader = (PlanBootloader){
    .program = bootloader->program,
    .arguments = bootloader->arguments,
    .disk = domain->bootloader->disk,
    .place = bootloader->place,
  };
  plan_require(plan, PLAN_REQUIRE_PROGRAM, &bootloader->place, NULL, bootloader->program);
}
