/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person would talk to, a pty or standard input and output, is a socket to the supervisor, which
 * relays: a reader that is slow or gone never stops the guest, and a pty outlives a restart of QEMU. A file
 * is opened here, so that a failure names the document's line, and QEMU is handed the descriptor (-add-fd).
 */
#include "config.h"

#include "devices/chardev-source.h"

static Props *backend(const char *kind, const Device *device)
{
  Props *props = props_new(/* key= */ NULL, kind);

  props_add_format(props, "id", "char%s", device->alias);
  return props;
}

static void translate_relayed(const Device *device, const ChardevSource *source, PlanConsole console,
                              Plan *plan)
{
  PlanResource *resource = plan_add_resource(plan, PLAN_RESOURCE_CONSOLE, device->alias, &source->place);
  Props *socket = backend("socket", device);

  resource->console = console;
  props_add_int(socket, "fd", resource->fd);
  props_add_bool(socket, "server", TRUE);
  props_add_bool(socket, "wait", TRUE);
  plan_add_keyval(plan, PLAN_RUN, "-chardev", socket);
  plan_add_keyval(plan, PLAN_SHELL, "-chardev",
                  backend(console == PLAN_CONSOLE_PTY ? "pty" : "stdio", device));
}

static void translate_file(const Device *device, const ChardevSource *source, Plan *plan)
{
  PlanResource *resource = plan_add_resource(plan, PLAN_RESOURCE_FILE, device->alias, &source->place);
  Props *passed = backend("file", device), *named = backend("file", device);

  resource->path = source->path;
  resource->append = source->append;
  plan_require(plan, PLAN_REQUIRE_CREATE, &source->place, "path", source->path);
  plan_add_format(plan, PLAN_RUN, "-add-fd", "set=%d,fd=%d", resource->fd, resource->fd);
  props_add_format(passed, "path", "/dev/fdset/%d", resource->fd);
  props_add_bool(passed, "append", TRUE);
  plan_add_keyval(plan, PLAN_RUN, "-chardev", passed);
  props_add_string(named, "path", source->path);
  if (source->append)
    props_add_bool(named, "append", TRUE);
  plan_add_keyval(plan, PLAN_SHELL, "-chardev", named);
}

void chardev_source_translate(const ChardevSource *source, const Device *device, Plan *plan)
{
  switch (source->type) {
  case CHARDEV_NULL:
    plan_add_keyval(plan, PLAN_BOTH, "-chardev", backend("null", device));
    return;
  case CHARDEV_PTY:
    translate_relayed(device, source, PLAN_CONSOLE_PTY, plan);
    return;
  case CHARDEV_STDIO:
    translate_relayed(device, source, PLAN_CONSOLE_STDIO, plan);
    return;
  case CHARDEV_FILE:
    translate_file(device, source, plan);
    return;
  case CHARDEV_LAST:
    break;
  }
  g_assert_not_reached();
}
