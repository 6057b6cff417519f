/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The directory of one running guest: its lock, its sockets, and whatever other commands need to find it. It
 * stands in /run/domrun for root, in $XDG_RUNTIME_DIR/domrun for others, in /tmp/domrun-UID where neither can
 * be used, or where the user says. Its name is made from a hash, so that it has the same length whatever the
 * guest is called.
 *
 * A guest runs if and only if its lock is held. The kernel gives the lock back when its holder is gone, in
 * whatever way, and whoever takes it next finds the remains and removes them.
 */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct RuntimeDir RuntimeDir;

/* Makes the directory of the guest @name and takes its lock; a DOMRUN_ERROR_HOST error where another
 * supervisor holds it. @root is where the user wants such directories, or NULL. */
RuntimeDir *runtime_dir_new(const char *root, const char *name, GError **error);

/* Removes the directory with all that is in it, and gives the lock back. */
void runtime_dir_free(RuntimeDir *directory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RuntimeDir, runtime_dir_free)

/* The absolute path, for messages and for other commands. */
const char *runtime_dir_path(const RuntimeDir *directory);

/* The open directory, borrowed, for what is read and written in it (control/state.h). */
int runtime_dir_fd(const RuntimeDir *directory);

/* Binds a new UNIX socket (close-on-exec) to the file @name of the directory and listens; @name may be in use
 * by an older one. Works however long the directory's path is. -1 with an error on failure. */
int runtime_dir_listen(const RuntimeDir *directory, const char *name, GError **error);

/* Connects to such a socket. -1 with an error on failure. */
int runtime_dir_connect(const RuntimeDir *directory, const char *name, GError **error);

void runtime_dir_unlink(const RuntimeDir *directory, const char *name);
