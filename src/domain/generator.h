/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one place where values come from that the document leaves open: uuid, MAC addresses. All of a guest's
 * values follow from its name and a seed, so that it has the same ones each time: a DHCP server knows it
 * again.
 */
#pragma once

#include <glib.h>

typedef struct Generator {
  char seed[65]; /* hexadecimal digits, ended by NUL */
} Generator;

/* @seed may be any text, with an empty one the name is all there is; NULL draws one from the kernel's random
 * numbers. @name is the guest's. */
void generator_init(Generator *generator, const char *seed, const char *name);

/* An RFC 4122 version 4 UUID, lower case; another one for each @purpose. The caller frees it. */
char *generator_uuid(const Generator *generator, const char *purpose);

/* An address of vsock(7) that is a guest's: from 3 to 2^31 - 1. */
guint32 generator_cid(const Generator *generator);

/* A MAC address under QEMU's and KVM's prefix 52:54:00; another one for each @index. The caller frees it. */
char *generator_mac(const Generator *generator, guint index);
