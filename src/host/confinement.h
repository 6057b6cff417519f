/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What bars QEMU from everything of the host that its plan does not name: by default all of it, without any
 * configuration and without root. SECURITY.md says what each part stops.
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "qemu/access.h"

typedef enum {
  CONFINEMENT_FILES,   /* Landlock: no file but those of the plan */
  CONFINEMENT_TCP,     /* Landlock: no TCP port but those of the plan */
  CONFINEMENT_SIGNALS, /* Landlock: no signal to others, nor their abstract sockets */
  CONFINEMENT_CALLS,   /* seccomp, by QEMU's -sandbox: no program is started, no privilege gained */
  CONFINEMENT_LIMITS,  /* no core files of QEMU, a bound for open files */
  CONFINEMENT_LAST,
} ConfinementPart;

enum { CONFINEMENT_ALL = (1 << CONFINEMENT_LAST) - 1 };

/* More than any guest needs, and fewer than would exhaust the host. */
enum { CONFINEMENT_OPEN_FILES = 64 * 1024 };

/* The kernel counts those of a user, threads included, and so those of all guests of the one as whom QEMU is
 * run: many hundreds of guests, and yet no more than a host can bear. Not for a person's own user, who has
 * other programs. */
enum { CONFINEMENT_PROCESSES = 32 * 1024 };

/* "files", ...: as --no-sandbox= has them. */
extern const EnumTable confinement_part_table;

/* "files, tcp": the names of @parts. The caller frees it. */
char *confinement_names(guint parts);

/* What it means to be without: a literal. */
const char *confinement_loss(ConfinementPart part);

/* Of @wanted parts (1 << part), those that this host can put in force. */
guint confinement_possible(guint wanted);

/* Whether @program is a script that is not the system's: what it needs to find its QEMU nobody can know. */
gboolean confinement_is_foreign_script(const char *program);

/* The rules for a QEMU that is started with @access: what the plan says, and what every QEMU needs. @program
 * is the emulator. *@ret_ruleset is a descriptor, which the caller closes; -1 where none of @parts is about
 * Landlock, and before. FALSE with a DOMRUN_ERROR_HOST error. */
gboolean confinement_rules(const Access *access, const char *program, guint parts, int *ret_ruleset,
                           GError **error);

/* This process knows what is secret of the guest. Where none of @parts bars QEMU from it, which runs as the
 * same user, the kernel does for all processes of this user: nobody but the superuser traces it, reads its
 * memory, its environment or its descriptors, or gets a core file of it. */
void confinement_shield(guint parts);

/* What QEMU may do, a line each: "read /usr", paths as a shell takes them, "listen 5900", "connect any". The
 * caller frees it. */
char *confinement_describe(const Access *access, const char *program, guint parts);

/* The same of what is in @access alone, each line with @prefix. */
void confinement_describe_own(const Access *access, guint parts, const char *prefix, GString *text);
