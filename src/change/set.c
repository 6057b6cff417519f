/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --set=XPATH=VALUE and --unset=XPATH. Where nothing is found, the last steps of the path that are plain
 * names are made: "devices/rng/@model=virtio" is a device then.
 */
#include "config.h"

#include <string.h>

#include "change/part.h"
#include "xml/select.h"

/* The '=' that ends an XPath: one that stands neither in brackets nor in quotes. NULL: there is none. */
static const char *find_equals(const char *text)
{
  int depth = 0;
  char quote = 0;

  for (; *text; text++) {
    if (quote) {
      quote = *text == quote ? 0 : quote;
    } else if (*text == '\'' || *text == '"') {
      quote = *text;
    } else if (*text == '[' || *text == '(') {
      depth++;
    } else if (*text == ']' || *text == ')') {
      depth--;
    } else if (*text == '=' && depth == 0) {
      return text;
    }
  }
  return NULL;
}

static gboolean is_plain_name(const char *name)
{
  name += *name == '@';
  if (!g_ascii_isalpha(*name) && *name != '_')
    return FALSE;
  for (; *name; name++) {
    if (!g_ascii_isalnum(*name) && !strchr("_-.", *name))
      return FALSE;
  }
  return TRUE;
}

/* Cuts the last step off @path, where that is a plain name: *@ret_step is it, and @path what stands before,
 * "." for the root itself. */
static gboolean cut_step(char *path, char **ret_step)
{
  char *slash = strrchr(path, '/');
  char *step = slash ? slash + 1 : path;

  if (!is_plain_name(step) || (slash && slash > path && slash[-1] == '/') || slash == path)
    return FALSE;
  *ret_step = g_strdup(step);
  if (slash)
    *slash = '\0';
  else
    g_strlcpy(path, ".", strlen(path) + 1);
  return TRUE;
}

static GPtrArray *find(const Change *change, const char *xpath, GError **error)
{
  g_autoptr(GError) cause = NULL;
  GPtrArray *nodes = xml_find(change->root, xpath, &cause);

  if (!nodes)
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "%s: %s", change->option, cause->message);
  return nodes;
}

/* The nodes of @path, and below them what stands in its last steps and is not there. */
static GPtrArray *find_or_make(const Change *change, const char *xpath, GError **error)
{
  g_autofree char *path = g_strdup(xpath);
  g_autofree char *step = NULL;
  g_autoptr(GPtrArray) nodes = find(change, path, error);
  GPtrArray *made;

  if (!nodes || nodes->len > 0)
    return g_steal_pointer(&nodes);
  if (!cut_step(path, &step)) {
    change_error(change, error, "finds nothing in the document");
    error_add_hint(
        error,
        "a path begins at <domain>, as in --set 'vcpu/@current=2'; 'domrun dumpxml --xpath' tries one");
    return NULL;
  }
  g_ptr_array_unref(g_steal_pointer(&nodes));
  nodes = find_or_make(change, path, error);
  if (!nodes)
    return NULL;
  made = g_ptr_array_new();
  for (guint i = 0; i < nodes->len; i++) {
    xmlNode *node = g_ptr_array_index(nodes, i);

    if (node->type != XML_ELEMENT_NODE)
      continue;
    if (step[0] == '@')
      g_ptr_array_add(made, xml_add_attribute(node, step + 1));
    else
      g_ptr_array_add(made, change_add(change, node, step));
  }
  return made;
}

static gboolean set_node(const Change *change, xmlNode *node, const char *value, GError **error)
{
  if (node->type == XML_ATTRIBUTE_NODE) {
    if (!xmlFirstElementChild(node->parent)) /* else what is inside would seem to be the option's, too */
      xml_set_origin(node->parent, change->option, change->value);
    xml_set_attribute_node(node, value);
  } else if (node->type == XML_TEXT_NODE) {
    xml_set_text(node->parent, value);
  } else if (node->type != XML_ELEMENT_NODE) {
    return change_error(change, error, "finds what is no element and no attribute");
  } else if (xmlFirstElementChild(node)) {
    change_error(change, error, "finds <%s>, which holds elements", (const char *)node->name);
    return error_add_hint(error, "name one of its attributes, '.../@NAME=VALUE', or one of its elements");
  } else {
    xml_set_text(node, value);
    xml_set_origin(node, change->option, change->value);
  }
  return TRUE;
}

gboolean change_set(const Change *change, GError **error)
{
  const char *equals = find_equals(change->value);
  g_autofree char *xpath = equals ? g_strndup(change->value, (gsize)(equals - change->value)) : NULL;
  g_autoptr(GPtrArray) nodes = NULL;

  if (!xpath || !*xpath) {
    change_error(change, error, "is not understood");
    return error_add_hint(
        error, "expected XPATH=VALUE, as in --set 'vcpu=4' or --set '//interface/model/@type=virtio'");
  }
  nodes = find_or_make(change, xpath, error);
  if (!nodes)
    return FALSE;
  for (guint i = 0; i < nodes->len; i++) {
    if (!set_node(change, g_ptr_array_index(nodes, i), equals + 1, error))
      return FALSE;
  }
  return TRUE;
}

gboolean change_unset(const Change *change, GError **error)
{
  g_autoptr(GPtrArray) nodes = find(change, change->value, error);

  if (!nodes)
    return FALSE;
  if (nodes->len == 0)
    return change_error(change, error, "finds nothing in the document");
  for (guint i = nodes->len; i-- > 0;) { /* what is inside before what is around it */
    xmlNode *node = g_ptr_array_index(nodes, i);

    if (node == change->root || (node->type != XML_ELEMENT_NODE && node->type != XML_ATTRIBUTE_NODE))
      return change_error(change, error,
                          "finds what cannot be taken out: the root, or no element and no attribute");
    if (node->type == XML_ATTRIBUTE_NODE)
      xml_remove_attribute(node->parent, (const char *)node->name);
    else
      xml_remove(node);
  }
  return TRUE;
}
