/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It is the document that is changed, so that what follows knows one kind of it, and the live XML says what
 * runs. QXL goes, too: it is made of SPICE's library, and QEMU has both or none.
 */
#include "config.h"

#include "machine/without-spice.h"

#include "xml/annotate.h"
#include "xml/element.h"

static const char option[] = "--graphics";

static const char *peek(xmlNode *node, const char *name)
{
  return xml_has_attribute(node, name) ? xml_attribute(node, name) : "";
}

static gboolean is(xmlNode *node, const char *attribute, const char *value)
{
  return g_str_equal(peek(node, attribute), value);
}

/* The children are a copy: they may be taken out. */
static GPtrArray *children_of(xmlNode *node, const char *name)
{
  GPtrArray *children = g_ptr_array_new();

  XML_FOREACH_CHILD(node, child, name)
    g_ptr_array_add(children, child);
  return children;
}

/* ---- Displays ---- */

static gboolean is_local(const char *host)
{
  return !*host || g_str_has_prefix(host, "127.") || g_str_equal(host, "::1") ||
         g_str_equal(host, "localhost");
}

static gboolean is_open(xmlNode *graphics)
{
  XML_FOREACH_CHILD(graphics, listen, "listen") {
    if (!is(listen, "type", "socket") && !is(listen, "type", "none") && !is_local(peek(listen, "address")))
      return TRUE;
  }
  return !is_local(peek(graphics, "listen"));
}

static gboolean is_protected(xmlNode *graphics)
{
  XML_FOREACH_CHILD(graphics, channel, "channel") {
    if (is(channel, "mode", "secure"))
      return TRUE;
  }
  return is(graphics, "defaultMode", "secure") ||
         (xml_has_attribute(graphics, "tlsPort") && !xml_has_attribute(graphics, "port") &&
          !is(graphics, "autoport", "yes"));
}

static gboolean refuse_in_clear(xmlNode *graphics, Report *report)
{
  GError *error = NULL;

  if (!is_protected(graphics) || !is_open(graphics))
    return FALSE;
  xml_error(&error, graphics, NULL, "%s: it is protected by TLS, and others would see it in clear", option);
  error_add_hint(&error, "<listen type='address' address='127.0.0.1'/> lets in this host only");
  report_error(report, error);
  return TRUE;
}

/* What VNC has, too, stays. Returns what goes: "image, streaming"; the caller frees it. */
static char *remove_options(xmlNode *graphics)
{
  static const char *const attributes[] = { "tlsPort", "defaultMode", "connected" };
  g_autoptr(GPtrArray) children = children_of(graphics, /* name= */ NULL);
  GString *names = g_string_new(NULL);

  for (guint i = 0; i < children->len; i++) {
    xmlNode *child = g_ptr_array_index(children, i);

    if (xml_is_element(child, "listen") || xml_is_element(child, "audio"))
      continue;
    g_string_append_printf(names, "%s<%s>", names->len ? ", " : "", (const char *)child->name);
    xml_remove(child);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(attributes); i++)
    xml_remove_attribute(graphics, attributes[i]);
  return g_string_free(names, /* free_segment= */ FALSE);
}

/* VNC's ports begin with 5900. */
static void replace_port(xmlNode *graphics)
{
  guint64 port = 0;

  if (!is(graphics, "autoport", "yes") &&
      g_ascii_string_to_unsigned(peek(graphics, "port"), 10, 5900, G_MAXUINT16, &port, NULL))
    return;
  xml_set_attribute(graphics, "autoport", "yes");
  xml_set_attribute(graphics, "port", "-1");
}

static void replace_display(xmlNode *graphics, Report *report)
{
  g_autofree char *lost = NULL;
  Place place = xml_place(graphics);

  if (!is(graphics, "type", "spice") || refuse_in_clear(graphics, report))
    return;
  replace_port(graphics);
  lost = remove_options(graphics);
  xml_set_attribute(graphics, "type", "vnc");
  report_warning(report, &place, "type", NULL, "%s: VNC takes the place of 'spice'%s%s", option,
                 *lost ? ", and left out are " : "", lost);
}

/* ---- Devices ---- */

static void remove_device(xmlNode *node, Report *report)
{
  Place place = xml_place(node);

  report_warning(report, &place, "type", NULL, "%s: left out, for it is SPICE's ('%s')", option,
                 peek(node, "type"));
  xml_remove(node);
}

/* The guest keeps its port. */
static void mute_device(xmlNode *node, Report *report)
{
  Place place = xml_place(node);

  report_warning(report, &place, "type", NULL, "%s: nobody is at the other end, which was SPICE's ('%s')",
                 option, peek(node, "type"));
  xml_remove_child(node, "source");
  xml_set_attribute(node, "type", "null");
}

static void change_devices(xmlNode *devices, const char *name, void (*change)(xmlNode *node, Report *report),
                           Report *report)
{
  g_autoptr(GPtrArray) nodes = children_of(devices, name);

  for (guint i = 0; i < nodes->len; i++) {
    xmlNode *node = g_ptr_array_index(nodes, i);

    if (is(node, "type", "spicevmc") || is(node, "type", "spiceport"))
      change(node, report);
  }
}

static void replace_audio(xmlNode *audio, Report *report)
{
  Place place = xml_place(audio);

  if (!is(audio, "type", "spice"))
    return;
  xml_set_attribute(audio, "type", "none");
  report_warning(report, &place, "type", NULL, "%s: nobody hears the guest, for sound went by SPICE", option);
}

/* A card with several screens, or a second one, is virtio's. */
static void replace_qxl(xmlNode *model, gboolean is_first, Report *report)
{
  static const char *const sizes[] = { "ram", "vram", "vram64", "vgamem" };
  gboolean has_heads = xml_has_attribute(model, "heads") && !is(model, "heads", "1");
  const char *type = is_first && !has_heads ? "vga" : "virtio";
  g_autofree char *vgamem = g_strdup(peek(model, "vgamem"));
  Place place = xml_place(model);

  for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
    xml_remove_attribute(model, sizes[i]);
  if (*vgamem && g_str_equal(type, "vga"))
    xml_set_attribute(model, "vram", vgamem);
  xml_set_attribute(model, "type", type);
  report_warning(report, &place, "type", NULL, "%s: '%s' takes the place of 'qxl', which is SPICE's", option,
                 type);
}

static void replace_cards(xmlNode *devices, Report *report)
{
  gboolean is_first = TRUE;

  XML_FOREACH_CHILD(devices, video, "video") {
    xmlNode *model = xml_next_child(video, "model", NULL);

    if (model && is(model, "type", "qxl"))
      replace_qxl(model, is_first || is(model, "primary", "yes"), report);
    is_first = FALSE;
  }
}

void without_spice(xmlNode *root, Report *report)
{
  xmlNode *devices = xml_next_child(root, "devices", NULL);

  if (!devices)
    return;
  XML_FOREACH_CHILD(devices, graphics, "graphics")
    replace_display(graphics, report);
  XML_FOREACH_CHILD(devices, audio, "audio")
    replace_audio(audio, report);
  change_devices(devices, "channel", remove_device, report);
  change_devices(devices, "redirdev", remove_device, report);
  change_devices(devices, "smartcard", remove_device, report);
  change_devices(devices, "serial", mute_device, report);
  change_devices(devices, "parallel", mute_device, report);
  change_devices(devices, "console", mute_device, report);
  replace_cards(devices, report);
}
