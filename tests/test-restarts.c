/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How often a guest is started again: the limit, the delays, and how the user spells them. Times are made up.
 */
#include "config.h"

#include "supervise/restarts.h"

static const gint64 SECOND = G_USEC_PER_SEC;

static void test_parse(void)
{
  static const char *const wrong[] = { "",    "5",    "/",     "5/",  "/5",       "0/5",
                                       "5/0", "-1/5", "5/5/5", "a/b", "1000000/1" };
  RestartLimit limit = { .limit = 7, .seconds = 7 };

  for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
    g_assert_false(restart_limit_parse(wrong[i], &limit));
  g_assert_cmpuint(limit.limit, ==, 7);
  g_assert_true(restart_limit_parse("3/10", &limit));
  g_assert_cmpuint(limit.limit, ==, 3);
  g_assert_cmpuint(limit.seconds, ==, 10);
  g_assert_true(restart_limit_parse("0", &limit));
  g_assert_cmpuint(limit.limit, ==, 0);
}

/* Three starts within ten seconds are enough; what was longer ago does not count. */
static void test_limit(void)
{
  const RestartLimit limit = { .limit = 3, .seconds = 10 };
  g_autoptr(Restarts) restarts = restarts_new(&limit);

  for (int i = 0; i < 3; i++) {
    g_assert_false(restarts_is_exhausted(restarts, (100 + i) * SECOND));
    restarts_note(restarts, (100 + i) * SECOND);
  }
  g_assert_true(restarts_is_exhausted(restarts, 103 * SECOND));
  g_assert_true(restarts_is_exhausted(restarts, 109 * SECOND));
  g_assert_false(restarts_is_exhausted(restarts, 110 * SECOND));
}

static void test_delay(void)
{
  static const guint expected[] = { 0, 0, 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000 };
  RestartLimit limit;
  g_autoptr(Restarts) restarts = NULL;

  g_assert_true(restart_limit_parse("0", &limit));
  restarts = restarts_new(&limit);
  for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
    g_assert_cmpuint(restarts_delay(restarts, SECOND), ==, expected[i]);
    g_assert_false(restarts_is_exhausted(restarts, SECOND));
    restarts_note(restarts, SECOND);
  }
  g_assert_cmpuint(restarts_delay(restarts, 100 * SECOND), ==, 0);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/restarts/parse", test_parse);
  g_test_add_func("/restarts/limit", test_limit);
  g_test_add_func("/restarts/delay", test_delay);
  return g_test_run();
}
