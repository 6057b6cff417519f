/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/requests.h"

#include <string.h>

#include "base/patience.h"
#include "control/arguments.h"
#include "control/protocol.h"
#include "supervise/publish.h"
#include "supervise/requests-emulator.h"
#include "supervise/states.h"
#include "supervise/stopping.h"

/* What is executed has arguments that its table allows. */
typedef struct {
  const char *name;
  void (*execute)(Supervisor *supervisor, ControlRequest *request, Json *arguments);
  gboolean needs_emulator;   /* one that takes commands */
  const Argument *arguments; /* NULL: it takes none */
} Command;

typedef struct {
  const Command *command;
  ControlRequest *request;
  Json *arguments;
} HeldRequest;

/* Milliseconds in which resets are no end of the guest after somebody asked for one. */
enum { RESET_TIME = 1000 };

/* ---- What is asked for ---- */

static void query_status(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  control_request_return(request, publish_status(supervisor));
}

static void query_consoles(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  Json *array = json_new_array();

  for (guint i = 0; i < consoles_count(supervisor->consoles); i++) {
    const char *path = consoles_path(supervisor->consoles, i);
    Json *console = json_new_object();

    json_set_string(console, "alias", consoles_alias(supervisor->consoles, i));
    json_set_string(console, "kind", path ? "pty" : "stdio");
    if (path)
      json_set_string(console, "path", path);
    json_append(array, console);
  }
  control_request_return(request, array);
}

static void query_display(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  Json *array = json_new_array();

  for (guint i = 0; i < supervisor->displays->len; i++) {
    const LiveDisplay *display = &g_array_index(supervisor->displays, LiveDisplay, i);
    Json *object = json_new_object();

    json_set_string(object, "kind", display->is_spice ? "spice" : "vnc");
    if (display->host)
      json_set_string(object, "host", display->host);
    if (display->port)
      json_set_int(object, "port", display->port);
    if (display->tls_port)
      json_set_int(object, "tls-port", display->tls_port);
    if (display->websocket)
      json_set_int(object, "websocket", display->websocket);
    if (display->path)
      json_set_string(object, "path", display->path);
    json_append(array, object);
  }
  control_request_return(request, array);
}

static void dumpxml(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  g_autofree char *xml = guest_file_read(runtime_dir_fd(supervisor->directory), CONTROL_LIVE_FILE, NULL);

  if (!xml && supervisor->is_unwritten)
    xml = publish_xml(supervisor);
  if (xml)
    control_request_return_string(request, xml);
  else
    control_request_fail(request, CONTROL_CLASS_STATE, "the guest has not run yet");
}

/* ---- Its end ---- */

static void refuse_state(const Supervisor *supervisor, ControlRequest *request)
{
  const char *state = state_name(supervisor->state);

  control_request_fail(request, CONTROL_CLASS_STATE, "that cannot be done: the guest is %s", state);
}

static gboolean is_alive(const Supervisor *supervisor)
{
  return supervisor->state == STATE_RUNNING || supervisor->state == STATE_PAUSED ||
         supervisor->state == STATE_POWERING_DOWN;
}

static const char shutdown_name[] = "'domrun shutdown'";

static const Argument shutdown_arguments[] = {
  { "mode", ARGUMENT_STRING, .words = (const char *const[]){ "acpi", "agent", "quit", NULL } },
  { "timeout", ARGUMENT_INTEGER, .min = 0, .max = G_MAXINT32 },
  { "then", ARGUMENT_STRING, .words = (const char *const[]){ "destroy", NULL } },
  { NULL },
};

/* The verbs ask it: what the supervisor does not read cannot do it harm. */
static gboolean refuse_agent(ControlRequest *request, const char *mode)
{
  if (g_strcmp0(mode, "agent") != 0)
    return FALSE;
  control_request_fail(
      request, CONTROL_CLASS_GENERIC,
      "the supervisor does not ask the guest's agent: 'domrun shutdown' and 'domrun reboot' do, at the "
      "socket of the channel 'org.qemu.guest_agent.0', which 'dumpxml' names");
  return TRUE;
}

static gboolean refuse_without_acpi(const Supervisor *supervisor, ControlRequest *request)
{
  if (supervisor->options->has_acpi)
    return FALSE;
  control_request_fail(
      request, CONTROL_CLASS_GENERIC,
      "the guest has no <acpi/>, so it cannot be asked to power down: <features><acpi/></features> "
      "is for the next start, 'domrun destroy' ends it now");
  return TRUE;
}

static void ask_to_power_down(Supervisor *supervisor, ControlRequest *request, gint64 seconds)
{
  if (refuse_without_acpi(supervisor, request))
    return;
  if (!qmp_client_is_ready(emulator_qmp(supervisor->emulator))) {
    control_request_fail(request, CONTROL_CLASS_NO_ANSWER, "QEMU does not take commands any more");
  } else {
    supervisor->wish.by = shutdown_name;
    stopping_ask(supervisor, (guint)seconds);
    control_request_return(request, NULL);
  }
}

static void execute_shutdown(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  const char *mode = json_get_string(arguments, "mode");
  gboolean ends = json_get_string(arguments, "then") != NULL;
  gint64 seconds = 0;

  json_get_int(arguments, "timeout", &seconds);
  if (ends && seconds == 0) {
    control_request_fail(request, CONTROL_CLASS_ARGUMENT, "'then' needs a 'timeout'");
  } else if (!is_alive(supervisor)) {
    refuse_state(supervisor, request);
  } else if (refuse_agent(request, mode)) {
    return;
  } else if (mode && g_str_equal(mode, "quit")) {
    supervisor->wish.is_stop = TRUE;
    supervisor->wish.by = shutdown_name;
    stopping_quit(supervisor, "user");
    control_request_return(request, NULL);
  } else if (ends) {
    supervisor->wish.by = shutdown_name;
    stopping_power_down(supervisor, (int)seconds);
    control_request_return(request, NULL);
  } else {
    ask_to_power_down(supervisor, request, seconds);
  }
}

static const Argument reboot_arguments[] = {
  { "mode", ARGUMENT_STRING, .words = (const char *const[]){ "acpi", "agent", NULL } },
  { NULL },
};

static void execute_reboot(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  if (supervisor->state != STATE_RUNNING) {
    refuse_state(supervisor, request);
  } else if (refuse_agent(request, json_get_string(arguments, "mode"))) {
    return;
  } else if (!refuse_without_acpi(supervisor, request)) {
    stopping_reboot(supervisor);
    control_request_return(request, NULL);
  }
}

static void set_reboot_action(const Supervisor *supervisor, const char *action)
{
  Json *arguments = json_new_object();

  json_set_string(arguments, "reboot", action);
  qmp_client_execute(emulator_qmp(supervisor->emulator), "set-action", arguments, NULL, NULL);
}

static gboolean on_reset_over(gpointer user_data)
{
  Supervisor *supervisor = user_data;

  g_clear_pointer(&supervisor->reset_timer, g_source_unref);
  if (supervisor->emulator)
    set_reboot_action(supervisor, "shutdown");
  return G_SOURCE_REMOVE;
}

/* Where on_reboot is an end, QEMU would take the reset for one, and also the second reset by which SeaBIOS
 * finds its way out of the first. */
static void allow_resets(Supervisor *supervisor)
{
  if (qmp_client_is_busy(emulator_qmp(supervisor->emulator))) /* the reset will be refused, too */
    return;
  set_reboot_action(supervisor, "reset");
  if (supervisor->reset_timer)
    return;
  supervisor->reset_timer = g_timeout_source_new(patience_of(RESET_TIME));
  g_source_set_callback(supervisor->reset_timer, on_reset_over, supervisor, NULL);
  g_source_attach(supervisor->reset_timer, NULL);
}

/* QEMU's thread that writes the memory does not survive a reset, and QEMU not its end. */
static gboolean refuse_reset(const Supervisor *supervisor, ControlRequest *request)
{
  if (!emulator_requests_is_dumping(supervisor))
    return FALSE;
  control_request_fail(request, CONTROL_CLASS_STATE,
                       "it cannot be reset now: the guest's memory is being written");
  return TRUE;
}

static void execute_reset(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  if (!is_alive(supervisor)) {
    refuse_state(supervisor, request);
    return;
  }
  if (refuse_reset(supervisor, request))
    return;
  if (supervisor->options->lifecycle.on_reboot != LIFECYCLE_RESTART)
    allow_resets(supervisor);
  emulator_request_change(supervisor, request, "system_reset");
}

static const Argument destroy_arguments[] = {
  { "graceful", ARGUMENT_BOOLEAN },
  { NULL },
};

static void execute_destroy(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  gboolean is_graceful = json_get_bool(arguments, "graceful");

  control_request_return(request, NULL);
  supervisor->wish.is_stop = supervisor->wish.is_destroyed = TRUE;
  supervisor->wish.by = "'domrun destroy'";
  if (supervisor->emulator)
    stopping_destroy(supervisor, is_graceful);
  else if (supervisor->state == STATE_WAITING || supervisor->state == STATE_DRAINING)
    states_cancel_restart(supervisor);
}

/* ---- Commands for QEMU ---- */

static void execute_suspend(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  if (is_alive(supervisor))
    emulator_request_change(supervisor, request, "stop");
  else
    refuse_state(supervisor, request);
}

static void execute_resume(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  if (is_alive(supervisor))
    emulator_request_change(supervisor, request, "cont");
  else
    refuse_state(supervisor, request);
}

static const Argument qmp_arguments[] = {
  { "execute", ARGUMENT_STRING, .is_needed = TRUE },
  { "arguments", ARGUMENT_OBJECT },
  { "slow", ARGUMENT_BOOLEAN },
  { NULL },
};

/* By QMP, or by the monitor for people. */
static gboolean is_reset(Json *arguments)
{
  const char *line = json_get_string(json_get_object(arguments, "arguments"), "command-line");
  const char *name = json_get_string(arguments, "execute");

  return g_str_equal(name, "system_reset") ||
         (g_str_equal(name, "human-monitor-command") && line && strstr(line, "system_reset"));
}

static void execute_qmp(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  if (is_reset(arguments) && refuse_reset(supervisor, request))
    return;
  emulator_request_execute(supervisor, request, json_get_string(arguments, "execute"),
                           json_ref(json_get_object(arguments, "arguments")), /* has_result= */ TRUE,
                           json_get_bool(arguments, "slow"));
}

static const Argument dump_arguments[] = {
  { "path", ARGUMENT_PATH, .is_needed = TRUE },
  { "format", ARGUMENT_STRING }, /* which there are is QEMU's to say */
  { NULL },
};

static void execute_dump(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  emulator_request_dump(supervisor, request, json_get_string(arguments, "path"),
                        json_get_string(arguments, "format"));
}

static const Argument screenshot_arguments[] = {
  { "device", ARGUMENT_STRING },
  { "head", ARGUMENT_INTEGER, .min = 0, .max = G_MAXINT32 },
  { NULL },
};

static void execute_screenshot(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  gint64 head = 0;

  json_get_int(arguments, "head", &head);
  if (head > 0 && !json_get_string(arguments, "device"))
    control_request_fail(request, CONTROL_CLASS_ARGUMENT, "'head' needs a 'device'");
  else
    emulator_request_screenshot(supervisor, request, json_get_string(arguments, "device"), head);
}

static const Argument send_key_arguments[] = {
  { "keys", ARGUMENT_KEYS, .is_needed = TRUE, .min = 0, .max = G_MAXINT32 },
  { "holdtime", ARGUMENT_INTEGER, .min = 0, .max = G_MAXINT32 },
  { NULL },
};

/* KeyValue of QEMU's ui.json: a name, or a number. */
static Json *keys_to_qmp(const Json *keys)
{
  Json *array = json_new_array();

  for (gsize i = 0; i < json_length(keys); i++) {
    Json *key = json_at(keys, i), *object = json_new_object();

    json_set_string(object, "type", json_as_string(key) ? "qcode" : "number");
    json_set(object, "data", json_ref(key));
    json_append(array, object);
  }
  return array;
}

static void execute_send_key(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  Json *command = json_new_object();
  gint64 milliseconds;

  json_set(command, "keys", keys_to_qmp(json_get(arguments, "keys")));
  if (json_get_int(arguments, "holdtime", &milliseconds))
    json_set_int(command, "hold-time", milliseconds);
  emulator_request_execute(supervisor, request, "send-key", command, /* has_result= */ FALSE,
                           /* is_slow= */ FALSE);
}

/* ---- Consoles ---- */

static const Argument console_arguments[] = {
  { "device", ARGUMENT_STRING },
  { NULL },
};

static void execute_console(Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  const char *alias = NULL;
  g_autoptr(GError) error = NULL;
  Json *result;
  int fd;

  if (!consoles_attach(supervisor->consoles, json_get_string(arguments, "device"), &alias, &fd, &error)) {
    control_request_fail(request,
                         g_error_matches(error, DOMRUN_ERROR, DOMRUN_ERROR_USAGE) ? CONTROL_CLASS_DEVICE
                                                                                  : CONTROL_CLASS_GENERIC,
                         "%s", error->message);
    return;
  }
  result = json_new_object();
  json_set_string(result, "device", alias);
  control_request_return_fd(request, result, fd);
}

/* ---- The table ---- */

static const Command commands[] = {
  { "query-status", query_status, FALSE, NULL },
  { "query-consoles", query_consoles, FALSE, NULL },
  { "query-display", query_display, FALSE, NULL },
  { "dumpxml", dumpxml, FALSE, NULL },
  { "shutdown", execute_shutdown, TRUE, shutdown_arguments },
  { "reboot", execute_reboot, TRUE, reboot_arguments },
  { "reset", execute_reset, TRUE, NULL },
  { "destroy", execute_destroy, FALSE, destroy_arguments },
  { "suspend", execute_suspend, TRUE, NULL },
  { "resume", execute_resume, TRUE, NULL },
  { "console", execute_console, FALSE, console_arguments },
  { "qmp", execute_qmp, TRUE, qmp_arguments },
  { "dump", execute_dump, TRUE, dump_arguments },
  { "screenshot", execute_screenshot, TRUE, screenshot_arguments },
  { "send-key", execute_send_key, TRUE, send_key_arguments },
};

static void execute(const Command *command, Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  if (command->needs_emulator &&
      (!supervisor->emulator || !qmp_client_is_ready(emulator_qmp(supervisor->emulator))))
    refuse_state(supervisor, request);
  else
    command->execute(supervisor, request, arguments);
}

/* The guest may run, and QEMU's word for it is on its way. */
static gboolean is_about_to_run(const Supervisor *supervisor)
{
  return supervisor->state == STATE_STARTING && supervisor->is_asking;
}

static void hold(const Command *command, Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  HeldRequest *held = g_new(HeldRequest, 1);

  *held = (HeldRequest){ .command = command, .request = request, .arguments = json_ref(arguments) };
  g_queue_push_tail(&supervisor->held, held);
}

void requests_release(Supervisor *supervisor)
{
  for (guint n = g_queue_get_length(&supervisor->held); n > 0; n--) {
    g_autofree HeldRequest *held = g_queue_pop_head(&supervisor->held);

    execute(held->command, supervisor, held->request, held->arguments);
    json_unref(held->arguments);
  }
}

static void take(const Command *command, Supervisor *supervisor, ControlRequest *request, Json *arguments)
{
  g_autoptr(GError) error = NULL;

  if (!arguments_check(command->arguments, arguments, &error))
    control_request_fail(request, CONTROL_CLASS_ARGUMENT, "%s", error->message);
  else if (command->needs_emulator && is_about_to_run(supervisor))
    hold(command, supervisor, request, arguments);
  else
    execute(command, supervisor, request, arguments);
}

void requests_execute(ControlRequest *request, const char *name, Json *arguments, gpointer user_data)
{
  for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
    if (g_str_equal(name, commands[i].name)) {
      take(&commands[i], user_data, request, arguments);
      return;
    }
  }
  control_request_fail(request, CONTROL_CLASS_COMMAND, "unknown command '%s'", name);
}
