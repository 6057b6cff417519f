/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/report.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/json.h"
#include "base/quote.h"

enum {
  FINDINGS_LIMIT = 200, /* of either kind; nobody reads on, and a document could have a million */
  LINES_SHOWN = 10,     /* of one finding */
};

typedef enum { SEVERITY_WARNING, SEVERITY_ERROR, SEVERITIES } Severity;

typedef struct {
  const char *name;
  const char *colour;
} SeverityWords;

static const SeverityWords severity_words[SEVERITIES] = {
  [SEVERITY_WARNING] = { "warning", "\033[1;35m" },
  [SEVERITY_ERROR] = { "error", "\033[1;31m" },
};
static const char bold[] = "\033[1m", plain[] = "\033[0m";

typedef struct {
  GError *error;
  Severity severity;
  GArray *lines; /* of int; empty where the finding has no place */
} Finding;

struct Report {
  GPtrArray *findings;        /* of Finding */
  GHashTable *by_text;        /* all that two findings have in common but the line, to the Finding */
  guint counts[SEVERITIES];   /* findings that are kept */
  guint left_out[SEVERITIES]; /* beyond the limit */
  int exit_code;
  gboolean is_quiet;
};

static void finding_free(gpointer data)
{
  Finding *finding = data;

  g_error_free(finding->error);
  g_array_unref(finding->lines);
  g_free(finding);
}

Report *report_new(void)
{
  Report *report = g_new0(Report, 1);

  report->findings = g_ptr_array_new_with_free_func(finding_free);
  report->by_text = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return report;
}

void report_free(Report *report)
{
  if (!report)
    return;
  g_hash_table_unref(report->by_text);
  g_ptr_array_unref(report->findings);
  g_free(report);
}

void report_leave_out_warnings(Report *report)
{
  report->is_quiet = TRUE;
}

/* Forgets what was said; whether there was an error stays known. */
static void report_empty(Report *report)
{
  g_hash_table_remove_all(report->by_text);
  g_ptr_array_set_size(report->findings, 0);
  for (gsize i = 0; i < SEVERITIES; i++)
    report->counts[i] = report->left_out[i] = 0;
}

/* ---- Adding ---- */

static char *make_key(const GError *error, Severity severity)
{
  const char *file = error_get_place(error)->file;
  g_autofree char *message = error_format_message(error);

  return g_strdup_printf("%s\n%s\n%s", severity_words[severity].name, file ? file : "", message);
}

/* The finding that says the same, a new one that has taken @error, or NULL where there are enough. */
static Finding *find_or_add(Report *report, GError **error, Severity severity)
{
  g_autofree char *key = make_key(*error, severity);
  Finding *finding = g_hash_table_lookup(report->by_text, key);

  if (finding)
    return finding;
  if (report->counts[severity] >= FINDINGS_LIMIT)
    return NULL;
  finding = g_new0(Finding, 1);
  finding->error = g_steal_pointer(error);
  finding->severity = severity;
  finding->lines = g_array_new(FALSE, FALSE, sizeof(int));
  g_ptr_array_add(report->findings, finding);
  g_hash_table_insert(report->by_text, g_steal_pointer(&key), finding);
  report->counts[severity]++;
  return finding;
}

/* Takes @error. */
static void report_add(Report *report, GError *error, Severity severity)
{
  g_autoptr(GError) taken = error;
  int line = error_get_place(error)->line;
  Finding *finding;

  if (report->is_quiet && severity == SEVERITY_WARNING)
    return;
  finding = find_or_add(report, &taken, severity);
  if (!finding)
    report->left_out[severity]++;
  else if (line > 0)
    g_array_append_val(finding->lines, line);
}

void report_error(Report *report, GError *error)
{
  if (report->exit_code == 0)
    report->exit_code = error_exit_code(error);
  report_add(report, error, SEVERITY_ERROR);
}

void report_error_as_warning(Report *report, GError *error)
{
  report_add(report, error, SEVERITY_WARNING);
}

void report_move_as_warnings(Report *from, Report *to)
{
  for (guint i = 0; i < from->findings->len && !to->is_quiet; i++) {
    const Finding *finding = g_ptr_array_index(from->findings, i);
    g_autoptr(GError) copy = g_error_copy(finding->error);
    Finding *moved = find_or_add(to, &copy, SEVERITY_WARNING);

    if (moved)
      g_array_append_vals(moved->lines, finding->lines->data, finding->lines->len);
    else
      to->left_out[SEVERITY_WARNING]++;
  }
  for (gsize i = 0; i < SEVERITIES && !to->is_quiet; i++)
    to->left_out[SEVERITY_WARNING] += from->left_out[i];
  report_empty(from);
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
  report_add(report, error, SEVERITY_WARNING);
}

gboolean report_has_errors(const Report *report)
{
  return report->exit_code != 0;
}

int report_exit_code(const Report *report)
{
  return report->exit_code;
}

/* ---- Order ---- */

static int compare_lines(gconstpointer a, gconstpointer b)
{
  const int *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

/* Two elements of one line are one place. */
static void order_lines(GArray *lines)
{
  guint kept = 0;

  g_array_sort(lines, compare_lines);
  for (guint i = 0; i < lines->len; i++) {
    int line = g_array_index(lines, int, i);

    if (kept == 0 || g_array_index(lines, int, kept - 1) != line)
      g_array_index(lines, int, kept++) = line;
  }
  g_array_set_size(lines, kept);
}

static int first_line(const Finding *finding)
{
  return finding->lines->len > 0 ? g_array_index(finding->lines, int, 0) : 0;
}

static int compare_findings(gconstpointer a, gconstpointer b)
{
  const Finding *const *x = a, *const *y = b;
  int first = first_line(*x), second = first_line(*y);

  if ((*x)->severity != (*y)->severity)
    return (*x)->severity < (*y)->severity ? -1 : 1;
  return compare_lines(&first, &second);
}

/* Stable, so that findings of one line stay in the order in which they were made. */
static void order_findings(Report *report)
{
  for (guint i = 0; i < report->findings->len; i++) {
    const Finding *finding = g_ptr_array_index(report->findings, i);

    order_lines(finding->lines);
  }
  g_ptr_array_sort(report->findings, compare_findings);
}

/* ---- Text ---- */

static gboolean has_colours(FILE *stream)
{
  const char *no_color = g_getenv("NO_COLOR"), *term = g_getenv("TERM");

  return isatty(fileno(stream)) && !(no_color && *no_color) && term && *term && !g_str_equal(term, "dumb");
}

static void print_head(FILE *stream, gboolean is_coloured, const char *place, Severity severity)
{
  const SeverityWords *words = &severity_words[severity];
  g_autofree char *safe = quote_for_terminal(place, /* keep_newlines= */ FALSE);

  if (is_coloured)
    fprintf(stream, "%s%s:%s %s%s:%s ", bold, safe, plain, words->colour, words->name, plain);
  else
    fprintf(stream, "%s: %s: ", safe, words->name);
}

/* "guest.xml:3, 7, 12" */
static char *make_place(const Finding *finding)
{
  const char *file = error_get_place(finding->error)->file;
  GString *text = g_string_new(file ? file : "domrun");
  guint shown = MIN(finding->lines->len, LINES_SHOWN);

  for (guint i = 0; i < shown && file; i++)
    g_string_append_printf(text, "%s%d", i == 0 ? ":" : ", ", g_array_index(finding->lines, int, i));
  if (shown < finding->lines->len && file)
    g_string_append_printf(text, " and %u more", finding->lines->len - shown);
  return g_string_free(text, FALSE);
}

static void print_finding(const Finding *finding, FILE *stream, gboolean is_coloured)
{
  g_autofree char *place = make_place(finding);
  g_autofree char *text = error_format_message(finding->error);
  g_autofree char *safe = quote_for_terminal(text, /* keep_newlines= */ TRUE);

  print_head(stream, is_coloured, place, finding->severity);
  fprintf(stream, "%s\n", safe);
}

static void print_left_out(const Report *report, Severity severity, FILE *stream, gboolean is_coloured)
{
  if (report->left_out[severity] == 0)
    return;
  print_head(stream, is_coloured, "domrun", severity);
  fprintf(stream, "and %u more\n", report->left_out[severity]);
}

static void print_all(Report *report, FILE *stream)
{
  gboolean is_coloured = has_colours(stream);
  guint i = 0;

  order_findings(report);
  for (Severity severity = 0; severity < SEVERITIES; severity++) {
    for (guint n = 0; n < report->counts[severity]; n++)
      print_finding(g_ptr_array_index(report->findings, i++), stream, is_coloured);
    print_left_out(report, severity, stream, is_coloured);
  }
}

void report_print(Report *report, FILE *stream)
{
  print_all(report, stream);
  report_empty(report);
}

/* "1 error, 8 warnings" */
static char *count_findings(const guint *counts)
{
  GString *text = g_string_new(NULL);
  guint errors = counts[SEVERITY_ERROR], warnings = counts[SEVERITY_WARNING];

  if (errors > 0)
    g_string_append_printf(text, "%u error%s", errors, errors == 1 ? "" : "s");
  if (warnings > 0)
    g_string_append_printf(text, "%s%u warning%s", errors > 0 ? ", " : "", warnings,
                           warnings == 1 ? "" : "s");
  return g_string_free(text, FALSE);
}

void report_conclude(Report *report, FILE *stream, const char *refused, const char *passed)
{
  guint counts[SEVERITIES];
  gboolean is_single_error;
  const char *verdict;

  for (gsize i = 0; i < SEVERITIES; i++)
    counts[i] = report->counts[i] + report->left_out[i];
  is_single_error = counts[SEVERITY_ERROR] == 1 && counts[SEVERITY_WARNING] == 0;
  verdict = counts[SEVERITY_ERROR] > 0 ? refused : passed;
  report_print(report, stream);
  if (verdict && !is_single_error && counts[SEVERITY_ERROR] + counts[SEVERITY_WARNING] > 0) {
    g_autofree char *text = count_findings(counts);

    fprintf(stream, "domrun: %s: %s\n", text, verdict);
  }
}

int report_usage_error(GError *error)
{
  g_autoptr(Report) report = report_new();

  report_error(report, error);
  report_print(report, stderr);
  return report_exit_code(report);
}

/* ---- JSON ---- */

/* Names of files and words of programs may be no UTF-8, which JSON must be. */
static void add_string(Json *object, const char *name, const char *value)
{
  g_autofree char *valid = value ? g_utf8_make_valid(value, -1) : NULL;

  if (valid)
    json_set_string(object, name, valid);
}

static void add_lines(Json *object, const GArray *lines)
{
  Json *array;

  if (lines->len == 0)
    return;
  json_set_int(object, "line", g_array_index(lines, int, 0));
  if (lines->len == 1)
    return;
  array = json_new_array();
  for (guint i = 0; i < lines->len; i++)
    json_append_int(array, g_array_index(lines, int, i));
  json_set(object, "lines", array);
}

static Json *finding_to_json(const Finding *finding)
{
  const Place *place = error_get_place(finding->error);
  Json *object = json_new_object();

  add_string(object, "severity", severity_words[finding->severity].name);
  add_string(object, "file", place->file);
  add_lines(object, finding->lines);
  add_string(object, "element", place->element);
  add_string(object, "attribute", error_get_attribute(finding->error));
  add_string(object, "message", finding->error->message);
  add_string(object, "hint", error_get_hint(finding->error));
  return object;
}

static void add_left_out(Json *array, const Report *report, Severity severity)
{
  g_autofree char *message = g_strdup_printf("and %u more", report->left_out[severity]);
  Json *object;

  if (report->left_out[severity] == 0)
    return;
  object = json_new_object();
  json_set_string(object, "severity", severity_words[severity].name);
  json_set_string(object, "message", message);
  json_append(array, object);
}

void report_print_json(Report *report, FILE *stream)
{
  g_autoptr(Json) array = json_new_array();
  g_autofree char *text = NULL;
  guint i = 0;

  order_findings(report);
  for (Severity severity = 0; severity < SEVERITIES; severity++) {
    for (guint n = 0; n < report->counts[severity]; n++)
      json_append(array, finding_to_json(g_ptr_array_index(report->findings, i++)));
    add_left_out(array, report, severity);
  }
  text = json_print_pretty(array);
  fprintf(stream, "%s\n", text);
}
