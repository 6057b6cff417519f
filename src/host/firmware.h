/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The firmware of this host, by QEMU's descriptors: see descriptors.h, and QEMU's docs/interop/firmware.json.
 */
#pragma once

#include "base/json.h"
#include "domain/firmware-request.h"
#include "qemu/plan.h"

/* The first that fits. FALSE where there is none. */
gboolean firmware_find(const FirmwareRequest *request, FirmwareFound *ret_found);

/* The template of the variables for @loader: of a descriptor that names it, or one that distributions put
 * beside it. NULL where nobody knows one; the caller frees it. */
char *firmware_find_template(const char *loader);

/* Both, among the descriptors of @directories alone, which are absolute and end with NULL: for tests. */
gboolean firmware_find_in(const char *const *directories, const FirmwareRequest *request,
                          FirmwareFound *ret_found);
char *firmware_find_template_in(const char *const *directories, const char *loader);

/* The same of one descriptor alone: whether it fits, and the template that it names for @loader. */
gboolean firmware_try(const Json *descriptor, const FirmwareRequest *request, FirmwareFound *ret_found);
char *firmware_try_template(const Json *descriptor, const char *loader);

/* For PLAN_REQUIRE_FIRMWARE and PLAN_REQUIRE_VARIABLES: a DOMRUN_ERROR_HOST error. */
gboolean firmware_refuse(const PlanRequirement *requirement, GError **error);
gboolean firmware_check_variables(const PlanRequirement *requirement, GError **error);

/* Makes the file of a PLAN_RESOURCE_VARIABLES where it is not there, whole or not at all, mode 0600. Returns
 * it, open for reading, or -1 with a DOMRUN_ERROR_HOST error. */
int firmware_make_variables(const PlanResource *resource, GError **error);
