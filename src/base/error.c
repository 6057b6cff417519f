/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/error.h"

#include "base/exit-code.h"

typedef struct {
  char *file;
  char *element;
  char *attribute;
  char *hint;
  Place place; /* of the three above */
} DomrunErrorPrivate;

static void domrun_error_private_init(DomrunErrorPrivate *priv)
{
}

static void domrun_error_private_copy(const DomrunErrorPrivate *source, DomrunErrorPrivate *target)
{
  target->file = g_strdup(source->file);
  target->element = g_strdup(source->element);
  target->attribute = g_strdup(source->attribute);
  target->hint = g_strdup(source->hint);
  target->place = (Place){ target->file, target->element, source->place.line };
}

static void domrun_error_private_clear(DomrunErrorPrivate *priv)
{
  g_free(priv->file);
  g_free(priv->element);
  g_free(priv->attribute);
  g_free(priv->hint);
}

/* Clang does not see that GLib has aligned what it casts. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-align"
G_DEFINE_EXTENDED_ERROR(DomrunError, domrun_error)
#pragma GCC diagnostic pop

static gboolean error_set_valist(GError **error, DomrunError code, const Place *place, const char *attribute,
                                 const char *format, va_list arguments) G_GNUC_PRINTF(5, 0);

static gboolean error_set_valist(GError **error, DomrunError code, const Place *place, const char *attribute,
                                 const char *format, va_list arguments)
{
  DomrunErrorPrivate *priv;

  if (!error)
    return FALSE;
  *error = g_error_new_valist(DOMRUN_ERROR, (int)code, format, arguments);
  priv = domrun_error_get_private(*error);
  priv->attribute = g_strdup(attribute);
  if (place) {
    priv->file = g_strdup(place->file);
    priv->element = g_strdup(place->element);
    priv->place = (Place){ priv->file, priv->element, place->line };
  }
  return FALSE;
}

gboolean error_set(GError **error, DomrunError code, const Place *place, const char *attribute,
                   const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  error_set_valist(error, code, place, attribute, format, arguments);
  va_end(arguments);
  return FALSE;
}

gboolean error_set_document(GError **error, const Place *place, const char *attribute, const char *format,
                            ...)
{
  va_list arguments;

  va_start(arguments, format);
  error_set_valist(error, DOMRUN_ERROR_DOCUMENT, place, attribute, format, arguments);
  va_end(arguments);
  return FALSE;
}

gboolean error_add_hint(GError **error, const char *format, ...)
{
  va_list arguments;
  DomrunErrorPrivate *priv;

  if (!error || !*error || (*error)->domain != DOMRUN_ERROR)
    return FALSE;
  priv = domrun_error_get_private(*error);
  g_free(priv->hint);
  va_start(arguments, format);
  priv->hint = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return FALSE;
}

const Place *error_get_place(const GError *error)
{
  static const Place nowhere = { NULL, NULL, 0 };

  return error->domain == DOMRUN_ERROR ? &domrun_error_get_private(error)->place : &nowhere;
}

const char *error_get_attribute(const GError *error)
{
  return error->domain == DOMRUN_ERROR ? domrun_error_get_private(error)->attribute : NULL;
}

const char *error_get_hint(const GError *error)
{
  return error->domain == DOMRUN_ERROR ? domrun_error_get_private(error)->hint : NULL;
}

char *error_describe(const GError *error)
{
  const char *attribute = error_get_attribute(error);

  if (!attribute)
    return g_strdup(error->message);
  return g_strdup_printf("attribute '%s': %s", attribute, error->message);
}

/* What QEMU said last has lines of its own; elsewhere a newline comes from somebody's file or document, and
 * could pass for a message. */
static gboolean may_have_lines(const GError *error)
{
  return error->domain == DOMRUN_ERROR &&
         (error->code == DOMRUN_ERROR_QEMU_START || error->code == DOMRUN_ERROR_QEMU_DIED);
}

static void append_line(GString *text, const char *string)
{
  for (const char *c = string; *c; c++) {
    if (*c == '\n')
      g_string_append(text, "\\n");
    else
      g_string_append_c(text, *c);
  }
}

char *error_format_message(const GError *error)
{
  const Place *place = error_get_place(error);
  const char *hint = error_get_hint(error);
  g_autofree char *description = error_describe(error);
  g_autoptr(GString) text = g_string_new(NULL);

  if (place->element)
    g_string_append_printf(text, "%s: ", place->element);
  if (may_have_lines(error))
    g_string_append(text, description);
  else
    append_line(text, description);
  if (hint)
    g_string_append_printf(text, "\n  %s", hint);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

char *error_format(const GError *error, const char *severity)
{
  const Place *place = error_get_place(error);
  g_autofree char *message = error_format_message(error);
  g_autoptr(GString) text = g_string_new(NULL);

  append_line(text, place->file ? place->file : "domrun");
  if (place->file && place->line > 0)
    g_string_append_printf(text, ":%d", place->line);
  g_string_append_printf(text, ": %s%s", severity, message);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

int error_exit_code(const GError *error)
{
  if (error->domain == G_OPTION_ERROR)
    return EXIT_CODE_USAGE;
  if (error->domain != DOMRUN_ERROR)
    return EXIT_CODE_INTERNAL;
  switch ((DomrunError)error->code) {
  case DOMRUN_ERROR_USAGE:
    return EXIT_CODE_USAGE;
  case DOMRUN_ERROR_DOCUMENT:
    return EXIT_CODE_DOCUMENT;
  case DOMRUN_ERROR_HOST:
  case DOMRUN_ERROR_TAKEN:
    return EXIT_CODE_HOST;
  case DOMRUN_ERROR_QEMU_START:
    return EXIT_CODE_QEMU_START;
  case DOMRUN_ERROR_QEMU_DIED:
    return EXIT_CODE_QEMU_DIED;
  case DOMRUN_ERROR_NO_GUEST:
    return EXIT_CODE_NO_GUEST;
  case DOMRUN_ERROR_NO_ANSWER:
    return EXIT_CODE_NO_ANSWER;
  case DOMRUN_ERROR_REFUSED:
    return EXIT_CODE_REFUSED;
  case DOMRUN_ERROR_STOPPED:
    return EXIT_CODE_STOPPED;
  case DOMRUN_ERROR_INTERNAL:
    break;
  }
  return EXIT_CODE_INTERNAL;
}
