/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/graphics/spice.h"

ENUM_TABLE(spice_channel_qemu_table,
           SPICE_CHANNEL_LAST, [SPICE_CHANNEL_MAIN] = "main", [SPICE_CHANNEL_DISPLAY] = "display",
           [SPICE_CHANNEL_INPUTS] = "inputs", [SPICE_CHANNEL_CURSOR] = "cursor",
           [SPICE_CHANNEL_PLAYBACK] = "playback", [SPICE_CHANNEL_RECORD] = "record",
           [SPICE_CHANNEL_SMARTCARD] = "smartcard", [SPICE_CHANNEL_USBREDIR] = "usbredir");
ENUM_TABLE(spice_image_qemu_table, SPICE_IMAGE_LAST, [SPICE_IMAGE_AUTO_GLZ] = "auto_glz",
           [SPICE_IMAGE_AUTO_LZ] = "auto_lz", [SPICE_IMAGE_QUIC] = "quic", [SPICE_IMAGE_GLZ] = "glz",
           [SPICE_IMAGE_LZ] = "lz", [SPICE_IMAGE_OFF] = "off");
ENUM_TABLE(
    spice_wan_qemu_table,
    SPICE_WAN_LAST, [SPICE_WAN_AUTO] = "auto", [SPICE_WAN_NEVER] = "never", [SPICE_WAN_ALWAYS] = "always");
ENUM_TABLE(spice_switch_qemu_table, SPICE_SWITCH_LAST, [SPICE_SWITCH_ON] = "on", [SPICE_SWITCH_OFF] = "off");
ENUM_TABLE(spice_streaming_qemu_table, SPICE_STREAMING_LAST, [SPICE_STREAMING_FILTER] = "filter",
           [SPICE_STREAMING_ALL] = "all", [SPICE_STREAMING_OFF] = "off");

void spice_add_mouse(const Spice *spice, Props *props)
{
  if (spice->mouse != SPICE_MOUSE_DEFAULT)
    props_add_bool(props, "agent-mouse", spice->mouse == SPICE_MOUSE_CLIENT);
}

static void add_mode(const char *channel, SpiceMode mode, Json *secure, Json *clear)
{
  if (mode != SPICE_MODE_ANY)
    json_append_string(mode == SPICE_MODE_SECURE ? secure : clear, channel);
}

static void add_list(const char *key, Json *list, Props *props)
{
  if (json_length(list) > 0)
    props_add_array(props, key, json_ref(list));
}

void spice_add_channels(const Spice *spice, Props *props)
{
  g_autoptr(Json) secure = json_new_array(), clear = json_new_array();

  add_mode("default", spice->default_mode, secure, clear);
  for (guint i = 0; i < SPICE_CHANNEL_LAST; i++)
    add_mode(enum_to_string(&spice_channel_qemu_table, (int)i), spice->modes[i], secure, clear);
  add_list("tls-channel", secure, props);
  add_list("plaintext-channel", clear, props);
}

void spice_add_options(const Spice *spice, Props *props)
{
  props_add_string(props, "image-compression", enum_to_string(&spice_image_qemu_table, (int)spice->image));
  props_add_string(props, "jpeg-wan-compression", enum_to_string(&spice_wan_qemu_table, (int)spice->jpeg));
  props_add_string(props, "zlib-glz-wan-compression",
                   enum_to_string(&spice_wan_qemu_table, (int)spice->zlib));
  props_add_string(props, "playback-compression",
                   enum_to_string(&spice_switch_qemu_table, (int)spice->playback));
  props_add_string(props, "streaming-video",
                   enum_to_string(&spice_streaming_qemu_table, (int)spice->streaming));
  if (spice->bars_clipboard)
    props_add_bool(props, "disable-copy-paste", TRUE);
  if (spice->bars_file_transfer)
    props_add_bool(props, "disable-agent-file-xfer", TRUE);
  if (spice->has_gl) {
    props_add_bool(props, "gl", TRUE);
    props_add_string(props, "rendernode", spice->render_node);
  }
  props_add_bool(props, "seamless-migration", TRUE);
}
