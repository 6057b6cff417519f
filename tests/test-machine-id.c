/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is made from the id of the host.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host/machine-id.h"

static char *derive(const char *text)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp("domrun-machine-id-XXXXXX", &path, NULL);
  g_autoptr(GError) error = NULL;
  char *derived = NULL;

  g_assert_cmpint(fd, >=, 0);
  close(fd);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  g_assert_true(machine_id_derive(path, &derived, &error));
  g_assert_no_error(error);
  g_unlink(path);
  return derived;
}

/* Reckoned by another program: HMAC-SHA256 of domrun's own id, with the host's as the key. */
static void test_known(void)
{
  g_autofree char *derived = derive("0123456789abcdef0123456789abcdef\n");
  g_autofree char *upper = derive("0123456789ABCDEF0123456789ABCDEF");
  g_autofree char *other = derive("0123456789abcdef0123456789abcdee\n");

  g_assert_cmpstr(derived, ==,
                  "53514202a796f1b118c28a41fb691805"
                  "8390e66d8ac4ddbc958ec570ef0a0079");
  g_assert_cmpstr(upper, ==, derived);
  g_assert_cmpstr(other, !=, derived);
}

static void test_none(void)
{
  static const char *const texts[] = { "",
                                       "\n",
                                       "uninitialized\n",
                                       "0123456789abcdef0123456789abcde\n",
                                       "0123456789abcdef0123456789abcdef0\n",
                                       "0123456789abcdef0123456789abcdef x" };

  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    g_assert_null(derive(texts[i]));
}

static void test_no_file(void)
{
  static const char *const paths[] = { "/nowhere/machine-id", "/dev/null/machine-id", "/", "/dev/zero" };

  for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
    g_autoptr(GError) error = NULL;
    char *derived = NULL;

    g_assert_true(machine_id_derive(paths[i], &derived, &error));
    g_assert_no_error(error);
    g_assert_null(derived);
  }
}

/* There may be an id, and what is made from it, but not now. */
static void test_unknown(void)
{
  g_autoptr(GError) error = NULL;
  char *derived = NULL;
  struct rlimit usual, none;

  g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &usual), ==, 0);
  none = usual;
  none.rlim_cur = 0;
  g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
  g_assert_false(machine_id_derive("/etc/machine-id", &derived, &error));
  g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &usual), ==, 0);
  g_assert_error(error, DOMRUN_ERROR, DOMRUN_ERROR_HOST);
  g_assert_cmpstr(error->message, ==,
                  "the file '/etc/machine-id', which has this host's id: Too many open files");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/machine-id/known", test_known);
  g_test_add_func("/machine-id/none", test_none);
  g_test_add_func("/machine-id/no-file", test_no_file);
  g_test_add_func("/machine-id/unknown", test_unknown);
  return g_test_run();
}
