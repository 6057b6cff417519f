/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A descriptor in a main loop whose interest changes often: read now, write when there is something to write,
 * neither while the other side has to wait.
 */
#pragma once

#include <glib.h>

typedef struct FdWatch FdWatch;

/* @ready is what poll(2) said: beside what was asked for it may have G_IO_HUP, G_IO_ERR and G_IO_NVAL. The
 * function may free the watch. */
typedef void (*FdWatchFunc)(GIOCondition ready, gpointer user_data);

/* Watches nothing yet. @fd is borrowed and must stay open until the watch is freed; @context NULL: the
 * default one. */
FdWatch *fd_watch_new(GMainContext *context, int fd, FdWatchFunc func, gpointer user_data);
void fd_watch_free(FdWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FdWatch, fd_watch_free)

/* 0 watches nothing at all, not even for a hang-up: no busy loop on a peer that is gone. NULL is no watch. */
void fd_watch_set(FdWatch *watch, GIOCondition condition);
