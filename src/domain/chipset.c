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
