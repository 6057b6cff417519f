/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <on_poweroff>, <on_reboot> and <on_crash>: what the supervisor does when the guest, or QEMU, ends.
 * https://libvirt.org/formatdomain.html#events-configuration
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;

typedef enum {
  LIFECYCLE_DESTROY,
  LIFECYCLE_RESTART,
  LIFECYCLE_PRESERVE,
  LIFECYCLE_RENAME_RESTART,
  LIFECYCLE_COREDUMP_DESTROY, /* on_crash only, as the next */
  LIFECYCLE_COREDUMP_RESTART,
  LIFECYCLE_LAST,
} LifecycleAction;

extern const EnumTable lifecycle_action_table;

typedef struct Lifecycle {
  LifecycleAction on_poweroff; /* default: destroy */
  LifecycleAction on_reboot;   /* default: restart */
  LifecycleAction on_crash;    /* default: destroy */
} Lifecycle;

gboolean lifecycle_parse(struct _xmlNode *domain, Lifecycle *ret_lifecycle, GError **error);

/* Whether QEMU stays, paused, when the guest has powered off or rebooted, since what follows takes a
 * supervisor, which may not be there just then; who does not want to keep it has to end it. */
gboolean lifecycle_pauses(const Lifecycle *lifecycle);

void lifecycle_translate(const Lifecycle *lifecycle, Plan *plan);
