/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/audio.h"

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

gboolean audio_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Audio *audio = (const Audio *)device;
  Props *props = props_new("id", device->alias);

  props_add_string(props, "driver", enum_to_string(&audio_driver_table, (int)audio->type));
  props_add_all(props, audio->options);
  plan_add_json(plan, PLAN_BOTH, "-audiodev", props);
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
