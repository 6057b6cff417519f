/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface/host-name.h"

#include <net/if.h>
#include <string.h>

#include "xml/element.h"

/* The kernel's rule (dev_valid_name): 1 to 15 bytes, not "." and "..", no slash, colon or white space. A
 * percent sign is the kernel's to replace, and only as "%d". */
static gboolean check(xmlNode *node, const char *attribute, const char *name, gboolean may_be_template,
                      GError **error)
{
  const char *percent = strchr(name, '%');

  if (!*name)
    return xml_error(error, node, attribute, "is empty; expected the name of a network device of the host");
  if (strlen(name) >= IFNAMSIZ)
    return xml_error(error, node, attribute, "'%s' has %zu bytes; a network device's name has at most %d",
                     name, strlen(name), IFNAMSIZ - 1);
  if (g_str_equal(name, ".") || g_str_equal(name, "..") || *name == '-') /* an option, to a program */
    return xml_error(error, node, attribute, "'%s' cannot be the name of a network device", name);
  for (const char *c = name; *c; c++) {
    if (*c == '/' || *c == ':' || g_ascii_isspace(*c) || g_ascii_iscntrl(*c))
      return xml_error(error, node, attribute,
                       "'%s' cannot be the name of a network device: it has a slash, a colon or white space",
                       name);
  }
  if (percent && (!may_be_template || percent[1] != 'd' || strchr(percent + 1, '%')))
    return xml_error(error, node, attribute, "'%s' has a percent sign, which may only stand in '%%d'", name);
  return TRUE;
}

gboolean host_name_check(xmlNode *node, const char *attribute, const char *name, GError **error)
{
  return check(node, attribute, name, /* may_be_template= */ FALSE, error);
}

gboolean host_name_check_template(xmlNode *node, const char *attribute, const char *name, GError **error)
{
  return check(node, attribute, name, /* may_be_template= */ TRUE, error);
}
