/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes to a document, to a domain, to a plan, to a command line and to messages: all that `domrun argv`
 * does, but for the look at the host.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/report.h"
#include "fuzz.h"
#include "machine/machine.h"
#include "qemu/plan.h"
#include "reader.h"
#include "xml/document.h"

const char fuzz_folder[] = "tests";
const char fuzz_suffix[] = ".xml";

/* What main.c puts into documents: whole and alone in each property where it comes out, or nowhere. */
static const char canary[] = "zq,id=x,,y=\"zq", canary_in_xml[] = "zq,id=x,,y=&quot;zq";

static guint count_of(const char *text, gsize length, const char *what)
{
  const char *at = text;
  guint count = 0;

  while ((at = memmem(at, length - (gsize)(at - text), what, strlen(what)))) {
    at += strlen(what);
    count++;
  }
  return count;
}

static void check_value(const char *value)
{
  g_autofree char *read = strchr(value, '%') ? g_uri_unescape_string(value, NULL) : NULL; /* of a URL */
  const char *shown = read ? read : value;

  if (count_of(shown, strlen(shown), "zq") != 2 * count_of(shown, strlen(shown), canary))
    g_error("a string was cut or changed: %s", value);
}

static void check_json(const Json *json)
{
  gconstpointer at = NULL;
  const char *key;
  Json *value;

  if (json_as_string(json))
    check_value(json_as_string(json));
  for (gsize i = 0; json_is(json, JSON_ARRAY) && i < json_length(json); i++)
    check_json(json_at(json, i));
  while (json_is(json, JSON_OBJECT) && json_next_member(json, &at, &key, &value)) {
    g_assert_null(strstr(key, "zq"));
    check_json(value);
  }
}

/* Options whose value QEMU takes as it is. */
static gboolean is_raw(const char *option)
{
  static const char *const raw[] = { "-kernel", "-initrd", "-append", "-uuid", "-dtb", "-bios", "-k", NULL };

  return g_strv_contains(raw, option);
}

/* As QEMU reads it. */
static void check_argument(const PlanArgument *argument, gboolean has_canary)
{
  g_autoptr(Json) json = NULL;
  g_autoptr(GPtrArray) values = NULL;

  if (!argument->value)
    return;
  if (is_raw(argument->option)) {
    if (has_canary)
      check_value(argument->value);
  } else if (argument->value[0] == '{') {
    json = json_parse(argument->value, strlen(argument->value), 64, /* error= */ NULL);
    g_assert_nonnull(json);
    if (has_canary)
      check_json(json);
  } else if (has_canary) {
    values = reader_option_values(argument->value);
    for (guint i = 0; i < values->len; i++)
      check_value(g_ptr_array_index(values, i));
  }
}

/* A shell and a reader of JSON get the same words, the environment's first. */
static void check_words(const Plan *plan, PlanForm form)
{
  g_autofree char *shell = plan_to_shell(plan, form), *json = plan_to_json(plan, form);
  g_auto(GStrv) words = reader_shell_words(shell), argv = plan_to_argv(plan, form);
  g_autoptr(Json) array = json_parse(json, strlen(json), 2, /* error= */ NULL);
  gsize length = json_length(array), before = length - g_strv_length(argv);

  reader_check_terminal(shell, strlen(shell), /* may_have_newlines= */ TRUE);
  reader_check_terminal(json, strlen(json), /* may_have_newlines= */ TRUE);
  g_assert_cmpuint(g_strv_length(words), ==, length);
  g_assert_cmpuint(before, ==, plan->environment->len + (plan->environment->len > 0));
  for (gsize i = 0; i < length; i++)
    g_assert_cmpstr(words[i], ==, json_as_string(json_at(array, i)));
  for (gsize i = before; i < length; i++)
    g_assert_cmpstr(words[i], ==, argv[i - before]);
}

static void print_plan(const Plan *plan, gboolean has_canary)
{
  check_words(plan, PLAN_SHELL);
  check_words(plan, PLAN_RUN);
  for (guint i = 0; i < plan->arguments->len; i++)
    check_argument(g_ptr_array_index(plan->arguments, i), has_canary);
}

/* What reaches a terminal is text without control characters, whatever the document says. */
static void print_report(Report *report)
{
  char *text = NULL;
  size_t length = 0;
  FILE *stream = open_memstream(&text, &length);

  report_print_json(report, stream);
  rewind(stream);
  report_print(report, stream);
  fclose(stream);
  reader_check_terminal(text, length, /* may_have_newlines= */ TRUE);
  free(text);
}

static void translate(XmlDocument *document, gboolean has_canary, Report *report)
{
  DomainOptions options = DOMAIN_OPTIONS_INIT;
  g_autoptr(Domain) domain = NULL;
  g_autoptr(Plan) plan = NULL;

  options.seed = "";
  domain = machine_parse(document, &options, report);
  g_assert_true(domain || report_has_errors(report));
  if (!domain)
    return;
  plan = machine_translate(domain, report);
  g_assert_true(plan || report_has_errors(report));
  if (plan)
    print_plan(plan, has_canary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(Report) report = report_new();
  g_autoptr(XmlDocument) document = NULL;
  guint marks = count_of((const char *)data, size, "zq");
  gboolean has_canary = marks > 0 && marks == 2 * count_of((const char *)data, size, canary_in_xml);
  GError *error = NULL;

  document = xml_document_load_bytes((const char *)data, size, "fuzz.xml", "/", &error);
  if (document)
    translate(document, has_canary, report);
  else
    report_error(report, error);
  print_report(report);
  return 0;
}
