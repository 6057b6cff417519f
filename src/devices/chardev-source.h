/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's side of a character device: what <serial>, <console> and their like share.
 * https://libvirt.org/formatdomain.html#host-interface
 */
#pragma once

#include "base/enum.h"
#include "devices/device.h"

typedef enum {
  CHARDEV_NULL,
  CHARDEV_PTY,
  CHARDEV_FILE,
  CHARDEV_STDIO,
  CHARDEV_LAST,
} ChardevType;

extern const EnumTable chardev_type_table;

typedef struct {
  ChardevType type;
  Place place;      /* of <source>, or of the device where there is none */
  const char *path; /* FILE: absolute */
  gboolean append;  /* FILE: keep what the file has */
} ChardevSource;

/* Reads the attribute `type` of @node and its <source> children. */
gboolean chardev_source_parse(struct _xmlNode *node, ChardevSource *ret_source, GError **error);

/* Adds the back end, with the id "char<alias>", that the device's `chardev` property names. */
void chardev_source_translate(const ChardevSource *source, const Device *device, Plan *plan);
