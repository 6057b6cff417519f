/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/user-files.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/file-rights.h"
#include "host/requirement.h"
#include "host/pci.h"
#include "host/scsi.h"
#include "host/usb.h"

typedef struct {
  const Plan *plan;
  const Account *account;
  gboolean is_chowned;
  Report *report;
} Check;

/* What is there, and cannot be used. FALSE with an error. */
static gboolean refuse(const Check *check, const PlanRequirement *requirement, const char *path,
                       const char *what, gboolean is_own, int saved, GError **error)
{
  const char *name = account_name(check->account);
  g_autofree char *barrier = account_describe_barrier(check->account, path), *rights = NULL;
  struct stat status;

  requirement_refuse(requirement, error, "'%s', as whom QEMU is run, cannot %s '%s': %s", name, what, path,
                     g_strerror(saved));
  if (barrier)
    return error_add_hint(error, "%s", barrier);
  if (stat(path, &status) < 0)
    return FALSE;
  rights = file_rights_describe(&status);
  if (is_own)
    return error_add_hint(error,
                          "--chown gives it to '%s' while the guest runs (%s); or: setfacl -m u:%s:rw '%s'",
                          name, rights, name, path);
  return error_add_hint(error, "let that user (%s): setfacl -m u:%s:%s '%s'", rights, name,
                        S_ISDIR(status.st_mode)     ? "rwx"
                        : g_str_equal(what, "read") ? "r"
                                                    : "rw",
                        path);
}

static gboolean check_mode(const Check *check, const PlanRequirement *requirement, const char *path, int mode,
                           const char *what, gboolean is_own, GError **error)
{
  if (account_may(check->account, path, mode) || errno == ENOENT)
    return TRUE;
  return refuse(check, requirement, path, what, is_own, errno, error);
}

/* A file of the guest alone, which --chown gives the user: the way to it is to be open. */
static gboolean check_own(const Check *check, const PlanRequirement *requirement, const char *path,
                          GError **error)
{
  g_autofree char *directory = g_path_get_dirname(path);

  if (check->is_chowned)
    return check_mode(check, requirement, directory, X_OK, "look into", /* is_own= */ FALSE, error);
  return check_mode(check, requirement, path, R_OK, "read", /* is_own= */ TRUE, error) &&
         check_mode(check, requirement, path, W_OK, "write", /* is_own= */ TRUE, error);
}

static gboolean check_both(const Check *check, const PlanRequirement *requirement, const char *path,
                           GError **error)
{
  return check_mode(check, requirement, path, R_OK | W_OK, "read and write", /* is_own= */ FALSE, error);
}

static gboolean check_parent(const Check *check, const PlanRequirement *requirement, const char *path,
                             GError **error)
{
  g_autofree char *directory = g_path_get_dirname(path);

  return check_mode(check, requirement, directory, W_OK | X_OK, "make files in", /* is_own= */ FALSE, error);
}

/* A state that is there already. One in a directory of domrun's own needs no way: swtpm has it open. */
static gboolean check_tpm(const Check *check, const PlanRequirement *requirement, GError **error)
{
  const PlanTpm *tpm = requirement->tpm;

  if (!tpm || !tpm->path)
    return TRUE;
  if (tpm->is_file)
    return check_own(check, requirement, tpm->path, error);
  if (check->is_chowned || tpm->is_generated)
    return TRUE;
  return check_mode(check, requirement, tpm->path, R_OK | W_OK | X_OK, "read and write", /* is_own= */ TRUE,
                    error);
}

/* What there is not (yet) is told by others. */
static gboolean check_node(const Check *check, const PlanRequirement *requirement, char *node, GError **error)
{
  g_autofree char *owned = node;

  return !owned || check_both(check, requirement, owned, error);
}

static gboolean check_vfio(const Check *check, const PlanRequirement *requirement, char *group,
                           GError **error)
{
  return check_node(check, requirement, group, error) &&
         check_both(check, requirement, "/dev/vfio/vfio", error);
}

static gboolean check_requirement(const Check *check, const PlanRequirement *requirement, GError **error)
{
  const char *path = requirement->path;

  switch (requirement->kind) {
  case PLAN_REQUIRE_READ:
    return check_mode(check, requirement, path, R_OK, "read", /* is_own= */ FALSE, error);
  case PLAN_REQUIRE_WRITE:
    return requirement->is_shared ? check_both(check, requirement, path, error)
                                  : check_own(check, requirement, path, error);
  case PLAN_REQUIRE_VARIABLES:
    return requirement->is_generated || check_own(check, requirement, path, error);
  case PLAN_REQUIRE_DIRECTORY:
    return check_mode(check, requirement, path, R_OK | X_OK, "read", /* is_own= */ FALSE, error);
  case PLAN_REQUIRE_DEVICE:
    return check_both(check, requirement, path, error);
  case PLAN_REQUIRE_KVM:
    return check_both(check, requirement, "/dev/kvm", error);
  case PLAN_REQUIRE_PCI:
    return check_vfio(check, requirement, pci_find_group("", path), error);
  case PLAN_REQUIRE_MDEV:
    return check_vfio(check, requirement, mdev_find_group("", path), error);
  case PLAN_REQUIRE_SCSI:
    return check_node(check, requirement, scsi_find(path), error);
  case PLAN_REQUIRE_USB:
    return check_node(check, requirement, usb_find(&requirement->usb), error);
  case PLAN_REQUIRE_SOCKET:
    return check_mode(check, requirement, path, W_OK, "connect to", /* is_own= */ FALSE, error);
  case PLAN_REQUIRE_LISTEN:
    return check_parent(check, requirement, path, error);
  case PLAN_REQUIRE_TPM:
    return check_tpm(check, requirement, error);
  case PLAN_REQUIRE_CREATE: /* by domrun, or the allowances say it */
  case PLAN_REQUIRE_PIPE:
  case PLAN_REQUIRE_SECRET: /* what root does */
  case PLAN_REQUIRE_EMULATOR:
  case PLAN_REQUIRE_MACHINE:
  case PLAN_REQUIRE_SPICE:
  case PLAN_REQUIRE_PROGRAM:
  case PLAN_REQUIRE_TUN:
  case PLAN_REQUIRE_TAP:
  case PLAN_REQUIRE_BRIDGE:
  case PLAN_REQUIRE_SWITCH:
  case PLAN_REQUIRE_PARENT:
  case PLAN_REQUIRE_LOCKED:
  case PLAN_REQUIRE_HELPER:
  case PLAN_REQUIRE_VIRTIOFSD:
  case PLAN_REQUIRE_CLOUD_INIT: /* domrun reads them */
  case PLAN_REQUIRE_NETWORK:
  case PLAN_REQUIRE_POOL:
  case PLAN_REQUIRE_TCP_PORT:
  case PLAN_REQUIRE_UDP_PORT:
  case PLAN_REQUIRE_HUGEPAGES:
  case PLAN_REQUIRE_FIRMWARE:
  case PLAN_REQUIRE_CPUS:
  case PLAN_REQUIRE_SCHEDULER:
    return TRUE;
  }
  return TRUE;
}

/* Files that an image's header names, a bootloader's kernel, memory in a file. QEMU says which, but not what
 * helps. */
static void check_allowance(const Check *check, const PlanAllowance *allowance)
{
  gboolean is_written = (allowance->access & (PLAN_ACCESS_WRITE | PLAN_ACCESS_ALL)) != 0;
  g_autofree char *barrier = NULL;

  if (!g_path_is_absolute(allowance->path) || access(allowance->path, F_OK) < 0 ||
      account_may(check->account, allowance->path, is_written ? R_OK | W_OK : R_OK))
    return;
  barrier = account_describe_barrier(check->account, allowance->path);
  report_warning(check->report, NULL, NULL, barrier, "'%s', as whom QEMU is run, cannot %s '%s'",
                 account_name(check->account), is_written ? "read and write" : "read", allowance->path);
}

static void check_program(const Check *check)
{
  const char *program = check->plan->program;
  GError *error = NULL;

  if (!program || account_may(check->account, program, R_OK | X_OK))
    return;
  error_set(&error, DOMRUN_ERROR_HOST, NULL, NULL, "'%s', as whom QEMU is run, cannot execute '%s': %s",
            account_name(check->account), program, g_strerror(errno));
  report_error(check->report, error);
}

void user_files_check(const Plan *plan, const Account *account, gboolean is_chowned, Report *report)
{
  const Check check = { plan, account, is_chowned, report };

  check_program(&check);
  for (guint i = 0; i < plan->requirements->len; i++) {
    GError *error = NULL;

    if (!check_requirement(&check, g_ptr_array_index(plan->requirements, i), &error))
      report_error(report, error);
  }
  for (guint i = 0; i < plan->allowances->len; i++)
    check_allowance(&check, g_ptr_array_index(plan->allowances, i));
}
