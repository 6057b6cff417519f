/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is done to a guest: by its supervisor, whose answer comes at once, or by `domrun run`, for which
 * nobody waits.
 */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/json.h"
#include "libvirt/procedures.h"
#include "process/program.h"
#include "xml/element.h"

/* Of virDomainCreateFlags; of virDomainDestroyFlagsValues; of the flags of shutdown and reboot. */
enum { CREATE_PAUSED = 1 << 0, DESTROY_GRACEFUL = 1 << 0, ACPI = 1 << 0, AGENT = 1 << 1 };

/* For a guest to be started: firmware, helpers. */
enum { START_SECONDS = 120 };

/* ---- By its supervisor ---- */

static void execute(Call *call, GVariant *arguments, const char *command, Json *what)
{
  g_autoptr(GVariant) guest = g_variant_get_child_value(arguments, 0);
  GError *error = NULL;
  g_autoptr(Json) result = find_and_call(call_session(call), guest, command, what, &error);

  if (result)
    call_return(call, g_variant_new("()"));
  else
    call_fail(call, error);
}

static guint32 flags_of(GVariant *arguments)
{
  guint32 flags = 0;

  if (g_variant_n_children(arguments) > 1)
    g_variant_get_child(arguments, 1, "u", &flags);
  return flags;
}

void life_destroy(Call *call, GVariant *arguments)
{
  Json *what = json_new_object();

  json_set_bool(what, "graceful", (flags_of(arguments) & DESTROY_GRACEFUL) != 0);
  execute(call, arguments, "destroy", what);
}

/* The guest's agent is not asked: the power button alone does what it says in every guest. */
static Json *mode_of(GVariant *arguments)
{
  guint32 flags = flags_of(arguments);
  Json *what = json_new_object();

  json_set_string(what, "mode", flags & AGENT && !(flags & ACPI) ? "agent" : "acpi");
  return what;
}

void life_shutdown(Call *call, GVariant *arguments)
{
  execute(call, arguments, "shutdown", mode_of(arguments));
}

void life_reboot(Call *call, GVariant *arguments)
{
  execute(call, arguments, "reboot", mode_of(arguments));
}

void life_reset(Call *call, GVariant *arguments)
{
  execute(call, arguments, "reset", NULL);
}

void life_suspend(Call *call, GVariant *arguments)
{
  execute(call, arguments, "suspend", NULL);
}

void life_resume(Call *call, GVariant *arguments)
{
  execute(call, arguments, "resume", NULL);
}

/* ---- By domrun run ---- */

typedef struct {
  Call *call;
  ProgramTask *task;
  char *name; /* of the guest */
  gboolean is_paused;
} Start;

static void start_free(Start *start)
{
  program_task_free(start->task);
  g_free(start->name);
  g_free(start);
}

static gboolean is_error(const char *line)
{
  return strstr(line, "error: ") != NULL;
}

/* What it said: the errors of it, each on a line of the message. */
static char *errors_of(const ProgramEnd *end)
{
  g_auto(GStrv) lines = g_strsplit(end->output ? end->output : "", "\n", -1);
  GString *text = g_string_new(NULL);

  for (char **line = lines; *line; line++) {
    if (is_error(*line) || (text->len > 0 && g_str_has_prefix(*line, "  ")))
      g_string_append_printf(text, "%s%s", text->len > 0 ? "\n" : "", *line);
  }
  return g_string_free(text, /* free_segment= */ FALSE);
}

/* A guest that is to begin paused has run for a moment: its supervisor knows no other beginning. */
static void stop(const Session *session, const Guest *guest)
{
  g_autoptr(GVariant) named = g_variant_ref_sink(find_reply(guest));
  g_autoptr(Json) result = find_and_call(session, named, "suspend", NULL, NULL);
}

static void on_started(const ProgramEnd *end, gpointer user_data)
{
  Start *start = user_data;
  Session *session = call_session(start->call);
  g_autofree char *said = errors_of(end), *how = program_end_describe(end, START_SECONDS);
  g_autoptr(Guest) guest = NULL;
  GError *error = NULL;

  if (program_end_is_good(end) && session)
    guest = find_guest_named(session, start->name, &error);
  if (guest && start->is_paused)
    stop(session, guest);
  if (guest)
    call_return(start->call, g_variant_new("(@" GUEST_TYPE ")", find_reply(guest)));
  else if (error)
    call_fail(start->call, error);
  else
    call_fail_with(start->call, LIBVIRT_ERROR_FAILED, "%s", *said ? said : how);
  start_free(start);
}

/* The document, as a file that the program can open. */
static int open_document(const char *text, GError **error)
{
  autofd int fd = memfd_create("domrun-document", MFD_CLOEXEC);

  if (fd >= 0 && fd_write_all(fd, text, strlen(text)))
    return g_steal_fd(&fd);
  error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot keep the document: %s", g_strerror(errno));
  return -1;
}

/* Which guest it will be; the uuid is read by who starts it. */
static char *name_of(const char *text, GError **error)
{
  g_autoptr(XmlDocument) document = xml_document_load_bytes(text, strlen(text), "document", "/", error);
  const char *name = NULL;

  if (!document || !xml_child_text(xml_document_root(document), "name", &name, error))
    return NULL;
  if (!name)
    error_set(error, DOMRUN_ERROR_DOCUMENT, NULL, NULL, "the document has no <name>");
  return g_strdup(name);
}

/* The guest outlives it, and what that may gain privileges by (a bridge helper) with it. */
static ProgramTask *run(Start *start, int document, GError **error)
{
  const Session *session = call_session(start->call);
  g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
  g_autofree char *domrun = NULL, *directory = program ? g_path_get_dirname(program) : NULL;
  const char *argv[] = { NULL, "run", "--detach", "--quiet", NULL, NULL, NULL, NULL, NULL };
  guint n = 4;
  ProgramRequest request = {
    .seconds = START_SECONDS, .pass_fd = document, .may_gain_privileges = TRUE, .argv = (char *const *)argv
  };

  domrun = directory ? g_build_filename(directory, "domrun", NULL) : g_strdup("domrun");
  argv[0] = domrun;
  if (session->root) {
    argv[n++] = "--root";
    argv[n++] = session->root;
  }
  G_STATIC_ASSERT(PROGRAM_PASSED_FD == 3);
  argv[n] = "/dev/fd/3";
  return program_start(NULL, &request, on_started, start, error);
}

void life_create_xml(Call *call, GVariant *arguments)
{
  const char *text;
  guint32 flags;
  GError *error = NULL;
  autofd int document = -1;
  Start *start = g_new0(Start, 1);

  g_variant_get(arguments, "(&su)", &text, &flags);
  start->call = call;
  start->is_paused = (flags & CREATE_PAUSED) != 0;
  start->name = name_of(text, &error);
  document = start->name ? open_document(text, &error) : -1;
  if (document >= 0)
    start->task = run(start, document, &error);
  if (start->task)
    return;
  start_free(start);
  call_fail(call, error);
}
