/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/emulator.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Where distributions have emulators, best first. What is elsewhere somebody has built, and means. */
static const char *const directories[] = {
  "/usr/bin",
  "/usr/local/bin",
  "/usr/libexec",
  "/usr/sbin",
  "/bin",
  "/run/current-system/sw/bin",
  "/run/libvirt/nix-emulators",
};

/* What they call the emulator of the host's own architecture, beside its usual name. */
static const char *const native_names[] = { "qemu-kvm", "kvm", "kvm-spice", "qemu-kvm-spice", "qemu" };

static const char usual_prefix[] = "qemu-system-";

static gboolean is_program(const char *root, const char *path)
{
  g_autofree char *full = g_strconcat(root, path, NULL);
  struct stat status;

  return stat(full, &status) == 0 && S_ISREG(status.st_mode) && access(full, X_OK) == 0;
}

static gboolean is_listed(const char *const *list, gsize length, const char *word)
{
  for (gsize i = 0; i < length; i++) {
    if (g_str_equal(list[i], word))
      return TRUE;
  }
  return FALSE;
}

/* The absolute path of @name in PATH, or NULL. */
static char *find_in_path(const EmulatorTree *tree, const char *name)
{
  g_auto(GStrv) entries = g_strsplit(tree->path, ":", -1);

  for (char **entry = entries; *entry; entry++) {
    g_autofree char *path = g_build_filename(g_path_is_absolute(*entry) ? *entry : "/", name, NULL);

    if (g_path_is_absolute(*entry) && is_program(tree->root, path))
      return g_steal_pointer(&path);
  }
  return NULL;
}

static char *find_in_directories(const EmulatorTree *tree, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
    g_autofree char *path = g_build_filename(directories[i], name, NULL);

    if (is_program(tree->root, path))
      return g_steal_pointer(&path);
  }
  return NULL;
}

static gboolean is_native(const char *usual)
{
  struct utsname host;

  return uname(&host) == 0 && g_str_has_prefix(usual, usual_prefix) &&
         g_str_equal(usual + strlen(usual_prefix), host.machine);
}

/* NULL where there is none. *@ret_program is its path where PATH has it. */
static char *find_usual(const EmulatorTree *tree, const char *usual, char **ret_program)
{
  g_autofree char *path = NULL;

  *ret_program = find_in_path(tree, usual);
  if (*ret_program)
    return g_strdup(usual);
  path = find_in_directories(tree, usual);
  for (gsize i = 0; i < G_N_ELEMENTS(native_names) && !path && is_native(usual); i++) {
    path = find_in_path(tree, native_names[i]);
    if (!path)
      path = find_in_directories(tree, native_names[i]);
  }
  return g_steal_pointer(&path);
}

/* Whether that is where some distribution has an emulator for @usual's architecture. */
static gboolean is_of_distribution(const char *path, const char *usual)
{
  g_autofree char *directory = g_path_get_dirname(path), *name = g_path_get_basename(path);

  return is_listed(directories, G_N_ELEMENTS(directories), directory) &&
         !g_str_equal(directory, "/usr/local/bin") &&
         (g_str_equal(name, usual) ||
          (is_native(usual) && is_listed(native_names, G_N_ELEMENTS(native_names), name)));
}

char *emulator_find(const EmulatorTree *tree, const char *wanted, const char *usual, char **ret_program)
{
  gboolean is_path = strchr(wanted, '/') != NULL;
  g_autofree char *full = g_strconcat(tree->root, wanted, NULL);
  char *found = NULL;

  *ret_program = NULL;
  if (is_path ? access(full, F_OK) < 0 && is_of_distribution(wanted, usual) : g_str_equal(wanted, usual))
    found = find_usual(tree, usual, ret_program);
  return found ? found : g_strdup(wanted);
}

void emulator_resolve(Plan *plan, Report *report)
{
  const PlanRequirement *requirement = plan_find_requirement(plan, PLAN_REQUIRE_EMULATOR);
  const char *path = g_getenv("PATH");
  const EmulatorTree host = { .root = "", .path = path ? path : "/usr/bin:/bin" };
  g_autofree char *program = NULL;
  g_autofree char *found = emulator_find(&host, plan->emulator, plan->usual_emulator, &program);

  if (!program)
    program = g_find_program_in_path(found);
  if (strchr(plan->emulator, '/') && !g_str_equal(found, plan->emulator))
    report_warning(report, &requirement->place, NULL, NULL,
                   "there is no '%s' on this host; '%s' takes its place", plan->emulator, found);
  plan_set_emulator(plan, found, program);
}
