/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun set-user-password: the password of a user of the guest, by its agent. A command line is seen by all
 * users of the host: the password can come by standard input.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "commands/agent.h"
#include "commands/command.h"

enum { PASSWORD_MAX = 1024 };

/* A line, which a terminal does not show. The caller frees it; NULL: there is none. */
static char *read_password(void)
{
  struct termios before, silent;
  gboolean is_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
  char line[PASSWORD_MAX + 2];
  char *got;

  if (is_terminal) {
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fputs("Password: ", stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  got = fgets(line, sizeof line, stdin);
  if (is_terminal) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
  }
  if (got)
    line[strcspn(line, "\r\n")] = '\0';
  return g_strdup(got);
}

static Json *make_arguments(const char *user, const char *password, gboolean is_encrypted)
{
  g_autofree char *encoded = g_base64_encode((const guchar *)password, strlen(password));
  Json *arguments = json_new_object();

  json_set_string(arguments, "username", user);
  json_set_string(arguments, "password", encoded);
  json_set_bool(arguments, "crypted", is_encrypted);
  return arguments;
}

static gboolean check(const char *user, const char *password, GError **error)
{
  if (!*user || !g_utf8_validate(user, -1, NULL))
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "the name of the user is empty, or not in UTF-8");
  if (!password || !*password)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                     "there is no password: a line of standard input, or the third argument");
  return strlen(password) <= PASSWORD_MAX || error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                                                       "the password has more than %d bytes", PASSWORD_MAX);
}

static gboolean set_password(GuestCommand *command, int seconds, gboolean is_encrypted, GError **error)
{
  const char *user = command->arguments[1], *given = command->arguments[2];
  g_autofree char *password = given ? g_strdup(given) : read_password();
  g_autoptr(Agent) agent = check(user, password, error) ? agent_open(command, seconds, error) : NULL;
  g_autoptr(Json) result = NULL;

  if (agent)
    result = agent_ask(agent, "guest-set-user-password", make_arguments(user, password, is_encrypted), error);
  return result != NULL;
}

static gboolean check_user(const GuestCommand *command, GError **error)
{
  return command->arguments[1] || error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "the USER is missing");
}

int set_user_password_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  gboolean is_encrypted = FALSE, is_set;
  int seconds = AGENT_QUICK;
  const GOptionEntry entries[] = {
    { "encrypted", 0, 0, G_OPTION_ARG_NONE, &is_encrypted,
      "the password is as the guest itself would keep it", NULL },
    AGENT_OPTION(seconds, "5"),
    G_OPTION_ENTRY_NULL,
  };
  GError *error = NULL;

  is_set = guest_command_begin(&command, entries, "GUEST USER [PASSWORD]",
                               "Sets the password of a user of the guest, by its agent (qemu-guest-agent). "
                               "Without PASSWORD, which others on this host could see, it is a line of "
                               "standard input.",
                               3, argc, argv, &error) &&
           check_user(&command, &error) && set_password(&command, seconds, is_encrypted, &error);
  return is_set ? EXIT_CODE_OK : report_usage_error(error);
}
