/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/user.h"

#include <unistd.h>

#include "host/account.h"
#include "host/user-files.h"

/* What says it, and where that is; NULL: nobody does. */
static const char *find_text(const DocumentCommand *command, const char **ret_source)
{
  const char *variable = g_getenv("DOMRUN_USER");

  *ret_source = "--user";
  if (command->user)
    return command->user;
  *ret_source = "DOMRUN_USER";
  if (variable && *variable)
    return variable;
  *ret_source = "configure --with-user";
  return *DEFAULT_USER ? DEFAULT_USER : NULL;
}

/* Who is not root can be nobody else; what is set for root's guests does not matter then. */
static gboolean is_for_this_user(const DocumentCommand *command, const Account *account, GError **error)
{
  if (geteuid() == 0)
    return account_identity(account)->uid == 0;
  if (account_identity(account)->uid == geteuid() || !command->user)
    return TRUE;
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--user: only root can run QEMU as another user");
  return FALSE;
}

static gboolean find(DocumentCommand *command, GError **error)
{
  const char *source, *text = find_text(command, &source);
  g_autoptr(Account) account = NULL;
  GError *cause = NULL;

  if (!text || (geteuid() != 0 && !command->user))
    return TRUE;
  account = account_find(text, source, error);
  if (!account)
    return FALSE;
  if (!is_for_this_user(command, account, &cause) && !cause)
    command->account = g_steal_pointer(&account);
  if (cause)
    g_propagate_error(error, cause);
  return !cause;
}

void user_decide(DocumentCommand *command)
{
  GError *error = NULL;

  if (!find(command, &error)) {
    report_error(command->report, error);
    return;
  }
  if (command->is_chowned && !command->account) {
    error_set(&error, DOMRUN_ERROR_USAGE, NULL, NULL, "--chown: QEMU is run as this user");
    error_add_hint(&error, "as root, --user=NAME says another");
    report_error(command->report, error);
  }
  if (!command->account)
    return;
  if (plan_find_requirement(command->plan, PLAN_REQUIRE_KVM))
    account_add_kvm(command->account);
  if (!command->record) /* QEMU has them */
    user_files_check(command->plan, command->account, command->is_chowned, command->report);
}
