/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "qemu/plan-devices.h"

#include <string.h>

#include "base/nearest.h"
#include "qemu/props.h"

enum { DEVICE_MAX_DEPTH = 16 };

/* One argument. A device may have two: for a supervisor and for a shell. */
typedef struct {
  PlanArgument *argument;
  Json *props;
  gboolean is_changed;
} PlanDevice;

struct PlanDevices {
  GPtrArray *all;    /* of PlanDevice */
  GHashTable *by_id; /* id to a GPtrArray of them, borrowed */
};

static void plan_device_free(gpointer data)
{
  PlanDevice *device = data;

  json_unref(device->props);
  g_free(device);
}

static void add(PlanDevices *devices, PlanArgument *argument)
{
  Json *props = json_parse(argument->value, strlen(argument->value), DEVICE_MAX_DEPTH, /* error= */ NULL);
  const char *id = json_get_string(props, "id");
  PlanDevice *device = g_new0(PlanDevice, 1);
  GPtrArray *same = id ? g_hash_table_lookup(devices->by_id, id) : NULL;

  device->argument = argument;
  device->props = props;
  g_ptr_array_add(devices->all, device);
  if (id && !same) {
    same = g_ptr_array_new();
    g_hash_table_insert(devices->by_id, g_strdup(id), same);
  }
  if (id)
    g_ptr_array_add(same, device);
}

PlanDevices *plan_devices_new(Plan *plan)
{
  PlanDevices *devices = g_new0(PlanDevices, 1);

  devices->all = g_ptr_array_new_with_free_func(plan_device_free);
  devices->by_id = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  for (guint i = 0; i < plan->arguments->len; i++) {
    PlanArgument *argument = g_ptr_array_index(plan->arguments, i);

    if (g_str_equal(argument->option, "-device"))
      add(devices, argument);
  }
  return devices;
}

void plan_devices_free(PlanDevices *devices)
{
  if (!devices)
    return;
  g_hash_table_unref(devices->by_id);
  g_ptr_array_unref(devices->all);
  g_free(devices);
}

gboolean plan_devices_has(const PlanDevices *devices, const char *id)
{
  return g_hash_table_contains(devices->by_id, id);
}

const char *plan_devices_nearest(const PlanDevices *devices, const char *id)
{
  Nearest nearest = NEAREST_INIT(id);

  for (guint i = 0; i < devices->all->len; i++)
    nearest_try(&nearest,
                json_get_string(((const PlanDevice *)g_ptr_array_index(devices->all, i))->props, "id"));
  return nearest.name;
}

static void set_one(PlanDevice *device, const char *property, Json *value)
{
  device->is_changed = TRUE;
  if (value)
    json_set(device->props, property, json_ref(value));
  else
    json_remove(device->props, property);
}

void plan_devices_set(PlanDevices *devices, const char *id, const char *property, Json *value)
{
  const GPtrArray *same = g_hash_table_lookup(devices->by_id, id);

  for (guint i = 0; same && i < same->len; i++)
    set_one(g_ptr_array_index(same, i), property, value);
  json_unref(value);
}

void plan_devices_write(PlanDevices *devices)
{
  for (guint i = 0; i < devices->all->len; i++) {
    PlanDevice *device = g_ptr_array_index(devices->all, i);

    if (!device->is_changed)
      continue;
    g_free(device->argument->value);
    device->argument->value = json_print(device->props);
  }
}

void plan_devices_write_keyval(PlanDevices *devices)
{
  for (guint i = 0; i < devices->all->len; i++) {
    PlanDevice *device = g_ptr_array_index(devices->all, i);
    char *keyval = props_json_to_keyval(device->props, "driver");

    if (!keyval)
      continue;
    g_free(device->argument->value);
    device->argument->value = keyval;
  }
}
