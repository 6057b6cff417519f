/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/sound.h"

#include "devices/audio.h"
#include "devices/controller/controller.h"
#include "devices/virtio.h"
#include "domain/devices.h"
#include "domain/domain.h"

ENUM_TABLE(sound_driver_table, SOUND_LAST, [SOUND_SB16] = "sb16", [SOUND_ES1370] = "ES1370",
           [SOUND_PCSPK] = /* the board's */ NULL, [SOUND_AC97] = "AC97", [SOUND_ICH6] = "intel-hda",
           [SOUND_ICH9] = "ich9-intel-hda", [SOUND_USB] = "usb-audio", [SOUND_VIRTIO] = "virtio-sound-pci");
ENUM_TABLE(sound_codec_driver_table, SOUND_CODEC_LAST, [SOUND_CODEC_DUPLEX] = "hda-duplex",
           [SOUND_CODEC_MICRO] = "hda-micro", [SOUND_CODEC_OUTPUT] = "hda-output");

static void add_codecs(const Sound *sound, const char *audio, Plan *plan)
{
  for (guint i = 0; i < sound->codecs->len; i++) {
    Props *props =
        props_new("driver", enum_to_string(&sound_codec_driver_table, g_array_index(sound->codecs, int, i)));

    props_add_format(props, "id", "%s-codec%u", sound->device.alias, i);
    props_add_format(props, "bus", "%s.0", sound->device.alias);
    props_add_uint(props, "cad", i);
    props_add_string(props, "audiodev", audio);
    plan_add_json(plan, PLAN_BOTH, "-device", props);
  }
}

gboolean sound_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Sound *sound = (const Sound *)device;
  g_autofree char *audio = audio_id(domain, sound->audio);
  Props *props;

  if (sound->model == SOUND_PCSPK)
    return TRUE;
  props = virtio_props_new(device, enum_to_string(&sound_driver_table, (int)sound->model));
  props_add_string(props, "id", device->alias);
  if (sound->codecs->len == 0)
    props_add_string(props, "audiodev", audio);
  if (sound->multichannel)
    props_add_bool(props, "multi", TRUE);
  if (sound->streams)
    props_add_uint(props, "streams", sound->streams);
  if (sound->model != SOUND_SB16)
    controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  add_codecs(sound, audio, plan);
  return TRUE;
}

void sound_translate_machine(const Domain *domain, Props *machine)
{
  DOMAIN_FOREACH_OF(domain, &sound_room, device, i) {
    g_autofree char *audio = audio_id(domain, ((const Sound *)device)->audio);

    if (((const Sound *)device)->model == SOUND_PCSPK)
      props_add_string(machine, "pcspk-audiodev", audio);
  }
}
