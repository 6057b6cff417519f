/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/protection.h"

#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(protection_table, PROTECTION_LAST, [PROTECTION_FILTERREF] = "filterref",
           [PROTECTION_LEASE] = "lease", [PROTECTION_PORT] = "port", [PROTECTION_SECLABEL] = "seclabel",
           [PROTECTION_SECURE_BOOT] = "secure-boot", [PROTECTION_VLAN] = "vlan");

static gboolean refuse_name(const char *name, GError **error)
{
  const char *nearest = enum_nearest(&protection_table, name);
  g_autofree char *known = enum_known(&protection_table);

  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--ignore: unknown name '%s' (known: %s)", name, known);
  if (nearest)
    error_add_hint(error, "did you mean '%s'?", nearest);
  return FALSE;
}

gboolean protection_parse_ignored(const char *text, guint *set, GError **error)
{
  g_auto(GStrv) names = g_strsplit(text, ",", -1);

  for (char **name = names; *name; name++) {
    int protection;

    if (!enum_from_string(&protection_table, *name, &protection))
      return refuse_name(*name, error);
    *set |= 1u << protection;
  }
  return TRUE;
}

gboolean protection_is_in(guint set, Protection protection)
{
  return (set >> protection) & 1u;
}

gboolean protection_lose(Domain *domain, xmlNode *node, const char *attribute, Protection protection,
                         const char *message, GError **error)
{
  Place place = xml_place(node);

  if (protection_is_in(domain->options->ignored, protection)) {
    report_warning(domain->report, &place, attribute, NULL, "%s", message);
    return TRUE;
  }
  error_set_document(error, &place, attribute, "%s", message);
  return error_add_hint(error, "to run the guest without: --ignore=%s",
                        enum_to_string(&protection_table, (int)protection));
}
