/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun console: standard input and output as a viewer of a running guest's console. The supervisor hands
 * over a socket; from then on it is asked nothing any more.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/quote.h"
#include "commands/command.h"
#include "commands/guest.h"
#include "console/terminal.h"
#include "control/relay.h"
#include "process/signals.h"

/* Ctrl+], as telnet and virsh have it. */
enum { ESCAPE = 0x1d };

typedef struct {
  GMainLoop *loop;
  Terminal *terminal; /* NULL: standard input is none */
  int out; /* the terminal of standard output, opened for this program alone; -1: it is used itself */
  Relay *relay;
  Signals *signals;
  RelayEnd end;
  int error;  /* of writing what is shown */
  int signal; /* that ended it; 0: none */
} Session;

/* ---- The session ---- */

static void on_ended(RelayEnd end, gpointer user_data)
{
  Session *session = user_data;

  session->end = end;
  session->error = end == RELAY_OUTPUT_ENDED ? relay_error(session->relay) : 0;
  g_main_loop_quit(session->loop);
}

static void on_signal(int signal, gpointer user_data)
{
  Session *session = user_data;

  if (signal == SIGTSTP) {
    terminal_suspend(session->terminal);
    raise(SIGSTOP);
  } else if (signal == SIGCONT) {
    terminal_resume(session->terminal);
    relay_resume(session->relay);
  } else {
    session->signal = signal;
    g_main_loop_quit(session->loop);
  }
}

/* What is said next stands on a line of its own. */
static void session_clear(Session *session)
{
  gboolean is_within_line = session->relay && relay_is_within_line(session->relay);

  relay_free(session->relay);
  terminal_free(session->terminal);
  if (session->out >= 0)
    terminal_reset(session->out, is_within_line);
  signals_free(session->signals);
  fd_clear(&session->out);
  g_clear_pointer(&session->loop, g_main_loop_unref);
}

/* A terminal can be opened again, and then be non-blocking for nobody else; other things cannot. */
static int open_terminal_again(void)
{
  if (!isatty(STDOUT_FILENO))
    return -1;
  return open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static gboolean session_run(Session *session, int socket, GError **error)
{
  RelayOptions options = { .in = STDIN_FILENO,
                           .out = STDOUT_FILENO,
                           .is_shared = TRUE,
                           .socket = socket,
                           .escape = -1,
                           .ended = on_ended,
                           .user_data = session };

  session->loop = g_main_loop_new(NULL, /* is_running= */ FALSE);
  session->signals = signals_new(NULL, on_signal, session, error);
  if (!session->signals)
    return FALSE;
  session->terminal = terminal_new(STDIN_FILENO, TERMINAL_RAW);
  session->out = open_terminal_again();
  if (session->out >= 0) {
    options.out = session->out;
    options.is_shared = FALSE;
  }
  if (session->terminal)
    options.escape = ESCAPE;
  session->relay = relay_new(NULL, &options);
  g_main_loop_run(session->loop);
  return TRUE;
}

/* ---- The command ---- */

static int ask_for_console(GuestCommand *command, const char *device, char **ret_alias, GError **error)
{
  Json *arguments = json_new_object();
  g_autoptr(Json) result = NULL;
  const char *alias = NULL;
  int fd;

  if (device) {
    g_autofree char *text = g_utf8_make_valid(device, -1);

    json_set_string(arguments, "device", text);
  }
  result = guest_command_call(command, "console", arguments, error);
  if (!result)
    return -1;
  fd = control_client_take_fd(command->client);
  if (fd < 0)
    error_set(error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the supervisor sent no console");
  alias = json_get_string(result, "device");
  *ret_alias = g_strdup(alias ? alias : "console");
  return fd;
}

/* For people, at a terminal: what is printed by the guest stands on standard output, this does not. */
static void say(const char *what, const char *alias, const char *guest, const char *rest)
{
  g_autofree char *text = g_strdup_printf("%s '%s' of '%s'%s", what, alias, guest, rest);
  g_autofree char *safe = quote_for_terminal(text, /* keep_newlines= */ FALSE);

  if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
    fprintf(stderr, "%s\n", safe);
}

/* Somebody who has seen enough (head, a terminal that was closed) is no failure. */
static gboolean check_output(const Session *session, GError **error)
{
  return session->error == 0 || session->error == EPIPE || session->error == EIO ||
         error_set(error, DOMRUN_ERROR_INTERNAL, NULL, NULL, "cannot write to standard output: %s",
                   g_strerror(session->error));
}

static int console(GuestCommand *command, const char *device, GError **error)
{
  const char *guest = command->guest->state.name;
  Session session = { .out = -1, .end = RELAY_LEFT };
  g_autofree char *alias = NULL;
  autofd int fd = ask_for_console(command, device, &alias, error);
  gboolean has_run;

  if (fd < 0)
    return EXIT_CODE_INTERNAL;
  g_clear_pointer(&command->client, control_client_free);
  say("connected to", alias, guest, "; Ctrl+] leaves the console");
  has_run = session_run(&session, fd, error);
  session_clear(&session);
  if (!has_run || !check_output(&session, error))
    return EXIT_CODE_INTERNAL;
  say(session.end == RELAY_ENDED ? "the guest has ended:" : "left", alias, guest, "");
  return session.signal ? EXIT_CODE_STOPPED : EXIT_CODE_OK;
}

int console_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  g_autofree char *devname = NULL;
  gboolean is_forced = FALSE,
           is_safe = FALSE; /* virsh's: here others may be connected, and nothing is lost */
  const GOptionEntry entries[] = {
    { "devname", 0, 0, G_OPTION_ARG_STRING, &devname, "DEVICE, as virsh has it", "DEVICE" },
    { "force", 0, 0, G_OPTION_ARG_NONE, &is_forced,
      "accepted for virsh's sake: others do not stand in the way", NULL },
    { "safe", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &is_safe, NULL, NULL },
    G_OPTION_ENTRY_NULL,
  };
  int exit_code = EXIT_CODE_INTERNAL;
  const char *device = NULL;
  GError *error = NULL;

  if (guest_command_begin(
          &command, entries, "GUEST [DEVICE]",
          "Connects standard input and output to a console of a guest, its first or the one of that "
          "alias. What was printed before comes first. Ctrl+] leaves it; others may be connected at "
          "the same time.",
          2, argc, argv, &error) &&
      guest_command_device(&command, devname, &device, &error))
    exit_code = console(&command, device, &error);
  return error ? report_usage_error(error) : exit_code;
}
