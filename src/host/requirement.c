/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/requirement.h"

gboolean requirement_refuse(const PlanRequirement *requirement, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start(arguments, format);
  message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return error_set(error, DOMRUN_ERROR_HOST, &requirement->place, requirement->attribute, "%s", message);
}
