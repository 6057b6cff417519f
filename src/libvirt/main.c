/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun-libvirt: speaks libvirt's protocol with one client, on standard input and output, and ends with it.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/exit-code.h"
#include "base/report.h"
#include "libvirt/call.h"

static void on_ended(gpointer user_data)
{
  g_main_loop_quit(user_data);
}

/* The client's end of a connection is not for what is started from here, nor for messages. */
static void take_descriptors(int *ret_in, int *ret_out)
{
  int null;

  *ret_in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  *ret_out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0)
    return;
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  if (null > STDOUT_FILENO)
    close(null);
}

/* libvirt's clients start this without most of their environment. */
static void find_runtime_directory(void)
{
  g_autofree char *path = g_strdup_printf("/run/user/%u", (guint)getuid());

  if (!g_getenv("XDG_RUNTIME_DIR") && g_file_test(path, G_FILE_TEST_IS_DIR))
    g_setenv("XDG_RUNTIME_DIR", path, /* overwrite= */ TRUE);
}

static int serve(const char *root)
{
  g_autoptr(GMainLoop) loop = NULL;
  GError *error = NULL;
  Session *session;
  int in, out;

  take_descriptors(&in, &out);
  if (in < 0 || out < 0) {
    error_set(&error, DOMRUN_ERROR_HOST, NULL, NULL, "standard input and output are not open");
    error_add_hint(&error, "a client of libvirt's is expected there, which starts this program by itself");
    return report_usage_error(error);
  }
  loop = g_main_loop_new(NULL, FALSE);
  session = session_new(in, out, root, on_ended, loop);
  g_main_loop_run(loop);
  session_free(session);
  return EXIT_CODE_OK;
}

int main(int argc, char **argv)
{
  g_autofree char *root = NULL;
  gboolean is_version = FALSE, is_quit = FALSE;
  const GOptionEntry entries[] = {
    { "root", 0, 0, G_OPTION_ARG_FILENAME, &root, "look for guests in DIR", "DIR" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &is_version, "print the version", NULL },
    { "quit", 'q', 0, G_OPTION_ARG_NONE, &is_quit, "end at once, as ssh's other end is asked to first",
      NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(GOptionContext) context = g_option_context_new(NULL);
  g_autoptr(GError) cause = NULL;
  GError *error = NULL;

  signal(SIGPIPE, SIG_IGN);
  g_option_context_set_summary(
      context, "Speaks libvirt's protocol for domrun's guests, on standard input and output:\n"
               "  virsh -c 'qemu+ext:///session?command=domrun-libvirt' list");
  g_option_context_add_main_entries(context, entries, NULL);
  if (!g_option_context_parse(context, &argc, &argv, &cause)) {
    error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL, "%s", cause->message);
    return report_usage_error(error);
  }
  if (is_version)
    puts("domrun-libvirt " PACKAGE_VERSION);
  if (is_version || is_quit)
    return EXIT_CODE_OK;
  find_runtime_directory();
  return serve(root);
}
