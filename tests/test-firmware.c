/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Choosing a firmware among descriptors as distributions have them. The descriptors are written here.
 */
#include "config.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "host/firmware.h"

typedef struct {
  char *top;
  char *own, *etc, *share;
  const char *directories[4];
} Tree;

static char *make_directory(const char *top, const char *name)
{
  char *path = g_build_filename(top, name, NULL);

  g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
  return path;
}

static void set_up(Tree *tree, gconstpointer data)
{
  tree->top = g_dir_make_tmp("domrun-firmware-XXXXXX", NULL);
  tree->own = make_directory(tree->top, "own");
  tree->etc = make_directory(tree->top, "etc");
  tree->share = make_directory(tree->top, "share");
  tree->directories[0] = tree->own;
  tree->directories[1] = tree->etc;
  tree->directories[2] = tree->share;
}

static void remove_all(const char *path)
{
  GDir *directory = g_dir_open(path, 0, NULL);
  const char *name;

  while (directory && (name = g_dir_read_name(directory))) {
    g_autofree char *child = g_build_filename(path, name, NULL);

    remove_all(child);
  }
  if (directory)
    g_dir_close(directory);
  g_remove(path);
}

static void tear_down(Tree *tree, gconstpointer data)
{
  remove_all(tree->top);
  g_free(tree->top);
  g_free(tree->own);
  g_free(tree->etc);
  g_free(tree->share);
}

static void put(const char *directory, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename(directory, name, NULL);

  g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* A UEFI firmware in flash. @features is a JSON list without its brackets. */
static void put_uefi(const char *directory, const char *name, const char *loader, const char *format,
                     const char *machines, const char *features)
{
  g_autofree char *text = g_strdup_printf(
      "{\"description\": \"made by a test\", \"interface-types\": [\"uefi\"],"
      " \"mapping\": {\"device\": \"flash\", \"executable\": {\"filename\": \"/fw/%s\", \"format\": \"%s\"},"
      " \"nvram-template\": {\"filename\": \"/fw/%s.vars\", \"format\": \"%s\"}},"
      " \"targets\": [{\"architecture\": \"x86_64\", \"machines\": [%s]}], \"features\": [%s], \"tags\": []}",
      loader, format, loader, format, machines, features);

  put(directory, name, text);
}

static const char both[] = "\"pc-i440fx-*\", \"pc-q35-*\"";
static const char q35[] = "\"pc-q35-*\"";

/* As Debian and Ubuntu have them. */
static void put_debian(const Tree *tree)
{
  put_uefi(tree->share, "40-edk2-x86_64-secure-enrolled.json", "ms", "raw", q35,
           "\"secure-boot\", \"enrolled-keys\", \"requires-smm\"");
  put_uefi(tree->share, "50-edk2-x86_64-secure.json", "secboot", "raw", q35,
           "\"secure-boot\", \"requires-smm\"");
  put_uefi(tree->share, "60-edk2-x86_64.json", "plain", "raw", both, "\"acpi-s3\"");
}

/* As Fedora has them: qcow2 first, and one that keeps no variables. */
static void put_fedora(const Tree *tree)
{
  put_uefi(tree->share, "30-edk2-ovmf-4m-qcow2-x64-sb-enrolled.json", "sb-enrolled.qcow2", "qcow2", q35,
           "\"secure-boot\", \"enrolled-keys\", \"requires-smm\"");
  put_uefi(tree->share, "40-edk2-ovmf-x64-sb-enrolled.json", "sb-enrolled.raw", "raw", q35,
           "\"secure-boot\", \"enrolled-keys\", \"requires-smm\"");
  put_uefi(tree->share, "50-edk2-ovmf-4m-qcow2-x64-nosb.json", "nosb.qcow2", "qcow2", both, "");
  put(tree->share, "60-edk2-ovmf-x64-stateless.json",
      "{\"interface-types\": [\"uefi\"], \"mapping\": {\"device\": \"flash\", \"mode\": \"stateless\","
      " \"executable\": {\"filename\": \"/fw/stateless\", \"format\": \"raw\"}},"
      " \"targets\": [{\"architecture\": \"x86_64\", \"machines\": [\"pc-q35-*\"]}], \"features\": [], "
      "\"tags\": []}");
}

static const FirmwareRequest uefi = { .arch = "x86_64", .machine = "pc-q35-7.2", .is_uefi = TRUE };

/* The loader that is chosen, without its directory; "none". */
static void assert_chosen(const Tree *tree, FirmwareRequest request, const char *expected)
{
  g_auto(FirmwareFound) found = { 0 };
  g_autofree char *name = NULL;

  if (firmware_find_in(tree->directories, &request, &found))
    name = g_path_get_basename(found.loader);
  g_assert_cmpstr(name ? name : "none", ==, expected);
}

static void test_first_that_fits(Tree *tree, gconstpointer data)
{
  FirmwareRequest request = uefi;
  g_auto(FirmwareFound) found = { 0 };

  put_debian(tree);
  g_assert_true(firmware_find_in(tree->directories, &request, &found));
  g_assert_cmpstr(found.loader, ==, "/fw/ms");
  g_assert_cmpstr(found.loader_format, ==, "raw");
  g_assert_cmpstr(found.template_path, ==, "/fw/ms.vars");
  g_assert_true(found.needs_smm);
  request.machine = "pc-i440fx-7.2";
  assert_chosen(tree, request, "plain");
  request.machine = "isapc";
  assert_chosen(tree, request, "none");
  request = uefi;
  request.arch = "aarch64";
  assert_chosen(tree, request, "none");
}

static void test_wishes(Tree *tree, gconstpointer data)
{
  FirmwareRequest request = uefi;

  put_debian(tree);
  request.secure_boot = FIRMWARE_WISH_NO;
  assert_chosen(tree, request, "plain");
  request.secure_boot = FIRMWARE_WISH_YES;
  request.enrolled_keys = FIRMWARE_WISH_NO;
  assert_chosen(tree, request, "secboot");
  request = uefi;
  request.smm = FIRMWARE_WISH_NO;
  assert_chosen(tree, request, "plain");
  request.secure_boot = FIRMWARE_WISH_YES;
  assert_chosen(tree, request, "none");
  request = uefi;
  request.is_stateless = TRUE;
  assert_chosen(tree, request, "none");
  request = uefi;
  request.is_uefi = FALSE;
  assert_chosen(tree, request, "none");
}

static void test_formats(Tree *tree, gconstpointer data)
{
  FirmwareRequest request = uefi;

  put_fedora(tree);
  assert_chosen(tree, request, "sb-enrolled.qcow2");
  request.format = "raw";
  assert_chosen(tree, request, "sb-enrolled.raw");
  request = uefi;
  request.is_stateless = TRUE;
  assert_chosen(tree, request, "stateless");
}

/* A file in /etc takes the place of one of that name, or takes it away. */
static void test_directories(Tree *tree, gconstpointer data)
{
  put_debian(tree);
  put(tree->etc, "40-edk2-x86_64-secure-enrolled.json", "");
  assert_chosen(tree, uefi, "secboot");
  put_uefi(tree->own, "50-edk2-x86_64-secure.json", "mine", "raw", q35, "");
  assert_chosen(tree, uefi, "mine");
  put_uefi(tree->etc, "10-first.json", "first", "raw", q35, "");
  assert_chosen(tree, uefi, "first");
}

/* None of these is a descriptor, and none of them is in the way of those that are. */
static void test_rubbish(Tree *tree, gconstpointer data)
{
  g_autofree char *deep = g_strnfill(100000, '[');
  g_autofree char *fifo = g_build_filename(tree->share, "05-fifo.json", NULL);

  put_debian(tree);
  g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
  put(tree->share, "06-rubbish.json", "{\"interface-types\": [\"uefi\"]");
  put(tree->share, "07-deep.json", deep);
  put(tree->share, "08-types.json", "{\"interface-types\": {\"uefi\": 1}, \"mapping\": [], \"targets\": 7}");
  put(tree->share, "09-empty-object.json", "{}");
  put(tree->share, "11-relative.json",
      "{\"interface-types\": [\"uefi\"], \"mapping\": {\"device\": \"flash\","
      " \"executable\": {\"filename\": \"code.fd\", \"format\": \"raw\"},"
      " \"nvram-template\": {\"filename\": \"vars.fd\", \"format\": \"raw\"}},"
      " \"targets\": [{\"architecture\": \"x86_64\", \"machines\": [\"pc-q35-*\"]}], \"features\": []}");
  put(tree->share, "12-other.txt", "{}");
  assert_chosen(tree, uefi, "ms");
}

static void test_template(Tree *tree, gconstpointer data)
{
  g_autofree char *of_descriptor = NULL, *of_pairs = NULL, *of_nobody = NULL;

  put_debian(tree);
  of_descriptor = firmware_find_template_in(tree->directories, "/fw/secboot");
  of_pairs = firmware_find_template_in(tree->directories, "/usr/share/edk2/ovmf/OVMF_CODE.fd");
  of_nobody = firmware_find_template_in(tree->directories, "/opt/CODE.fd");
  g_assert_cmpstr(of_descriptor, ==, "/fw/secboot.vars");
  g_assert_cmpstr(of_pairs, ==, "/usr/share/edk2/ovmf/OVMF_VARS.fd");
  g_assert_null(of_nobody);
}

static PlanResource variables_of(const Tree *tree, char **ret_path, char **ret_template)
{
  *ret_template = g_build_filename(tree->share, "template.fd", NULL);
  *ret_path = g_build_filename(tree->top, "state", "nvram", "guest_VARS.fd", NULL);
  put(tree->share, "template.fd", "variables");
  return (PlanResource){
    .kind = PLAN_RESOURCE_VARIABLES, .path = *ret_path, .template_path = *ret_template, .is_generated = TRUE
  };
}

static void assert_contents(const char *path, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_assert_cmpstr(text, ==, expected);
}

static void assert_made(const PlanResource *resource)
{
  g_autoptr(GError) error = NULL;
  int fd = firmware_make_variables(resource, &error);

  g_assert_no_error(error);
  g_assert_cmpint(fd, >=, 0);
  g_close(fd, NULL);
}

/* They are made once, and again only when that is asked for. */
static void test_variables(Tree *tree, gconstpointer data)
{
  g_autofree char *path = NULL, *template = NULL;
  PlanResource resource = variables_of(tree, &path, &template);
  GStatBuf status;

  assert_made(&resource);
  assert_contents(path, "variables");
  g_assert_cmpint(g_stat(path, &status), ==, 0);
  g_assert_cmpint(status.st_mode & 0777, ==, 0600);
  g_assert_true(g_file_set_contents(path, "changed", -1, NULL));
  assert_made(&resource);
  assert_contents(path, "changed");
  resource.is_reset = TRUE;
  assert_made(&resource);
  assert_contents(path, "variables");
}

static void test_variables_fail(Tree *tree, gconstpointer data)
{
  g_autofree char *path = NULL, *template = NULL;
  PlanResource resource = variables_of(tree, &path, &template);
  g_autoptr(GError) error = NULL;

  g_remove(template);
  g_assert_cmpint(firmware_make_variables(&resource, &error), ==, -1);
  g_assert_nonnull(error);
  g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
  g_clear_error(&error);
  resource.template_path = NULL;
  g_assert_cmpint(firmware_make_variables(&resource, &error), ==, -1);
  g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*run)(Tree *tree, gconstpointer data);
  } tests[] = {
    { "/firmware/first-that-fits", test_first_that_fits },
    { "/firmware/wishes", test_wishes },
    { "/firmware/formats", test_formats },
    { "/firmware/directories", test_directories },
    { "/firmware/rubbish", test_rubbish },
    { "/firmware/template", test_template },
    { "/firmware/variables", test_variables },
    { "/firmware/variables-fail", test_variables_fail },
  };

  g_test_init(&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
    g_test_add(tests[i].path, Tree, NULL, set_up, tests[i].run, tear_down);
  return g_test_run();
}
