/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <smbios mode='host'>: the guest gets what the host's SMBIOS tables say, but for the uuid.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "host/dmi.h"
#include "machine/machine.h"
#include "xml/document.h"

static const char text[] = "<domain type='qemu'><name>guest</name><memory>65536</memory><os>"
                           "<type arch='x86_64' machine='pc'>hvm</type><smbios mode='host'/></os></domain>";

static char *read_whole_host(const char *name)
{
  return g_strdup_printf("<%s>, here", name);
}

static char *read_as_user(const char *name)
{
  return g_str_has_suffix(name, "_serial") || !g_str_has_prefix(name, "product_") ? NULL : g_strdup(name);
}

static char *read_nothing(const char *name)
{
  return NULL;
}

/* What -smbios gets, a line each; and what is said. */
static char *translate(char *(*read_dmi)(const char *name), Report *report)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(XmlDocument) document = xml_document_load_bytes(text, strlen(text), "test.xml", "/", &error);
  g_autoptr(GString) tables = g_string_new(NULL);
  g_autoptr(Domain) domain = NULL;
  g_autoptr(Plan) plan = NULL;
  g_auto(GStrv) argv = NULL;
  DomainOptions options = DOMAIN_OPTIONS_INIT;

  g_assert_no_error(error);
  options.read_dmi = read_dmi;
  domain = machine_parse(document, &options, report);
  if (!domain)
    return NULL;
  plan = machine_translate(domain, report);
  g_assert_nonnull(plan);
  argv = plan_to_argv(plan, PLAN_RUN);
  for (char **argument = argv; *argument; argument++) {
    if (g_str_equal(*argument, "-smbios"))
      g_string_append_printf(tables, "%s\n", argument[1]);
  }
  return g_string_free(g_steal_pointer(&tables), FALSE);
}

static void expect_said(Report *report, const char *expected)
{
  char *said = NULL;
  size_t length;
  FILE *stream = open_memstream(&said, &length);

  report_print(report, stream);
  fclose(stream);
  g_assert_cmpstr(said, ==, expected);
  free(said);
}

static void test_whole_host(void)
{
  g_autoptr(Report) report = report_new();
  g_autofree char *tables = translate(read_whole_host, report);

  g_assert_cmpstr(
      tables, ==,
      "type=0,vendor=<bios_vendor>,, here,version=<bios_version>,, here,date=<bios_date>,, here,"
      "release=<bios_release>,, here\n"
      "type=1,manufacturer=<sys_vendor>,, here,product=<product_name>,, here,"
      "version=<product_version>,, here,serial=<product_serial>,, here,sku=<product_sku>,, here,"
      "family=<product_family>,, here\n"
      "type=2,manufacturer=<board_vendor>,, here,product=<board_name>,, here,"
      "version=<board_version>,, here,serial=<board_serial>,, here,asset=<board_asset_tag>,, here\n"
      "type=3,manufacturer=<chassis_vendor>,, here,version=<chassis_version>,, here,"
      "serial=<chassis_serial>,, here,asset=<chassis_asset_tag>,, here\n");
  expect_said(report, "");
}

static void test_as_user(void)
{
  g_autoptr(Report) report = report_new();
  g_autofree char *tables = translate(read_as_user, report);

  g_assert_cmpstr(tables, ==,
                  "type=1,product=product_name,version=product_version,sku=product_sku,"
                  "family=product_family\n");
  expect_said(report,
              "test.xml:1: warning: <os>/<smbios>: attribute 'mode': the guest gets no serial numbers: only "
              "root may read the host's\n");
}

static void test_nothing(void)
{
  g_autoptr(Report) report = report_new();

  g_assert_null(translate(read_nothing, report));
  g_assert_true(report_has_errors(report));
  g_assert_null(translate(/* read_dmi= */ NULL, report));
}

static void expect_dmi(const char *root, const char *contents, const char *expected)
{
  g_autofree char *path = g_build_filename(root, "sys/class/dmi/id/sys_vendor", NULL), *got = NULL;

  g_assert_true(g_file_set_contents(path, contents, -1, NULL));
  got = dmi_read_below(root, "sys_vendor");
  g_assert_cmpstr(got, ==, expected);
  g_unlink(path);
}

static void test_files(void)
{
  static const char *const directories[] = { "sys/class/dmi/id", "sys/class/dmi", "sys/class", "sys", "" };
  g_autofree char *root = g_dir_make_tmp("domrun-sysinfo-XXXXXX", NULL);
  g_autofree char *whole = g_build_filename(root, directories[0], NULL);
  g_autofree char *long_text = g_strnfill(5000, 'x');

  g_assert_cmpint(g_mkdir_with_parents(whole, 0700), ==, 0);
  g_assert_null(dmi_read_below(root, "sys_vendor"));
  expect_dmi(root, "QEMU\n", "QEMU");
  expect_dmi(root, "  Dell Inc. \n", "Dell Inc.");
  expect_dmi(root, "\n", "");
  expect_dmi(root, "a\033[2J\n", NULL);
  expect_dmi(root, "\xff\xff\n", NULL);
  expect_dmi(root, long_text, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
    g_autofree char *path = g_build_filename(root, directories[i], NULL);

    g_assert_cmpint(g_rmdir(path), ==, 0);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sysinfo/whole-host", test_whole_host);
  g_test_add_func("/sysinfo/as-user", test_as_user);
  g_test_add_func("/sysinfo/nothing", test_nothing);
  g_test_add_func("/sysinfo/files", test_files);
  return g_test_run();
}
