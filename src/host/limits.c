/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/limits.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/announce.h"
#include "host/control-group.h"
#include "host/leftovers.h"
#include "host/scope.h"

static const char mount_point[] = "/sys/fs/cgroup";

struct Limits {
  const PlanLimits *plan;
  char *key;
  ControlGroup *group; /* or NULL: */
  gboolean asks_systemd;
  Scope *scope; /* for which systemd was asked; or NULL */
  LimitsFunc settled;
  gpointer user_data;
  gboolean is_told; /* that threads are not limited */
};

static void tell(const Limits *limits, const GError *error)
{
  const Place *place = &limits->plan->place;
  const char *hint = error_get_hint(error);

  announce_notice("%s:%d: the guest runs without its limits: %s", place->file, place->line, error->message);
  if (hint)
    announce_notice("%s", hint);
}

static gboolean is_version_2(void)
{
  struct statfs status;

  return statfs(mount_point, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

/* "0::/user.slice/..." of proc(5); NULL where it is outside of what is mounted here. */
static char *own_group(void)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  if (!g_file_get_contents("/proc/self/cgroup", &text, NULL, NULL))
    return NULL;
  lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++) {
    if (g_str_has_prefix(*line, "0::/") && !strstr(*line, "/.."))
      return g_strdup(*line + strlen("0::"));
  }
  return NULL;
}

/* What systemd marks the groups with that it leaves to others. */
static gboolean is_delegated(const char *own)
{
  static const char *const names[] = { "user.delegate", "trusted.delegate" };
  g_autofree char *path = g_build_filename(mount_point, own, NULL);
  char value = 0;

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    if (getxattr(path, names[i], &value, sizeof value) == sizeof value && value == '1')
      return TRUE;
  }
  return FALSE;
}

static void begin(Limits *limits, pid_t waiting)
{
  g_autofree char *own = own_group(), *name = g_strdup_printf("domrun-%s", limits->key);
  g_autoptr(GError) error = NULL;

  if (!is_version_2() || !own) {
    error_set(&error, DOMRUN_ERROR_HOST, NULL, NULL,
              "%s has no control groups of version 2 that this process is in", mount_point);
    tell(limits, error);
    return;
  }
  limits->asks_systemd = scope_is_possible() && !is_delegated(own);
  if (limits->asks_systemd)
    return;
  if (limits->plan->slice)
    announce_notice("%s:%d: the guest stays in domrun's own control group: <partition> names another",
                    limits->plan->place.file, limits->plan->place.line);
  limits->group = control_group_new(limits->plan, mount_point, own, name, waiting, &error);
  if (!limits->group)
    tell(limits, error);
}

Limits *limits_new(const PlanLimits *plan, const char *key, pid_t waiting)
{
  Limits *limits;

  if (!plan->is_given)
    return NULL;
  limits = g_new0(Limits, 1);
  limits->plan = plan;
  limits->key = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);
  begin(limits, waiting);
  return limits;
}

int limits_fd(const Limits *limits)
{
  return limits && limits->group ? control_group_fd(limits->group) : -1;
}

static void on_scope(const GError *error, gpointer user_data)
{
  Limits *limits = user_data;

  if (error)
    tell(limits, error);
  g_clear_pointer(&limits->scope, scope_free);
  limits->settled(limits->user_data);
}

gboolean limits_are_pending(const Limits *limits)
{
  return limits && limits->scope;
}

void limits_start(Limits *limits, pid_t pid, LimitsFunc settled, gpointer user_data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *name = NULL;

  if (!limits || !limits->asks_systemd)
    return;
  name = g_strdup_printf("domrun-%.16s-%d.scope", limits->key, (int)pid);
  limits->settled = settled;
  limits->user_data = user_data;
  limits->scope = scope_start(limits->plan, name, pid, on_scope, limits, &error);
  if (!limits->scope)
    tell(limits, error);
}

/* Another process may get its number. */
void limits_stop(Limits *limits)
{
  if (limits)
    g_clear_pointer(&limits->scope, scope_free);
}

void limits_set_thread(Limits *limits, PlanThreadKind kind, guint32 id, pid_t thread)
{
  g_autoptr(GError) error = NULL;

  if (!limits || limits->is_told || limits->plan->threads[kind].quota == 0)
    return;
  limits_stop(limits);
  if (limits->group && control_group_limit(limits->group, kind, id, thread, &error))
    return;
  if (!limits->group && limits->asks_systemd)
    error_set(&error, DOMRUN_ERROR_HOST, NULL, NULL,
              "systemd limits no threads ('systemd-run --scope -p Delegate=yes domrun run ...' lets domrun)");
  if (error)
    announce_notice("%s:%d: the threads of the guest have no quota of their own: %s",
                    limits->plan->place.file, limits->plan->place.line, error->message);
  limits->is_told = TRUE;
}

void limits_note(const Limits *limits, int directory)
{
  if (limits && limits->group)
    leftovers_note_group(directory, control_group_path(limits->group), control_group_leaf(limits->group));
}

void limits_free(Limits *limits, int directory)
{
  if (!limits)
    return;
  if (limits->group && control_group_free(limits->group))
    leftovers_forget_group(directory);
  g_free(limits->key);
  g_free(limits);
}
