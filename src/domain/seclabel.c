/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/seclabel.h"

#include "domain/domain.h"
#include "domain/protection.h"
#include "xml/element.h"

typedef enum {
  SECLABEL_DYNAMIC, /* libvirt makes one up for each guest */
  SECLABEL_STATIC,  /* the document names it */
  SECLABEL_NONE,
  SECLABEL_LAST,
} SeclabelType;

ENUM_TABLE(
    seclabel_type_table,
    SECLABEL_LAST, [SECLABEL_DYNAMIC] = "dynamic", [SECLABEL_STATIC] = "static", [SECLABEL_NONE] = "none");

static gboolean lose_static(xmlNode *node, Domain *domain, GError **error)
{
  g_autofree char *message = NULL;
  xmlNode *child;
  const char *label;

  if (!xml_child_required(node, "label", &child, error) || !xml_text(child, &label, error))
    return FALSE;
  message = g_strdup_printf("the label '%s' is not set: QEMU runs under that of domrun itself", label);
  if (protection_lose(domain, node, /* attribute= */ NULL, PROTECTION_SECLABEL, message, error))
    return TRUE;
  return error_add_hint(error, "run domrun itself under that label (runcon(1), setpriv(1), a service's "
                               "settings), and say --ignore=seclabel");
}

/* Which label that is, nobody has said: libvirt's own default, where it has such a driver. Of a running guest
 * it says which one that was, whether somebody asked for any or not. */
static gboolean lose_dynamic(xmlNode *node, Domain *domain, const char *model, GError **error)
{
  gboolean is_of_running =
      xml_next_child(node, "imagelabel", NULL) && !xml_next_child(node, "baselabel", NULL);
  g_autofree char *message =
      g_strdup_printf("no label of model '%s' is set: QEMU runs under that of domrun itself", model);
  Place place = xml_place(node);

  if (domain->options->is_strict)
    return protection_lose(domain, node, /* attribute= */ NULL, PROTECTION_SECLABEL, message, error);
  if (is_of_running)
    return TRUE;
  report_warning(domain->report, &place, NULL, NULL, "%s", message);
  return TRUE;
}

static gboolean read_seclabel(xmlNode *node, Domain *domain, GError **error)
{
  const char *model = xml_attribute(node, "model");
  SeclabelType type = SECLABEL_DYNAMIC;

  if (!xml_attribute_enum(node, "type", &seclabel_type_table, XML_ENUM(&type), error))
    return FALSE;
  xml_ignore(node);
  if (type == SECLABEL_NONE || g_strcmp0(model, "none") == 0)
    return TRUE;
  return type == SECLABEL_STATIC ? lose_static(node, domain, error)
                                 : lose_dynamic(node, domain, model ? model : "selinux", error);
}

gboolean seclabel_parse(xmlNode *root, Domain *domain, GError **error)
{
  XML_FOREACH_CHILD(root, node, "seclabel") {
    if (!read_seclabel(node, domain, error))
      return FALSE;
  }
  return TRUE;
}
