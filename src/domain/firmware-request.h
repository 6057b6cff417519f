/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a document wants of a firmware that the host chooses, and what the host found: plain structs, in which
 * the two wings meet. QEMU's docs/interop/firmware.json has the words.
 */
#pragma once

#include <glib.h>

typedef enum {
  FIRMWARE_WISH_NONE, /* either will do */
  FIRMWARE_WISH_YES,
  FIRMWARE_WISH_NO,
} FirmwareWish;

typedef struct {
  const char *arch;      /* "x86_64" */
  const char *machine;   /* a full name, for patterns such as "pc-q35-*" */
  gboolean is_uefi;      /* else a BIOS */
  gboolean is_stateless; /* it keeps no variables */
  const char *format;    /* of the image: raw, qcow2; NULL: any */
  FirmwareWish secure_boot;
  FirmwareWish enrolled_keys;
  FirmwareWish smm; /* NO: the document switches system management mode off */
} FirmwareRequest;

/* Strings are newly allocated; firmware_found_clear() frees them. */
typedef struct {
  char *loader;
  char *loader_format; /* raw, qcow2; NULL: raw, as the next */
  char *template_path; /* of the variables; NULL: it keeps none, or they are in the loader itself */
  char *template_format;
  gboolean is_memory; /* it is loaded with -bios, not as flash */
  gboolean needs_smm; /* and its variables can be written in that mode only */
} FirmwareFound;

static inline void firmware_found_clear(FirmwareFound *found)
{
  g_clear_pointer(&found->loader, g_free);
  g_clear_pointer(&found->loader_format, g_free);
  g_clear_pointer(&found->template_path, g_free);
  g_clear_pointer(&found->template_format, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FirmwareFound, firmware_found_clear)
