/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/consoles.h"

#include "base/announce.h"
#include "base/fd.h"
#include "console/attachment.h"
#include "console/console.h"
#include "console/pty.h"
#include "console/ring.h"
#include "console/stdio.h"
#include "console/stream.h"

typedef struct {
  Consoles *consoles;
  const PlanResource *plan;
  guint resource; /* its index in the plan */
  Console *console;
  Pty *pty; /* or NULL, as the next two */
  Stdio *stdio;
  Stream *stream;
  LogFile *log;
  GPtrArray *attachments; /* of Attachment */
  gboolean is_pty_finished;
} GuestConsole;

/* A limit for mistakes. */
enum { MAX_ATTACHMENTS = 64 };

struct Consoles {
  GMainContext *context;
  GPtrArray *items; /* of GuestConsole */
  LogLimits limits;
  gboolean is_adopted;
  gboolean is_finishing;
  gboolean is_final;
  void (*finished)(gpointer user_data);
  gpointer user_data;
};

static void guest_console_free(gpointer data)
{
  GuestConsole *item = data;

  g_ptr_array_unref(item->attachments);
  pty_free(item->pty);
  stdio_free(item->stdio);
  stream_free(item->stream);
  console_free(item->console);
  log_file_free(item->log);
  g_free(item);
}

/* ---- The end of QEMU, and of the guest ---- */

static gboolean is_finished(const GuestConsole *item, gboolean is_final)
{
  return console_is_finished(item->console) && (!is_final || !item->pty || item->is_pty_finished);
}

static void check_finished(Consoles *consoles)
{
  if (!consoles->is_finishing)
    return;
  for (guint i = 0; i < consoles->items->len; i++) {
    if (!is_finished(g_ptr_array_index(consoles->items, i), consoles->is_final))
      return;
  }
  consoles->is_finishing = FALSE;
  consoles->finished(consoles->user_data);
}

static void on_pty_finished(gpointer user_data)
{
  GuestConsole *item = user_data;

  item->is_pty_finished = TRUE;
  check_finished(item->consoles);
}

static void on_console_finished(gpointer user_data)
{
  GuestConsole *item = user_data;

  if (item->consoles->is_final && item->pty)
    pty_finish(item->pty, on_pty_finished, item);
  check_finished(item->consoles);
}

void consoles_expect_end(Consoles *consoles)
{
  for (guint i = 0; i < consoles->items->len; i++) {
    const GuestConsole *item = g_ptr_array_index(consoles->items, i);

    if (item->pty)
      pty_expect_end(item->pty);
  }
}

void consoles_finish(Consoles *consoles, gboolean is_final)
{
  consoles->is_final = is_final;
  for (guint i = 0; i < consoles->items->len; i++) {
    const GuestConsole *item = g_ptr_array_index(consoles->items, i);

    console_finish(item->console, is_final);
  }
  consoles->is_finishing = TRUE;
  check_finished(consoles);
}

/* ---- The beginning ---- */

static Stream *connect_to_server(const GuestConsole *item)
{
  const PlanStream *plan = &item->plan->stream;
  const StreamOptions options = { .path = plan->path,
                                  .host = plan->host,
                                  .service = plan->service,
                                  .is_telnet = plan->is_telnet,
                                  .interval = plan->interval };

  return stream_new(item->consoles->context, item->console, item->plan->alias, &options);
}

static gboolean connect_to_host(GuestConsole *item, gboolean is_attached, GError **error)
{
  GMainContext *context = item->consoles->context;

  if (item->plan->console == PLAN_CONSOLE_PTY) {
    item->pty = pty_new(context, item->console, error);
    if (!item->pty)
      return FALSE;
  }
  if (item->plan->console == PLAN_CONSOLE_STREAM)
    item->stream = connect_to_server(item);
  if (item->plan->console == PLAN_CONSOLE_STDIO || is_attached)
    item->stdio = stdio_new(context, item->console, item->plan->alias, /* has_escape= */ is_attached);
  return TRUE;
}

static ssize_t write_log(const guint8 *bytes, gsize length, gpointer user_data)
{
  const GuestConsole *item = user_data;

  return log_file_write(item->log, bytes, length);
}

/* Who comes later finds what was printed before, as far as that was logged. */
static void remember_log(const GuestConsole *item)
{
  gsize length;
  g_autofree guint8 *bytes = log_file_read_end(item->log, RING_SIZE, &length);

  if (bytes)
    console_remember(item->console, bytes, length);
}

/* Like every viewer it gets all that is printed; unlike others, it is always there. */
static gboolean open_log(GuestConsole *item, GError **error)
{
  const PlanResource *plan = item->plan;
  const Consoles *consoles = item->consoles;
  ViewerOptions options = {
    .in = -1, .patience = PATIENCE_LONG, .is_shared = TRUE, .is_waited_for = TRUE, .user_data = item
  };

  if (!plan->log_path)
    return TRUE;
  item->log = log_file_open(plan->log_path, plan->log_append || consoles->is_adopted, &consoles->limits,
                            &plan->place, error);
  if (!item->log)
    return FALSE;
  options.out = log_file_fd(item->log);
  options.name = log_file_path(item->log);
  if (log_file_is_regular(item->log))
    options.write = write_log;
  console_add_viewer(item->console, &options);
  if (consoles->is_adopted)
    remember_log(item);
  return TRUE;
}

static gboolean add_console(Consoles *consoles, guint resource, const PlanResource *plan,
                            gboolean is_attached, GError **error)
{
  GuestConsole *item = g_new0(GuestConsole, 1);

  item->consoles = consoles;
  item->plan = plan;
  item->resource = resource;
  item->attachments = g_ptr_array_new_with_free_func((GDestroyNotify)attachment_free);
  item->console = console_new(consoles->context, on_console_finished, item);
  g_ptr_array_add(consoles->items, item);
  return open_log(item, error) && connect_to_host(item, is_attached, error);
}

static gboolean check_attachable(const Plan *plan, GError **error)
{
  const PlanResource *first = NULL;

  for (guint i = 0; i < plan->resources->len; i++) {
    const PlanResource *resource = g_ptr_array_index(plan->resources, i);

    if (resource->kind != PLAN_RESOURCE_CONSOLE)
      continue;
    if (first && resource->console == PLAN_CONSOLE_STDIO)
      return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                       "--console: standard input and output are taken by '%s'", resource->alias);
    if (!first)
      first = resource;
  }
  if (first)
    return TRUE;
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--console: the guest has no console to connect to");
  return error_add_hint(error, "a serial device of type 'pty' is one: <serial type='pty'/>");
}

static gboolean add_consoles(Consoles *consoles, const Plan *plan, gboolean attach_first, GError **error)
{
  for (guint i = 0; i < plan->resources->len; i++) {
    const PlanResource *resource = g_ptr_array_index(plan->resources, i);

    if (resource->kind == PLAN_RESOURCE_CONSOLE &&
        !add_console(consoles, i, resource, attach_first && consoles->items->len == 0, error))
      return FALSE;
  }
  return TRUE;
}

Consoles *consoles_new(GMainContext *context, const Plan *plan, const LogLimits *limits,
                       gboolean attach_first, gboolean is_adopted, void (*finished)(gpointer user_data),
                       gpointer user_data, GError **error)
{
  g_autoptr(Consoles) consoles = g_new0(Consoles, 1);

  consoles->context = context;
  consoles->limits = *limits;
  consoles->is_adopted = is_adopted;
  consoles->items = g_ptr_array_new_with_free_func(guest_console_free);
  consoles->finished = finished;
  consoles->user_data = user_data;
  if ((attach_first && !check_attachable(plan, error)) || !add_consoles(consoles, plan, attach_first, error))
    return NULL;
  return g_steal_pointer(&consoles);
}

void consoles_free(Consoles *consoles)
{
  if (!consoles)
    return;
  consoles->is_finishing = consoles->is_final = FALSE; /* what is not shown yet is not waited for any more */
  g_ptr_array_unref(consoles->items);
  g_free(consoles);
}

void consoles_announce(const Consoles *consoles)
{
  for (guint i = 0; i < consoles->items->len; i++) {
    const GuestConsole *item = g_ptr_array_index(consoles->items, i);

    if (item->pty)
      announce("%s: %s", item->plan->alias, pty_path(item->pty));
    if (item->stdio)
      stdio_announce(item->stdio);
  }
}

/* ---- Those who come later ---- */

static GuestConsole *get(const Consoles *consoles, guint index)
{
  return g_ptr_array_index(consoles->items, index);
}

guint consoles_count(const Consoles *consoles)
{
  return consoles->items->len;
}

const char *consoles_alias(const Consoles *consoles, guint index)
{
  return get(consoles, index)->plan->alias;
}

const char *consoles_path(const Consoles *consoles, guint index)
{
  const Pty *pty = get(consoles, index)->pty;

  return pty ? pty_path(pty) : NULL;
}

static GuestConsole *find(const Consoles *consoles, const char *alias, GError **error)
{
  g_autoptr(GString) known = g_string_new(NULL);

  for (guint i = 0; i < consoles->items->len; i++) {
    if (!alias || g_str_equal(consoles_alias(consoles, i), alias))
      return get(consoles, i);
  }
  if (consoles->items->len == 0 || !alias) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "the guest has no console");
    return NULL;
  }
  for (guint i = 0; i < consoles->items->len; i++)
    g_string_append_printf(known, "%s%s", i ? ", " : "", consoles_alias(consoles, i));
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "the guest has no console '%s' (known: %s)", alias,
            known->str);
  return NULL;
}

static void on_left(Attachment *attachment, gpointer user_data)
{
  const GuestConsole *item = user_data;

  g_ptr_array_remove(item->attachments, attachment);
}

gboolean consoles_attach(Consoles *consoles, const char *alias, const char **ret_alias, int *ret_fd,
                         GError **error)
{
  GuestConsole *item = find(consoles, alias, error);
  Attachment *attachment;

  if (!item)
    return FALSE;
  if (item->attachments->len == MAX_ATTACHMENTS)
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "'%s' has %d viewers already", item->plan->alias,
                     MAX_ATTACHMENTS);
  attachment = attachment_new(consoles->context, item->console, ret_fd, on_left, item, error);
  if (!attachment)
    return FALSE;
  g_ptr_array_add(item->attachments, attachment);
  *ret_alias = item->plan->alias;
  return TRUE;
}

void consoles_connect(Consoles *consoles, Resources *resources)
{
  for (guint i = 0; i < consoles->items->len; i++) {
    const GuestConsole *item = g_ptr_array_index(consoles->items, i);

    console_connect(item->console, resources_take_peer(resources, item->resource));
    if (item->pty)
      pty_expect_more(item->pty);
  }
}

void consoles_suspend(Consoles *consoles)
{
  for (guint i = 0; i < consoles->items->len; i++) {
    const GuestConsole *item = g_ptr_array_index(consoles->items, i);

    if (item->stdio)
      stdio_suspend(item->stdio);
  }
}

void consoles_resume(Consoles *consoles)
{
  for (guint i = 0; i < consoles->items->len; i++) {
    const GuestConsole *item = g_ptr_array_index(consoles->items, i);

    if (item->stdio)
      stdio_resume(item->stdio);
  }
}
