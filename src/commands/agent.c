/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/patience.h"
#include "base/quote.h"
#include "commands/options.h"
#include "qmp/lines.h"
#include "xml/element.h"

/* By which the agent of the guest finds its port. */
#define PORT_NAME "org.qemu.guest_agent.0"

enum {
  PATIENCE = 5 * 1000,       /* milliseconds for what is known at once */
  LONG_PATIENCE = 60 * 1000, /* and for what writes to disks */
  LIMIT = 4 * 1024 * 1024,   /* bytes that are taken of it for an answer, with what others asked it for */
  MAX_DEPTH = 32,            /* of an answer */
  MAX_NODES = 32768,         /* objects and arrays in it: one takes 3 bytes to say, and hundreds to hold */
  DONE_INTERVAL = 100,       /* milliseconds after which is asked whether an answer is still to come */
  MAX_WORDS = 200,           /* characters of its words that are told on */
  DELIMITER = 0xff,          /* no byte of UTF-8: what stood before it is not meant */
};

/* Why there is no answer. */
typedef enum {
  SILENCE_TIMEOUT,
  SILENCE_CLOSED,   /* the socket */
  SILENCE_TOO_MUCH, /* was said */
} Silence;

struct Agent {
  GuestCommand *command;
  const char *guest; /* its name */
  int seconds;
  gboolean is_taken; /* somebody else was connected before */
  int fd;
  gint64 deadline; /* microseconds of the monotonic clock */
  Lines input;
  gsize taken;           /* bytes that came for this answer */
  AgentDoneFunc is_done; /* or NULL */
  gpointer user_data;
  Silence silence;
};

void agent_free(Agent *agent)
{
  if (!agent)
    return;
  fd_clear(&agent->fd);
  lines_clear(&agent->input);
  g_free(agent);
}

/* ---- Its socket ---- */

static xmlNode *find_channel(const XmlDocument *document)
{
  xmlNode *devices = xml_next_child(xml_document_root(document), "devices", NULL);

  XML_FOREACH_CHILD(devices, channel, "channel") {
    xmlNode *target = xml_next_child(channel, "target", NULL);

    if (target && g_strcmp0(xml_attribute(target, "type"), "virtio") == 0 &&
        g_strcmp0(xml_attribute(target, "name"), PORT_NAME) == 0)
      return channel;
  }
  return NULL;
}

static gboolean check_channel(xmlNode *channel, const char *guest, GError **error)
{
  xmlNode *source = channel ? xml_next_child(channel, "source", NULL) : NULL;

  if (!channel) {
    error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
              "the guest '%s' has no channel '" PORT_NAME "', so its agent cannot be asked", guest);
    return error_add_hint(error, "<channel type='unix'><target type='virtio' name='" PORT_NAME
                                 "'/></channel> among its devices is for the next start");
  }
  if (source && xml_attribute(source, "path") && g_strcmp0(xml_attribute(channel, "type"), "unix") == 0 &&
      g_strcmp0(xml_attribute(source, "mode"), "bind") == 0)
    return TRUE;
  error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
            "the channel '" PORT_NAME "' of the guest '%s' leads elsewhere, so its agent cannot be asked",
            guest);
  return error_add_hint(error, "type='unix', without a <source>, makes a socket for domrun");
}

/* The file; one in the guest's directory by the directory that is open. */
static int open_socket(const Guest *guest, const char *path)
{
  g_autofree char *parent = g_path_get_dirname(path), *name = g_path_get_basename(path);
  gboolean is_ours = g_str_equal(parent, runtime_dir_path(guest->directory));

  return openat(is_ours ? runtime_dir_fd(guest->directory) : AT_FDCWD, is_ours ? name : path,
                O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static gboolean is_socket(int fd)
{
  struct stat status;

  if (fstat(fd, &status) < 0)
    return FALSE;
  errno = ENOTSOCK;
  return S_ISSOCK(status.st_mode);
}

static gboolean socket_error(const Agent *agent, xmlNode *channel, GError **error)
{
  int reason = errno;

  error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the socket '%s' of the agent of '%s': %s",
            xml_attribute(xml_next_child(channel, "source", NULL), "path"), agent->guest, g_strerror(reason));
  if (reason == EAGAIN)
    error_add_hint(error, "others are connected to it, and it takes one at a time");
  return FALSE;
}

static gboolean find_socket(const Agent *agent, xmlNode *channel, int *ret_file, GError **error)
{
  autofd int file =
      open_socket(agent->command->guest, xml_attribute(xml_next_child(channel, "source", NULL), "path"));

  if (file < 0 || !is_socket(file))
    return socket_error(agent, channel, error);
  *ret_file = g_steal_fd(&file);
  return TRUE;
}

/* By the open file: a link is not followed, and a path may be too long for an address. */
static gboolean connect_socket(Agent *agent, xmlNode *channel, int file, GError **error)
{
  const guint milliseconds = patience_of(PATIENCE);
  const struct timeval patience = { .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 };
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", file);
  agent->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return (agent->fd >= 0 && setsockopt(agent->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
          connect(agent->fd, (const struct sockaddr *)&address, sizeof address) == 0) ||
         socket_error(agent, channel, error);
}

/* ---- What it is told, and what it says ---- */

/* --timeout is for all that a verb asks, and starts once. */
static void be_patient(Agent *agent, guint milliseconds)
{
  if (agent->seconds == AGENT_QUICK || agent->seconds == AGENT_SLOW)
    agent->deadline = g_get_monotonic_time() + patience_of(milliseconds) * G_GINT64_CONSTANT(1000);
  else if (agent->deadline == 0)
    agent->deadline =
        agent->seconds ? g_get_monotonic_time() + agent->seconds * (gint64)G_USEC_PER_SEC : G_MAXINT64;
}

/* FALSE where nothing of @events came in time. */
static gboolean await(const Agent *agent, short events)
{
  for (;;) {
    gint64 left = MAX(0, agent->deadline - g_get_monotonic_time());
    struct pollfd wait = { .fd = agent->fd, .events = events };
    int ready = poll(&wait, 1, (int)MIN(agent->is_done ? DONE_INTERVAL : G_MAXINT, left / 1000 + 1));

    if (ready > 0 || (ready < 0 && errno != EINTR))
      return ready > 0;
    if (ready == 0 &&
        (g_get_monotonic_time() >= agent->deadline || (agent->is_done && agent->is_done(agent->user_data))))
      return FALSE;
  }
}

/* What fails is found by whoever waits for the answer. */
static void send_all(const Agent *agent, const char *bytes)
{
  gsize length = strlen(bytes);

  while (length > 0 && await(agent, POLLOUT)) {
    ssize_t sent = send(agent->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent < 0 && errno != EAGAIN && errno != EINTR)
      return;
    bytes += MAX(0, sent);
    length -= (gsize)MAX(0, sent);
  }
}

/* Takes @arguments. */
static void tell(const Agent *agent, const char *before, const char *name, Json *arguments)
{
  g_autoptr(Json) message = json_new_object();
  g_autofree char *text = NULL, *line = NULL;

  json_set_string(message, "execute", name);
  if (arguments)
    json_set(message, "arguments", arguments);
  text = json_print(message);
  line = g_strconcat(before, text, "\n", NULL);
  send_all(agent, line);
}

static gboolean fall_silent(Agent *agent, Silence silence)
{
  agent->silence = silence;
  return FALSE;
}

/* FALSE where there is no further line, and @agent's silence tells why. */
static gboolean next_line(Agent *agent, const char **ret_line, gsize *ret_length)
{
  while (!lines_next(&agent->input, ret_line, ret_length)) {
    char bytes[4096];
    ssize_t got;

    if (agent->taken >= LIMIT)
      return fall_silent(agent, SILENCE_TOO_MUCH);
    if (!await(agent, POLLIN))
      return fall_silent(agent, SILENCE_TIMEOUT);
    got = recv(agent->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (got <= 0)
      return fall_silent(agent, SILENCE_CLOSED);
    agent->taken += (gsize)got;
    lines_append(&agent->input, bytes, (gsize)got);
  }
  return TRUE;
}

/* ---- Its errors ---- */

char *agent_words(const char *text)
{
  glong length = text ? g_utf8_strlen(text, -1) : 0;
  g_autofree char *part = text ? g_utf8_substring(text, 0, MIN(length, MAX_WORDS)) : NULL;

  return part ? quote_for_terminal(part, /* keep_newlines= */ FALSE) : NULL;
}

static gboolean silence_error(const Agent *agent, GError **error)
{
  if (agent->silence == SILENCE_TOO_MUCH)
    return error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL,
                     "the agent of '%s' says too much: more than %d MiB", agent->guest, LIMIT / 1024 / 1024);
  if (agent->silence == SILENCE_CLOSED)
    return error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL,
                     "the socket of the agent of '%s' was closed before it answered", agent->guest);
  return error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the agent of '%s' does not answer in time",
                   agent->guest);
}

/* It has not even said that it is there. */
static gboolean absence_error(const Agent *agent, GError **error)
{
  if (agent->silence != SILENCE_TIMEOUT)
    return silence_error(agent, error);
  error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the agent of '%s' does not answer", agent->guest);
  if (agent->is_taken)
    return error_add_hint(error, "somebody else is connected to its socket, which takes one at a time");
  return error_add_hint(error, "it is busy with what it was asked before, or is not installed in the guest "
                               "(qemu-guest-agent)");
}

/* While they are, it refuses nearly everything. */
static gboolean is_frozen(Agent *agent)
{
  g_autoptr(Json) status = agent_ask(agent, "guest-fsfreeze-status", NULL, NULL);

  return g_strcmp0(json_as_string(status), "frozen") == 0;
}

static gboolean refusal_error(Agent *agent, const char *name, Json *refusal, GError **error)
{
  g_autofree char *words = agent_words(json_get_string(refusal, "desc"));

  error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the agent of '%s' refuses: %s", agent->guest,
            words ? words : "it does not say why");
  if (g_strcmp0(json_get_string(refusal, "class"), "CommandNotFound") != 0 || !error ||
      g_str_equal(name, "guest-fsfreeze-status"))
    return FALSE;
  if (is_frozen(agent))
    return error_add_hint(error, "the guest's file systems are frozen; 'domrun domfsthaw' thaws them");
  return error_add_hint(error, "it is too old for '%s', or set up in the guest to leave it out", name);
}

/* ---- The conversation ---- */

static Json *make_id(guint32 id)
{
  Json *arguments = json_new_object();

  json_set_int(arguments, "id", id);
  return arguments;
}

static Json *parse_answer(const char *text, gsize length, GError **error)
{
  gsize nodes = 0;

  for (gsize i = 0; i < length; i++)
    nodes += text[i] == '{' || text[i] == '[';
  if (nodes <= MAX_NODES)
    return json_parse(text, length, MAX_DEPTH, error);
  g_set_error(error, JSON_ERROR, JSON_ERROR_SYNTAX, "more than %d objects and arrays", MAX_NODES);
  return NULL;
}

/* The next answer after a delimiter, or NULL. What is no JSON is skipped. */
static Json *next_delimited(Agent *agent)
{
  const char *line;
  gsize length;

  while (next_line(agent, &line, &length)) {
    const char *delimiter = memrchr(line, DELIMITER, length);
    const char *start = delimiter ? delimiter + 1 : NULL;
    Json *answer = start ? parse_answer(start, length - (gsize)(start - line), NULL) : NULL;

    if (answer)
      return answer;
  }
  return NULL;
}

/* There may be answers on the way that somebody else did not wait for, and half a command of theirs before
 * ours. */
static gboolean synchronise(Agent *agent, GError **error)
{
  guint32 id = g_random_int();
  Json *answer;
  gint64 value = -1;

  be_patient(agent, PATIENCE);
  agent->taken = 0;
  tell(agent, "\xff", "guest-sync-delimited", make_id(id));
  while (value != id && (answer = next_delimited(agent))) {
    json_get_int(answer, "return", &value);
    json_unref(answer);
  }
  return value == id || absence_error(agent, error);
}

/* NULL with an error. */
static Json *next_answer(Agent *agent, GError **error)
{
  g_autoptr(GError) cause = NULL;
  const char *line;
  gsize length;
  Json *answer;

  do {
    if (!next_line(agent, &line, &length)) {
      silence_error(agent, error);
      return NULL;
    }
    if (length > 0 && (guchar)*line == DELIMITER) /* the answer to a guest-sync-delimited of the user's */
      line++, length--;
  } while (length == 0);
  answer = parse_answer(line, length, &cause);
  if (!answer)
    error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "what the agent of '%s' answers cannot be read: %s",
              agent->guest, cause->message);
  return answer;
}

static void ask(Agent *agent, const char *name, Json *arguments)
{
  be_patient(agent, agent->seconds == AGENT_SLOW ? LONG_PATIENCE : PATIENCE);
  agent->taken = 0;
  tell(agent, /* before= */ "", name, arguments);
}

Json *agent_ask(Agent *agent, const char *name, Json *arguments, GError **error)
{
  g_autoptr(Json) answer = NULL;
  Json *refusal, *value;

  ask(agent, name, arguments);
  answer = next_answer(agent, error);
  if (!answer)
    return NULL;
  refusal = json_get_object(answer, "error");
  value = refusal ? NULL : json_get(answer, "return");
  if (value)
    return json_ref(value);
  if (refusal)
    refusal_error(agent, name, refusal, error);
  else
    error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL,
              "the agent of '%s' answers '%s' with neither a "
              "result nor an error",
              agent->guest, name);
  return NULL;
}

/* Where it succeeds it does not answer; a question after it is answered, unless the agent has ended by then,
 * or sleeps, as all programs of the guest are about to. */
gboolean agent_tell(Agent *agent, const char *name, Json *arguments, GError **error)
{
  g_autoptr(Json) answer = NULL;
  Json *refusal;

  ask(agent, name, arguments);
  tell(agent, "", "guest-sync", make_id(g_random_int()));
  answer = next_answer(agent, /* error= */ NULL);
  refusal = json_get_object(answer, "error");
  return !refusal || refusal_error(agent, name, refusal, error);
}

gboolean agent_tell_until(Agent *agent, const char *name, AgentDoneFunc is_done, gpointer user_data,
                          GError **error)
{
  agent->is_done = is_done;
  agent->user_data = user_data;
  return agent_tell(agent, name, /* arguments= */ NULL, error);
}

/* ---- Opening ---- */

static gboolean check_runs(const Guest *guest, GError **error)
{
  GuestStateKind state = guest->state.state;

  if (state == GUEST_RUNNING || state == GUEST_SHUTTING_DOWN)
    return TRUE;
  error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the agent of '%s' cannot be asked: the guest is %s",
            guest->state.name, enum_to_string(&guest_state_table, (int)state));
  if (state == GUEST_PAUSED)
    error_add_hint(error, "'domrun resume' lets it go on");
  return FALSE;
}

/* QEMU knows whether a program of the guest has opened the port, and whether somebody is at the socket. */
static gboolean check_port(Agent *agent, xmlNode *channel, GError **error)
{
  xmlNode *alias = xml_next_child(channel, "alias", NULL);
  const char *name = alias ? xml_attribute(alias, "name") : NULL;
  g_autofree char *label = g_strconcat("char", name, NULL);
  Json *arguments = json_new_object();
  g_autoptr(Json) chardevs = NULL;
  Json *port = NULL;

  json_set_string(arguments, "execute", "query-chardev");
  chardevs = guest_command_call(agent->command, "qmp", arguments, error);
  if (!chardevs)
    return FALSE;
  for (gsize i = 0; i < json_length(chardevs) && !port; i++) {
    if (g_strcmp0(json_get_string(json_at(chardevs, i), "label"), label) == 0)
      port = json_at(chardevs, i);
  }
  if (port && !json_get_bool(port, "frontend-open")) {
    error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "no agent runs in the guest '%s'", agent->guest);
    return error_add_hint(error, "its package is qemu-guest-agent, and a guest that is still booting has "
                                 "not started it yet");
  }
  agent->is_taken = port && !g_str_has_prefix(json_get_string(port, "filename") ?: "", "disconnected:");
  return TRUE;
}

Agent *agent_open(GuestCommand *command, int seconds, GError **error)
{
  g_autoptr(XmlDocument) document = NULL;
  g_autoptr(Agent) agent = NULL;
  autofd int file = -1;
  xmlNode *channel;

  if (seconds != AGENT_QUICK && seconds != AGENT_SLOW && !options_check_seconds("timeout", &seconds, error))
    return NULL;
  if (!guest_command_connect(command, error) || !check_runs(command->guest, error))
    return NULL;
  document = guest_command_load_xml(command, error);
  channel = document ? find_channel(document) : NULL;
  if (!document || !check_channel(channel, command->guest->state.name, error))
    return NULL;
  agent = g_new0(Agent, 1);
  *agent = (Agent){ .command = command, .guest = command->guest->state.name, .seconds = seconds, .fd = -1 };
  lines_init(&agent->input);
  if (!find_socket(agent, channel, &file, error) || !check_port(agent, channel, error) ||
      !connect_socket(agent, channel, file, error) || !synchronise(agent, error))
    return NULL;
  return g_steal_pointer(&agent);
}

/* ---- The end of the guest ---- */

static gboolean shut_down(GuestCommand *command, const char *mode, GError **error)
{
  g_autoptr(Agent) agent = agent_open(command, AGENT_QUICK, error);
  Json *arguments;

  if (!agent)
    return FALSE;
  arguments = json_new_object();
  json_set_string(arguments, "mode", mode);
  return agent_tell(agent, "guest-shutdown", arguments, error);
}

gboolean agent_shut_down(GuestCommand *command, const char *mode, GError **error)
{
  g_autofree char *hint = NULL;

  if (!guest_command_connect(command, error) || !check_runs(command->guest, error))
    return FALSE;
  if (shut_down(command, mode, error))
    return TRUE;
  if (error && *error && error_get_hint(*error))
    hint = g_strconcat(error_get_hint(*error), "; ", NULL);
  return error_add_hint(error, "%s--mode=acpi, the default, presses the power button", hint ? hint : "");
}
