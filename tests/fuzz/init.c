/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What each fuzzer begins with, whoever drives it: a criticism of GLib's is a find.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <glib.h>

#include "fuzz.h"

/* GLib itself would end with SIGTRAP, which libFuzzer does not know. */
static void on_message(const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  if (!(level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)))
    return;
  fprintf(stderr, "%s: %s\n", domain ? domain : "domrun", message);
  abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  g_log_set_default_handler(on_message, NULL);
  return 0;
}
