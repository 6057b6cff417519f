/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory of a guest that has crashed, in a file: an ELF core, as crash(8) and gdb read it. By QMP's
 * dump-guest-memory.
 */
#pragma once

#include "supervise/supervisor.h"

/* Where such files are, if nobody says: /var/lib/domrun/dump for root, $XDG_STATE_HOME/domrun/dump for
 * others. The caller frees it. */
char *core_dump_directory(void);

/* Begins to write it; the guest stands. core_dump_on_event() or the end of QEMU tells how it went. FALSE
 * where it could not begin, which was announced. */
gboolean core_dump_start(Supervisor *supervisor);

/* The same for a guest that stands since its watchdog has run out: it goes on when that is done, or has
 * failed. */
void core_dump_pass(Supervisor *supervisor);

/* Takes away the file of a dump that has not come to its end: a part of one is none. */
void core_dump_abandon(Supervisor *supervisor);

/* DUMP_COMPLETED has come: QEMU is told to end. */
void core_dump_on_completed(Supervisor *supervisor, Json *data);

/* Makes the file @path, which must not exist, mode 0600, and passes it to QEMU as @name of `getfd`; @reply is
 * for its answer. FALSE with a DOMRUN_ERROR_HOST error. */
gboolean core_dump_pass_file(Supervisor *supervisor, const char *path, const char *name, QmpReplyFunc reply,
                             gpointer user_data, GError **error);
