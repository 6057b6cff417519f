/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes to a document, to a domain, to a plan, to a command line and to messages: all that `domrun argv`
 * does, but for the look at the host.
 */
#include "config.h"

#include <stdio.h>

#include "base/report.h"
#include "fuzz.h"
#include "machine/machine.h"
#include "qemu/plan.h"
#include "xml/document.h"

const char fuzz_folder[] = "tests";
const char fuzz_suffix[] = ".xml";

static void print_plan(const Plan *plan)
{
  g_autofree char *shell = plan_to_shell(plan, PLAN_SHELL);
  g_autofree char *exact = plan_to_shell(plan, PLAN_RUN);
  g_autofree char *json = plan_to_json(plan, PLAN_RUN);

  g_assert_true(g_utf8_validate(shell, -1, NULL));
  g_assert_true(g_utf8_validate(exact, -1, NULL));
  g_assert_true(g_utf8_validate(json, -1, NULL));
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
  g_assert_true(g_utf8_validate(text, (gssize)length, NULL));
  for (size_t i = 0; i < length; i++)
    g_assert_true(text[i] == '\n' || !g_ascii_iscntrl(text[i]));
  free(text);
}

static void translate(XmlDocument *document, Report *report)
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
    print_plan(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(Report) report = report_new();
  g_autoptr(XmlDocument) document = NULL;
  GError *error = NULL;

  document = xml_document_load_bytes((const char *)data, size, "fuzz.xml", "/", &error);
  if (document)
    translate(document, report);
  else
    report_error(report, error);
  print_report(report);
  return 0;
}
