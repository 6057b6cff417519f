/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/publish.h"

#include <unistd.h>

#include "base/announce.h"
#include "control/protocol.h"
#include "host/confinement.h"
#include "supervise/notify.h"

static const char *const state_names[] = {
  [STATE_IDLE] = "idle",         [STATE_STARTING] = "starting",   [STATE_RUNNING] = "running",
  [STATE_PAUSED] = "paused",     [STATE_DUMPING] = "dumping",     [STATE_POWERING_DOWN] = "powering down",
  [STATE_ENDING] = "ending",     [STATE_PRESERVED] = "preserved", [STATE_WAITING] = "waiting",
  [STATE_DRAINING] = "draining", [STATE_ENDED] = "ended",
};
G_STATIC_ASSERT(G_N_ELEMENTS(state_names) == STATE_LAST);

const char *state_name(State state)
{
  return state_names[state];
}

/* ---- The state ---- */

static GuestStateKind kind_of(const Supervisor *supervisor)
{
  switch (supervisor->state) {
  case STATE_RUNNING:
    return GUEST_RUNNING;
  case STATE_PAUSED:
  case STATE_DUMPING:
    return GUEST_PAUSED;
  case STATE_POWERING_DOWN:
  case STATE_ENDING:
    return GUEST_SHUTTING_DOWN;
  case STATE_PRESERVED:
    return GUEST_PRESERVED;
  case STATE_DRAINING:
    return supervisor->will_restart ? GUEST_RESTARTING : GUEST_SHUTTING_DOWN;
  case STATE_WAITING:
    return GUEST_RESTARTING;
  case STATE_ENDED:
    return GUEST_ENDED;
  case STATE_IDLE:
  case STATE_STARTING:
  case STATE_LAST:
    break;
  }
  return GUEST_STARTING;
}

static Json *to_json(const Supervisor *supervisor, GuestStateKind kind)
{
  gboolean is_end = kind == GUEST_PRESERVED || kind == GUEST_ENDED;
  g_autofree char *sandbox = confinement_names(supervisor->options->confinement);
  const GuestState state = {
    .name = supervisor->name,
    .uuid = (char *)supervisor->options->uuid,
    .state = kind,
    .reason = (char *)(is_end && supervisor->end_reason ? supervisor->end_reason : supervisor->reason),
    .since = supervisor->since,
    .started = supervisor->started,
    .supervisor_pid = getpid(),
    .emulator_pid = supervisor->emulator ? emulator_pid(supervisor->emulator) : 0,
    .emulator_start = supervisor->emulator ? emulator_start_time(supervisor->emulator) : 0,
    .restarts = supervisor->n_restarts,
    .resets = supervisor->n_resets,
    .exit_code = is_end ? supervisor->exit_code : -1,
    .sandbox = sandbox,
    .user = (char *)(supervisor->options->account ? account_name(supervisor->options->account) : NULL),
    .message = is_end && supervisor->error ? supervisor->error->message : NULL,
  };

  return guest_state_to_json(&state);
}

Json *publish_status(const Supervisor *supervisor)
{
  return to_json(supervisor, kind_of(supervisor));
}

/* The lack of room that one file has found all others find. */
gboolean publish_file(Supervisor *supervisor, const char *name, const char *text)
{
  g_autoptr(GError) error = NULL;

  if (guest_file_replace(runtime_dir_fd(supervisor->directory), name, text, &error)) {
    supervisor->is_unwritten = FALSE;
    return TRUE;
  }
  if (!supervisor->is_unwritten)
    announce_notice("%s in '%s'; until there is room, domrun's commands ask this supervisor", error->message,
                    runtime_dir_path(supervisor->directory));
  supervisor->is_unwritten = TRUE;
  return FALSE;
}

gboolean publish_first(Supervisor *supervisor, GError **error)
{
  g_autoptr(Json) state = NULL;
  g_autofree char *line = NULL;

  supervisor->reason = "booting";
  supervisor->since = supervisor->started;
  state = publish_status(supervisor);
  line = message_to_line(state);
  return guest_file_write(runtime_dir_fd(supervisor->directory), CONTROL_STATE_FILE, line, error) ||
         error_add_hint(error, "it is to be in '%s'; make room there, or name another place: --root=DIR",
                        runtime_dir_path(supervisor->directory));
}

/* An end is told, and written (publish_trace()) when nothing of the guest is there any more. */
static void tell(Supervisor *supervisor, GuestStateKind kind)
{
  g_autoptr(Json) state = to_json(supervisor, kind);
  g_autofree char *line = message_to_line(state);

  if (kind != GUEST_ENDED)
    publish_file(supervisor, CONTROL_STATE_FILE, line);
  control_server_emit(supervisor->server, CONTROL_EVENT_STATE, state);
}

void publish_state(Supervisor *supervisor)
{
  GuestStateKind kind = kind_of(supervisor);

  if (!supervisor->directory || !supervisor->server || supervisor->state == STATE_IDLE)
    return;
  tell(supervisor, kind);
  if (kind == GUEST_SHUTTING_DOWN || kind == GUEST_ENDED)
    notify_send("STOPPING=1\nSTATUS=%s (%s)", state_name(supervisor->state), supervisor->reason);
  else if (supervisor->state == STATE_RUNNING)
    notify_send("READY=1\nMAINPID=%d\nSTATUS=running (%s)", (int)getpid(), supervisor->reason);
  else
    notify_send("STATUS=%s (%s)", state_name(supervisor->state), supervisor->reason);
}

void publish_emulator(Supervisor *supervisor)
{
  g_autoptr(Json) state = publish_status(supervisor);
  g_autofree char *line = message_to_line(state);

  publish_file(supervisor, CONTROL_STATE_FILE, line);
}

static gboolean write_events(Supervisor *supervisor)
{
  g_autofree char *events = control_server_kept_events(supervisor->server);

  return publish_file(supervisor, CONTROL_EVENTS_FILE, events);
}

void publish_remains(Supervisor *supervisor)
{
  tell(supervisor, GUEST_PRESERVED);
  write_events(supervisor);
}

gboolean publish_trace(Supervisor *supervisor)
{
  g_autoptr(Json) state = to_json(supervisor, GUEST_ENDED);
  g_autofree char *line = message_to_line(state);

  return write_events(supervisor) && publish_file(supervisor, CONTROL_STATE_FILE, line);
}

/* ---- What is known since the guest runs ---- */

void live_facts_clear(LiveFacts *facts)
{
  g_clear_pointer(&facts->devices, g_array_unref);
  g_clear_pointer(&facts->displays, g_array_unref);
}

static void add_resource(LiveFacts *facts, const Resource *resource)
{
  const LiveDevice device = { .alias = resource->plan->alias,
                              .tap = resource->tap ? tap_name(resource->tap) : resource->tap_name,
                              .socket = resource->path };

  if (device.tap || device.socket)
    g_array_append_val(facts->devices, device);
}

LiveFacts publish_facts(const Supervisor *supervisor)
{
  LiveFacts facts = { .name = supervisor->name,
                      .id = getpid(),
                      .directory =
                          supervisor->directory ? runtime_dir_sockets_path(supervisor->directory) : NULL };

  facts.devices = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ TRUE, sizeof(LiveDevice));
  for (guint i = 0; i < consoles_count(supervisor->consoles); i++) {
    const LiveDevice console = { .alias = consoles_alias(supervisor->consoles, i),
                                 .tty = consoles_path(supervisor->consoles, i) };

    if (console.tty)
      g_array_append_val(facts.devices, console);
  }
  for (guint i = 0; i < resources_count(supervisor->resources); i++) {
    const Resource *resource = resources_get(supervisor->resources, i);

    add_resource(&facts, resource);
    if (resource->port)
      *(resource->plan->is_tls ? &facts.spice_tls_port : &facts.spice_port) = resource->port;
  }
  facts.displays = g_array_ref(supervisor->displays);
  return facts;
}

char *publish_xml(const Supervisor *supervisor)
{
  const SupervisorOptions *options = supervisor->options;
  g_auto(LiveFacts) facts = publish_facts(supervisor);

  return options->live_xml ? options->live_xml(&facts, options->user_data) : NULL;
}

/* Once: what is told later stays in the document. */
static void publish_definition(Supervisor *supervisor)
{
  const SupervisorOptions *options = supervisor->options;

  if (!supervisor->definition && options->live_xml)
    supervisor->definition = options->live_xml(/* facts= */ NULL, options->user_data);
  if (supervisor->definition)
    publish_file(supervisor, CONTROL_DEFINITION_FILE, supervisor->definition);
}

void publish_live(Supervisor *supervisor)
{
  g_autofree char *xml = NULL;

  publish_definition(supervisor);
  xml = publish_xml(supervisor);
  if (xml)
    publish_file(supervisor, CONTROL_LIVE_FILE, xml);
}

void publish_event(Supervisor *supervisor, const char *name, Json *data)
{
  g_autoptr(Json) event = json_new_object();

  json_set_string(event, "event", name);
  if (data)
    json_set(event, "data", json_ref(data));
  control_server_emit(supervisor->server, CONTROL_EVENT_QEMU, event);
}

/* ---- Displays ---- */

/* Their names are default, vnc2, vnc3, ... (devices/graphics-qemu.c). */
static guint index_of_server(const char *id)
{
  guint64 number;

  if (id && g_str_has_prefix(id, "vnc") &&
      g_ascii_string_to_unsigned(id + 3, 10, 2, G_MAXUINT32, &number, NULL))
    return (guint)number - 1;
  return 0;
}

/* One address that a server listens at: VncBasicInfo of QEMU's ui.json. */
static void add_address(LiveDisplay *display, Json *address)
{
  const char *service = json_get_string(address, "service");
  gboolean is_websocket = json_get_bool(address, "websocket");
  guint64 port = 0;

  if (g_strcmp0(json_get_string(address, "family"), "unix") == 0) {
    g_free((char *)display->path);
    display->path = g_strdup(service);
    return;
  }
  if (!service || !g_ascii_string_to_unsigned(service, 10, 1, G_MAXUINT16, &port, NULL))
    return;
  if (is_websocket) {
    display->websocket = (int)port;
    return;
  }
  display->port = (int)port;
  g_free((char *)display->host);
  display->host = g_strdup(json_get_string(address, "host"));
}

static void add_server(GArray *displays, Json *server)
{
  Json *addresses = json_get(server, "server");
  LiveDisplay display = { .index = index_of_server(json_get_string(server, "id")) };

  for (guint i = 0; i < json_length(addresses); i++) {
    Json *address = json_at(addresses, i);

    if (json_is(address, JSON_OBJECT))
      add_address(&display, address);
  }
  g_array_append_val(displays, display);
}

static int compare_displays(gconstpointer one, gconstpointer other)
{
  return (int)((const LiveDisplay *)one)->index - (int)((const LiveDisplay *)other)->index;
}

static void set_vnc(Supervisor *supervisor, Json *servers)
{
  g_array_set_size(supervisor->displays, 0);
  for (guint i = 0; i < json_length(servers); i++) {
    Json *server = json_at(servers, i);

    if (json_is(server, JSON_OBJECT))
      add_server(supervisor->displays, server);
  }
  g_array_sort(supervisor->displays, compare_displays);
}

static int get_port(Json *object, const char *name)
{
  gint64 port = 0;

  return json_get_int(object, name, &port) && port > 0 && port <= G_MAXUINT16 ? (int)port : 0;
}

/* SpiceInfo of QEMU's ui.json; of a server on a socket, its path is the host. */
static void add_spice(Supervisor *supervisor, Json *info)
{
  const char *host = info ? json_get_string(info, "host") : NULL;
  LiveDisplay display = { .is_spice = TRUE };

  if (!info || !json_get_bool(info, "enabled"))
    return;
  display.port = get_port(info, "port");
  display.tls_port = get_port(info, "tls-port");
  if (host && *host == '/')
    display.path = g_strdup(host);
  else if (host && !g_str_equal(host, "*"))
    display.host = g_strdup(host);
  g_array_append_val(supervisor->displays, display);
}

static void on_vnc(Json *result, const GError *error, gpointer user_data)
{
  set_vnc(user_data, result);
}

/* An error: this QEMU has no SPICE, and so nothing to tell. */
static void on_spice(Json *result, const GError *error, gpointer user_data)
{
  add_spice(user_data, error ? NULL : result);
}

void publish_ask_displays(Supervisor *supervisor)
{
  QmpClient *qmp = emulator_qmp(supervisor->emulator);

  qmp_client_execute(qmp, "query-vnc-servers", NULL, on_vnc, supervisor);
  if (plan_has_option(supervisor->options->plan, "-spice"))
    qmp_client_execute(qmp, "query-spice", NULL, on_spice, supervisor);
}
