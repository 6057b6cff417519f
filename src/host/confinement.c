/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every QEMU needs is what is public on the host: programs, libraries, firmware, and of /etc the files
 * by which libraries are set up. Nothing of it is secret, and nothing can be written. Of /proc it is not
 * what is about other processes: Landlock bars these from ptrace(2), and still some of their files can be
 * read.
 */
#include "config.h"

#include "host/confinement.h"

#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/quote.h"
#include "host/landlock.h"

ENUM_TABLE(confinement_part_table, CONFINEMENT_LAST, "files", "tcp", "signals", "calls", "limits");

enum {
  R = PLAN_ACCESS_READ,
  RW = PLAN_ACCESS_READ | PLAN_ACCESS_WRITE,
  RX = PLAN_ACCESS_READ | PLAN_ACCESS_EXECUTE,
  RWC = PLAN_ACCESS_READ | PLAN_ACCESS_WRITE | PLAN_ACCESS_CREATE,
};

typedef struct {
  guint access;     /* of PlanAccess */
  const char *path; /* "~/" is the user's home, "^/" the user's runtime directory */
} Usual;

static const Usual needed[] = {
  { RX, "/usr" },
  { RX, "/bin" },
  { RX, "/lib" },
  { RX, "/lib32" },
  { RX, "/lib64" },
  { RX, "/nix/store" },
  { RX, "/gnu/store" },
  { RW, "/dev/null" },
  { RW, "/dev/zero" },
  { RW, "/dev/full" },
  { RW, "/dev/random" },
  { RW, "/dev/urandom" },
  { R, "/proc/cpuinfo" }, /* of a process its own only, which spawn.c allows */
  { R, "/proc/devices" },
  { R, "/proc/filesystems" },
  { R, "/proc/loadavg" },
  { R, "/proc/meminfo" },
  { R, "/proc/modules" },
  { R, "/proc/stat" },
  { R, "/proc/sys" },
  { R, "/proc/uptime" },
  { R, "/proc/version" },
  { R, "/sys" },
  { R, "/etc/alternatives" },
  { R, "/etc/ceph" },
  { R, "/etc/crypto-policies" },
  { R, "/etc/gai.conf" },
  { R, "/etc/glvnd" },
  { R, "/etc/gnutls" },
  { R, "/etc/group" },
  { R, "/etc/host.conf" },
  { R, "/etc/hosts" },
  { R, "/etc/ld.so.cache" },
  { R, "/etc/ld.so.preload" },
  { R, "/etc/localtime" },
  { R, "/etc/machine-id" },
  { R, "/etc/nsswitch.conf" },
  { R, "/etc/passwd" },
  { R, "/etc/pki/tls" },
  { R, "/etc/pki/ca-trust" },
  { R, "/etc/protocols" },
  { R, "/etc/qemu" },
  { R, "/etc/resolv.conf" },
  { R, "/etc/services" },
  { R, "/etc/ssl/certs" },
  { R, "/etc/ssl/openssl.cnf" },
  { R, "/run/NetworkManager/resolv.conf" },
  { R, "/run/opengl-driver" },
  { R, "/run/resolvconf" },
  { R, "/run/systemd/resolve" },
};

/* Of windows and sound. */
static const Usual desktop[] = {
  { R, "/etc/alsa" },
  { R, "/etc/asound.conf" },
  { R, "/etc/drirc" },
  { R, "/etc/fonts" },
  { R, "/etc/gtk-3.0" },
  { R, "/etc/pipewire" },
  { R, "/etc/pulse" },
  { R, "/etc/vulkan" },
  { R, "/proc/asound" },
  { R, "/run/udev" },
  { R, "/var/cache/fontconfig" },
  { R, "/var/lib/dbus/machine-id" },
  { RW, "/dev/dri" },
  { RW, "/dev/dsp" },
  { RW, "/dev/mixer" },
  { RW, "/dev/snd" },
  { RW, "/dev/udmabuf" },
  { RWC, "/dev/shm" },
  { R, "~/.asoundrc" },
  { R, "~/.config/dconf" },
  { R, "~/.config/fontconfig" },
  { R, "~/.config/gtk-3.0" },
  { R, "~/.config/pipewire" },
  { RW, "~/.config/pulse" },
  { R, "~/.pulse-cookie" },
  { R, "~/.Xauthority" },
  { RWC, "~/.cache/mesa_shader_cache" },
  { RWC, "^/pulse" },
};

char *confinement_names(guint parts)
{
  GString *names = g_string_new(NULL);

  for (int part = 0; part < CONFINEMENT_LAST; part++) {
    if (parts & 1u << part)
      g_string_append_printf(names, "%s%s", names->len ? ", " : "",
                             enum_to_string(&confinement_part_table, part));
  }
  return g_string_free(names, /* free_segment= */ FALSE);
}

const char *confinement_loss(ConfinementPart part)
{
  static const char *const losses[] = {
    [CONFINEMENT_FILES] = "QEMU can open every file that this user can",
    [CONFINEMENT_TCP] = "QEMU can use any TCP port",
    [CONFINEMENT_SIGNALS] = "QEMU can send signals to this user's other processes",
    [CONFINEMENT_CALLS] = "QEMU can start programs, and make any system call",
    [CONFINEMENT_LIMITS] = "QEMU can open as many files as this user, and leave a core file",
  };

  G_STATIC_ASSERT(G_N_ELEMENTS(losses) == CONFINEMENT_LAST);
  return losses[part];
}

guint confinement_possible(guint wanted)
{
  guint found = landlock_parts();
  guint possible = 1 << CONFINEMENT_CALLS | 1 << CONFINEMENT_LIMITS;

  if (found & LANDLOCK_PART_FILES)
    possible |= 1 << CONFINEMENT_FILES;
  if (found & LANDLOCK_PART_TCP)
    possible |= 1 << CONFINEMENT_TCP;
  if (found & LANDLOCK_PART_SIGNALS)
    possible |= 1 << CONFINEMENT_SIGNALS;
  return wanted & possible;
}

static gboolean is_of_system(const char *program)
{
  for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
    const char *path = needed[i].path;
    gsize length = strlen(path);

    if (needed[i].access & PLAN_ACCESS_EXECUTE && strncmp(program, path, length) == 0 &&
        program[length] == '/')
      return TRUE;
  }
  return FALSE;
}

/* Behind links, of which a system has some that lead out of it. */
static char *find_real(const char *program)
{
  g_autofree char *real = realpath(program, NULL);

  return g_strdup(real ? real : program);
}

gboolean confinement_is_foreign_script(const char *program)
{
  g_autofree char *real = find_real(program);
  autofd int fd = is_of_system(real) ? -1 : open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  char start[2];

  return fd >= 0 && pread(fd, start, sizeof start, 0) == sizeof start && start[0] == '#' && start[1] == '!';
}

/* ---- Files ---- */

static char *expand(const char *path)
{
  if (g_str_equal(path, PLAN_TEMPORARY))
    return g_strdup(g_getenv("TMPDIR") ? g_getenv("TMPDIR") : "/var/tmp"); /* as QEMU has it */
  if (path[0] == '~')
    return g_build_filename(g_get_home_dir(), path + 1, NULL);
  if (path[0] == '^')
    return g_build_filename(g_get_user_runtime_dir(), path + 1, NULL);
  return g_strdup(path);
}

typedef gboolean (*RuleFunc)(PlanAccess access, const char *path, gpointer user_data, GError **error);

static gboolean each_usual(const Usual *usual, gsize count, RuleFunc rule, gpointer user_data, GError **error)
{
  for (gsize i = 0; i < count; i++) {
    g_autofree char *path = expand(usual[i].path);

    if (!rule(usual[i].access, path, user_data, error))
      return FALSE;
  }
  return TRUE;
}

/* One that is not the system's, and what it looks for beside itself: what it was built or unpacked with. */
static gboolean each_of_program(const char *program, RuleFunc rule, gpointer user_data, GError **error)
{
  static const char *const beside[] = { "pc-bios", "qemu-bundle", "../share",
                                        "../lib",  "../lib64",    "../libexec" };
  g_autofree char *real = find_real(program), *directory = g_path_get_dirname(real);

  if (is_of_system(real))
    return TRUE;
  if (!rule(PLAN_ACCESS_READ | PLAN_ACCESS_EXECUTE, real, user_data, error))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS(beside); i++) {
    g_autofree char *path = g_canonicalize_filename(beside[i], directory);

    if (!rule(PLAN_ACCESS_READ | PLAN_ACCESS_EXECUTE, path, user_data, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean each_own(const Access *access, RuleFunc rule, gpointer user_data, GError **error)
{
  for (guint i = 0; i < access->rules->len; i++) {
    const AccessRule *one = g_ptr_array_index(access->rules, i);
    g_autofree char *path = expand(one->path);

    if (!rule(one->access, path, user_data, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean each_rule(const Access *access, const char *program, RuleFunc rule, gpointer user_data,
                          GError **error)
{
  const char *authority = g_getenv("XAUTHORITY");

  if (!each_usual(needed, G_N_ELEMENTS(needed), rule, user_data, error) ||
      !each_of_program(program, rule, user_data, error))
    return FALSE;
  if (access->has_desktop && (!each_usual(desktop, G_N_ELEMENTS(desktop), rule, user_data, error) ||
                              (authority && !rule(PLAN_ACCESS_READ, authority, user_data, error))))
    return FALSE;
  return each_own(access, rule, user_data, error);
}

static gboolean allow_in_directory(const Landlock *rules, PlanAccess access, const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname(path);

  return landlock_allow_path(rules, access, directory, error);
}

/* What is to be made is made in a directory. */
static gboolean allow_path(PlanAccess access, const char *path, gpointer user_data, GError **error)
{
  const Landlock *rules = user_data;
  PlanAccess others = access & ~(guint)PLAN_ACCESS_SOCKET;
  struct stat status;

  if (access & PLAN_ACCESS_SOCKET && !allow_in_directory(rules, PLAN_ACCESS_SOCKET, path, error))
    return FALSE;
  if (others & PLAN_ACCESS_CREATE && stat(path, &status) < 0)
    return allow_in_directory(rules, others, path, error);
  return !others || landlock_allow_path(rules, others, path, error);
}

/* ---- Ports ---- */

static gboolean find_port(const char *service, guint16 *ret_port)
{
  const struct servent *entry;
  guint64 number;

  if (g_ascii_string_to_unsigned(service, 10, 1, G_MAXUINT16, &number, NULL)) {
    *ret_port = (guint16)number;
    return TRUE;
  }
  entry = getservbyname(service, "tcp");
  if (entry)
    *ret_port = g_ntohs((guint16)entry->s_port);
  return entry != NULL;
}

static gboolean allow_ports(const Landlock *rules, LandlockWay way, const GPtrArray *services, GError **error)
{
  for (guint i = 0; i < services->len; i++) {
    guint16 port;

    if (find_port(g_ptr_array_index(services, i), &port) && !landlock_allow_port(rules, way, port, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean allow_listen_ports(const Landlock *rules, const GArray *ranges, GError **error)
{
  for (guint i = 0; i < ranges->len; i++) {
    const PlanPorts *ports = &g_array_index(ranges, PlanPorts, i);

    for (guint port = ports->first; port <= ports->last; port++) {
      if (!landlock_allow_port(rules, LANDLOCK_LISTEN, (guint16)port, error))
        return FALSE;
    }
  }
  return TRUE;
}

/* Names are asked for over TCP where an answer is long. */
static const guint16 domain_port = 53;

static gboolean allow_tcp(const Landlock *rules, const Access *access, GError **error)
{
  if (!access->is_listen_free && (!allow_ports(rules, LANDLOCK_LISTEN, access->listens, error) ||
                                  !allow_listen_ports(rules, access->listen_ports, error)))
    return FALSE;
  if (access->is_connect_free || access->connects->len == 0)
    return TRUE;
  return allow_ports(rules, LANDLOCK_CONNECT, access->connects, error) &&
         landlock_allow_port(rules, LANDLOCK_CONNECT, domain_port, error);
}

/* ---- All of it ---- */

/* What @parts are in terms of Landlock. A program of the desktop talks to abstract sockets. */
static guint to_landlock(guint parts, const Access *access)
{
  guint found = 0;

  if (parts & 1 << CONFINEMENT_FILES)
    found |= LANDLOCK_PART_FILES;
  if (parts & 1 << CONFINEMENT_TCP && !(access->is_listen_free && access->is_connect_free))
    found |= LANDLOCK_PART_TCP;
  if (parts & 1 << CONFINEMENT_SIGNALS)
    found |= LANDLOCK_PART_SIGNALS | (access->has_desktop ? 0 : LANDLOCK_PART_ABSTRACT);
  return found & landlock_parts();
}

gboolean confinement_rules(const Access *access, const char *program, guint parts, int *ret_ruleset,
                           GError **error)
{
  guint landlock = to_landlock(parts, access);
  guint free_ways = (access->is_listen_free ? 1u << LANDLOCK_LISTEN : 0) |
                    (access->is_connect_free ? 1u << LANDLOCK_CONNECT : 0);
  Landlock rules = LANDLOCK_INIT;

  if (landlock != 0 && !landlock_new(landlock, free_ways, &rules, error))
    return FALSE;
  *ret_ruleset = rules.fd;
  return (!(landlock & LANDLOCK_PART_FILES) || each_rule(access, program, allow_path, &rules, error)) &&
         (!(landlock & LANDLOCK_PART_TCP) || allow_tcp(&rules, access, error));
}

typedef struct {
  GString *text;
  const char *prefix; /* of each line */
} Description;

/* A process in a domain of Landlock's, whatever its rules are about, cannot trace one outside. Ports alone
 * may need no rule, and so no domain. */
void confinement_shield(guint parts)
{
  if (!(parts & (1u << CONFINEMENT_FILES | 1u << CONFINEMENT_SIGNALS)))
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static gboolean describe_path(PlanAccess access, const char *path, gpointer user_data, GError **error)
{
  const Description *description = user_data;
  g_autofree char *quoted = quote_for_shell(path);
  PlanAccess others = access & ~(guint)PLAN_ACCESS_SOCKET;

  if (others)
    g_string_append_printf(description->text, "%s%s %s\n", description->prefix, access_name(others), quoted);
  if (access & PLAN_ACCESS_SOCKET)
    g_string_append_printf(description->text, "%ssocket %s\n", description->prefix, quoted);
  return TRUE;
}

static void describe_ports(const Description *description, const char *way, gboolean is_free,
                           const GPtrArray *services)
{
  if (is_free)
    g_string_append_printf(description->text, "%s%s any\n", description->prefix, way);
  for (guint i = 0; !is_free && i < services->len; i++)
    g_string_append_printf(description->text, "%s%s %s\n", description->prefix, way,
                           (const char *)g_ptr_array_index(services, i));
}

static void describe_tcp(const Description *description, const Access *access)
{
  describe_ports(description, "listen", access->is_listen_free, access->listens);
  for (guint i = 0; !access->is_listen_free && i < access->listen_ports->len; i++) {
    const PlanPorts *ports = &g_array_index(access->listen_ports, PlanPorts, i);

    g_string_append_printf(description->text, "%slisten %u-%u\n", description->prefix, ports->first,
                           ports->last);
  }
  describe_ports(description, "connect", access->is_connect_free, access->connects);
}

char *confinement_describe(const Access *access, const char *program, guint parts)
{
  GString *text = g_string_new(NULL);
  Description description = { text, "" };

  if (parts & 1 << CONFINEMENT_FILES)
    each_rule(access, program, describe_path, &description, /* error= */ NULL);
  if (parts & 1 << CONFINEMENT_TCP)
    describe_tcp(&description, access);
  return g_string_free(text, /* free_segment= */ FALSE);
}

void confinement_describe_own(const Access *access, guint parts, const char *prefix, GString *text)
{
  Description description = { text, prefix };

  if (parts & 1 << CONFINEMENT_FILES)
    each_own(access, describe_path, &description, /* error= */ NULL);
  if (parts & 1 << CONFINEMENT_TCP)
    describe_tcp(&description, access);
}
