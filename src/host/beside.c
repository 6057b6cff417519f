/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/beside.h"

#include <dirent.h>

#include "base/announce.h"

enum {
  FILES = 1 << CONFINEMENT_FILES,
  TCP = 1 << CONFINEMENT_TCP,
  SIGNALS = 1 << CONFINEMENT_SIGNALS,
  LIMITS = 1 << CONFINEMENT_LIMITS,
};

typedef struct {
  const char *name;
  guint parts;
  gboolean bounds_files; /* the number of those that are open; else it is its own to choose */
  gboolean takes_user;   /* it runs as the user as whom QEMU is run */
  const char *own;       /* what it does by itself, for the user; or NULL */
} Kind;

static const Kind kinds[] = {
  [BESIDE_SWTPM] = { "swtpm", FILES | TCP | SIGNALS | LIMITS, .bounds_files = TRUE, .takes_user = TRUE },
  [BESIDE_SWTPM_SETUP] = { "swtpm_setup", SIGNALS | LIMITS, .bounds_files = TRUE },
  [BESIDE_VIRTIOFSD] = { "virtiofsd", TCP | SIGNALS | LIMITS, .own = "namespaces of its own" },
  [BESIDE_VIRTIOFSD_CHROOT] = { "virtiofsd", FILES | TCP | SIGNALS | LIMITS },
  [BESIDE_PASST] = { "passt", SIGNALS | LIMITS, .own = "namespaces of its own" },
  [BESIDE_DBUS_DAEMON] = { "dbus-daemon", FILES | TCP | SIGNALS | LIMITS, .bounds_files = TRUE,
                           .takes_user = TRUE },
  [BESIDE_ISO] = { "xorriso", FILES | TCP | SIGNALS | LIMITS, .bounds_files = TRUE },
  [BESIDE_BOOTLOADER] = { "bootloader", FILES | TCP | SIGNALS | LIMITS, .bounds_files = TRUE },
};

G_STATIC_ASSERT(G_N_ELEMENTS(kinds) == BESIDE_LAST);

/* ---- What each may have ---- */

Access *beside_access_swtpm(const char *path)
{
  Access *access = access_new_empty();

  access_add(access, PLAN_ACCESS_READ | PLAN_ACCESS_WRITE | PLAN_ACCESS_CREATE, path);
  return access;
}

BesideKind beside_kind_of_virtiofsd(const PlanVirtiofsd *plan)
{
  return g_strcmp0(plan->sandbox, "chroot") == 0 ? BESIDE_VIRTIOFSD_CHROOT : BESIDE_VIRTIOFSD;
}

/* It is a guest's own business which devices it makes in there: that is what it was given. */
Access *beside_access_virtiofsd(const PlanVirtiofsd *plan)
{
  Access *access = access_new_empty();

  access_add(access, plan->is_readonly ? PLAN_ACCESS_READ : PLAN_ACCESS_ALL | PLAN_ACCESS_DEVICES,
             plan->directory);
  return access;
}

Access *beside_access_dbus_daemon(const char *path)
{
  Access *access = access_new_empty();

  access_add(access, PLAN_ACCESS_SOCKET, path);
  return access;
}

/* All but what is about other processes, and the devices. */
static void add_readable(Access *access)
{
  DIR *root = opendir("/");
  const struct dirent *entry;

  while (root && (entry = readdir(root))) {
    g_autofree char *path = g_build_filename("/", entry->d_name, NULL);

    if (entry->d_name[0] != '.' && !g_str_equal(path, "/proc") && !g_str_equal(path, "/dev"))
      access_add(access, PLAN_ACCESS_READ | PLAN_ACCESS_EXECUTE, path);
  }
  if (root)
    closedir(root);
}

/* It takes a kernel out of a disk: whoever wrote the disk may have written what takes over its reader. */
static Access *access_bootloader(const PlanBootloader *bootloader, gboolean is_described)
{
  static const char *const written[] = { PLAN_TEMPORARY, "/tmp",      "/var/tmp",
                                         "/run/xen",     "/run/xend", "/var/lib/xen" };
  Access *access = access_new_empty();

  if (is_described) /* the same on every host */
    access_add(access, PLAN_ACCESS_READ | PLAN_ACCESS_EXECUTE, "/");
  else
    add_readable(access);
  access_add(access, PLAN_ACCESS_READ, bootloader->disk);
  for (gsize i = 0; i < G_N_ELEMENTS(written); i++)
    access_add(access, PLAN_ACCESS_ALL, written[i]);
  return access;
}

Access *beside_access_bootloader(const PlanBootloader *bootloader)
{
  return access_bootloader(bootloader, /* is_described= */ FALSE);
}

static Access *access_passt(void)
{
  Access *access = access_new_empty();

  access->is_listen_free = access->is_connect_free = TRUE;
  return access;
}

/* ---- Putting it on ---- */

gboolean beside_confine(const Beside *beside, BesideKind kind, const char *program, const Access *access,
                        SpawnBounds *bounds, GError **error)
{
  g_autoptr(Access) nothing = access ? NULL : access_new_empty();
  guint parts = beside->confinement & kinds[kind].parts;

  if (parts & FILES && kind != BESIDE_BOOTLOADER && confinement_is_foreign_script(program)) {
    announce_log("'%s' is a script, and nobody knows what it needs: it can open every file", program);
    parts &= ~(guint)FILES;
  }
  if (beside->account && kinds[kind].takes_user)
    bounds->identity = account_identity(beside->account);
  bounds->has_no_core = (parts & LIMITS) != 0;
  bounds->processes = bounds->has_no_core ? CONFINEMENT_PROCESSES : 0;
  bounds->open_files = bounds->has_no_core && kinds[kind].bounds_files ? CONFINEMENT_OPEN_FILES : 0;
  return confinement_rules(access ? access : nothing, program, parts, &bounds->ruleset, error);
}

/* ---- For the user ---- */

typedef struct {
  BesideKind kind;
  Access *access; /* owned; NULL: it is only known when the guest is started, or nothing */
} Found;

/* FALSE: no program is started for it. */
static gboolean find(const PlanResource *resource, Found *ret_found)
{
  switch (resource->kind) {
  case PLAN_RESOURCE_TPM:
    *ret_found =
        (Found){ BESIDE_SWTPM, resource->tpm->path ? beside_access_swtpm(resource->tpm->path) : NULL };
    return TRUE;
  case PLAN_RESOURCE_VIRTIOFSD:
    *ret_found = (Found){ beside_kind_of_virtiofsd(resource->virtiofsd),
                          beside_access_virtiofsd(resource->virtiofsd) };
    return TRUE;
  case PLAN_RESOURCE_PASST:
    *ret_found = (Found){ BESIDE_PASST, access_passt() };
    return TRUE;
  case PLAN_RESOURCE_BUS:
    *ret_found = (Found){ BESIDE_DBUS_DAEMON, NULL };
    return TRUE;
  case PLAN_RESOURCE_CLOUD_INIT:
    *ret_found = (Found){ BESIDE_ISO, NULL };
    return TRUE;
  case PLAN_RESOURCE_QMP:
  case PLAN_RESOURCE_CONSOLE:
  case PLAN_RESOURCE_CHANNEL:
  case PLAN_RESOURCE_FILE:
  case PLAN_RESOURCE_PORT:
  case PLAN_RESOURCE_TAP:
  case PLAN_RESOURCE_TAP_QUEUE:
  case PLAN_RESOURCE_VARIABLES:
  case PLAN_RESOURCE_VHOST_NET:
  case PLAN_RESOURCE_PCI:
  case PLAN_RESOURCE_SECRET:
    return FALSE;
  }
  return FALSE;
}

typedef void (*FoundFunc)(const Found *found, guint parts, GString *text);

static char *describe(const Plan *plan, guint parts, FoundFunc add)
{
  GString *text = g_string_new(NULL);

  if (plan->bootloader.program) {
    g_autoptr(Access) access = access_bootloader(&plan->bootloader, /* is_described= */ TRUE);

    add(&(Found){ BESIDE_BOOTLOADER, access }, parts, text);
  }
  for (guint i = 0; i < plan->resources->len; i++) {
    Found found = { 0 };

    if (!find(g_ptr_array_index(plan->resources, i), &found))
      continue;
    add(&found, parts, text);
    access_free(found.access);
  }
  return g_string_free(text, /* free_segment= */ FALSE);
}

/* Of passt nothing is barred, and said all the same. */
static void add_access(const Found *found, guint parts, GString *text)
{
  const Kind *kind = &kinds[found->kind];
  g_autofree char *prefix = g_strconcat(kind->name, ": ", NULL);
  guint told = found->kind == BESIDE_PASST ? TCP : found->kind == BESIDE_VIRTIOFSD ? FILES : kind->parts;

  if (found->access)
    confinement_describe_own(found->access, parts & told, prefix, text);
}

char *beside_describe(const Plan *plan, guint parts)
{
  return describe(plan, parts, add_access);
}

static void add_parts(const Found *found, guint parts, GString *text)
{
  const Kind *kind = &kinds[found->kind];
  g_autofree char *names = confinement_names(parts & kind->parts);

  g_string_append_printf(text, "%s: %s%s%s\n", kind->name,
                         *names      ? names
                         : kind->own ? ""
                                     : "none",
                         *names && kind->own ? ", " : "", kind->own ? kind->own : "");
}

char *beside_describe_parts(const Plan *plan, guint parts)
{
  return describe(plan, parts, add_parts);
}
