/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <audio>: where the sound of sound cards and displays goes on the host.
 * https://libvirt.org/formatdomain.html#audio-backends; QEMU's documentation, -audiodev.
 */
#pragma once

#include "base/enum.h"
#include "domain/device.h"

typedef enum {
  AUDIO_NONE,
  AUDIO_ALSA,
  AUDIO_COREAUDIO,
  AUDIO_JACK,
  AUDIO_OSS,
  AUDIO_PULSEAUDIO,
  AUDIO_SDL,
  AUDIO_SPICE,
  AUDIO_FILE,
  AUDIO_DBUS,
  AUDIO_PIPEWIRE, /* format 9.4 */
  AUDIO_LAST,
} AudioType;

extern const EnumTable audio_type_table;

typedef struct {
  Device device;
  AudioType type;
  guint32 id;
  Props *options;          /* of -audiodev, beside id and driver; in QEMU's order */
  const char *sdl_driver;  /* what QEMU's environment tells SDL, or NULL */
  const char *path;        /* of a file: absolute */
  const char *devices[2];  /* of OSS, for input and output; or NULL */
  const char *runtime_dir; /* and PipeWire, or NULL */
} Audio;

extern const DeviceRoom audio_room;

/* A guest with a sound card, or a display that could carry sound, has one: that of the display, or
 * silence. */
void audio_imply(Domain *domain, gboolean is_wanted, AudioType type);

/* What <audio id=''/> of @node refers to, 0: nothing is said. */
gboolean audio_parse_reference(struct _xmlNode *node, guint32 *ret_id, GError **error);

/* Refuses a reference to one that is not there. */
gboolean audio_validate_reference(const Domain *domain, const Device *device, guint32 id, GError **error);

/* Whether what a reference is to, the first where nothing is said, is of that type. */
gboolean audio_is_of_type(const Domain *domain, guint32 id, AudioType type);

/* "audio1" for a reference, which is to the first where nothing is said. The caller frees it. */
char *audio_id(const Domain *domain, guint32 id);

gboolean audio_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
