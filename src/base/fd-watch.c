/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/fd-watch.h"

struct FdWatch {
  GSource source;
  int fd;
  gpointer tag;           /* of the descriptor in the source; NULL while nothing is watched */
  GIOCondition condition; /* what is watched for */
  FdWatchFunc func;
  gpointer user_data;
};

static gboolean fd_watch_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
  FdWatch *watch = (FdWatch *)source;
  GIOCondition ready = watch->tag ? g_source_query_unix_fd(source, watch->tag) : 0;

  if (ready)
    watch->func(ready, watch->user_data);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs fd_watch_funcs = { .dispatch = fd_watch_dispatch };

FdWatch *fd_watch_new(GMainContext *context, int fd, FdWatchFunc func, gpointer user_data)
{
  GSource *source = g_source_new(&fd_watch_funcs, sizeof(FdWatch));
  FdWatch *watch = (FdWatch *)source;

  watch->fd = fd;
  watch->func = func;
  watch->user_data = user_data;
  g_source_attach(source, context);
  return watch;
}

void fd_watch_free(FdWatch *watch)
{
  if (!watch)
    return;
  g_source_destroy(&watch->source);
  g_source_unref(&watch->source);
}

void fd_watch_set(FdWatch *watch, GIOCondition condition)
{
  if (!watch || watch->condition == condition) /* each change costs the loop a round */
    return;
  watch->condition = condition;
  if (condition == 0) {
    g_source_remove_unix_fd(&watch->source, watch->tag);
    watch->tag = NULL;
  } else if (watch->tag) {
    g_source_modify_unix_fd(&watch->source, watch->tag, condition);
  } else {
    watch->tag = g_source_add_unix_fd(&watch->source, watch->fd, condition);
  }
}
