/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The numbers are those of the kernel's interface, linux/landlock.h, which is older on some systems than the
 * kernel that they run.
 */
#include "config.h"

#include "host/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

enum {
  FS_EXECUTE = 1 << 0,
  FS_WRITE_FILE = 1 << 1,
  FS_READ_FILE = 1 << 2,
  FS_READ_DIR = 1 << 3,
  FS_REMOVE_DIR = 1 << 4,
  FS_REMOVE_FILE = 1 << 5,
  FS_MAKE_CHAR = 1 << 6,
  FS_MAKE_DIR = 1 << 7,
  FS_MAKE_REG = 1 << 8,
  FS_MAKE_SOCK = 1 << 9,
  FS_MAKE_FIFO = 1 << 10,
  FS_MAKE_BLOCK = 1 << 11,
  FS_MAKE_SYM = 1 << 12,
  FS_REFER = 1 << 13,    /* version 2 */
  FS_TRUNCATE = 1 << 14, /* 3 */
  FS_IOCTL_DEV = 1 << 15 /* 5 */
};

enum {
  FS_ALL_1 = (1 << 13) - 1,
  FS_OF_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV
};
enum { NET_BIND_TCP = 1 << 0, NET_CONNECT_TCP = 1 << 1 }; /* version 4 */
enum { SCOPE_ABSTRACT = 1 << 0, SCOPE_SIGNAL = 1 << 1 };  /* version 6 */
enum { CREATE_VERSION = 1 << 0, RULE_PATH = 1, RULE_PORT = 2 };

typedef struct {
  uint64_t files, net, scoped;
} RulesetAttributes;

typedef struct {
  uint64_t access;
  int32_t fd;
} __attribute__((packed)) PathAttributes;

typedef struct {
  uint64_t access, port;
} PortAttributes;

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#endif

/* Asked once: what was found when it was decided what is in force holds for the rules, too. */
static int version(void)
{
  static long found = -1;

  if (found < 0)
    found = MAX(syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, (uint32_t)CREATE_VERSION), 0);
  return (int)found;
}

static uint64_t known_files(int at)
{
  return FS_ALL_1 | (at >= 2 ? FS_REFER : 0) | (at >= 3 ? FS_TRUNCATE : 0) | (at >= 5 ? FS_IOCTL_DEV : 0);
}

guint landlock_parts(void)
{
  int found = version();

  return (found >= 1 ? LANDLOCK_PART_FILES : 0) | (found >= 4 ? LANDLOCK_PART_TCP : 0) |
         (found >= 6 ? LANDLOCK_PART_SIGNALS | LANDLOCK_PART_ABSTRACT : 0);
}

gboolean landlock_new(guint parts, guint free_ways, Landlock *ret_rules, GError **error)
{
  int found = version();
  RulesetAttributes attributes = { 0 };
  size_t size = found >= 6 ? sizeof attributes : found >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);

  if (parts & LANDLOCK_PART_FILES)
    attributes.files = known_files(found);
  if (parts & LANDLOCK_PART_TCP)
    attributes.net = (free_ways & 1 << LANDLOCK_LISTEN ? 0 : NET_BIND_TCP) |
                     (free_ways & 1 << LANDLOCK_CONNECT ? 0 : NET_CONNECT_TCP);
  if (parts & LANDLOCK_PART_SIGNALS)
    attributes.scoped |= SCOPE_SIGNAL;
  if (parts & LANDLOCK_PART_ABSTRACT)
    attributes.scoped |= SCOPE_ABSTRACT;
  ret_rules->files = attributes.files;
  /* close-on-exec by itself */
  ret_rules->fd = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, (uint32_t)0);
  if (ret_rules->fd >= 0)
    return TRUE;
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL,
                   "cannot make rules by which a program is confined (Landlock): %s", g_strerror(errno));
}

static uint64_t rights_of(PlanAccess access)
{
  uint64_t rights = 0;

  if (access & (PLAN_ACCESS_READ | PLAN_ACCESS_WRITE | PLAN_ACCESS_EXECUTE | PLAN_ACCESS_ALL))
    rights |= FS_READ_FILE | FS_READ_DIR;
  if (access & PLAN_ACCESS_EXECUTE)
    rights |= FS_EXECUTE;
  if (access & (PLAN_ACCESS_WRITE | PLAN_ACCESS_ALL))
    rights |= FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
  if (access & (PLAN_ACCESS_CREATE | PLAN_ACCESS_ALL))
    rights |= FS_MAKE_REG | FS_REMOVE_FILE;
  if (access & (PLAN_ACCESS_SOCKET | PLAN_ACCESS_ALL))
    rights |= FS_MAKE_SOCK | FS_REMOVE_FILE;
  if (access & PLAN_ACCESS_ALL)
    rights |= FS_MAKE_DIR | FS_REMOVE_DIR | FS_MAKE_FIFO | FS_MAKE_SYM | FS_REFER;
  if (access & PLAN_ACCESS_DEVICES)
    rights |= FS_MAKE_CHAR | FS_MAKE_BLOCK;
  return rights;
}

/* Without its rule QEMU would be denied a file for which only a descriptor is lacking, and say something else
 * of it. What is not there, or not this user's, is not QEMU's either. */
gboolean landlock_allow_path(const Landlock *rules, PlanAccess access, const char *path, GError **error)
{
  autofd int fd = open(path, O_PATH | O_CLOEXEC);
  PathAttributes attributes = { .access = rights_of(access) & rules->files, .fd = fd };
  struct stat status;

  if (fd < 0 || fstat(fd, &status) < 0)
    return !fd_is_lack(errno) ||
           error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot allow the emulator '%s' (Landlock): %s",
                     path, g_strerror(errno));
  if (!S_ISDIR(status.st_mode))
    attributes.access &= FS_OF_FILES;
  if (attributes.access == 0 ||
      syscall(SYS_landlock_add_rule, rules->fd, RULE_PATH, &attributes, (uint32_t)0) == 0)
    return TRUE;
  if (errno == EBADFD || errno == EBADF) /* a file of no file system, as a pipe: it needs no rule */
    return TRUE;
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL,
                   "cannot allow a program that is confined '%s' (Landlock): %s", path, g_strerror(errno));
}

gboolean landlock_allow_port(const Landlock *rules, LandlockWay way, guint16 port, GError **error)
{
  PortAttributes attributes = { .access = way == LANDLOCK_LISTEN ? NET_BIND_TCP : NET_CONNECT_TCP,
                                .port = port };

  if (syscall(SYS_landlock_add_rule, rules->fd, RULE_PORT, &attributes, (uint32_t)0) == 0)
    return TRUE;
  return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL,
                   "cannot allow a program that is confined port %u (Landlock): %s", (guint)port,
                   g_strerror(errno));
}
