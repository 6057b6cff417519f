/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The thread that resolves a name cannot be stopped: what it works on belongs to it and to the dial, and when
 * it is done it is the main loop that looks whether anybody still wants to know. A name may have several
 * addresses; they are tried one after the other.
 */
#include "config.h"

#include "console/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/fd-watch.h"
#include "base/patience.h"

/* How long an address may say nothing, in milliseconds. */
enum { CONNECT_PATIENCE = 10 * 1000 };

/* Seen by the thread, and then by the main loop; never by both. */
typedef struct {
  Dial *dial; /* NULL: it was freed. Of the main loop alone */
  GMainContext *context;
  char *host, *service;
  struct addrinfo *found;
  int failed; /* of getaddrinfo(3) */
  int saved_errno;
} Lookup;

struct Dial {
  GMainContext *context;
  char *path;
  Lookup *lookup; /* while a thread has it */
  struct addrinfo *found;
  const struct addrinfo *next; /* in @found */
  int fd;                      /* -1: no attempt is under way */
  FdWatch *watch;
  GSource *timer; /* an address that says nothing; or the first step */
  char *reason;   /* of the last failure */
  void (*done)(int fd, const char *reason, gpointer user_data);
  gpointer user_data;
};

static void lookup_free(gpointer data)
{
  Lookup *lookup = data;

  if (lookup->found)
    freeaddrinfo(lookup->found);
  g_main_context_unref(lookup->context);
  g_free(lookup->host);
  g_free(lookup->service);
  g_free(lookup);
}

static void stop_timer(Dial *dial)
{
  if (dial->timer)
    g_source_destroy(dial->timer);
  g_clear_pointer(&dial->timer, g_source_unref);
}

static void start_timer(Dial *dial, guint milliseconds, GSourceFunc func)
{
  stop_timer(dial);
  dial->timer = g_timeout_source_new(milliseconds);
  g_source_set_callback(dial->timer, func, dial, NULL);
  g_source_attach(dial->timer, dial->context);
}

static void end_attempt(Dial *dial)
{
  stop_timer(dial);
  g_clear_pointer(&dial->watch, fd_watch_free);
  fd_clear(&dial->fd);
}

static void set_reason(Dial *dial, const char *reason)
{
  g_free(dial->reason);
  dial->reason = g_strdup(reason);
}

static void succeed(Dial *dial)
{
  int fd = g_steal_fd(&dial->fd);
  int on = 1;

  end_attempt(dial);
  if (!dial->path) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* somebody is typing */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on,
               sizeof on); /* or the loss of a silent peer is never noticed */
  }
  dial->done(fd, NULL, dial->user_data);
}

/* ---- One address ---- */

static void try_next(Dial *dial);

static void on_answer(GIOCondition ready, gpointer user_data)
{
  Dial *dial = user_data;
  int code = 0;
  socklen_t length = sizeof code;

  if (getsockopt(dial->fd, SOL_SOCKET, SO_ERROR, &code, &length) < 0)
    code = errno;
  if (code == 0) {
    succeed(dial);
    return;
  }
  set_reason(dial, g_strerror(code));
  try_next(dial);
}

static gboolean on_silence(gpointer user_data)
{
  Dial *dial = user_data;

  set_reason(dial, g_strerror(ETIMEDOUT));
  try_next(dial);
  return G_SOURCE_REMOVE;
}

/* TRUE where the answer has come, or is waited for. */
static gboolean try_address(Dial *dial, int family, const struct sockaddr *address, socklen_t length)
{
  dial->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (dial->fd >= 0 && connect(dial->fd, address, length) == 0) {
    succeed(dial);
    return TRUE;
  }
  if (dial->fd >= 0 && errno == EINPROGRESS) {
    dial->watch = fd_watch_new(dial->context, dial->fd, on_answer, dial);
    fd_watch_set(dial->watch, G_IO_OUT);
    start_timer(dial, patience_of(CONNECT_PATIENCE), on_silence);
    return TRUE;
  }
  set_reason(dial, g_strerror(errno)); /* EAGAIN of a UNIX socket: too many wait for its server already */
  return FALSE;
}

static void try_next(Dial *dial)
{
  for (;;) {
    const struct addrinfo *address = dial->next;

    end_attempt(dial);
    if (!address) {
      dial->done(-1, dial->reason, dial->user_data);
      return;
    }
    dial->next = address->ai_next;
    if (try_address(dial, address->ai_family, address->ai_addr, address->ai_addrlen))
      return;
  }
}

static void try_path(Dial *dial)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_strlcpy(address.sun_path, dial->path, sizeof address.sun_path);
  if (try_address(dial, AF_UNIX, (const struct sockaddr *)&address, sizeof address))
    return;
  end_attempt(dial);
  dial->done(-1, dial->reason, dial->user_data);
}

/* ---- A name ---- */

static void use_lookup(Dial *dial, Lookup *lookup)
{
  if (lookup->failed)
    set_reason(dial,
               lookup->failed == EAI_SYSTEM ? g_strerror(lookup->saved_errno) : gai_strerror(lookup->failed));
  dial->found = g_steal_pointer(&lookup->found);
  dial->next = dial->found;
  try_next(dial);
}

static gboolean on_resolved(gpointer user_data)
{
  Lookup *lookup = user_data;
  Dial *dial = lookup->dial;

  if (!dial)
    return G_SOURCE_REMOVE;
  dial->lookup = NULL;
  use_lookup(dial, lookup);
  return G_SOURCE_REMOVE;
}

static void resolve(Lookup *lookup, int flags)
{
  const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };

  lookup->failed = getaddrinfo(lookup->host, lookup->service, &hints, &lookup->found);
  lookup->saved_errno = errno;
}

static gpointer resolve_in_thread(gpointer data)
{
  Lookup *lookup = data;
  g_autoptr(GSource) source = g_idle_source_new();

  resolve(lookup, 0);
  g_source_set_callback(source, on_resolved, lookup, lookup_free);
  g_source_attach(source, lookup->context);
  return NULL;
}

static void look_up(Dial *dial)
{
  Lookup *lookup = dial->lookup;
  GThread *thread = NULL;

  resolve(lookup, AI_NUMERICHOST);
  if (lookup->failed == EAI_NONAME)
    thread = g_thread_try_new("resolve", resolve_in_thread, lookup, NULL);
  if (thread) {
    g_thread_unref(thread);
    return;
  }
  dial->lookup = NULL;
  use_lookup(dial, lookup); /* may free the dial */
  lookup_free(lookup);
}

/* Not from dial_new() itself: its caller does not have the dial yet. */
static gboolean on_start(gpointer user_data)
{
  Dial *dial = user_data;

  stop_timer(dial);
  if (dial->path)
    try_path(dial);
  else
    look_up(dial);
  return G_SOURCE_REMOVE;
}

Dial *dial_new(GMainContext *context, const char *path, const char *host, const char *service,
               void (*done)(int fd, const char *reason, gpointer user_data), gpointer user_data)
{
  Dial *dial = g_new0(Dial, 1);

  dial->context = context;
  dial->path = g_strdup(path);
  dial->fd = -1;
  dial->done = done;
  dial->user_data = user_data;
  if (!path) {
    dial->lookup = g_new0(Lookup, 1);
    dial->lookup->dial = dial;
    dial->lookup->context = g_main_context_ref(context ? context : g_main_context_default());
    dial->lookup->host = g_strdup(host);
    dial->lookup->service = g_strdup(service);
  }
  start_timer(dial, 0, on_start);
  return dial;
}

void dial_free(Dial *dial)
{
  if (!dial)
    return;
  if (dial->lookup && dial->timer) /* no thread has it yet */
    lookup_free(dial->lookup);
  else if (dial->lookup)
    dial->lookup->dial = NULL;
  end_attempt(dial);
  if (dial->found)
    freeaddrinfo(dial->found);
  g_free(dial->path);
  g_free(dial->reason);
  g_free(dial);
}
