/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The live XML: tests/live/CASE.xml becomes CASE.live.xml, to the byte; the live XML is a document that gives
 * the same guest again; and what was there before (comments, unknown elements, other namespaces) is still
 * there. DOMRUN_GOLDEN_REGENERATE=1 rewrites the expectation, and the test fails all the same.
 */
#include "config.h"

#include <string.h>

#include "machine/live.h"
#include "machine/machine.h"
#include "xml/document.h"

typedef struct {
  char *live;
  char *argv;
} Result;

static void result_clear(Result *result)
{
  g_free(result->live);
  g_free(result->argv);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Result, result_clear)

static Result translate(const char *text, gsize length)
{
  g_autoptr(Report) report = report_new();
  g_autoptr(GError) error = NULL;
  g_autoptr(XmlDocument) document = xml_document_load_bytes(text, length, "test.xml", "/", &error);
  DomainOptions options = DOMAIN_OPTIONS_INIT;
  Result result = { 0 };

  g_assert_no_error(error);
  options.seed = "";
  {
    g_autoptr(Domain) domain = machine_parse(document, &options, report);
    g_autoptr(Plan) plan = NULL;

    if (!domain)
      g_test_message("refused: %s", text);
    g_assert_nonnull(domain);
    plan = machine_translate(domain, report);
    g_assert_nonnull(plan);
    result.argv = plan_to_shell(plan, PLAN_RUN);
    result.live = live_describe(domain, /* facts= */ NULL);
  }
  return result;
}

static void test_case(gconstpointer data)
{
  const char *path = data;
  g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".xml"));
  g_autofree char *live_path = g_strconcat(stem, ".live.xml", NULL);
  g_autofree char *text = NULL, *expected = NULL;
  g_auto(Result) first = { 0 }, second = { 0 };
  gsize length;

  g_assert_true(g_file_get_contents(path, &text, &length, NULL));
  first = translate(text, length);
  if (g_getenv("DOMRUN_GOLDEN_REGENERATE")) {
    g_file_set_contents(live_path, first.live, -1, NULL);
    g_test_message("%s was rewritten", live_path);
    g_test_fail();
  }
  g_assert_true(g_file_get_contents(live_path, &expected, NULL, NULL));
  g_assert_cmpstr(first.live, ==, expected);

  second = translate(first.live, strlen(first.live));
  g_assert_cmpstr(second.argv, ==, first.argv);
  g_assert_cmpstr(second.live, ==, first.live);
}

/* Every document of the golden cases that needs no options is, with what became of it, the same guest again.
 */
static void test_golden(gconstpointer data)
{
  const char *path = data;
  g_autofree char *text = NULL;
  g_auto(Result) first = { 0 }, second = { 0 };
  gsize length;

  g_assert_true(g_file_get_contents(path, &text, &length, NULL));
  first = translate(text, length);
  second = translate(first.live, strlen(first.live));
  g_assert_cmpstr(second.argv, ==, first.argv);
  g_assert_cmpstr(second.live, ==, first.live);
}

static gboolean has_file(const char *folder, const char *stem, const char *suffix)
{
  g_autofree char *name = g_strconcat(stem, suffix, NULL);
  g_autofree char *path = g_build_filename(folder, name, NULL);

  return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Those of one family; the paths are kept in @paths. */
static void add_golden(const char *golden, const char *family, GPtrArray *paths)
{
  g_autofree char *folder = g_build_filename(golden, family, NULL);
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *stem = g_strndup(name, strcspn(name, "."));
    g_autofree char *test = g_strconcat("/golden/", family, "/", stem, NULL);

    if (!g_str_has_suffix(name, ".xml") || !has_file(folder, stem, ".argv") ||
        has_file(folder, stem, ".args"))
      continue;
    g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    g_test_add_data_func(test, g_ptr_array_index(paths, paths->len - 1), test_golden);
  }
}

int main(int argc, char **argv)
{
  g_autofree char *golden = g_build_filename(g_getenv("DOMRUN_SRCDIR"), "tests", "golden", NULL);
  g_autoptr(GDir) families = g_dir_open(golden, 0, NULL);
  g_autofree char *folder = g_build_filename(g_getenv("DOMRUN_SRCDIR"), "tests", "live", NULL);
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
  const char *name;

  g_test_init(&argc, &argv, NULL);
  g_assert_nonnull(dir);
  while ((name = g_dir_read_name(dir))) {
    g_autofree char *test = g_strconcat("/live/", name, NULL);

    if (!g_str_has_suffix(name, ".xml") || g_str_has_suffix(name, ".live.xml"))
      continue;
    g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    g_test_add_data_func(test, g_ptr_array_index(paths, paths->len - 1), test_case);
  }
  g_assert_nonnull(families);
  while ((name = g_dir_read_name(families)))
    add_golden(golden, name, paths);
  return g_test_run();
}
