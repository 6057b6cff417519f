/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <sound>: a sound card. https://libvirt.org/formatdomain.html#sound-devices
 */
#pragma once

#include "base/enum.h"
#include "domain/device.h"

typedef enum {
  SOUND_SB16,
  SOUND_ES1370,
  SOUND_PCSPK,
  SOUND_AC97,
  SOUND_ICH6,
  SOUND_ICH9,
  SOUND_USB,
  SOUND_VIRTIO, /* format 10.4 */
  SOUND_LAST,
} SoundModel;

typedef enum {
  SOUND_CODEC_DUPLEX,
  SOUND_CODEC_MICRO,
  SOUND_CODEC_OUTPUT,
  SOUND_CODEC_LAST,
} SoundCodec;

extern const EnumTable sound_model_table;
extern const EnumTable sound_codec_table;

typedef struct {
  Device device;
  SoundModel model;
  GArray *codecs;        /* of int, a SoundCodec; of ICH6 and ICH9, one at least */
  guint32 audio;         /* the id of an <audio>; 0: the first */
  gboolean multichannel; /* USB */
  guint32 streams;       /* VIRTIO; 0: QEMU's own number */
} Sound;

extern const DeviceRoom sound_room;

/* What one of the board has to say of -machine. */
void sound_translate_machine(const Domain *domain, Props *machine);
gboolean sound_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
