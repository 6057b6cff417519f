/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/address.h"

gboolean address_assign(Domain *domain, GError **error)
{
  return TRUE;
}
