/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "qemu/access.h"

#include <string.h>

static const PlanAccess read_write = PLAN_ACCESS_READ | PLAN_ACCESS_WRITE;

static void rule_free(gpointer data)
{
  AccessRule *rule = data;

  g_free(rule->path);
  g_free(rule);
}

static void take(Access *access, PlanAccess rights, char *path)
{
  AccessRule *rule = g_new0(AccessRule, 1);

  rule->access = rights;
  rule->path = path;
  g_ptr_array_add(access->rules, rule);
}

void access_add(Access *access, PlanAccess rights, const char *path)
{
  take(access, rights, g_strdup(path));
}

static void add_pipes(Access *access, const char *path)
{
  access_add(access, read_write, path);
  take(access, read_write, g_strconcat(path, ".in", NULL));
  take(access, read_write, g_strconcat(path, ".out", NULL));
}

/* "HOST PORT", or a port alone. */
static void add_listen(Access *access, const char *address)
{
  const char *space = strrchr(address, ' ');

  g_ptr_array_add(access->listens, g_strdup(space ? space + 1 : address));
}

static void add_requirement(Access *access, const PlanRequirement *requirement)
{
  const char *path = requirement->path;

  switch (requirement->kind) {
  case PLAN_REQUIRE_READ:
  case PLAN_REQUIRE_DIRECTORY:
    access_add(access, PLAN_ACCESS_READ, path);
    return;
  case PLAN_REQUIRE_WRITE:
  case PLAN_REQUIRE_DEVICE:
  case PLAN_REQUIRE_VARIABLES:
    access_add(access, read_write, path);
    return;
  case PLAN_REQUIRE_LISTEN:
    access_add(access, PLAN_ACCESS_SOCKET, path);
    return;
  case PLAN_REQUIRE_PIPE:
    add_pipes(access, path);
    return;
  case PLAN_REQUIRE_SECRET:
    if (path)
      access_add(access, PLAN_ACCESS_READ, path);
    return;
  case PLAN_REQUIRE_KVM:
    access_add(access, read_write, "/dev/kvm");
    return;
  case PLAN_REQUIRE_PCI:
  case PLAN_REQUIRE_MDEV:
    access_add(access, read_write, "/dev/vfio");
    access_add(access, read_write, "/dev/iommu");
    return;
  case PLAN_REQUIRE_USB:
    access_add(access, read_write, "/dev/bus/usb");
    access_add(access, PLAN_ACCESS_READ, "/run/udev");
    return;
  case PLAN_REQUIRE_TCP_PORT:
    add_listen(access, path);
    return;
  case PLAN_REQUIRE_EMULATOR: /* host/confinement.h has what every QEMU needs */
  case PLAN_REQUIRE_MACHINE:
  case PLAN_REQUIRE_SPICE:
  case PLAN_REQUIRE_SCSI:    /* the room allows its device, whose name this is not */
  case PLAN_REQUIRE_PROGRAM: /* these are done beside QEMU */
  case PLAN_REQUIRE_HELPER:
  case PLAN_REQUIRE_TPM:
  case PLAN_REQUIRE_VIRTIOFSD:
  case PLAN_REQUIRE_CLOUD_INIT:
  case PLAN_REQUIRE_CREATE: /* these before it, or the room allows it */
  case PLAN_REQUIRE_TUN:
  case PLAN_REQUIRE_TAP:
  case PLAN_REQUIRE_BRIDGE:
  case PLAN_REQUIRE_SWITCH:
  case PLAN_REQUIRE_PARENT:
  case PLAN_REQUIRE_NETWORK:
  case PLAN_REQUIRE_SOCKET: /* these are no files that are opened */
  case PLAN_REQUIRE_UDP_PORT:
  case PLAN_REQUIRE_LOCKED:
  case PLAN_REQUIRE_HUGEPAGES:
  case PLAN_REQUIRE_CPUS:
  case PLAN_REQUIRE_SCHEDULER:
  case PLAN_REQUIRE_POOL: /* with these nothing is started */
  case PLAN_REQUIRE_FIRMWARE:
    return;
  }
}

/* A file of memory, secret or data that QEMU inherits and opens again by its descriptor is one that has no
 * name (memfd_create(2)), or is the supervisor's; those are asked for nothing. */
static void add_resource(Access *access, const PlanResource *resource)
{
  if (resource->kind == PLAN_RESOURCE_VARIABLES)
    access_add(access, read_write, resource->path);
}

Access *access_new_empty(void)
{
  Access *access = g_new0(Access, 1);

  access->rules = g_ptr_array_new_with_free_func(rule_free);
  access->listens = g_ptr_array_new_with_free_func(g_free);
  access->connects = g_ptr_array_new_with_free_func(g_free);
  access->listen_ports = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(PlanPorts));
  return access;
}

Access *access_new(const Plan *plan)
{
  Access *access = access_new_empty();

  for (guint i = 0; i < plan->requirements->len; i++)
    add_requirement(access, g_ptr_array_index(plan->requirements, i));
  for (guint i = 0; i < plan->resources->len; i++)
    add_resource(access, g_ptr_array_index(plan->resources, i));
  for (guint i = 0; i < plan->allowances->len; i++) {
    const PlanAllowance *allowance = g_ptr_array_index(plan->allowances, i);

    access_add(access, allowance->access, allowance->path);
  }
  g_array_append_vals(access->listen_ports, plan->listen_ports->data, plan->listen_ports->len);
  for (guint i = 0; i < plan->connects->len; i++)
    g_ptr_array_add(access->connects, g_strdup(g_ptr_array_index(plan->connects, i)));
  access->is_connect_free = plan->connects_anywhere;
  access->is_listen_free = plan->listens_anywhere;
  access->has_desktop = plan->has_desktop;
  return access;
}

void access_free(Access *access)
{
  if (!access)
    return;
  g_ptr_array_unref(access->rules);
  g_array_unref(access->listen_ports);
  g_ptr_array_unref(access->listens);
  g_ptr_array_unref(access->connects);
  g_free(access);
}

const char *access_name(PlanAccess access)
{
  if (access & PLAN_ACCESS_ALL)
    return "all";
  if (access & PLAN_ACCESS_CREATE)
    return "create";
  if (access & PLAN_ACCESS_WRITE)
    return "write";
  return access & PLAN_ACCESS_EXECUTE ? "execute" : "read";
}
