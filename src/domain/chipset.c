/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/chipset.h"

#include "domain/os.h"

Chipset chipset_of(const Domain *domain)
{
  const char *machine = domain->os->machine;

  if (g_str_equal(machine, "q35") || g_str_has_prefix(machine, "pc-q35-"))
    return CHIPSET_Q35;
  if (g_str_equal(machine, "isapc"))
    return CHIPSET_ISA;
  return CHIPSET_I440FX;
}

const char *chipset_pm_driver(Chipset chipset, gboolean has_acpi)
{
  switch (chipset) {
  case CHIPSET_I440FX:
    return has_acpi ? "PIIX4_PM" : NULL;
  case CHIPSET_Q35:
    return "ICH9-LPC";
  case CHIPSET_ISA:
    break;
  }
  return NULL;
}
