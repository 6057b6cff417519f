/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * File descriptors with an owner: `autofd int fd = -1;` closes it at the end of its scope, g_steal_fd() hands
 * it on. -1 is no descriptor, 0 is a valid one. Everything is opened close-on-exec.
 */
#pragma once

#include <glib.h>

#include "base/compat.h"

void fd_clear(int *fd);
#define autofd __attribute__((cleanup(fd_clear)))

/* Whether @error, an errno, tells of what the process or the host lacks, or of a fault of it, and nothing of
 * the file that was to be opened: another time it may be there. */
gboolean fd_is_lack(int error);

/* Closes all descriptors from @first on, whoever opened them. Only while there is one thread. */
void fd_close_from(int first);

/* Reads up to @limit bytes. NULL with errno set on failure; EFBIG where there is more. The result has a NUL
 * after its @ret_length bytes. */
char *fd_read_all(int fd, gsize limit, gsize *ret_length);

/* Writes it all, waiting where the descriptor would block. FALSE with errno set on failure. */
gboolean fd_write_all(int fd, const void *bytes, gsize length);
