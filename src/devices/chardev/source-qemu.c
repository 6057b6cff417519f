/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person would talk to, a pty or standard input and output, is a socket to the supervisor, which
 * relays: a reader that is slow or gone never stops the guest, and a pty outlives a restart of QEMU; the
 * relay writes the log, too. So is a connection that is made again when it is lost: QEMU's option for that
 * has another name in older versions. A file is opened here, so that a failure names the document's line, and
 * QEMU is handed the descriptor (-add-fd). Everything else QEMU opens by itself.
 */
#include "config.h"

#include "devices/chardev/source.h"

#include "domain/device.h"

/* By what protocol a viewer of SPICE talks with it. */
static const char *protocol_of(const Device *device)
{
  const char *element = device->room->element;

  if (g_str_equal(element, "redirdev"))
    return "usbredir";
  return g_str_equal(element, "smartcard") ? "smartcard" : "vdagent";
}

static Props *backend(const char *kind, const Device *device)
{
  Props *props = props_new(/* key= */ NULL, kind);

  props_add_format(props, "id", "char%s", device->alias);
  return props;
}

static Props *path_backend(const char *kind, const ChardevSource *source, const Device *device)
{
  Props *props = backend(kind, device);

  props_add_string(props, "path", source->path);
  return props;
}

/* The options that a server and a client of either family share. */
static void add_socket(const ChardevSource *source, Props *props)
{
  if (source->protocol == CHARDEV_TELNET)
    props_add_bool(props, "telnet", TRUE);
  if (source->mode == CHARDEV_BIND) {
    props_add_bool(props, "server", TRUE);
    props_add_bool(props, "wait", FALSE);
  }
}

static Props *tcp_backend(const ChardevSource *source, const Device *device)
{
  const Endpoint *endpoint = source->mode == CHARDEV_BIND ? &source->local : &source->remote;
  Props *props = backend("socket", device);

  props_add_string(props, "host", endpoint->host);
  props_add_string(props, "port", endpoint->service);
  add_socket(source, props);
  if (source->has_tls)
    props_add_format(props, "tls-creds", "char%s-tls", device->alias);
  return props;
}

static Props *unix_backend(const ChardevSource *source, const Device *device)
{
  Props *props = path_backend("socket", source, device);

  add_socket(source, props);
  return props;
}

/* Empty and 0 are QEMU's words for any address and any port. */
static Props *udp_backend(const ChardevSource *source, const Device *device)
{
  Props *props = backend("udp", device);

  props_add_string(props, "host", source->remote.host ? source->remote.host : "");
  props_add_string(props, "port", source->remote.service);
  props_add_string(props, "localaddr", source->local.host ? source->local.host : "");
  props_add_string(props, "localport", source->local.service ? source->local.service : "0");
  return props;
}

static Props *named_backend(const char *kind, const char *name, const Device *device)
{
  Props *props = backend(kind, device);

  props_add_string(props, "name", name);
  return props;
}

static Props *vdagent_backend(const ChardevSource *source, const Device *device)
{
  Props *props = named_backend("qemu-vdagent", "vdagent", device);

  if (source->clipboard != FEATURE_UNSET)
    props_add_bool(props, "clipboard", source->clipboard == FEATURE_ON);
  if (source->has_mouse)
    props_add_bool(props, "mouse", TRUE);
  return props;
}

/* In the working directory, where whoever types the command has a right to make it. */
static Props *generated_backend(const ChardevSource *source, const Device *device)
{
  Props *props = backend("socket", device);

  props_add_format(props, "path", "channel%u.sock", device->index);
  add_socket(source, props);
  return props;
}

static Props *file_backend(const ChardevSource *source, const Device *device)
{
  Props *props = path_backend("file", source, device);

  if (source->append)
    props_add_bool(props, "append", TRUE);
  return props;
}

/* A back end that QEMU opens by itself. */
static Props *shell_backend(const ChardevSource *source, const Device *device)
{
  switch (source->type) {
  case CHARDEV_NULL:
    return backend("null", device);
  case CHARDEV_VC:
    return backend("vc", device);
  case CHARDEV_PTY:
    return backend("pty", device);
  case CHARDEV_STDIO:
    return backend("stdio", device);
  case CHARDEV_DEV:
    return path_backend(source->is_parallel ? "parallel" : "serial", source, device);
  case CHARDEV_PIPE:
    return path_backend("pipe", source, device);
  case CHARDEV_FILE:
    return file_backend(source, device);
  case CHARDEV_TCP:
    return tcp_backend(source, device);
  case CHARDEV_UDP:
    return udp_backend(source, device);
  case CHARDEV_UNIX:
    return source->is_generated ? generated_backend(source, device) : unix_backend(source, device);
  case CHARDEV_SPICEVMC:
    return named_backend("spicevmc", protocol_of(device), device);
  case CHARDEV_SPICEPORT:
    return named_backend("spiceport", source->name, device);
  case CHARDEV_VDAGENT:
    return vdagent_backend(source, device);
  case CHARDEV_LAST:
    break;
  }
  g_assert_not_reached();
}

/* Has the supervisor open a file. Returns the number of the set in which QEMU finds the descriptor. */
static int pass_file(const char *path, gboolean append, const Device *device, const Place *place, Plan *plan)
{
  PlanResource *resource = plan_add_resource(plan, PLAN_RESOURCE_FILE, device->alias, place);

  resource->path = path;
  resource->append = append;
  plan_add_format(plan, PLAN_RUN, "-add-fd", "set=%d,fd=%d", resource->fd, resource->fd);
  return resource->fd;
}

static Props *passed_file_backend(const ChardevSource *source, const Device *device, Plan *plan)
{
  Props *props = backend("file", device);

  props_add_format(props, "path", "/dev/fdset/%d",
                   pass_file(source->path, source->append, device, &source->place, plan));
  props_add_bool(props, "append", TRUE); /* the supervisor has emptied it where that is meant */
  return props;
}

static PlanConsole console_of(const ChardevSource *source)
{
  if (source->type == CHARDEV_PTY)
    return PLAN_CONSOLE_PTY;
  return source->type == CHARDEV_STDIO ? PLAN_CONSOLE_STDIO : PLAN_CONSOLE_STREAM;
}

static Props *relayed_backend(const ChardevSource *source, const Device *device, Plan *plan)
{
  PlanResource *resource = plan_add_resource(plan, PLAN_RESOURCE_CONSOLE, device->alias, &source->place);
  Props *props = backend("socket", device);

  resource->console = console_of(source);
  resource->stream = (PlanStream){ .path = source->path,
                                   .host = source->remote.host,
                                   .service = source->remote.service,
                                   .is_telnet = source->protocol == CHARDEV_TELNET,
                                   .interval = source->reconnect };
  resource->log_path = source->log_path;
  resource->log_append = source->log_append;
  props_add_int(props, "fd", resource->fd);
  props_add_bool(props, "server", TRUE);
  props_add_bool(props, "wait", TRUE);
  return props;
}

/* In the guest's directory; the live XML says under which name. */
static Props *listening_backend(const ChardevSource *source, const Device *device, Plan *plan)
{
  PlanResource *resource = plan_add_resource(plan, PLAN_RESOURCE_CHANNEL, device->alias, &source->place);
  Props *props = backend("socket", device);

  props_add_int(props, "fd", resource->fd);
  add_socket(source, props);
  return props;
}

static gboolean is_relayed(const ChardevSource *source)
{
  return source->type == CHARDEV_PTY || source->type == CHARDEV_STDIO || source->reconnect > 0;
}

static Props *run_backend(const ChardevSource *source, const Device *device, Plan *plan)
{
  if (is_relayed(source))
    return relayed_backend(source, device, plan);
  if (source->type == CHARDEV_FILE)
    return passed_file_backend(source, device, plan);
  if (source->is_generated)
    return listening_backend(source, device, plan);
  return shell_backend(source, device);
}

static void add_log(const ChardevSource *source, const Device *device, Props *run, Props *shell, Plan *plan)
{
  if (!source->log_path)
    return;
  plan_require(plan, PLAN_REQUIRE_CREATE, &source->log_place, "file", source->log_path);
  props_add_string(shell, "logfile", source->log_path);
  props_add_bool(shell, "logappend", source->log_append);
  if (is_relayed(source))
    return;
  props_add_format(run, "logfile", "/dev/fdset/%d",
                   pass_file(source->log_path, source->log_append, device, &source->log_place, plan));
  props_add_bool(run, "logappend", TRUE);
}

static void require(const ChardevSource *source, Plan *plan)
{
  switch (source->type) {
  case CHARDEV_DEV:
    plan_require(plan, PLAN_REQUIRE_DEVICE, &source->place, "path", source->path);
    return;
  case CHARDEV_FILE:
    plan_require(plan, PLAN_REQUIRE_CREATE, &source->place, "path", source->path);
    return;
  case CHARDEV_PIPE:
    plan_require(plan, PLAN_REQUIRE_PIPE, &source->place, "path", source->path);
    return;
  case CHARDEV_UNIX:
    if (source->path && source->reconnect == 0) /* else it may come later */
      plan_require(plan, source->mode == CHARDEV_BIND ? PLAN_REQUIRE_LISTEN : PLAN_REQUIRE_SOCKET,
                   &source->place, "path", source->path);
    return;
  case CHARDEV_TCP:
    if (source->mode != CHARDEV_BIND)
      plan_connect(plan, source->remote.service);
    else
      plan_require(plan, PLAN_REQUIRE_TCP_PORT, &source->local.place, "service", source->local.address);
    return;
  case CHARDEV_UDP:
    if (source->local.address)
      plan_require(plan, PLAN_REQUIRE_UDP_PORT, &source->local.place, "service", source->local.address);
    return;
  case CHARDEV_NULL:
  case CHARDEV_VC:
  case CHARDEV_PTY:
  case CHARDEV_STDIO:
  case CHARDEV_SPICEVMC:
  case CHARDEV_SPICEPORT:
  case CHARDEV_VDAGENT:
  case CHARDEV_LAST:
    break;
  }
}

/* Both ends show their certificates, and look at the other's. */
static void add_credentials(const ChardevSource *source, const Device *device, Plan *plan)
{
  Props *credentials = props_new("qom-type", "tls-creds-x509");

  props_add_format(credentials, "id", "char%s-tls", device->alias);
  props_add_string(credentials, "dir", source->certificates);
  props_add_string(credentials, "endpoint", source->mode == CHARDEV_BIND ? "server" : "client");
  props_add_bool(credentials, "verify-peer", TRUE);
  plan_add_json(plan, PLAN_BOTH, "-object", credentials);
  plan_require(plan, PLAN_REQUIRE_DIRECTORY, &source->place, "tls", source->certificates);
}

void chardev_source_translate(const ChardevSource *source, const Device *device, Plan *plan)
{
  Props *run = run_backend(source, device, plan);
  Props *shell = shell_backend(source, device);

  if (source->has_tls)
    add_credentials(source, device, plan);
  require(source, plan);
  add_log(source, device, run, shell, plan);
  plan_add_keyval(plan, PLAN_RUN, "-chardev", run);
  plan_add_keyval(plan, PLAN_SHELL, "-chardev", shell);
}
