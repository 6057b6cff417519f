/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The directory of one running guest: its lock, its sockets, and whatever other commands need to find it
 * (runtime-place.h says where). Its name is made from a hash, so that it has the same length whatever the
 * guest is called.
 *
 * A guest is looked after if and only if its lock is held. The kernel gives the lock back when its holder is
 * gone, in whatever way, and whoever takes it next finds the remains and removes them.
 *
 * The directory is either held (runtime_dir_new()) or only looked at (runtime_root_find()).
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "host/account.h"

typedef struct RuntimeDir RuntimeDir;

/* Makes the directory of the guest @name and takes its lock; a DOMRUN_ERROR_TAKEN error where another
 * supervisor holds it, or a QEMU that has outlived its own. @root is where the user wants such directories,
 * or NULL. */
RuntimeDir *runtime_dir_new(const char *root, const char *name, GError **error);

/* Takes the lock of a guest whose QEMU has outlived its supervisor; nothing in the directory is touched. Of
 * those that try at once one succeeds: DOMRUN_ERROR_TAKEN for the others; DOMRUN_ERROR_NO_GUEST where there
 * is no QEMU any more. */
RuntimeDir *runtime_dir_adopt(const char *root, const char *name, GError **error);

/* Removes the directory with all that is in it, and gives the lock back; one that is only looked at stays,
 * and so does one where a process of QEMU's is left. */
void runtime_dir_free(RuntimeDir *directory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RuntimeDir, runtime_dir_free)

/* Frees @directory, gives the lock back, and leaves all as it is. */
void runtime_dir_let_go(RuntimeDir *directory);

/* Leaves the directory with those of its files that @kept names (NULL-terminated) for others to read, gives
 * the lock back, and frees @directory. */
void runtime_dir_leave(RuntimeDir *directory, const char *const *kept);

/* The absolute path, for messages and for other commands. */
const char *runtime_dir_path(const RuntimeDir *directory);

/* The open directory, borrowed, for what is read and written in it (control/state.h). */
int runtime_dir_fd(const RuntimeDir *directory);

/* In the directory, the one in which QEMU and what serves it make sockets by themselves: displays, a bus.
 * Nothing of domrun's own is there, and so who may make and remove what is in it can do nothing else. It is
 * made anew, and belongs to @account (NULL: to this user), whom the way to it lets pass. */
gboolean runtime_dir_make_sockets(RuntimeDir *directory, const Account *account, GError **error);

/* Its absolute path, and itself, once it was made; -1 before. Both are borrowed. */
const char *runtime_dir_sockets_path(const RuntimeDir *directory);
int runtime_dir_sockets_fd(const RuntimeDir *directory);

/* The open root that it is in, borrowed. */
int runtime_dir_root_fd(const RuntimeDir *directory);

/* The lock that keeps starts and looks apart, for a few system calls: shared by starts, alone for a look.
 * FALSE with an error: somebody holds it for too long. */
gboolean runtime_dir_lock_root(const RuntimeDir *directory, gboolean is_alone, GError **error);
void runtime_dir_unlock_root(const RuntimeDir *directory);

/* Binds a new UNIX socket (close-on-exec) to the file @name of the directory and listens; @name may be in use
 * by an older one. Works however long the directory's path is. -1 with an error on failure. */
int runtime_dir_listen(const RuntimeDir *directory, const char *name, GError **error);

/* Connects to such a socket. -1 with an error on failure: DOMRUN_ERROR_NO_ANSWER where nobody has taken the
 * connection for @milliseconds (0: it is waited for), DOMRUN_ERROR_HOST otherwise. */
int runtime_dir_connect(const RuntimeDir *directory, const char *name, guint milliseconds, GError **error);

void runtime_dir_unlink(const RuntimeDir *directory, const char *name);

/* ---- The directories of others ---- */

typedef struct RuntimeRoot RuntimeRoot;

/* Opens where runtime directories are; @root is as above. Nothing is made: a place that is not there is one
 * without guests. */
RuntimeRoot *runtime_root_new(const char *root, GError **error);
void runtime_root_free(RuntimeRoot *root);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RuntimeRoot, runtime_root_free)

/* Where it is, for messages. */
const char *runtime_root_path(const RuntimeRoot *root);

/* How many directories there are. */
guint runtime_root_count(RuntimeRoot *root);

/* All directories, of RuntimeDir; the caller unrefs the array. It must not outlive the root. */
GPtrArray *runtime_root_list(RuntimeRoot *root);

/* The directory that a guest of that name has, or NULL. */
RuntimeDir *runtime_root_find(RuntimeRoot *root, const char *name);

/* Whether all was seen that the above, and who looked at what they returned, looked for: without a
 * descriptor, say, there may be more guests than were found. */
gboolean runtime_root_check(const RuntimeRoot *root, GError **error);

/* Somebody could not see something; errno tells why. */
void runtime_root_note_lack(RuntimeRoot *root);

typedef enum {
  RUNTIME_NOBODY,
  RUNTIME_SUPERVISOR,
  RUNTIME_EMULATOR, /* the guest's QEMU, which has outlived its supervisor */
  RUNTIME_UNKNOWN,  /* it could not be seen */
} RuntimeHolder;

/* Who has the guest's name. Sets errno where that is unknown. */
RuntimeHolder runtime_dir_holder(const RuntimeDir *directory);

/* Whether a supervisor does. */
gboolean runtime_dir_is_held(const RuntimeDir *directory);

/* Kills a QEMU that has outlived its supervisor: as emulator_lock_end_holders(). */
gboolean runtime_dir_end_emulator(const RuntimeDir *directory, gint64 pid, gint64 start, GError **error);

/* What comes before something is done to a directory that nobody else has meanwhile; FALSE: it is not done.
 */
typedef gboolean (*RuntimeDirFunc)(const RuntimeDir *directory, gpointer user_data);

/* Removes what is in the directory but for @kept (NULL-terminated), if it is this user's, nobody has the
 * guest's name, and @before agrees. What its supervisor held of the host is given back. */
void runtime_dir_reduce_stale(const RuntimeDir *directory, const char *const *kept, RuntimeDirFunc before,
                              gpointer user_data);

/* The same, and the directory goes, too. */
void runtime_dir_remove_stale(const RuntimeDir *directory);
