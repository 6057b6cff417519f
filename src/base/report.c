/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/report.h"

#include <json-glib/json-glib.h>

#include "base/quote.h"

typedef struct {
  GError *error;
  gboolean is_warning;
} Finding;

struct Report {
  GPtrArray *findings; /* of Finding */
  int exit_code;
};

static void finding_free(gpointer data)
{
  Finding *finding = data;

  g_error_free(finding->error);
  g_free(finding);
}

Report *report_new(void)
{
  Report *report = g_new0(Report, 1);

  report->findings = g_ptr_array_new_with_free_func(finding_free);
  return report;
}

void report_free(Report *report)
{
  if (!report)
    return;
  g_ptr_array_unref(report->findings);
  g_free(report);
}

static void report_add(Report *report, GError *error, gboolean is_warning)
{
  Finding *finding = g_new0(Finding, 1);

  finding->error = error;
  finding->is_warning = is_warning;
  g_ptr_array_add(report->findings, finding);
}

void report_error(Report *report, GError *error)
{
  if (report->exit_code == 0)
    report->exit_code = error_exit_code(error);
  report_add(report, error, FALSE);
}

void report_error_as_warning(Report *report, GError *error)
{
  report_add(report, error, TRUE);
}

void report_move_as_warnings(Report *from, Report *to)
{
  for (guint i = 0; i < from->findings->len; i++) {
    const Finding *finding = g_ptr_array_index(from->findings, i);

    report_error_as_warning(to, g_error_copy(finding->error));
  }
  g_ptr_array_set_size(from->findings, 0);
}

void report_warning(Report *report, const Place *place, const char *attribute, const char *hint,
                    const char *format, ...)
{
  g_autofree char *message = NULL;
  GError *error = NULL;
  va_list arguments;

  va_start(arguments, format);
  message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  error_set_document(&error, place, attribute, "%s", message);
  if (hint)
    error_add_hint(&error, "%s", hint);
  report_add(report, error, TRUE);
}

gboolean report_has_errors(const Report *report)
{
  return report->exit_code != 0;
}

int report_exit_code(const Report *report)
{
  return report->exit_code;
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
  const Finding *const *x = a, *const *y = b;

  return error_get_place((*x)->error)->line - error_get_place((*y)->error)->line;
}

static void print_finding(const Finding *finding, FILE *stream)
{
  g_autofree char *text = error_format(finding->error, finding->is_warning ? "warning: " : "");
  g_autofree char *safe = quote_for_terminal(text, /* keep_newlines= */ TRUE);

  fprintf(stream, "%s\n", safe);
}

void report_print(Report *report, FILE *stream)
{
  /* Stable, so that findings of one line stay in the order in which they were made. */
  g_ptr_array_sort(report->findings, compare_lines);
  for (guint i = 0; i < report->findings->len; i++)
    print_finding(g_ptr_array_index(report->findings, i), stream);
  g_ptr_array_set_size(report->findings, 0);
}

int report_usage_error(GError *error)
{
  g_autoptr(Report) report = report_new();

  report_error(report, error);
  report_print(report, stderr);
  return report_exit_code(report);
}

static void add_string(JsonBuilder *builder, const char *name, const char *value)
{
  if (!value)
    return;
  json_builder_set_member_name(builder, name);
  json_builder_add_string_value(builder, value);
}

static void build_finding(JsonBuilder *builder, const Finding *finding)
{
  const Place *place = error_get_place(finding->error);

  json_builder_begin_object(builder);
  add_string(builder, "severity", finding->is_warning ? "warning" : "error");
  add_string(builder, "file", place->file);
  if (place->line > 0) {
    json_builder_set_member_name(builder, "line");
    json_builder_add_int_value(builder, place->line);
  }
  add_string(builder, "element", place->element);
  add_string(builder, "attribute", error_get_attribute(finding->error));
  add_string(builder, "message", finding->error->message);
  add_string(builder, "hint", error_get_hint(finding->error));
  json_builder_end_object(builder);
}

void report_print_json(const Report *report, FILE *stream)
{
  g_autoptr(JsonBuilder) builder = json_builder_new();
  g_autoptr(JsonGenerator) generator = json_generator_new();
  g_autoptr(JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_array(builder);
  for (guint i = 0; i < report->findings->len; i++)
    build_finding(builder, g_ptr_array_index(report->findings, i));
  json_builder_end_array(builder);
  root = json_builder_get_root(builder);
  json_generator_set_root(generator, root);
  json_generator_set_pretty(generator, TRUE);
  text = json_generator_to_data(generator, NULL);
  fprintf(stream, "%s\n", text);
}
