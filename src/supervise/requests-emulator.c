/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A request is one or more commands of QMP; after each the next step is called with the result. The client
 * may have got its answer (that there is none) long before QEMU's comes: then the request has no client any
 * more, and ends with the step that it is at.
 *
 * Files are made here and passed to QEMU open. QEMU's monitor has room for one such descriptor: another
 * request that needs one is refused meanwhile.
 */
#include "config.h"

#include "supervise/requests-emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/patience.h"
#include "control/protocol.h"
#include "supervise/core-dump.h"

typedef struct EmulatorRequest EmulatorRequest;

/* @result is what the last command returned. The callee goes on with execute(), or ends it with one of
 * answer(), refuse(). */
typedef void (*StepFunc)(EmulatorRequest *request, Json *result);

struct EmulatorRequest {
  Supervisor *supervisor;
  ControlRequest *client; /* NULL: it has got its answer */
  const char *command;    /* of the step; owned by `commands` of the plan, a literal or `name` */
  char *name;             /* of the command that the client gave, or NULL */
  StepFunc next;
  GSource *timer; /* NULL: it may take long */
  gboolean waits_for_dump;
  gboolean passes_fd;
  int fd;     /* what the client gets; -1: nothing */
  char *path; /* of the dump, or NULL; as the next */
  char *format;
  char *device; /* screenshot */
  gint64 head;
  gint64 fdset;
};

static const char has_ended[] = "QEMU has ended";

static void request_free(EmulatorRequest *request)
{
  g_queue_remove(&request->supervisor->requests, request);
  if (request->passes_fd)
    request->supervisor->is_passing_fd = FALSE;
  if (request->timer)
    g_source_destroy(request->timer);
  g_clear_pointer(&request->timer, g_source_unref);
  fd_clear(&request->fd);
  g_free(request->name);
  g_free(request->path);
  g_free(request->format);
  g_free(request->device);
  g_free(request);
}

/* ---- Answers ---- */

static void refuse(EmulatorRequest *request, const char *class, const char *text)
{
  if (request->client)
    control_request_fail(g_steal_pointer(&request->client), class, "%s", text);
  if (request->path) /* a part of a dump is none */
    unlink(request->path);
  request_free(request);
}

/* Takes @result. */
static void answer(EmulatorRequest *request, Json *result)
{
  if (!request->client)
    g_clear_pointer(&result, json_unref);
  else if (request->fd >= 0)
    control_request_return_fd(g_steal_pointer(&request->client), result, g_steal_fd(&request->fd));
  else
    control_request_return(g_steal_pointer(&request->client), result);
  request_free(request);
}

static gboolean on_patience_over(gpointer user_data)
{
  EmulatorRequest *request = user_data;

  g_clear_pointer(&request->timer, g_source_unref);
  control_request_fail(g_steal_pointer(&request->client), CONTROL_CLASS_NO_ANSWER, "QEMU does not answer");
  return G_SOURCE_REMOVE;
}

/* ---- Steps ---- */

static EmulatorRequest *request_new(Supervisor *supervisor, ControlRequest *client, gboolean is_slow)
{
  EmulatorRequest *request = g_new0(EmulatorRequest, 1);

  request->supervisor = supervisor;
  request->client = client;
  request->fd = -1;
  g_queue_push_tail(&supervisor->requests, request);
  if (is_slow)
    return request;
  request->timer = g_timeout_source_new(patience_of(CONTROL_EMULATOR_PATIENCE));
  g_source_set_callback(request->timer, on_patience_over, request, NULL);
  g_source_attach(request->timer, NULL);
  return request;
}

/* What the QMP client puts before QEMU's own words is for the user of QMP, who knows what was asked. */
static const char *own_words(const EmulatorRequest *request, const GError *error)
{
  g_autofree char *prefix = g_strdup_printf("QMP command '%s': ", request->command);

  return g_str_has_prefix(error->message, prefix) ? error->message + strlen(prefix) : error->message;
}

static void on_reply(Json *result, const GError *error, gpointer user_data)
{
  EmulatorRequest *request = user_data;

  if (g_error_matches(error, QMP_ERROR, QMP_ERROR_CLOSED))
    refuse(request, CONTROL_CLASS_GENERIC, has_ended);
  else if (error)
    refuse(request, CONTROL_CLASS_GENERIC, own_words(request, error));
  else
    request->next(request, result);
}

/* Takes @arguments. @command must stay. */
static void execute(EmulatorRequest *request, const char *command, Json *arguments, StepFunc next)
{
  request->command = command;
  request->next = next;
  qmp_client_execute(emulator_qmp(request->supervisor->emulator), command, arguments, on_reply, request);
}

static gboolean reserve_fd(EmulatorRequest *request)
{
  if (request->supervisor->is_passing_fd) {
    g_clear_pointer(&request->path, g_free);
    refuse(request, CONTROL_CLASS_STATE, "another file is being written");
    return FALSE;
  }
  request->passes_fd = request->supervisor->is_passing_fd = TRUE;
  return TRUE;
}

/* ---- One command ---- */

static void return_result(EmulatorRequest *request, Json *result)
{
  answer(request, json_ref(result));
}

static void return_nothing(EmulatorRequest *request, Json *result)
{
  answer(request, NULL);
}

/* One that hangs gets no more to do than it has. */
static gboolean refuse_busy(const Supervisor *supervisor, ControlRequest *client)
{
  if (!qmp_client_is_busy(emulator_qmp(supervisor->emulator)))
    return FALSE;
  control_request_fail(client, CONTROL_CLASS_NO_ANSWER,
                       "QEMU does not answer, and too many commands wait for it already");
  return TRUE;
}

void emulator_request_execute(Supervisor *supervisor, ControlRequest *client, const char *command,
                              Json *arguments, gboolean has_result, gboolean is_slow)
{
  EmulatorRequest *request;

  if (refuse_busy(supervisor, client)) {
    g_clear_pointer(&arguments, json_unref);
    return;
  }
  request = request_new(supervisor, client, is_slow);
  request->name = g_strdup(command);
  execute(request, request->name, arguments, has_result ? return_result : return_nothing);
}

/* The supervisor asks for the state when an event says that it is another; that was before this. */
static void await_notice(EmulatorRequest *request, Json *result)
{
  execute(request, "query-status", NULL, return_nothing);
}

void emulator_request_change(Supervisor *supervisor, ControlRequest *client, const char *command)
{
  EmulatorRequest *request;

  if (refuse_busy(supervisor, client))
    return;
  request = request_new(supervisor, client, /* is_slow= */ FALSE);
  request->name = g_strdup(command);
  execute(request, request->name, NULL, await_notice);
}

/* ---- The dump ---- */

static void await_dump(EmulatorRequest *request, Json *result)
{
  request->waits_for_dump = TRUE;
}

static void begin_dump(EmulatorRequest *request, Json *result)
{
  Json *arguments = json_new_object();

  json_set_bool(arguments, "paging", FALSE);
  json_set_bool(arguments, "detach", TRUE);
  json_set_string(arguments, "protocol", "fd:request");
  if (request->format)
    json_set_string(arguments, "format", request->format);
  execute(request, "dump-guest-memory", arguments, await_dump);
}

void emulator_request_dump(Supervisor *supervisor, ControlRequest *client, const char *path,
                           const char *format)
{
  EmulatorRequest *request = request_new(supervisor, client, /* is_slow= */ TRUE);
  g_autoptr(GError) error = NULL;

  if (!reserve_fd(request))
    return;
  request->format = g_strdup(format);
  request->command = "getfd";
  request->next = begin_dump;
  if (core_dump_pass_file(supervisor, path, "request", on_reply, request, &error))
    request->path = g_strdup(path);
  else
    refuse(request, CONTROL_CLASS_GENERIC, error->message);
}

/* A client that has gone does not stop it. */
gboolean emulator_requests_is_dumping(const Supervisor *supervisor)
{
  if (supervisor->dump_path)
    return TRUE;
  for (const GList *link = supervisor->requests.head; link; link = link->next) {
    if (((const EmulatorRequest *)link->data)->path)
      return TRUE;
  }
  return FALSE;
}

/* ---- The screenshot ---- */

static void return_screenshot(EmulatorRequest *request, Json *result)
{
  Json *arguments = json_new_object();

  json_set_int(arguments, "fdset-id", request->fdset);
  qmp_client_execute(emulator_qmp(request->supervisor->emulator), "remove-fd", arguments, NULL, NULL);
  answer(request, NULL);
}

static void take_screenshot(EmulatorRequest *request, Json *result)
{
  Json *arguments;
  g_autofree char *name = NULL;

  if (!json_get_int(result, "fdset-id", &request->fdset)) {
    refuse(request, CONTROL_CLASS_GENERIC, "QEMU took no descriptor");
    return;
  }
  name = g_strdup_printf("/dev/fdset/%" G_GINT64_FORMAT, request->fdset);
  arguments = json_new_object();
  json_set_string(arguments, "filename", name);
  json_set_string(arguments, "format", "png");
  if (request->device) {
    json_set_string(arguments, "device", request->device);
    json_set_int(arguments, "head", request->head);
  }
  execute(request, "screendump", arguments, return_screenshot);
}

/* The same memory twice: QEMU takes only what was opened for writing alone. */
static gboolean make_memory(int *ret_reader, int *ret_writer)
{
  autofd int memory = memfd_create("screenshot", MFD_CLOEXEC);
  g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", memory);

  if (memory < 0)
    return FALSE;
  *ret_reader = open(path, O_RDONLY | O_CLOEXEC);
  *ret_writer = open(path, O_WRONLY | O_CLOEXEC);
  return *ret_reader >= 0 && *ret_writer >= 0;
}

void emulator_request_screenshot(Supervisor *supervisor, ControlRequest *client, const char *device,
                                 gint64 head)
{
  EmulatorRequest *request = request_new(supervisor, client, /* is_slow= */ TRUE);
  autofd int writer = -1;

  if (!reserve_fd(request))
    return;
  request->device = g_strdup(device);
  request->head = head;
  request->command = "add-fd";
  request->next = take_screenshot;
  if (make_memory(&request->fd, &writer))
    qmp_client_execute_with_fd(emulator_qmp(supervisor->emulator), "add-fd", NULL, writer, on_reply, request);
  else
    refuse(request, CONTROL_CLASS_GENERIC, g_strerror(errno));
}

/* ---- All of them ---- */

void emulator_requests_on_event(Supervisor *supervisor, const char *name, Json *data)
{
  const char *why = data ? json_get_string(data, "error") : NULL;
  GList *link = supervisor->requests.head;

  while (link && g_str_equal(name, "DUMP_COMPLETED")) {
    EmulatorRequest *request = link->data;

    link = link->next;
    if (!request->waits_for_dump)
      continue;
    if (why)
      refuse(request, CONTROL_CLASS_GENERIC, why);
    else
      answer(request, NULL);
  }
}

void emulator_requests_abandon(Supervisor *supervisor)
{
  EmulatorRequest *request;

  while ((request = g_queue_peek_head(&supervisor->requests)))
    refuse(request, CONTROL_CLASS_GENERIC, has_ended);
}
