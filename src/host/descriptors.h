/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host has beside QEMU, by QEMU's descriptors: JSON files in ~/.config, /etc and /usr/share under
 * qemu/KIND (firmware, vhost-user). A file of one of these directories takes the place of those of its name
 * in the ones after it, and an empty one takes them away; the first by name that fits is chosen. QEMU's
 * docs/interop/firmware.json and vhost-user.json.
 *
 * What the files say is believed as far as their owner is root or this user.
 */
#pragma once

#include <glib.h>

#include "base/json.h"

/* The bytes of one file; NULL where they are none. The caller unrefs it. */
Json *descriptor_parse(const char *text, gsize length);

typedef gboolean (*DescriptorFunc)(const Json *descriptor, gpointer user_data);

/* Calls @func for each descriptor in force, until it returns TRUE; returns whether it did. @directories ends
 * with NULL. */
gboolean descriptors_each(const char *const *directories, DescriptorFunc func, gpointer user_data);

/* The directories of that kind, for this user. The caller frees them. */
char **descriptors_directories(const char *kind);
