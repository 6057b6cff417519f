/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * json-glib's parser is made for files that one trusts: it recurses as deep as the text nests, aborts on a
 * surrogate without its pair, and takes comments. So the bytes first pass a gate that lets only the
 * characters of JSON through and counts the nesting; grammar is then left to the parser.
 */
#include "config.h"

#include "qmp/message.h"

#include <math.h>
#include <string.h>

G_DEFINE_QUARK(domrun - qmp - error, qmp_error)

typedef struct {
  const char *at;
  const char *end;
} Gate;

static gboolean refuse(GError **error, const char *why)
{
  g_set_error(error, QMP_ERROR, QMP_ERROR_PROTOCOL, "not a QMP message: %s", why);
  return FALSE;
}

static gboolean gate_hex4(Gate *gate, guint *ret_value)
{
  guint value = 0;

  if (gate->end - gate->at < 4)
    return FALSE;
  for (int i = 0; i < 4; i++) {
    int digit = g_ascii_xdigit_value(*gate->at++);

    if (digit < 0)
      return FALSE;
    value = value * 16 + (guint)digit;
  }
  *ret_value = value;
  return TRUE;
}

/* After "\u": four digits, and the second half of a pair where the first half is one. */
static gboolean gate_unicode(Gate *gate)
{
  guint unit, second;

  if (!gate_hex4(gate, &unit) || unit == 0)
    return FALSE;
  if (unit < 0xd800 || unit > 0xdfff)
    return TRUE;
  if (unit > 0xdbff || gate->end - gate->at < 6 || gate->at[0] != '\\' || gate->at[1] != 'u')
    return FALSE;
  gate->at += 2;
  return gate_hex4(gate, &second) && second >= 0xdc00 && second <= 0xdfff;
}

/* After the opening quote, to behind the closing one. */
static gboolean gate_string(Gate *gate)
{
  while (gate->at < gate->end) {
    guchar c = (guchar)*gate->at++;

    if (c == '"')
      return TRUE;
    if (c < 0x20)
      return FALSE;
    if (c != '\\')
      continue;
    if (gate->at == gate->end)
      return FALSE;
    c = (guchar)*gate->at++;
    if (c == 'u' ? !gate_unicode(gate) : !strchr("\"\\/bfnrt", c) || c == 0)
      return FALSE;
  }
  return FALSE;
}

/* A number that a double can hold: json-glib would make infinity of others, and write that as no JSON. */
static gboolean gate_number(Gate *gate, char first)
{
  char digits[64] = { first };
  gsize length = 1;

  while (gate->at < gate->end && (g_ascii_isalnum(*gate->at) || strchr("+-.", *gate->at))) {
    if (length + 1 == sizeof digits)
      return FALSE;
    digits[length++] = *gate->at++;
  }
  return isfinite(g_ascii_strtod(digits, NULL));
}

static gboolean gate_pass(const char *line, gsize length, GError **error)
{
  Gate gate = { line, line + length };
  guint depth = 0;

  while (gate.at < gate.end) {
    char c = *gate.at++;

    if (c == '"') {
      if (!gate_string(&gate))
        return refuse(error, "a broken string");
    } else if (c == '{' || c == '[') {
      if (++depth > MESSAGE_MAX_DEPTH)
        return refuse(error, "nested too deep");
    } else if (c == '}' || c == ']') {
      if (depth-- == 0)
        return refuse(error, "a bracket that closes nothing");
    } else if (g_ascii_isdigit(c) || c == '-') {
      if (!gate_number(&gate, c))
        return refuse(error, "a number beyond all bounds");
    } else if (!g_ascii_isalnum(c) && (c == 0 || !strchr(" \t\r,:+-.", c))) {
      return refuse(error, "a character that JSON does not have");
    }
  }
  return depth == 0 || refuse(error, "it is cut off");
}

JsonObject *message_parse(const char *line, gsize length, GError **error)
{
  g_autoptr(JsonParser) parser = NULL;
  g_autoptr(GError) cause = NULL;
  JsonNode *root;

  if (length > MESSAGE_MAX_LENGTH) {
    refuse(error, "a line that is too long");
    return NULL;
  }
  if (!g_utf8_validate_len(line, length, NULL)) {
    refuse(error, "it is not UTF-8");
    return NULL;
  }
  if (!gate_pass(line, length, error))
    return NULL;
  parser = json_parser_new();
  if (!json_parser_load_from_data(parser, line, (gssize)length, &cause)) {
    refuse(error, cause->message);
    return NULL;
  }
  root = json_parser_get_root(parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
    refuse(error, "it is not an object");
    return NULL;
  }
  return json_node_dup_object(root);
}

char *message_to_line(JsonObject *message)
{
  g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
  g_autofree char *json = NULL;

  json_node_set_object(root, message);
  json = json_to_string(root, /* pretty= */ FALSE);
  return g_strconcat(json, "\n", NULL);
}

static JsonNode *get_member(JsonObject *message, const char *name, JsonNodeType type)
{
  JsonNode *node = json_object_get_member(message, name);

  return node && json_node_get_node_type(node) == type ? node : NULL;
}

const char *message_get_string(JsonObject *message, const char *name)
{
  JsonNode *node = get_member(message, name, JSON_NODE_VALUE);

  return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
}

JsonObject *message_get_object(JsonObject *message, const char *name)
{
  JsonNode *node = get_member(message, name, JSON_NODE_OBJECT);

  return node ? json_node_get_object(node) : NULL;
}

gboolean message_get_int(JsonObject *message, const char *name, gint64 *ret_value)
{
  JsonNode *node = get_member(message, name, JSON_NODE_VALUE);

  if (!node || json_node_get_value_type(node) != G_TYPE_INT64)
    return FALSE;
  *ret_value = json_node_get_int(node);
  return TRUE;
}
