/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of the host QEMU has to open for a plan, beside what every QEMU needs: the plan's requirements and
 * resources say it, and so a room that requires what it uses is confined by being written. What has no
 * requirement is said with plan_allow() and plan_connect(). Pure: nothing is looked at.
 *
 * Descriptors that QEMU inherits are not in it: these are open already.
 */
#pragma once

#include <glib.h>

#include "qemu/plan.h"

typedef struct {
  PlanAccess access;
  char *path; /* absolute */
} AccessRule;

typedef struct {
  GPtrArray *rules;         /* of AccessRule, in the order of the plan; a path may stand there twice */
  GArray *listen_ports;     /* of PlanPorts, to listen on one of each */
  GPtrArray *listens;       /* of strings: TCP ports, or names of services */
  GPtrArray *connects;      /* the same, of other hosts or this one */
  gboolean is_listen_free;  /* nobody knows on which TCP ports it listens; */
  gboolean is_connect_free; /* to which it connects; */
  gboolean has_desktop;     /* it is a program of a desktop: displays, sound */
} Access;

/* Nothing is allowed. */
Access *access_new_empty(void);

/* Borrows nothing of the plan. */
Access *access_new(const Plan *plan);
void access_free(Access *access);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Access, access_free)

/* Adds a rule; @path is copied. */
void access_add(Access *access, PlanAccess rights, const char *path);

/* What of it matters most, as the next have those before them: "read", "execute", "write", "create", "all". A
 * literal. */
const char *access_name(PlanAccess access);
