/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One guest of a uuid: what keeps two guests apart that were given the same uuid under two names. A file
 * beside the guests' directories, which has the uuid's digits for a name and that of the guest for its
 * content, is locked for as long as the guest runs, and gone when it has ended.
 */
#pragma once

#include <glib.h>

#include "host/runtime-dir.h"

typedef struct UuidLock UuidLock;

/* Locks @uuid among the guests of the root that @directory is in, for the guest @name. NULL with a
 * DOMRUN_ERROR_HOST error where another guest has it, which is named; with @is_adopted the guest's QEMU may
 * have it, which is there already. */
UuidLock *uuid_lock_new(const RuntimeDir *directory, const char *uuid, const char *name, gboolean is_adopted,
                        GError **error);
void uuid_lock_free(UuidLock *lock);
/* Frees it, and its file stays: somebody else has it, too. */
void uuid_lock_leave(UuidLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UuidLock, uuid_lock_free)

/* The guest goes on as @name. */
void uuid_lock_rename(UuidLock *lock, const char *name);

/* What has it locked, borrowed, and cannot be written to: whoever inherits it has the lock, too. */
int uuid_lock_fd(const UuidLock *lock);

/* Removes what a supervisor left that was killed: where nobody has the lock. */
void uuid_lock_remove_stale(const RuntimeDir *directory, const char *uuid);
