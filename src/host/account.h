/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The user as whom root's guests are run: whose rights QEMU has, and what that user may do on this host.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "process/spawn.h"
#include "qemu/plan.h"

typedef struct Account Account;

/* "NAME", "NAME:GROUP", numbers in place of both; with the supplementary groups that the user has. NULL with
 * a DOMRUN_ERROR_USAGE error that begins with @source, where the user wrote it. */
Account *account_find(const char *text, const char *source, GError **error);

/* @account may use /dev/kvm, where a group may. */
void account_add_kvm(Account *account);

void account_free(Account *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Account, account_free)

/* Borrowed, as are the following. */
const SpawnIdentity *account_identity(const Account *account);
const char *account_name(const Account *account);

/* Whether that user may do @mode (R_OK, ...) with @path; errno is set. This thread is that user for a moment,
 * which only root can be. */
gboolean account_may(const Account *account, const char *path, int mode);

/* Why that user may not, for people: "the directory '/root' bars the way (mode 0700, owner root, group
 * root)", or the file's own rights. NULL where it may reach it and has them. The caller frees it. */
char *account_describe_barrier(const Account *account, const char *path);
