/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/lifecycle.h"

#include "xml/element.h"

ENUM_TABLE(
    lifecycle_action_table, LIFECYCLE_LAST, [LIFECYCLE_DESTROY] = "destroy", [LIFECYCLE_RESTART] = "restart",
    [LIFECYCLE_PRESERVE] = "preserve", [LIFECYCLE_RENAME_RESTART] = "rename-restart",
    [LIFECYCLE_COREDUMP_DESTROY] = "coredump-destroy", [LIFECYCLE_COREDUMP_RESTART] = "coredump-restart");

/* on_poweroff and on_reboot know no core dumps. */
static const EnumTable plain_action_table = { "plain_action_table", lifecycle_action_table_strings,
                                              LIFECYCLE_COREDUMP_DESTROY };

static gboolean read_action(xmlNode *domain, const char *name, const EnumTable *table,
                            LifecycleAction *ret_action, GError **error)
{
  const char *text = NULL;
  xmlNode *node = NULL;

  if (!xml_child(domain, name, &node, error) || (node && !xml_text(node, &text, error)))
    return FALSE;
  return !text || !*text || xml_text_enum(node, table, XML_ENUM(ret_action), error);
}

gboolean lifecycle_parse(xmlNode *domain, Lifecycle *ret_lifecycle, GError **error)
{
  ret_lifecycle->on_poweroff = LIFECYCLE_DESTROY;
  ret_lifecycle->on_reboot = LIFECYCLE_RESTART;
  ret_lifecycle->on_crash = LIFECYCLE_DESTROY;
  return read_action(domain, "on_poweroff", &plain_action_table, &ret_lifecycle->on_poweroff, error) &&
         read_action(domain, "on_reboot", &plain_action_table, &ret_lifecycle->on_reboot, error) &&
         read_action(domain, "on_crash", &lifecycle_action_table, &ret_lifecycle->on_crash, error);
}

static gboolean takes_a_supervisor(LifecycleAction action)
{
  return action == LIFECYCLE_PRESERVE || action == LIFECYCLE_RESTART || action == LIFECYCLE_RENAME_RESTART;
}

gboolean lifecycle_pauses(const Lifecycle *lifecycle)
{
  gboolean is_reset = lifecycle->on_reboot == LIFECYCLE_RESTART; /* by QEMU itself */

  return takes_a_supervisor(lifecycle->on_poweroff) ||
         (!is_reset && takes_a_supervisor(lifecycle->on_reboot));
}
