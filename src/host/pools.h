/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Storage pools that libvirt defines on this host.
 */
#pragma once

#include "base/error.h"
#include "qemu/plan.h"
#include "xml/document.h"

/* The directory of a pool's volumes, absolute, from libvirt's own file, where this user can read it: of pools
 * of type dir, fs, netfs and logical, whose volumes are named as their files. NULL where there is none; the
 * caller frees it. */
char *pools_find_directory(const char *pool);

/* The same of one definition, which the result lives as long as. */
const char *pools_directory_of(const XmlDocument *definition);

/* For requirements.h: PLAN_REQUIRE_POOL, which nobody knows. */
gboolean pools_refuse(const PlanRequirement *requirement, GError **error);
