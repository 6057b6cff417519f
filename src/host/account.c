/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether another user may do something is asked as that user: file systems have ideas of their own of
 * rights (lists, squashed roots), and who computes them finds something else. The system calls are made
 * without libc, which would have all threads be that user.
 */
#include "config.h"

#include "host/account.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/file-rights.h"

struct Account {
  SpawnIdentity identity;
  char *name, *home;
  GArray *groups; /* of gid_t */
};

/* ---- Who it is ---- */

static gboolean parse_number(const char *text, guint32 *ret_number)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32 - 1, &number, NULL))
    return FALSE;
  *ret_number = (guint32)number;
  return TRUE;
}

static gboolean find_group(const char *text, const char *source, gid_t *ret_gid, GError **error)
{
  const struct group *group = getgrnam(text);

  if (group) {
    *ret_gid = group->gr_gid;
    return TRUE;
  }
  if (parse_number(text, ret_gid))
    return TRUE;
  return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "%s: this host has no group '%s'", source, text);
}

/* Those that the host's database has for the name, and @gid. */
static void find_groups(Account *account, const char *name)
{
  int count = 0;

  getgrouplist(name, account->identity.gid, NULL, &count);
  g_array_set_size(account->groups, (guint)MAX(count, 1));
  if (getgrouplist(name, account->identity.gid, (gid_t *)(gpointer)account->groups->data, &count) < 0)
    count = 0;
  g_array_set_size(account->groups, (guint)MAX(count, 0));
}

static gboolean find_user(Account *account, const char *text, const char *source, gboolean has_group,
                          GError **error)
{
  const struct passwd *user = getpwnam(text);
  guint32 uid;

  if (!user && parse_number(text, &uid)) {
    user = getpwuid(uid);
    account->identity.uid = uid;
    account->identity.gid = uid;
    if (!user && !has_group)
      return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                       "%s: this host has no user of the number %s; '%s:GROUP' says the group, too", source,
                       text, text);
  } else if (!user) {
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "%s: this host has no user '%s'", source, text);
  }
  if (user) {
    account->identity.uid = user->pw_uid;
    account->identity.gid = user->pw_gid;
  }
  account->name = g_strdup(user ? user->pw_name : text);
  account->home = g_strdup(user ? user->pw_dir : "/");
  return TRUE;
}

static void settle(Account *account)
{
  account->identity.groups = (const gid_t *)(gpointer)account->groups->data;
  account->identity.n_groups = account->groups->len;
  account->identity.name = account->name;
  account->identity.home = account->home;
}

Account *account_find(const char *text, const char *source, GError **error)
{
  g_autoptr(Account) account = g_new0(Account, 1);
  const char *colon = strchr(text, ':');
  g_autofree char *name = colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);

  account->groups = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ TRUE, sizeof(gid_t));
  if (!find_user(account, name, source, colon != NULL, error) ||
      (colon && !find_group(colon + 1, source, &account->identity.gid, error)))
    return NULL;
  find_groups(account, account->name);
  settle(account);
  return g_steal_pointer(&account);
}

void account_add_kvm(Account *account)
{
  struct stat status;

  if (stat("/dev/kvm", &status) < 0 || status.st_gid == 0 ||
      (status.st_mode & (S_IRGRP | S_IWGRP)) != (S_IRGRP | S_IWGRP))
    return;
  g_array_append_val(account->groups, status.st_gid);
  settle(account);
}

void account_free(Account *account)
{
  if (!account)
    return;
  g_array_unref(account->groups);
  g_free(account->name);
  g_free(account->home);
  g_free(account);
}

const SpawnIdentity *account_identity(const Account *account)
{
  return &account->identity;
}

const char *account_name(const Account *account)
{
  return account->name;
}

/* ---- What it may ---- */

static gboolean be(uid_t uid, gid_t gid, const gid_t *groups, gsize n_groups)
{
  const uid_t same = (uid_t)-1;

  return syscall(SPAWN_SETGROUPS, n_groups, groups) == 0 && syscall(SPAWN_SETRESGID, same, gid, same) == 0 &&
         syscall(SPAWN_SETRESUID, same, uid, same) == 0;
}

/* The user comes first here: who is none other than root may change the rest. */
static void be_root(gid_t gid, const gid_t *groups, gsize n_groups)
{
  const uid_t same = (uid_t)-1;

  if (syscall(SPAWN_SETRESUID, same, 0, same) < 0 || syscall(SPAWN_SETRESGID, same, gid, same) < 0 ||
      syscall(SPAWN_SETGROUPS, n_groups, groups) < 0)
    g_error("cannot be root again: %s", g_strerror(errno));
}

gboolean account_may(const Account *account, const char *path, int mode)
{
  const SpawnIdentity *identity = &account->identity;
  int count = getgroups(0, NULL), dumpable = prctl(PR_GET_DUMPABLE), saved;
  g_autofree gid_t *groups = g_new0(gid_t, (gsize)MAX(count, 1));
  gid_t gid = getegid();
  gboolean may;

  count = getgroups(count, groups);
  if (count < 0)
    return FALSE;
  may = be(identity->uid, identity->gid, identity->groups, identity->n_groups) &&
        faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
  saved = errno;
  be_root(gid, groups, (gsize)count);
  prctl(PR_SET_DUMPABLE, dumpable);
  errno = saved;
  return may;
}

char *account_describe_barrier(const Account *account, const char *path)
{
  g_autofree char *rights = NULL;
  struct stat status;

  for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    g_autofree char *directory = g_strndup(path, (gsize)(slash - path));

    if (stat(directory, &status) < 0 || account_may(account, directory, X_OK))
      continue;
    rights = file_rights_describe(&status);
    return g_strdup_printf("the directory '%s' bars the way (%s): setfacl -m u:%s:x '%s'", directory, rights,
                           account->name, directory);
  }
  return NULL;
}
