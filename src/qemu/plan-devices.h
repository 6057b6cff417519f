/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The devices of a plan by their ids, to change what was said of one: for whoever comes after translation.
 * Making this reads every "-device {json}" of the plan, once.
 */
#pragma once

#include <glib.h>

#include "base/json.h"
#include "qemu/plan.h"

typedef struct PlanDevices PlanDevices;

/* The plan must outlive it, and gets no argument before it is freed. */
PlanDevices *plan_devices_new(Plan *plan);
void plan_devices_free(PlanDevices *devices);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlanDevices, plan_devices_free)

gboolean plan_devices_has(const PlanDevices *devices, const char *id);

/* The id most like @id, or NULL where none is near. */
const char *plan_devices_nearest(const PlanDevices *devices, const char *id);

/* Sets a property of the device @id, which is there, or removes it where @value is NULL; takes @value. The
 * plan has it once plan_devices_write() was called. */
void plan_devices_set(PlanDevices *devices, const char *id, const char *property, Json *value);
void plan_devices_write(PlanDevices *devices);

/* Rewrites "-device {json}" as key=value where that can say it. QEMU makes all devices of key=value, in their
 * order, before the first of JSON: system/vl.c. */
void plan_devices_write_keyval(PlanDevices *devices);
