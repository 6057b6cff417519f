/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/graphics/spice.h"

#include "xml/element.h"

ENUM_TABLE(spice_mode_table, SPICE_MODE_LAST, [SPICE_MODE_ANY] = "any", [SPICE_MODE_SECURE] = "secure",
           [SPICE_MODE_INSECURE] = "insecure");
ENUM_TABLE(spice_channel_table,
           SPICE_CHANNEL_LAST, [SPICE_CHANNEL_MAIN] = "main", [SPICE_CHANNEL_DISPLAY] = "display",
           [SPICE_CHANNEL_INPUTS] = "inputs", [SPICE_CHANNEL_CURSOR] = "cursor",
           [SPICE_CHANNEL_PLAYBACK] = "playback", [SPICE_CHANNEL_RECORD] = "record",
           [SPICE_CHANNEL_SMARTCARD] = "smartcard", [SPICE_CHANNEL_USBREDIR] = "usbredir");
ENUM_TABLE(spice_image_table, SPICE_IMAGE_LAST, [SPICE_IMAGE_AUTO_GLZ] = "auto_glz",
           [SPICE_IMAGE_AUTO_LZ] = "auto_lz", [SPICE_IMAGE_QUIC] = "quic", [SPICE_IMAGE_GLZ] = "glz",
           [SPICE_IMAGE_LZ] = "lz", [SPICE_IMAGE_OFF] = "off");
ENUM_TABLE(
    spice_wan_table,
    SPICE_WAN_LAST, [SPICE_WAN_AUTO] = "auto", [SPICE_WAN_NEVER] = "never", [SPICE_WAN_ALWAYS] = "always");
ENUM_TABLE(spice_switch_table, SPICE_SWITCH_LAST, [SPICE_SWITCH_ON] = "on", [SPICE_SWITCH_OFF] = "off");
ENUM_TABLE(spice_streaming_table, SPICE_STREAMING_LAST, [SPICE_STREAMING_FILTER] = "filter",
           [SPICE_STREAMING_ALL] = "all", [SPICE_STREAMING_OFF] = "off");
ENUM_TABLE(spice_mouse_table,
           SPICE_MOUSE_LAST, [SPICE_MOUSE_SERVER] = "server", [SPICE_MOUSE_CLIENT] = "client");

typedef struct {
  const char *element;
  const char *attribute;
  const EnumTable *table;
  gsize offset; /* of the enum in Spice */
} Option;

static const Option options[] = {
  { "image", "compression", &spice_image_table, offsetof(Spice, image) },
  { "jpeg", "compression", &spice_wan_table, offsetof(Spice, jpeg) },
  { "zlib", "compression", &spice_wan_table, offsetof(Spice, zlib) },
  { "playback", "compression", &spice_switch_table, offsetof(Spice, playback) },
  { "streaming", "mode", &spice_streaming_table, offsetof(Spice, streaming) },
  { "mouse", "mode", &spice_mouse_table, offsetof(Spice, mouse) },
};

static gboolean parse_option(xmlNode *node, const Option *option, Spice *spice, GError **error)
{
  xmlNode *element = NULL;

  if (!xml_child(node, option->element, &element, error))
    return FALSE;
  return !element || xml_attribute_enum_required(element, option->attribute, option->table,
                                                 (int *)(gpointer)((char *)spice + option->offset), error);
}

/* What a viewer may do unless the document says no. */
static gboolean parse_permission(xmlNode *node, const char *name, const char *attribute,
                                 gboolean *ret_is_barred, GError **error)
{
  xmlNode *element = NULL;
  gboolean is_allowed = TRUE;

  if (!xml_child(node, name, &element, error) ||
      (element && !xml_attribute_yes_no(element, attribute, &is_allowed, error)))
    return FALSE;
  *ret_is_barred = !is_allowed;
  return TRUE;
}

static gboolean parse_gl(xmlNode *node, Spice *spice, GError **error)
{
  xmlNode *gl = NULL;

  if (!xml_child(node, "gl", &gl, error))
    return FALSE;
  if (!gl)
    return TRUE;
  spice->gl_place = xml_place(gl);
  return xml_attribute_yes_no(gl, "enable", &spice->has_gl, error) &&
         xml_attribute_path(gl, "rendernode", &spice->render_node, error);
}

static gboolean parse_channels(xmlNode *node, Spice *spice, GError **error)
{
  int lines[SPICE_CHANNEL_LAST] = { 0 };

  XML_FOREACH_CHILD(node, element, "channel") {
    SpiceChannel channel = SPICE_CHANNEL_MAIN;
    SpiceMode mode = SPICE_MODE_ANY;

    if (!xml_attribute_enum_required(element, "name", &spice_channel_table, XML_ENUM(&channel), error) ||
        !xml_attribute_enum_required(element, "mode", &spice_mode_table, XML_ENUM(&mode), error))
      return FALSE;
    if (lines[channel])
      return xml_error(error, element, "name",
                       "'%s' is that of the <channel> on line %d; one of the two modes would be lost",
                       enum_to_string(&spice_channel_table, (int)channel), lines[channel]);
    lines[channel] = xml_place(element).line;
    spice->modes[channel] = mode;
  }
  return TRUE;
}

gboolean spice_parse(xmlNode *node, Spice *spice, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
    if (!parse_option(node, &options[i], spice, error))
      return FALSE;
  }
  return xml_attribute_enum(node, "defaultMode", &spice_mode_table, XML_ENUM(&spice->default_mode), error) &&
         parse_permission(node, "clipboard", "copypaste", &spice->bars_clipboard, error) &&
         parse_permission(node, "filetransfer", "enable", &spice->bars_file_transfer, error) &&
         parse_gl(node, spice, error) && parse_channels(node, spice, error);
}

/* Whether a channel is, in the end, of that mode. */
static gboolean has_mode(const Spice *spice, SpiceMode mode)
{
  for (guint i = 0; i < SPICE_CHANNEL_LAST; i++) {
    if ((spice->modes[i] == SPICE_MODE_ANY ? spice->default_mode : spice->modes[i]) == mode)
      return TRUE;
  }
  return FALSE;
}

gboolean spice_needs_tls(const Spice *spice)
{
  return has_mode(spice, SPICE_MODE_SECURE);
}

gboolean spice_has_clear(const Spice *spice)
{
  return has_mode(spice, SPICE_MODE_INSECURE);
}

gboolean spice_needs_clear(const Spice *spice)
{
  return has_mode(spice, SPICE_MODE_INSECURE) || has_mode(spice, SPICE_MODE_ANY);
}
