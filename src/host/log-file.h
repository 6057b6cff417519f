/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that gets what a guest prints, and is replaced when it has got its size, under the names that
 * virtlogd gives: FILE becomes FILE.0, that FILE.1, and the oldest goes.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"

typedef struct {
  guint64 size;  /* bytes; 0: it is never replaced */
  guint backups; /* how many old ones are kept */
} LogLimits;

/* virtlogd's. */
#define LOG_LIMITS_DEFAULT ((LogLimits){ .size = G_GUINT64_CONSTANT(2) << 20, .backups = 3 })

typedef struct LogFile LogFile;

/* As output_file_open(). */
LogFile *log_file_open(const char *path, gboolean append, const LogLimits *limits, const Place *place,
                       GError **error);
void log_file_free(LogFile *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LogFile, log_file_free)

const char *log_file_path(const LogFile *log);

/* Its descriptor, which keeps its number. */
int log_file_fd(const LogFile *log);

/* A FIFO, a terminal or the like is only written to, as its reader allows. */
gboolean log_file_is_regular(const LogFile *log);

/* The last bytes of a regular file, at most @limit, which another process may have written; the caller frees
 * them. NULL: there are none. */
guint8 *log_file_read_end(const LogFile *log, gsize limit, gsize *ret_length);

/* As write(2), to a regular file. Lines are not split between two files unless they are long. */
ssize_t log_file_write(LogFile *log, const guint8 *bytes, gsize length);
