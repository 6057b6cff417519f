/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/bridge-helper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "process/program.h"

/* Where the helper looks for what it may do; compiled into it. */
static const char rules_path[] = "/etc/qemu/bridge.conf";

enum { RULES_MAX_BYTES = 1024 * 1024, RULES_MAX_DEPTH = 8 };

/* It works for a moment only. */
enum { HELPER_SECONDS = 15 };

static gboolean refuse(const Place *place, const char *attribute, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static gboolean refuse(const Place *place, const char *attribute, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start(arguments, format);
  message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return error_set(error, DOMRUN_ERROR_HOST, place, attribute, "%s", message);
}

const char *bridge_helper_find(const char *root)
{
  static const char *const paths[] = { "/usr/lib/qemu/qemu-bridge-helper", "/usr/libexec/qemu-bridge-helper",
                                       "/usr/lib64/qemu/qemu-bridge-helper",
                                       "/usr/libexec/qemu/qemu-bridge-helper",
                                       "/usr/local/libexec/qemu-bridge-helper" };

  for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
    g_autofree char *path = g_strconcat(root, paths[i], NULL);

    if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
      return paths[i];
  }
  return NULL;
}

/* ---- Whether it would ---- */

typedef enum {
  RULE_NONE,
  RULE_ALLOW,
  RULE_DENY,
  RULE_UNKNOWN, /* a file could not be read: the helper, which can, decides */
} Rule;

static Rule read_rules(const char *path, const char *bridge, int depth);

/* "allow br0", "deny all", "include /etc/qemu/alice.conf". */
static Rule read_rule(char *line, const char *bridge, int depth)
{
  g_auto(GStrv) words = NULL;

  g_strdelimit(line, "\t\r", ' ');
  g_strstrip(line);
  if (!*line || *line == '#')
    return RULE_NONE;
  words = g_strsplit(line, " ", 2);
  if (!words[1])
    return RULE_NONE;
  g_strstrip(words[1]);
  if (g_str_equal(words[0], "include")) {
    Rule rule = read_rules(words[1], bridge, depth + 1);

    return rule == RULE_UNKNOWN ? RULE_NONE : rule; /* the helper goes on without it, too */
  }
  if (!g_str_equal(words[1], "all") && !g_str_equal(words[1], bridge))
    return RULE_NONE;
  if (g_str_equal(words[0], "allow"))
    return RULE_ALLOW;
  return g_str_equal(words[0], "deny") ? RULE_DENY : RULE_NONE;
}

static Rule read_rules(const char *path, const char *bridge, int depth)
{
  autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  Rule result = RULE_NONE;
  gsize length;

  if (fd < 0)
    return errno == ENOENT || depth > 0 ? RULE_NONE : RULE_UNKNOWN;
  text = fd_read_all(fd, RULES_MAX_BYTES, &length);
  if (!text || depth > RULES_MAX_DEPTH)
    return RULE_UNKNOWN;
  lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++) {
    Rule rule = read_rule(*line, bridge, depth);

    if (rule == RULE_DENY)
      return RULE_DENY;
    if (rule == RULE_ALLOW)
      result = RULE_ALLOW;
  }
  return result;
}

static gboolean check_rights(const PlanRequirement *requirement, const char *helper, GError **error)
{
  const char *bridge = requirement->path;
  struct stat status;

  if (geteuid() == 0) { /* a setuid program can give root no more than it has */
    refuse(&requirement->place, requirement->attribute, error,
           "root may not attach interfaces to '%s' here: CAP_NET_ADMIN is missing", bridge);
    return error_add_hint(error,
                          "give the container that capability (--cap-add=NET_ADMIN), and /dev/net/tun");
  }
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
    refuse(&requirement->place, requirement->attribute, error,
           "this user may not attach interfaces to '%s', and setuid programs have no effect here", bridge);
    return error_add_hint(error, "whoever started domrun has barred new privileges (NoNewPrivileges=, "
                                 "--security-opt=no-new-privileges); start it without");
  }
  if (stat(helper, &status) == 0 && (((status.st_mode & S_ISUID) && status.st_uid == 0) ||
                                     getxattr(helper, "security.capability", NULL, 0) >= 0))
    return TRUE;
  refuse(&requirement->place, requirement->attribute, error,
         "this user may not attach interfaces to '%s', and nor may '%s'", bridge, helper);
  return error_add_hint(error, "give it the right, as root: chmod u+s %s", helper);
}

gboolean bridge_helper_check(const PlanRequirement *requirement, GError **error)
{
  const char *helper = bridge_helper_find(""), *bridge = requirement->path;
  Rule rule;

  if (!helper) {
    refuse(&requirement->place, requirement->attribute, error,
           "this user may not attach interfaces to '%s', and QEMU's bridge helper is missing", bridge);
    return error_add_hint(error, "install qemu-bridge-helper (Debian: qemu-system-common), or run as root");
  }
  if (!check_rights(requirement, helper, error))
    return FALSE;
  rule = read_rules(rules_path, bridge, /* depth= */ 0);
  if (rule == RULE_ALLOW || rule == RULE_UNKNOWN)
    return TRUE;
  refuse(&requirement->place, requirement->attribute, error, "'%s' may not attach interfaces to '%s'", helper,
         bridge);
  if (rule == RULE_DENY)
    return error_add_hint(error, "%s denies it", rules_path);
  return error_add_hint(error, "add the line 'allow %s' to %s", bridge, rules_path);
}

/* ---- Running it ---- */

/* The first descriptor that came over the socket, or -1; others are closed. There is room for two, for the
 * padding of one is as large, and the kernel uses it. */
static int receive_fd(int socket_fd)
{
  char byte;
  struct iovec data = { &byte, 1 };
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {
    .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };
  const struct cmsghdr *header;
  int result = -1;

  if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) <= 0)
    return -1;
  header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
    return -1;
  for (gsize at = 0; CMSG_LEN(at + sizeof(int)) <= header->cmsg_len; at += sizeof(int)) {
    autofd int fd = -1;

    memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
    if (result < 0)
      result = g_steal_fd(&fd);
  }
  return result;
}

/* What its own words mean, as far as they are known. */
static gboolean add_hint(const char *helper, const char *bridge, const char *words, GError **error)
{
  if (strstr(words, "acl file"))
    return error_add_hint(error, "add the line 'allow %s' to %s, which this user must be able to read",
                          bridge, rules_path);
  if (strstr(words, "/dev/net/tun"))
    return error_add_hint(error, "let this user open it, as root: chmod 666 /dev/net/tun");
  if (strstr(words, "Operation not permitted"))
    return error_add_hint(error, "give it the right, as root: chmod u+s %s", helper);
  return FALSE;
}

static gboolean refuse_end(const char *helper, const char *bridge, const ProgramEnd *end, const Place *place,
                           GError **error)
{
  g_autofree char *how = program_end_describe(end, HELPER_SECONDS);
  g_autofree char *words = program_end_last_line(end);

  if (end->is_stopped)
    return error_set(error, DOMRUN_ERROR_STOPPED, place, NULL, "stopped while '%s' ran", helper);
  refuse(place, NULL, error, "'%s' made no tap device on '%s': %s%s%s", helper, bridge, how,
         words ? ": " : "", words ? words : "");
  return add_hint(helper, bridge, words ? words : "", error);
}

int bridge_helper_open_tap(const char *bridge, const Place *place, GError **error)
{
  const char *helper = bridge_helper_find("");
  g_autofree char *bridge_option = g_strdup_printf("--br=%s", bridge);
  g_autofree char *fd_option = g_strdup_printf("--fd=%d", PROGRAM_PASSED_FD);
  char *const argv[] = { (char *)helper, (char *)"--use-vnet", bridge_option, fd_option, NULL };
  ProgramRequest request = { .argv = argv, .seconds = HELPER_SECONDS, .may_gain_privileges = TRUE };
  autofd int here = -1, there = -1;
  g_auto(ProgramEnd) end = { 0 };
  GError *cause = NULL;
  int pair[2], fd;

  if (!helper)
    return refuse(place, NULL, error, "QEMU's bridge helper is missing") ? 0 : -1;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
    return refuse(place, NULL, error, "cannot make a socket: %s", g_strerror(errno)) ? 0 : -1;
  here = pair[0];
  there = request.pass_fd = pair[1];
  if (!program_run(&request, &end, &cause)) {
    refuse(place, NULL, error, "%s", cause->message);
    g_error_free(cause);
    return -1;
  }
  fd = receive_fd(here);
  if (fd >= 0 && program_end_is_good(&end))
    return fd;
  fd_clear(&fd);
  refuse_end(helper, bridge, &end, place, error);
  return -1;
}
