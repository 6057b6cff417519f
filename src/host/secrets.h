/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets: where libvirt keeps them on this host, and how QEMU gets one.
 */
#pragma once

#include "base/error.h"
#include "qemu/plan.h"
#include "xml/document.h"

/* The file, in base64, of a secret that libvirt defines on this host, for this user or the system, by @uuid
 * or by @usage and its @kind (volume, ceph, iscsi). NULL where there is none that has a value; the caller
 * frees it. */
char *secrets_find(const char *uuid, const char *usage, const char *kind);

/* Whether one definition is of that use and kind. */
gboolean secrets_is_used_for(const XmlDocument *definition, const char *usage, const char *kind);

/* All that @fd has, in base64; NULL with a DOMRUN_ERROR_HOST error. The caller frees it, with
 * secrets_free_text(). */
char *secrets_read(int fd, GError **error);
void secrets_free_text(char *text);

/* A sealed file in memory that has the secret, in base64, or as it is; -1 with an error. */
int secrets_open(const PlanSecret *secret, const Place *place, GError **error);
int secrets_open_decoded(const PlanSecret *secret, const Place *place, GError **error);

/* For requirements.h: PLAN_REQUIRE_SECRET. */
gboolean secrets_check(const PlanRequirement *requirement, GError **error);
