/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Landlock: rules about files and TCP ports, which a process puts on itself and all that it starts, without
 * any right. The kernel's documentation: userspace-api/landlock. Rules are gathered here, in a descriptor;
 * the child of process/spawn.h puts them on itself.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "qemu/plan.h"

typedef enum {
  LANDLOCK_PART_FILES = 1 << 0,
  LANDLOCK_PART_TCP = 1 << 1,
  LANDLOCK_PART_SIGNALS = 1 << 2,  /* none to processes outside */
  LANDLOCK_PART_ABSTRACT = 1 << 3, /* no connection to their sockets that are no files */
} LandlockPart;

/* The parts that this kernel has: 0 where it has no Landlock, or it is switched off. */
guint landlock_parts(void);

/* A set of rules. */
typedef struct {
  int fd;
  guint64 files; /* the rights to files that are governed: a number of the kernel's */
} Landlock;

#define LANDLOCK_INIT                                                                                        \
  {                                                                                                          \
    .fd = -1                                                                                                 \
  }

typedef enum { LANDLOCK_LISTEN, LANDLOCK_CONNECT } LandlockWay;

/* An empty set for @parts, none of which the kernel lacks: whatever they are about is forbidden, but for the
 * ways of TCP in @free_ways (1 << LANDLOCK_CONNECT). The caller closes @ret_rules->fd. FALSE with a
 * DOMRUN_ERROR_HOST error, as of the next. */
gboolean landlock_new(guint parts, guint free_ways, Landlock *ret_rules, GError **error);

/* Allows @access to @path, a file or a directory with all below it. What is not there, or what this process
 * cannot reach, is left out: so it is for who is confined. */
gboolean landlock_allow_path(const Landlock *rules, PlanAccess access, const char *path, GError **error);

/* Only where the parts had LANDLOCK_PART_TCP. */
gboolean landlock_allow_port(const Landlock *rules, LandlockWay way, guint16 port, GError **error);
