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
#include "qmp/lines.h"
#include "xml/element.h"

/* By which the agent of the guest finds its port. */
#define PORT_NAME "org.qemu.guest_agent.0"

enum {
  PATIENCE = 5 * 1000,   /* for each of its answers; milliseconds */
  LIMIT = 1024 * 1024,   /* bytes that are taken of it; what others asked it for may come first */
  MAX_DEPTH = 16,        /* of an answer */
  MAX_DESCRIPTION = 200, /* characters of its words that are told on */
  DELIMITER = 0xff,      /* no byte of UTF-8: what stood before it is not meant */
};

typedef struct {
  int fd;
  gint64 deadline; /* microseconds of the monotonic clock */
  Lines input;
  gsize taken; /* bytes that came */
} Agent;

static void agent_clear(Agent *agent)
{
  fd_clear(&agent->fd);
  lines_clear(&agent->input);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Agent, agent_clear)

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

static gboolean find_socket(const XmlDocument *document, const char *guest, const char **ret_path,
                            GError **error)
{
  xmlNode *channel = find_channel(document);
  xmlNode *source = channel ? xml_next_child(channel, "source", NULL) : NULL;
  const char *path = source ? xml_attribute(source, "path") : NULL;

  if (!channel) {
    error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
              "the guest '%s' has no channel '" PORT_NAME "', so its agent cannot be asked", guest);
    return error_add_hint(error, "<channel type='unix'><target type='virtio' name='" PORT_NAME
                                 "'/></channel> among its devices is for the next start; --mode=acpi, the "
                                 "default, presses the power button");
  }
  if (!path || g_strcmp0(xml_attribute(channel, "type"), "unix") != 0 ||
      g_strcmp0(xml_attribute(source, "mode"), "bind") != 0) {
    error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
              "the channel '" PORT_NAME "' of the guest '%s' leads elsewhere, so its agent cannot be asked",
              guest);
    return error_add_hint(error, "type='unix', without a <source>, makes a socket for domrun; --mode=acpi, "
                                 "the default, presses the power button");
  }
  *ret_path = path;
  return TRUE;
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

/* By the open file: a link is not followed, and a path may be too long for an address. */
static int connect_socket(const Guest *guest, const char *path)
{
  const guint milliseconds = patience_of(PATIENCE); /* first: it changes errno */
  autofd int file = open_socket(guest, path);
  autofd int fd = -1;
  const struct timeval patience = { .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 };
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  if (file < 0)
    return -1;
  g_snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", file);
  if (is_socket(file))
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
      connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
    return g_steal_fd(&fd);
  return -1;
}

/* ---- What it is told, and what it says ---- */

static void be_patient(Agent *agent)
{
  agent->deadline = g_get_monotonic_time() + patience_of(PATIENCE) * G_GINT64_CONSTANT(1000);
}

/* Takes @arguments. What fails is found by whoever waits for the answer. */
static void tell(const Agent *agent, const char *before, const char *name, Json *arguments)
{
  g_autoptr(Json) message = json_new_object();
  g_autofree char *text = NULL, *line = NULL;

  json_set_string(message, "execute", name);
  json_set(message, "arguments", arguments);
  text = json_print(message);
  line = g_strconcat(before, text, "\n", NULL);
  (void)!send(agent->fd, line, strlen(line), MSG_NOSIGNAL); /* a new socket has room for it */
}

/* FALSE where nothing came in time. */
static gboolean await(const Agent *agent)
{
  for (;;) {
    gint64 left = MAX(0, agent->deadline - g_get_monotonic_time());
    struct pollfd wait = { .fd = agent->fd, .events = POLLIN };
    int ready = poll(&wait, 1, (int)MIN(G_MAXINT, (left + 999) / 1000));

    if (ready >= 0 || errno != EINTR)
      return ready > 0;
  }
}

/* FALSE where there is no further line: nothing came in time, it has hung up, or it has said too much. */
static gboolean next_line(Agent *agent, const char **ret_line, gsize *ret_length)
{
  while (!lines_next(&agent->input, ret_line, ret_length)) {
    char bytes[4096];
    ssize_t got;

    if (agent->taken >= LIMIT || !await(agent))
      return FALSE;
    got = recv(agent->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (got <= 0)
      return FALSE;
    agent->taken += (gsize)got;
    lines_append(&agent->input, bytes, (gsize)got);
  }
  return TRUE;
}

/* The next answer, or NULL; with @is_delimited one after a delimiter. What is no JSON is skipped. */
static Json *next_answer(Agent *agent, gboolean is_delimited)
{
  const char *line;
  gsize length;

  while (next_line(agent, &line, &length)) {
    const char *delimiter = memrchr(line, DELIMITER, length);
    Json *answer;

    if (delimiter) {
      length -= (gsize)(delimiter + 1 - line);
      line = delimiter + 1;
    } else if (is_delimited) {
      continue;
    }
    answer = json_parse(line, length, MAX_DEPTH, NULL);
    if (answer)
      return answer;
  }
  return NULL;
}

/* ---- The conversation ---- */

static Json *make_id(guint32 id)
{
  Json *arguments = json_new_object();

  json_set_int(arguments, "id", id);
  return arguments;
}

/* There may be answers on the way that somebody else did not wait for, and half a command of theirs before
 * ours. */
static gboolean synchronise(Agent *agent)
{
  guint32 id = g_random_int();
  Json *answer;
  gint64 value = -1;

  be_patient(agent);
  tell(agent, "\xff", "guest-sync-delimited", make_id(id));
  while (value != id && (answer = next_answer(agent, /* is_delimited= */ TRUE))) {
    json_get_int(answer, "return", &value);
    json_unref(answer);
  }
  return value == id;
}

static gboolean refusal_error(const char *guest, Json *refusal, GError **error)
{
  const char *description = json_get_string(refusal, "desc");
  glong length = description ? g_utf8_strlen(description, -1) : 0;
  g_autofree char *part = description ? g_utf8_substring(description, 0, MIN(length, MAX_DESCRIPTION)) : NULL;
  g_autofree char *safe = part ? quote_for_terminal(part, /* keep_newlines= */ FALSE) : NULL;

  error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL, "the agent of '%s' refuses: %s", guest,
            safe ? safe : "it does not say why");
  return error_add_hint(error, "--mode=acpi, the default, presses the power button");
}

/* Where it succeeds it does not answer; a question after it is answered, unless the agent has ended by then,
 * as all programs of the guest are about to. */
static gboolean shut_down(Agent *agent, const char *guest, const char *mode, GError **error)
{
  Json *arguments = json_new_object();
  g_autoptr(Json) answer = NULL;
  Json *refusal;

  be_patient(agent);
  json_set_string(arguments, "mode", mode);
  tell(agent, "", "guest-shutdown", arguments);
  tell(agent, "", "guest-sync", make_id(g_random_int()));
  answer = next_answer(agent, /* is_delimited= */ FALSE);
  refusal = json_get_object(answer, "error");
  return !refusal || refusal_error(guest, refusal, error);
}

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

gboolean agent_shut_down(GuestCommand *command, const char *mode, GError **error)
{
  const Guest *guest = command->guest;
  g_auto(Agent) agent = { .fd = -1 };
  g_autoptr(XmlDocument) document = NULL;
  const char *path = NULL;

  lines_init(&agent.input);
  if (!guest_command_connect(command, error) || !check_runs(guest, error))
    return FALSE;
  document = guest_command_load_xml(command, error);
  if (!document || !find_socket(document, guest->state.name, &path, error))
    return FALSE;
  agent.fd = connect_socket(guest, path);
  if (agent.fd < 0) {
    error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the socket '%s' of the agent of '%s': %s", path,
              guest->state.name, g_strerror(errno));
    return error_add_hint(error, "--mode=acpi, the default, presses the power button");
  }
  if (synchronise(&agent))
    return shut_down(&agent, guest->state.name, mode, error);
  error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the agent of '%s' does not answer",
            guest->state.name);
  return error_add_hint(error, "it is not installed in the guest (qemu-guest-agent), or not started yet, or "
                               "somebody else is connected to it; --mode=acpi, the default, presses the "
                               "power button");
}
