/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It goes into the background by itself once it is set up, so that waiting for what was started is all that
 * is to be done. There it is a child of nobody here; its connection is what it lives by (--fd implies
 * --one-off).
 */
#include "config.h"

#include "host/passt.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/announce.h"
#include "base/fd.h"
#include "base/patience.h"
#include "process/program.h"

/* Setting up takes milliseconds, and thousands of ports some more. */
enum { PASST_SECONDS = 30 };

/* Ending takes one turn of its loop. */
enum { END_SECONDS = 5 };

G_STATIC_ASSERT(PROGRAM_PASSED_FD == 3); /* as the option has it */

/* Who is root gives that up by itself, once it has the ports that only root may have. */
static GPtrArray *make_arguments(const char *program, const PlanPasst *plan, const char *user)
{
  static const char *const fixed[] = { "--quiet", "--fd", "3" };
  GPtrArray *arguments = g_ptr_array_new();

  g_ptr_array_add(arguments, (gpointer)program);
  if (user) {
    g_ptr_array_add(arguments, (gpointer) "--runas");
    g_ptr_array_add(arguments, (gpointer)user);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
    g_ptr_array_add(arguments, (gpointer)fixed[i]);
  for (guint i = 0; i < plan->arguments->len; i++)
    g_ptr_array_add(arguments, g_ptr_array_index(plan->arguments, i));
  g_ptr_array_add(arguments, NULL);
  return arguments;
}

static gboolean run(const PlanPasst *plan, const Beside *beside, int fd, const Place *place, GError **error)
{
  g_autofree char *program = g_find_program_in_path("passt");
  g_autofree char *how = NULL, *last = NULL, *user = NULL;
  g_autoptr(GPtrArray) arguments = NULL;
  g_autoptr(GError) cause = NULL;
  g_auto(ProgramEnd) end = { 0 };
  ProgramRequest request = { .seconds = PASST_SECONDS, .pass_fd = fd, .group = beside->group };
  g_auto(SpawnBounds) bounds = { 0 };

  if (!program)
    return error_set(error, DOMRUN_ERROR_HOST, place, "type", "the program 'passt' is not in PATH");
  if (!beside_confine(beside, BESIDE_PASST, program, /* access= */ NULL, &bounds, error))
    return FALSE;
  if (beside->account)
    user = g_strdup_printf("%u:%u", (guint)account_identity(beside->account)->uid,
                           (guint)account_identity(beside->account)->gid);
  arguments = make_arguments(program, plan, user);
  request.bounds = bounds;
  request.argv = (char *const *)arguments->pdata;
  if (!program_run(&request, &end, &cause))
    return error_set(error, DOMRUN_ERROR_HOST, place, "type", "%s", cause->message);
  if (program_end_is_good(&end))
    return TRUE;
  how = program_end_describe(&end, PASST_SECONDS);
  last = program_end_last_line(&end);
  error_set(error, end.is_stopped ? DOMRUN_ERROR_STOPPED : DOMRUN_ERROR_HOST, place, "type", "passt %s", how);
  return last ? error_add_hint(error, "its last words: %s", last) : FALSE;
}

int passt_start(const PlanPasst *plan, const Beside *beside, const Place *place, GError **error)
{
  autofd int ours = -1, its = -1;
  int pair[2];

  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
    error_set(error, DOMRUN_ERROR_HOST, place, "type", "cannot make a socket for passt: %s",
              g_strerror(errno));
    return -1;
  }
  ours = pair[0];
  its = pair[1];
  return run(plan, beside, its, place, error) ? g_steal_fd(&ours) : -1;
}

/* The kernel closes what a process had open from the last to the first, and the connection is its first:
 * where that is closed, so are the ports. */
void passt_end(int fd)
{
  autofd int ours = fd;
  struct pollfd pollfd = { .fd = ours, .events = POLLIN };
  guint8 bytes[4096];
  ssize_t got = 1;
  gint64 end = g_get_monotonic_time() + (gint64)patience_of(END_SECONDS * 1000) * 1000, left = 1;

  shutdown(ours, SHUT_WR);
  while ((got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN))) && left > 0) {
    left = end - g_get_monotonic_time();
    poll(&pollfd, 1, (int)MAX(left / 1000, 0));
    got = recv(ours, bytes, sizeof bytes, MSG_DONTWAIT);
  }
  if (left <= 0)
    announce_notice("passt does not end");
}
