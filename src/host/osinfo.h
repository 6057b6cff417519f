/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What osinfo-db (https://libosinfo.org/) knows of an operating system, where this host has it: in
 * $OSINFO_SYSTEM_DIR, or /usr/share/osinfo.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct {
  char *name;               /* for people */
  char *family;             /* linux, winnt, freebsd, ...; or NULL */
  guint64 memory;           /* bytes that are recommended, or at least needed; 0: not known */
  guint64 n_cpus;           /* the same */
  gboolean has_virtio_disk; /* it has the drivers by itself, as the next */
  gboolean has_virtio_net;
  gboolean needs_efi;
} Osinfo;

void osinfo_clear(Osinfo *osinfo);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Osinfo, osinfo_clear)

/* What is known of the one with that @short_id ("debian12"), and of those that it derives from. FALSE with a
 * DOMRUN_ERROR_HOST error, that names the nearest, where there is none, or no osinfo-db. */
gboolean osinfo_read(const char *short_id, Osinfo *ret_osinfo, GError **error);
