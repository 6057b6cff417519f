/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/wait.h>

#include "base/json.h"

#include "qemu/module.h"
#include "qemu/plan.h"
#include "qemu/props.h"

/* Values that somebody's document could hold. */
static const char *const nasty[] = {
  "plain",
  "/a b/c,d=e.img",
  ",",
  ",,",
  ",a=b",
  "it's \"quoted\" \\ $HOME `id` $(id) ;&|<>*?[]!#~{}",
  "line\nbreak\ttab",
  "-device",
  "M\xc3\xbcller \xf0\x9f\x90\xa7",
  "'",
  "\\'",
  "\x01\x7f",
  "trailing\\",
  "trailing\n",
  "%s%n",
  "\302\2331m\xd8\x9c\xe2\x80\xae",
};

static void test_json(void)
{
  g_autoptr(Props) props = props_new("driver", "virtio-blk-pci");
  Props *nested = props_new_empty();
  Json *array = json_new_array();
  g_autofree char *json = NULL;

  props_add_string(props, "id", NULL);
  props_add_bool(props, "share-rw", FALSE);
  props_add_bool(props, "write-cache", TRUE);
  props_add_uint(props, "bootindex", 1);
  props_add_uint(props, "size", G_MAXINT64);
  props_add_int(props, "offset", -5);
  props_add_format(props, "serial", "%s-%d", "a", 5);
  props_add_string(nested, "driver", "file");
  props_add_props(props, "file", nested);
  json_append_string(array, "x");
  props_add_array(props, "list", array);
  json = props_to_json(props);
  g_assert_cmpstr(
      json, ==,
      "{\"driver\":\"virtio-blk-pci\",\"share-rw\":false,\"write-cache\":true,\"bootindex\":1,"
      "\"size\":9223372036854775807,\"offset\":-5,\"serial\":\"a-5\",\"file\":{\"driver\":\"file\"},"
      "\"list\":[\"x\"]}");
  g_assert_true(props_has(props, "serial"));
  g_assert_false(props_has(props, "id"));
}

static void test_json_round_trip(void)
{
  for (gsize i = 0; i < G_N_ELEMENTS(nasty); i++) {
    g_autoptr(Props) props = props_new("driver", nasty[i]);
    g_autofree char *json = props_to_json(props);
    g_autoptr(GError) error = NULL;
    g_autoptr(Json) root = json_parse(json, strlen(json), 64, &error);

    g_assert_no_error(error);
    g_assert_null(strchr(json, '\n'));
    g_assert_cmpstr(json_get_string(root, "driver"), ==, nasty[i]);
  }
}

static void test_keyval(void)
{
  g_autoptr(Props) props = props_new(NULL, "pty");
  g_autofree char *keyval = NULL;

  props_add_string(props, "id", "charserial0");
  props_add_string(props, "path", NULL);
  props_add_string(props, "logfile", "/a,b");
  props_add_bool(props, "logappend", TRUE);
  props_add_bool(props, "mux", FALSE);
  props_add_int(props, "n", -3);
  keyval = props_to_keyval(props);
  g_assert_cmpstr(keyval, ==, "pty,id=charserial0,logfile=/a,,b,logappend=on,mux=off,n=-3");
}

/* QEMU's get_opt_value(): up to a comma that is not followed by another; returns what follows. */
static const char *read_value(const char *text, GString *ret_value)
{
  g_string_truncate(ret_value, 0);
  for (; *text; text++) {
    if (*text == ',' && *++text != ',')
      return text;
    g_string_append_c(ret_value, *text);
  }
  return text;
}

/* No value can become another option. */
static void test_keyval_round_trip(void)
{
  g_autoptr(GString) value = g_string_new(NULL);

  for (gsize i = 0; i < G_N_ELEMENTS(nasty); i++) {
    g_autoptr(Props) props = props_new("guest", nasty[i]);
    g_autofree char *keyval = NULL;
    const char *rest;

    props_add_string(props, "second", nasty[i]);
    keyval = props_to_keyval(props);
    g_assert_true(g_str_has_prefix(keyval, "guest="));
    rest = read_value(keyval + strlen("guest="), value);
    g_assert_cmpstr(value->str, ==, nasty[i]);
    g_assert_true(g_str_has_prefix(rest, "second="));
    rest = read_value(rest + strlen("second="), value);
    g_assert_cmpstr(value->str, ==, nasty[i]);
    g_assert_cmpstr(rest, ==, "");
  }
}

/* A plan whose emulator is a shell's own `printf`, which prints each argument and a NUL. */
static Plan *new_printing_plan(void)
{
  Plan *plan = plan_new();

  plan->emulator = "printf";
  plan_add(plan, PLAN_BOTH, "--", "%s\\0");
  return plan;
}

static void assert_shell_prints(const char *script, GPtrArray *expected)
{
  g_autofree char *bash = g_find_program_in_path("bash"); /* dash does not have $'...' yet */
  char *argv[] = { bash ? bash : (char *)"/bin/sh", (char *)"-c", (char *)script, NULL };
  int pipe_of_stdout = -1, status = -1;
  g_autoptr(GError) error = NULL;
  g_autoptr(GIOChannel) channel = NULL;
  g_autofree char *output = NULL;
  const char *word;
  gsize length = 0;
  GPid pid;

  g_spawn_async_with_pipes("/", argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL,
                           &pipe_of_stdout, NULL, &error);
  g_assert_no_error(error);
  channel = g_io_channel_unix_new(pipe_of_stdout);
  g_io_channel_set_close_on_unref(channel, TRUE);
  g_io_channel_set_encoding(channel, NULL, NULL);
  g_assert_cmpint(g_io_channel_read_to_end(channel, &output, &length, &error), ==, G_IO_STATUS_NORMAL);
  g_assert_no_error(error);
  g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
  g_assert_cmpint(status, ==, 0);
  word = output;
  for (guint i = 0; i < expected->len; i++) {
    g_assert_true(word < output + length);
    g_assert_cmpstr(word, ==, g_ptr_array_index(expected, i));
    word += strlen(word) + 1;
  }
  g_assert_true(word == output + length);
}

static void test_shell_runs(void)
{
  g_autoptr(Plan) plan = new_printing_plan();
  g_autoptr(GPtrArray) expected = g_ptr_array_new();
  g_autofree char *script = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS(nasty); i++) {
    plan_add(plan, PLAN_BOTH, "-option", nasty[i]);
    g_ptr_array_add(expected, (gpointer) "-option");
    g_ptr_array_add(expected, (gpointer)nasty[i]);
  }
  plan_add(plan, PLAN_SHELL, "-empty", "");
  g_ptr_array_add(expected, (gpointer) "-empty");
  g_ptr_array_add(expected, (gpointer) "");
  plan_add(plan, PLAN_RUN, "-not-for-shells", "x");
  plan_add(plan, PLAN_BOTH, "-flag", NULL);
  g_ptr_array_add(expected, (gpointer) "-flag");
  script = plan_to_shell(plan, PLAN_SHELL);
  assert_shell_prints(script, expected);
}

static void test_shell_layout(void)
{
  g_autoptr(Plan) plan = plan_new();
  g_autofree char *shell = NULL;
  g_autofree char *run = NULL;

  plan->emulator = "/opt/my qemu/qemu-system-x86_64";
  plan_add_format(plan, PLAN_BOTH, "-m", "%u", 16u);
  plan_add_json(plan, PLAN_SHELL, "-device", props_new("driver", "pvpanic"));
  plan_add_keyval(plan, PLAN_RUN, "-name", props_new("guest", "a,b"));
  plan_add(plan, PLAN_BOTH, "-nodefaults", NULL);
  shell = plan_to_shell(plan, PLAN_SHELL);
  g_assert_cmpstr(
      shell, ==,
      "'/opt/my qemu/qemu-system-x86_64' \\\n  -m 16 \\\n  -device '{\"driver\":\"pvpanic\"}' \\\n"
      "  -nodefaults\n");
  run = plan_to_shell(plan, PLAN_RUN);
  g_assert_cmpstr(run, ==,
                  "'/opt/my qemu/qemu-system-x86_64' \\\n  -m 16 \\\n  -name guest=a,,b \\\n  -nodefaults\n");
}

static void test_plan_json(void)
{
  g_autoptr(Plan) plan = new_printing_plan();
  g_autofree char *json = NULL;
  g_auto(GStrv) argv = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(Json) root = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS(nasty); i++)
    plan_add(plan, PLAN_BOTH, "-option", nasty[i]);
  json = plan_to_json(plan, PLAN_RUN);
  g_assert_true(g_str_has_suffix(json, "]\n"));
  root = json_parse(json, strlen(json), 64, &error);
  g_assert_no_error(error);
  argv = plan_to_argv(plan, PLAN_RUN);
  g_assert_cmpuint(json_length(root), ==, g_strv_length(argv));
  for (guint i = 0; argv[i]; i++)
    g_assert_cmpstr(json_as_string(json_at(root, i)), ==, argv[i]);
}

static void test_resources(void)
{
  g_autoptr(Plan) plan = plan_new();
  Place place = { "guest.xml", "<serial>", 7 };
  PlanResource *first = plan_add_resource(plan, PLAN_RESOURCE_QMP, "qmp", NULL);
  PlanResource *second = plan_add_resource(plan, PLAN_RESOURCE_CONSOLE, "serial0", &place);

  g_assert_cmpint(first->fd, ==, PLAN_FIRST_FD);
  g_assert_cmpint(second->fd, ==, PLAN_FIRST_FD + 1);
  g_assert_cmpint(second->place.line, ==, 7);
  g_assert_cmpuint(plan->resources->len, ==, 2);
  plan_require(plan, PLAN_REQUIRE_READ, &place, "file", "/x");
  g_assert_cmpuint(plan->requirements->len, ==, 1);
  plan_free(NULL);
  props_free(NULL);
}

static void test_modules(void)
{
  g_autofree char *hint =
      qemu_module_explain("qemu: 'x'\n  qemu: -device qxl-vga,id=a: 'qxl-vga' is not a valid device "
                          "model name");

  g_assert_cmpstr(hint, ==,
                  "'qxl-vga' is in a package of its own: qemu-system-modules-spice (Debian, Ubuntu), "
                  "qemu-device-display-qxl (Fedora), qemu-hw-display-qxl (Arch, openSUSE, Alpine)");
  g_assert_null(qemu_module_explain("'nonsense' is not a valid device model name"));
  g_assert_null(qemu_module_explain("' is not a valid device model name"));
  g_assert_null(qemu_module_explain(""));
}

static void test_objects(void)
{
  g_autofree char *listed =
      qemu_module_explain("qemu: -object {}: Parameter 'qom-type' does not accept value 'tdx-guest'");
  g_autofree char *plain = qemu_module_explain("qemu: invalid object type: sev-snp-guest");
  g_autofree char *property =
      qemu_module_explain("qemu: -blockdev {}: Parameter 'discard-no-unref' is unexpected");

  g_assert_cmpstr(property, ==, "QEMU has discard_no_unref from 8.1 on");
  g_assert_cmpstr(listed, ==, "QEMU can do TDX from 10.1 on");
  g_assert_cmpstr(plain, ==, "QEMU can do SEV-SNP from 9.1 on");
  g_assert_null(qemu_module_explain("qemu: invalid object type: nonsense"));
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/qemu/props/json", test_json);
  g_test_add_func("/qemu/props/json-round-trip", test_json_round_trip);
  g_test_add_func("/qemu/props/keyval", test_keyval);
  g_test_add_func("/qemu/props/keyval-round-trip", test_keyval_round_trip);
  g_test_add_func("/qemu/plan/shell-runs", test_shell_runs);
  g_test_add_func("/qemu/plan/shell-layout", test_shell_layout);
  g_test_add_func("/qemu/plan/json", test_plan_json);
  g_test_add_func("/qemu/plan/resources", test_resources);
  g_test_add_func("/qemu/modules", test_modules);
  g_test_add_func("/qemu/objects", test_objects);
  return g_test_run();
}
