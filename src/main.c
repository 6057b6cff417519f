/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of commands, and nothing else.
 */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>

#include "base/exit-code.h"
#include "base/nearest.h"
#include "commands/command.h"

static const Command commands[] = {
  { "run", run_command, "FILE", "start the guest and supervise it until it ends" },
  { "argv", argv_command, "FILE", "print the QEMU command line, ready to paste" },
  { "check", check_command, "FILE", "check the document and the host without starting anything" },
};

static void print_help(FILE *stream)
{
  fprintf(stream, "Usage: domrun COMMAND [OPTION...] FILE\n\n"
                  "Runs a libvirt domain XML file as a QEMU guest, without a daemon.\n\nCommands:\n");
  for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
    fprintf(stream, "  %-6s %-6s %s\n", commands[i].name, commands[i].arguments, commands[i].help);
  fprintf(stream,
          "\n'domrun COMMAND --help' lists the options of a command. FILE may be - for standard input.\n");
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
  else
    error_add_hint(&error, "'domrun --help' lists the commands");
  return report_usage_error(error);
}

static int run_named(const char *name, int argc, char **argv)
{
  for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
    if (g_str_equal(name, commands[i].name)) {
      g_autofree char *full_name = g_strconcat("domrun ", name, NULL);

      g_set_prgname(full_name);
      argv[1] = full_name;
      return commands[i].run(argc - 1, argv + 1);
    }
  }
  return unknown_command(name);
}

/* Output that did not reach its file, on a full disk say, is no success. */
static int flush_output(int exit_code)
{
  GError *error = NULL;

  if (fflush(stdout) == 0 && !ferror(stdout))
    return exit_code;
  error_set(&error, DOMRUN_ERROR_INTERNAL, NULL, NULL, "cannot write to standard output: %s",
            g_strerror(errno));
  return report_usage_error(error);
}

int main(int argc, char **argv)
{
  setlocale(LC_ALL, "");
  if (argc < 2) {
    print_help(stderr);
    return EXIT_CODE_USAGE;
  }
  if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h") || g_str_equal(argv[1], "help")) {
    print_help(stdout);
    return flush_output(EXIT_CODE_OK);
  }
  if (g_str_equal(argv[1], "--version")) {
    printf("domrun %s\n", PACKAGE_VERSION);
    return flush_output(EXIT_CODE_OK);
  }
  return flush_output(run_named(argv[1], argc, argv));
}
