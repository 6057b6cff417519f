/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a guest can boot from, as <os> names it: <boot dev='hd'/>.
 */
#pragma once

#include "base/enum.h"

typedef enum {
  BOOT_NONE,
  BOOT_FD,
  BOOT_HD,
  BOOT_CDROM,
  BOOT_NETWORK,
  BOOT_LAST,
} BootClass;

extern const EnumTable boot_class_table;
