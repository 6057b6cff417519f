/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of commands, and nothing else.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/exit-code.h"
#include "base/nearest.h"
#include "base/patience.h"
#include "commands/command.h"
#include "commands/habits.h"

static const Command commands[] = {
  { "run", run_command, "FILE", "start the guest and supervise it until it ends" },
  { "adopt", adopt_command, "GUEST", "look after one again whose supervisor was killed" },
  { "argv", argv_command, "FILE", "print the QEMU command line, ready to paste" },
  { "check", check_command, "FILE", "check the document and the host without starting anything" },
  { "init", init_command, "NAME", "print a document to begin with" },
  { "cloud-init", cloud_init_command, "FILE", "make the image for its cloud-init" },
  { "list", list_command, "", "list the guests that run" },
  { "dominfo", dominfo_command, "GUEST", "print what is known of a guest" },
  { "domstate", domstate_command, "GUEST", "print its state" },
  { "domid", domid_command, "GUEST", "print its id" },
  { "domuuid", domuuid_command, "GUEST", "print its uuid" },
  { "dumpxml", dumpxml_command, "GUEST", "print its document, with what was generated and assigned" },
  { "domblklist", domblklist_command, "GUEST", "list its disks" },
  { "domiflist", domiflist_command, "GUEST", "list its network interfaces" },
  { "log", log_command, "GUEST", "print what its supervisor has logged" },
  { "console", console_command, "GUEST [DEVICE]", "connect to its console" },
  { "ttyconsole", ttyconsole_command, "GUEST", "print the terminal of its console" },
  { "vncdisplay", vncdisplay_command, "GUEST", "print its VNC display" },
  { "domdisplay", domdisplay_command, "GUEST", "print the URI of its display" },
  { "view", view_command, "GUEST", "look at its display, with the viewer that is there" },
  { "ssh", ssh_command, "[USER@]GUEST", "log in to it" },
  { "screenshot", screenshot_command, "GUEST [FILE]", "save a picture of its display" },
  { "send-key", send_key_command, "GUEST KEY...", "press keys" },
  { "shutdown", shutdown_command, "GUEST", "ask it to power down" },
  { "reboot", reboot_command, "GUEST", "ask it to power down, and start it again" },
  { "reset", reset_command, "GUEST", "reset it at once" },
  { "suspend", suspend_command, "GUEST", "stop its CPUs" },
  { "resume", resume_command, "GUEST", "let them go on" },
  { "destroy", destroy_command, "GUEST", "end it at once" },
  { "forget", forget_command, "GUEST", "remove what is kept of one that has ended" },
  { "wait", wait_command, "GUEST [STATE]", "wait until it has ended, or is in a state" },
  { "events", events_command, "GUEST", "print what happened, and happens, to it" },
  { "dump", dump_command, "GUEST FILE", "write its memory to a file" },
  { "guestinfo", guestinfo_command, "GUEST", "print what its agent knows of it" },
  { "domifaddr", domifaddr_command, "GUEST", "list its addresses" },
  { "domhostname", domhostname_command, "GUEST", "print its host name" },
  { "domtime", domtime_command, "GUEST", "print or set its time" },
  { "domfsfreeze", domfsfreeze_command, "GUEST [PATH]", "freeze its file systems" },
  { "domfsthaw", domfsthaw_command, "GUEST", "thaw them" },
  { "dompmsuspend", dompmsuspend_command, "GUEST TARGET", "put its system to sleep" },
  { "dompmwakeup", dompmwakeup_command, "GUEST", "wake it up" },
  { "guestvcpus", guestvcpus_command, "GUEST", "print or set which CPUs it uses" },
  { "set-user-password", set_user_password_command, "GUEST USER", "set the password of one of its users" },
  { "domfstrim", domfstrim_command, "GUEST", "tell its disks what is free" },
  { "qemu-agent-command", qemu_agent_command_command, "GUEST COMMAND", "execute a command of its agent" },
  { "qmp", qmp_command, "GUEST COMMAND", "execute a command of QEMU" },
};

static void print_help(FILE *stream)
{
  fprintf(stream, "Usage: domrun COMMAND [OPTION...] ARGUMENT...\n\n"
                  "Runs a libvirt domain XML file as a QEMU guest, without a daemon.\n\nCommands:\n");
  for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
    fprintf(stream, "  %-11s  %-14s  %s\n", commands[i].name, commands[i].arguments, commands[i].help);
  fprintf(stream, "\n'domrun COMMAND --help' lists the options of a command. FILE of the first three may be "
                  "- for standard\n"
                  "input. GUEST is a name, a uuid or an id.\n");
}

static int unknown_command(const char *name)
{
  Nearest nearest = NEAREST_INIT(name);
  GError *error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
    nearest_try(&nearest, commands[i].name);
  error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL, "unknown command '%s'", name);
  if (nearest.name)
    error_add_hint(&error, "did you mean '%s'?", nearest.name);
  else if (g_str_has_suffix(name, ".xml"))
    error_add_hint(&error, "'domrun run %s' starts the guest", name);
  else
    error_add_hint(&error, "'domrun --help' lists the commands");
  return report_usage_error(error);
}

static int run_command_named(const Command *command, int argc, char **argv)
{
  g_autofree char *full_name = g_strconcat("domrun ", command->name, NULL);

  g_set_prgname(full_name);
  argv[1] = full_name;
  return command->run(argc - 1, argv + 1);
}

static const Command *find_command(const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
    if (g_str_equal(name, commands[i].name))
      return &commands[i];
  }
  return NULL;
}

/* A verb of virsh: "start FILE" is "run --detach FILE". */
static int follow_habit(const Habit *habit, int argc, char **argv)
{
  g_autoptr(GPtrArray) words = g_ptr_array_new();
  GError *error = NULL;

  if (!habit->verb) {
    error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL, "domrun has no command '%s'", argv[1]);
    error_add_hint(&error, "%s", habit->instead);
    return report_usage_error(error);
  }
  g_ptr_array_add(words, argv[0]);
  g_ptr_array_add(words, (char *)habit->verb);
  if (habit->option)
    g_ptr_array_add(words, (char *)habit->option);
  for (int i = 2; i < argc; i++)
    g_ptr_array_add(words, argv[i]);
  if (habit->after)
    g_ptr_array_add(words, (char *)habit->after);
  argc = (int)words->len;
  g_ptr_array_add(words, NULL);
  return run_command_named(find_command(habit->verb), argc, (char **)words->pdata);
}

static int run_named(const char *name, int argc, char **argv)
{
  const Command *command = find_command(name);
  const Habit *habit = habit_find(name);
  GError *error = NULL;

  if (!patience_check(&error))
    return report_usage_error(error);
  if (command)
    return run_command_named(command, argc, argv);
  return habit ? follow_habit(habit, argc, argv) : unknown_command(name);
}

/* What is opened later must not become standard input, output or error by chance. */
static void ensure_stdio(void)
{
  int fd;

  do
    fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0)
    close(fd);
}

/* Of the arguments; messages are not translated. A locale takes four files to load, and where all is ASCII it
 * makes no difference. */
static void set_encoding(int argc, char **argv)
{
  for (int i = 1; i < argc; i++) {
    if (!g_str_is_ascii(argv[i])) {
      setlocale(LC_CTYPE, "");
      return;
    }
  }
}

int main(int argc, char **argv)
{
  announce_fatal_errors();
  ensure_stdio();
  set_encoding(argc, argv);
  if (argc < 2) {
    print_help(stderr);
    return EXIT_CODE_USAGE;
  }
  if (g_str_equal(argv[1], "help") && argc > 2) { /* "help run" */
    char *words[] = { argv[0], argv[2], (char *)"--help", NULL };

    return command_leave(run_named(argv[2], 3, words));
  }
  if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h") || g_str_equal(argv[1], "help")) {
    print_help(stdout);
    return command_leave(EXIT_CODE_OK);
  }
  if (g_str_equal(argv[1], "--version") || g_str_equal(argv[1], "-V")) {
    printf("domrun %s\n", PACKAGE_VERSION);
    return command_leave(EXIT_CODE_OK);
  }
  return command_leave(run_named(argv[1], argc, argv));
}
