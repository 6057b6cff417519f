/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"

void document_command_clear(DocumentCommand *command)
{
  plan_free(command->plan);
  domain_free(command->domain);
  xml_document_free(command->document);
  report_free(command->report);
  g_free(command->type);
  g_free(command->seed);
}

gboolean document_command_parse_options(DocumentCommand *command, const GOptionEntry *entries,
                                        const char *summary, int argc, char **argv, char **ret_path,
                                        GError **error)
{
  const GOptionEntry shared[] = {
    { "type", 0, 0, G_OPTION_ARG_STRING, &command->type, "run as this type whatever the document says",
      "qemu|kvm" },
    { "strict", 0, 0, G_OPTION_ARG_NONE, &command->is_strict, "refuse what domrun does not know", NULL },
    { "seed", 0, 0, G_OPTION_ARG_STRING, &command->seed, "derive generated values (uuid, mac) from TEXT",
      "TEXT" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(GOptionContext) context = g_option_context_new("FILE");

  g_option_context_set_summary(context, summary);
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_add_main_entries(context, shared, NULL);
  if (!g_option_context_parse(context, &argc, &argv, error))
    return FALSE;
  if (argc == 3 &&
      g_str_equal(argv[1], "--")) /* GOption leaves it where a file name follows that begins with a dash */
    argv++, argc--;
  if (argc != 2) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "expected one FILE, got %d", argc - 1);
    return error_add_hint(error, "%s --help tells how it is used", g_get_prgname());
  }
  *ret_path = argv[1];
  return TRUE;
}

static gboolean parse_type(const DocumentCommand *command, DomainOptions *options, GError **error)
{
  if (!command->type || enum_from_string(&domain_type_table, command->type, &options->type))
    return TRUE;
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--type: unknown value '%s' (known: qemu, kvm)",
            command->type);
  return FALSE;
}

gboolean document_command_load(DocumentCommand *command, const char *path, gboolean is_dry_run)
{
  DomainOptions options = DOMAIN_OPTIONS_INIT;
  GError *error = NULL;

  command->report = report_new();
  options.is_strict = command->is_strict;
  options.seed = command->seed;
  options.has_stand_ins = is_dry_run && !command->seed;
  if (parse_type(command, &options, &error))
    command->document = xml_document_load(path, &error);
  if (!command->document) {
    report_error(command->report, error);
    return FALSE;
  }
  command->domain = domain_parse(command->document, &options, command->report);
  if (command->domain)
    command->plan = domain_translate(command->domain, command->report);
  return command->plan != NULL;
}
