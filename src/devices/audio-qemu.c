/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/audio.h"

#include "domain/chipset.h"
#include "domain/devices.h"

/* Whether it is played by something of the user's desktop. */
static gboolean is_of_desktop(AudioType type)
{
  return type != AUDIO_NONE && type != AUDIO_SPICE && type != AUDIO_FILE && type != AUDIO_DBUS;
}

ENUM_TABLE(
    audio_driver_table,
    AUDIO_LAST, [AUDIO_NONE] = "none", [AUDIO_ALSA] = "alsa", [AUDIO_COREAUDIO] = "coreaudio",
    [AUDIO_JACK] = "jack", [AUDIO_OSS] = "oss", [AUDIO_PULSEAUDIO] = "pa", [AUDIO_SDL] = "sdl",
    [AUDIO_SPICE] = "spice", [AUDIO_FILE] = "wav", [AUDIO_DBUS] = "dbus", [AUDIO_PIPEWIRE] = "pipewire");

/* The sound chip of ARM's boards is there unasked, and QEMU starts none that plays nowhere: of two names of
 * the property, the machine's since QEMU 8.2 and the chip's, this one is known to all versions. */
static void connect_built_in(const Domain *domain, const Device *device, Plan *plan)
{
  if (chipset_of(domain) == CHIPSET_VEXPRESS && device == device_first_of(domain, &audio_room))
    plan_add_format(plan, PLAN_BOTH, "-global", "pl041.audiodev=%s", device->alias);
}

gboolean audio_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Audio *audio = (const Audio *)device;
  Props *props = props_new("id", device->alias);

  props_add_string(props, "driver", enum_to_string(&audio_driver_table, (int)audio->type));
  props_add_all(props, audio->options);
  plan_add_json(plan, PLAN_BOTH, "-audiodev", props);
  connect_built_in(domain, device, plan);
  plan->has_desktop |= is_of_desktop(audio->type);
  if (audio->path)
    plan_allow(plan, PLAN_ACCESS_WRITE | PLAN_ACCESS_CREATE, audio->path);
  for (gsize i = 0; i < G_N_ELEMENTS(audio->devices); i++) {
    if (audio->devices[i])
      plan_allow(plan, PLAN_ACCESS_WRITE, audio->devices[i]);
  }
  if (audio->sdl_driver)
    plan_add_variable(plan, "SDL_AUDIODRIVER", audio->sdl_driver);
  if (audio->runtime_dir)
    plan_add_variable(plan, "PIPEWIRE_RUNTIME_DIR", audio->runtime_dir);
  return TRUE;
}
