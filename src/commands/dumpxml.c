/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun dumpxml: the user's document with what became of it. What is secret is left out unless it is asked
 * for; of what is so only while the guest runs, --inactive leaves nothing.
 */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"
#include "xml/annotate.h"
#include "xml/element.h"
#include "xml/hide.h"
#include "xml/select.h"

static const char *child_attribute(xmlNode *node, const char *child, const char *attribute)
{
  xmlNode *found = xml_next_child(node, child, NULL);

  return found ? xml_attribute(found, attribute) : NULL;
}

static gboolean has_prefix(const char *text, const char *prefix)
{
  return text && g_str_has_prefix(text, prefix);
}

static void forget_ports(xmlNode *graphics)
{
  xml_set_attribute(graphics, "port", "-1");
  xml_remove_attribute(graphics, "tlsPort");
}

/* A document that is run may itself be that of a guest that ran: aliases, terminals, tap devices and ports
 * are of that run. */
static void forget_run_of_device(xmlNode *device)
{
  const char *type = xml_attribute(device, "type");

  if (!has_prefix(child_attribute(device, "alias", "name"), "ua-"))
    xml_remove_child(device, "alias");
  if (xml_is_element(device, "interface") && has_prefix(child_attribute(device, "target", "dev"), "vnet"))
    xml_remove_child(device, "target");
  if (g_strcmp0(type, "pty") == 0)
    xml_remove_child(device, "source");
  xml_remove_attribute(device, "tty");
  if (xml_is_element(device, "graphics") && g_strcmp0(xml_attribute(device, "autoport"), "yes") == 0)
    forget_ports(device);
}

static void forget_run(xmlNode *root, xmlNode *devices)
{
  xml_remove_attribute(root, "id");
  XML_FOREACH_CHILD(devices, device, NULL)
    forget_run_of_device(device);
}

static XmlDocument *load(GuestCommand *command, gboolean is_inactive, GError **error)
{
  XmlDocument *definition = is_inactive ? guest_command_load_definition(command) : NULL;

  if (!definition)
    return guest_command_load_xml(command, error);
  xml_set_text(xml_set_child(xml_document_root(definition), "name"), command->guest->state.name);
  return definition;
}

static char *make_text(const XmlDocument *document, gboolean has_secrets, gboolean is_inactive)
{
  xmlNode *root = xml_document_root(document);
  xmlNode *devices = xml_next_child(root, "devices", NULL);

  if (!has_secrets)
    xml_hide_secrets(document);
  if (devices && is_inactive)
    forget_run(root, devices);
  return xml_document_text(document);
}

static char *select_text(const XmlDocument *document, const char *expression, GError **error)
{
  gboolean is_empty;
  char *text = xml_select(document, expression, &is_empty, error);

  if (is_empty)
    error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "nothing in the document fits '%s'", expression);
  return text;
}

int dumpxml_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  gboolean has_secrets = FALSE, is_inactive = FALSE;
  g_autofree char *expression = NULL;
  const GOptionEntry entries[] = {
    { "security-info", 0, 0, G_OPTION_ARG_NONE, &has_secrets, "with passwords and cookies", NULL },
    { "inactive", 0, 0, G_OPTION_ARG_NONE, &is_inactive, "without what is so only while the guest runs",
      NULL },
    { "xpath", 0, 0, G_OPTION_ARG_STRING, &expression, "print what the XPath expression finds",
      "EXPRESSION" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(XmlDocument) document = NULL;
  g_autofree char *text = NULL;
  GError *error = NULL;

  if (guest_command_begin(&command, entries, "GUEST",
                          "Prints the document of a guest with what was generated and assigned.", 1, argc,
                          argv, &error))
    document = load(&command, is_inactive, &error);
  if (document) {
    text = make_text(document, has_secrets, is_inactive);
    if (expression) {
      g_clear_pointer(&text, g_free);
      text = select_text(document, expression, &error);
    }
  }
  if (!text)
    return report_usage_error(error);
  print_text(text);
  return EXIT_CODE_OK;
}
