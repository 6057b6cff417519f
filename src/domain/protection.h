/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What protects the guest, its data, or others from it, and what domrun does not carry out. A document that
 * has it is refused, unless the user gives it up: --ignore=NAME.
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  PROTECTION_FILTERREF,   /* what an interface may send and receive */
  PROTECTION_LEASE,       /* one host at a time runs the guest */
  PROTECTION_PORT,        /* ports of a bridge that do not reach each other */
  PROTECTION_SECLABEL,    /* a label that QEMU runs under */
  PROTECTION_SECURE_BOOT, /* the firmware starts what is signed only */
  PROTECTION_VLAN,        /* the VLAN of an interface */
  PROTECTION_LAST,
} Protection;

extern const EnumTable protection_table;

/* Adds what a value of --ignore names, with commas between the names, to @set, a bit for each; a
 * DOMRUN_ERROR_USAGE error where it names something else. */
gboolean protection_parse_ignored(const char *text, guint *set, GError **error);

/* Whether @set has it. */
gboolean protection_is_in(guint set, Protection protection);

/* Says that @node is not carried out; @message is the whole of it. TRUE where the user gave that up: it is a
 * warning then. For machine_parse()'s passes. */
gboolean protection_lose(Domain *domain, struct _xmlNode *node, const char *attribute, Protection protection,
                         const char *message, GError **error);
