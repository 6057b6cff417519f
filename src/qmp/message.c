/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "qmp/message.h"

G_DEFINE_QUARK(domrun - qmp - error, qmp_error)

static Json *refuse(GError **error, const char *why)
{
  g_set_error(error, QMP_ERROR, QMP_ERROR_PROTOCOL, "not a QMP message: %s", why);
  return NULL;
}

static Json *parse(const char *line, gsize length, guint max_depth, GError **error)
{
  g_autoptr(Json) message = NULL;
  g_autoptr(GError) cause = NULL;

  if (length > MESSAGE_MAX_LENGTH)
    return refuse(error, "a line that is too long");
  message = json_parse(line, length, max_depth, &cause);
  if (!message)
    return refuse(error, cause->message);
  return json_is(message, JSON_OBJECT) ? g_steal_pointer(&message) : refuse(error, "it is not an object");
}

Json *message_parse(const char *line, gsize length, GError **error)
{
  return parse(line, length, MESSAGE_MAX_DEPTH, error);
}

Json *message_parse_inner(const char *line, gsize length, GError **error)
{
  return parse(line, length, MESSAGE_INNER_DEPTH, error);
}

char *message_to_line(const Json *message)
{
  g_autofree char *text = json_print(message);

  return g_strconcat(text, "\n", NULL);
}
