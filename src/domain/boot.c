/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/boot.h"

ENUM_TABLE(boot_class_table,
           BOOT_LAST, [BOOT_FD] = "fd", [BOOT_HD] = "hd", [BOOT_CDROM] = "cdrom", [BOOT_NETWORK] = "network");
