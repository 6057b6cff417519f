/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <smartcard>: a card in a reader of the guest: one of the host, one made of certificates, or one of whoever
 * looks at the guest.
 * https://libvirt.org/formatdomain.html#smartcard-devices
 */
#pragma once

#include "devices/chardev/source.h"
#include "domain/device.h"

typedef enum {
  SMARTCARD_HOST,
  SMARTCARD_HOST_CERTIFICATES,
  SMARTCARD_PASSTHROUGH,
  SMARTCARD_LAST,
} SmartcardMode;

extern const EnumTable smartcard_mode_table;

enum { SMARTCARD_CERTIFICATES = 3 };

typedef struct {
  Device device;
  ChardevSource source; /* PASSTHROUGH */
  SmartcardMode mode;
  const char
      *certificates[SMARTCARD_CERTIFICATES]; /* HOST_CERTIFICATES: names in the database, as the next */
  const char *database;                      /* absolute directory */
  Place database_place;
} Smartcard;

extern const DeviceRoom smartcard_room;

gboolean smartcard_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
