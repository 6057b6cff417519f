/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network namespace is asked by ioctl and not through /sys, which may show another one.
 */
#include "config.h"

#include "host/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"

static const char tun_path[] = "/dev/net/tun";

/* Where QEMU's helper looks for what it may do; compiled into it. */
static const char helper_rules[] = "/etc/qemu/bridge.conf";

enum { RULES_MAX_BYTES = 1024 * 1024, RULES_MAX_DEPTH = 8 };

static gboolean refuse(const PlanRequirement *requirement, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean refuse(const PlanRequirement *requirement, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start(arguments, format);
  message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return error_set(error, DOMRUN_ERROR_HOST, &requirement->place, requirement->attribute, "%s", message);
}

const char *bridge_find_helper(void)
{
  static const char *const paths[] = { "/usr/lib/qemu/qemu-bridge-helper", "/usr/libexec/qemu-bridge-helper",
                                       "/usr/lib64/qemu/qemu-bridge-helper",
                                       "/usr/local/libexec/qemu-bridge-helper" };

  for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
    if (faccessat(AT_FDCWD, paths[i], X_OK, AT_EACCESS) == 0)
      return paths[i];
  }
  return NULL;
}

gboolean bridge_may_administer(void)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

  return syscall(SYS_capget, &header, data) == 0 &&
         (data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN));
}

/* A bridge of the kernel tells the name of its driver to everybody. */
static gboolean is_bridge(const char *name)
{
  autofd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ethtool_drvinfo information = { .cmd = ETHTOOL_GDRVINFO };
  struct ifreq request = { 0 };

  g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
  request.ifr_data = (void *)&information;
  return fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0 && g_str_equal(information.driver, "bridge");
}

static gboolean check_exists(const PlanRequirement *requirement, GError **error)
{
  const char *name = requirement->path;

  if (if_nametoindex(name) == 0) {
    refuse(requirement, error, "the host has no bridge '%s'", name);
    if (g_strcmp0(requirement->attribute, "network") == 0)
      return error_add_hint(error,
                            "is the network active (virsh net-start NAME)? --network=NAME=bridge:BRIDGE "
                            "takes another bridge, --network=NAME=user needs none");
    return error_add_hint(error, "ip link add %s type bridge makes one, type='user' needs none", name);
  }
  if (is_bridge(name))
    return TRUE;
  refuse(requirement, error, "'%s' is not a bridge", name);
  return error_add_hint(error, "make a bridge, and '%s' a part of it: ip link set %s master BRIDGE", name,
                        name);
}

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

static gboolean check_helper(const PlanRequirement *requirement, GError **error)
{
  const char *helper = bridge_find_helper(), *bridge = requirement->path;
  struct stat status;
  Rule rule;

  if (!helper) {
    refuse(requirement, error,
           "this user may not attach interfaces to '%s', and QEMU's bridge helper is missing", bridge);
    return error_add_hint(error, "install qemu-bridge-helper (Debian: qemu-system-common), or run as root");
  }
  if (stat(helper, &status) < 0 || (!((status.st_mode & S_ISUID) && status.st_uid == 0) &&
                                    getxattr(helper, "security.capability", NULL, 0) < 0)) {
    refuse(requirement, error, "this user may not attach interfaces to '%s', and nor may '%s'", bridge,
           helper);
    return error_add_hint(error, "give it the right, as root: chmod u+s %s", helper);
  }
  rule = read_rules(helper_rules, bridge, /* depth= */ 0);
  if (rule == RULE_ALLOW || rule == RULE_UNKNOWN)
    return TRUE;
  refuse(requirement, error, "'%s' may not attach interfaces to '%s'", helper, bridge);
  if (rule == RULE_DENY)
    return error_add_hint(error, "%s denies it", helper_rules);
  return error_add_hint(error, "add the line 'allow %s' to %s", bridge, helper_rules);
}

/* The device's node, which containers often lack. */
static gboolean check_node(const PlanRequirement *requirement, GError **error)
{
  if (faccessat(AT_FDCWD, tun_path, R_OK | W_OK, AT_EACCESS) == 0)
    return TRUE;
  refuse(requirement, error, "cannot open %s, which makes tap devices: %s", tun_path, g_strerror(errno));
  return errno == ENOENT
             ? error_add_hint(error, "load the kernel's tun module, or give the container the device")
             : FALSE;
}

gboolean bridge_check(const PlanRequirement *requirement, GError **error)
{
  if (!check_exists(requirement, error))
    return FALSE;
  return bridge_may_administer() ? check_node(requirement, error) : check_helper(requirement, error);
}

gboolean bridge_check_tun(const PlanRequirement *requirement, GError **error)
{
  if (bridge_may_administer())
    return check_node(requirement, error);
  refuse(requirement, error, "this user may not make tap devices (CAP_NET_ADMIN)");
  return error_add_hint(error,
                        "run as root, or have root make one (ip tuntap add dev tap0 mode tap user NAME) and "
                        "name it: <target dev='tap0' managed='no'/>");
}

gboolean bridge_check_network(const PlanRequirement *requirement, GError **error)
{
  refuse(requirement, error, "nobody knows the bridge of network '%s' on this host", requirement->path);
  return error_add_hint(error, "say it: --network=%s=bridge:BRIDGE, or --network=%s=user", requirement->path,
                        requirement->path);
}
