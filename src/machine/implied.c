/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "machine/implied.h"

#include "devices/audio.h"
#include "devices/controller/controller.h"
#include "devices/graphics/graphics.h"
#include "devices/hostdev/hostdev.h"
#include "devices/input.h"
#include "devices/memballoon.h"
#include "devices/sound.h"
#include "devices/video.h"
#include "domain/chipset.h"
#include "domain/devices.h"

/* Sound goes where the guest is seen: to a window's desktop, to viewers by SPICE or D-Bus; who looks from
 * elsewhere gets none unasked. */
static void imply_audio(Domain *domain)
{
  gboolean has_server = graphics_has_server(domain);
  gboolean has_sound = device_first_of(domain, &sound_room) || chipset_of(domain) == CHIPSET_VEXPRESS;
  AudioType type = graphics_has_spice(domain)    ? AUDIO_SPICE
                   : has_server                  ? AUDIO_NONE
                   : graphics_has_window(domain) ? AUDIO_SDL
                   : graphics_has_dbus(domain)   ? AUDIO_DBUS
                                                 : AUDIO_NONE;

  audio_imply(domain, has_server || has_sound, type);
}

/* QEMU has it as a part of the display. */
static gboolean check_audio(const Domain *domain, GError **error)
{
  DOMAIN_FOREACH_OF(domain, &audio_room, device, i) {
    AudioType type = ((const Audio *)device)->type;

    if (type == AUDIO_SPICE &&
        !graphics_check_spice(domain, &device->place, enum_to_string(&audio_type_table, (int)type), error))
      return FALSE;
  }
  return TRUE;
}

gboolean implied_add(Domain *domain, GError **error)
{
  controller_enter_given(domain);
  hostdev_imply_controllers(domain); /* before others have a number: so libvirt has it */
  if (!controller_imply(domain, error) || !check_audio(domain, error))
    return FALSE;
  memballoon_imply(domain);
  video_imply(domain);
  input_imply(domain);
  imply_audio(domain);
  return TRUE;
}
