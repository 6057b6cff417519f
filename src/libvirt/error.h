/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors as libvirt's clients know them, by number: https://libvirt.org/html/libvirt-virterror.html
 */
#pragma once

#include "base/error.h"

typedef enum {
  LIBVIRT_ERROR_INTERNAL = 1,
  LIBVIRT_ERROR_NO_SUPPORT = 3,
  LIBVIRT_ERROR_ARGUMENT = 8,
  LIBVIRT_ERROR_FAILED = 9,
  LIBVIRT_ERROR_XML = 27,
  LIBVIRT_ERROR_DENIED = 29, /* a connection that may only read */
  LIBVIRT_ERROR_HOST = 38,
  LIBVIRT_ERROR_RPC = 39,
  LIBVIRT_ERROR_NO_DOMAIN = 42,
  LIBVIRT_ERROR_STATE = 55,
  LIBVIRT_ERROR_TIMEOUT = 68,
  LIBVIRT_ERROR_NO_METADATA = 80,
} LibvirtError;

#define LIBVIRT_ERROR (libvirt_error_quark())
GQuark libvirt_error_quark(void);

/* Which part of libvirt would say so: another number of the same list. */
enum { LIBVIRT_FROM_RPC = 7, LIBVIRT_FROM_QEMU = 10 };

/* The number of any error, one of this program's too. */
LibvirtError libvirt_error_number(const GError *error);

/* The whole of it on one line, with its hint. The caller frees it. */
char *libvirt_error_text(const GError *error);
