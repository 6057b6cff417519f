/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one place where values come from that the document leaves open: uuid, MAC addresses. All of a guest's
 * values follow from one seed, so that the same seed gives the same guest.
 */
#pragma once

#include <glib.h>

typedef struct Generator {
  char seed[65]; /* hexadecimal digits, ended by NUL */
} Generator;

/* @seed may be any text; NULL draws one from the kernel's random numbers. */
void generator_init(Generator *generator, const char *seed);

/* An RFC 4122 version 4 UUID, lower case. The caller frees it. */
char *generator_uuid(const Generator *generator);

/* A MAC address under QEMU's and KVM's prefix 52:54:00; another one for each @index. The caller frees it. */
char *generator_mac(const Generator *generator, guint index);
