/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun ssh: OpenSSH at the guest's port 22, by the way that its document has: a port of this host that
 * leads there
 * (<portForward>, --forward), or vsock. ssh takes the place of this process. Each guest has a host key of its
 * own, whatever port it was reached at.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/guest.h"
#include "process/spawn.h"
#include "xml/element.h"

enum { SSH_PORT = 22 };

/* ---- Forwarded ports ---- */

static gboolean read_port(xmlNode *range, const char *name, guint64 *ret_port)
{
  const char *text = xml_attribute(range, name);

  return text && g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, ret_port, NULL);
}

/* The port of this host that leads to the guest's 22; 0: none does. */
static guint64 port_of_range(xmlNode *range)
{
  guint64 start, end, to;

  if (!read_port(range, "start", &start) || g_strcmp0(xml_attribute(range, "exclude"), "yes") == 0)
    return 0;
  end = to = start;
  read_port(range, "end", &end);
  read_port(range, "to", &to);
  return to <= SSH_PORT && SSH_PORT - to <= end - start ? start + (SSH_PORT - to) : 0;
}

static gboolean is_everywhere(const char *address)
{
  return !address || g_str_equal(address, "0.0.0.0") || g_str_equal(address, "::");
}

static guint64 find_port_of(xmlNode *interface, const char **ret_host)
{
  XML_FOREACH_CHILD(interface, forward, "portForward") {
    const char *address = xml_attribute(forward, "address");

    if (g_strcmp0(xml_attribute(forward, "proto"), "tcp") != 0 || xml_has_attribute(forward, "dev"))
      continue;
    XML_FOREACH_CHILD(forward, range, "range") {
      guint64 port = port_of_range(range);

      if (port == 0)
        continue;
      *ret_host = is_everywhere(address) ? "127.0.0.1" : address;
      return port;
    }
  }
  return 0;
}

static gboolean add_forward(xmlNode *devices, GPtrArray *words)
{
  XML_FOREACH_CHILD(devices, interface, "interface") {
    const char *host = NULL;
    guint64 port = find_port_of(interface, &host);

    if (port == 0)
      continue;
    g_ptr_array_add(words, g_strdup("-p"));
    g_ptr_array_add(words, g_strdup_printf("%" G_GUINT64_FORMAT, port));
    g_ptr_array_add(words, g_strdup("-o"));
    g_ptr_array_add(words, g_strdup_printf("HostName=%s", host));
    return TRUE;
  }
  return FALSE;
}

/* ---- vsock ---- */

/* systemd's proxy passes ssh the connected socket; socat relays. */
static gboolean add_proxy(const char *cid, GPtrArray *words)
{
  static const char *const proxies[] = { "/usr/lib/systemd/systemd-ssh-proxy",
                                         "/lib/systemd/systemd-ssh-proxy" };
  g_autofree char *socat = g_find_program_in_path("socat");

  for (gsize i = 0; i < G_N_ELEMENTS(proxies); i++) {
    if (access(proxies[i], X_OK) != 0)
      continue;
    g_ptr_array_add(words, g_strdup("-o"));
    g_ptr_array_add(words, g_strdup_printf("ProxyCommand=%s vsock/%s %d", proxies[i], cid, SSH_PORT));
    g_ptr_array_add(words, g_strdup("-o"));
    g_ptr_array_add(words, g_strdup("ProxyUseFdpass=yes"));
    return TRUE;
  }
  if (!socat)
    return FALSE;
  g_ptr_array_add(words, g_strdup("-o"));
  g_ptr_array_add(words, g_strdup_printf("ProxyCommand=socat - VSOCK-CONNECT:%s:%d", cid, SSH_PORT));
  return TRUE;
}

static gboolean add_vsock(xmlNode *devices, GPtrArray *words)
{
  xmlNode *vsock = xml_next_child(devices, "vsock", NULL),
          *cid = vsock ? xml_next_child(vsock, "cid", NULL) : NULL;
  const char *address = cid ? xml_attribute(cid, "address") : NULL;
  guint64 number;

  return address && g_ascii_string_to_unsigned(address, 10, 3, G_MAXUINT32, &number, NULL) &&
         add_proxy(address, words);
}

/* ---- The command ---- */

static gboolean no_way(const char *guest, GError **error)
{
  error_set(error, DOMRUN_ERROR_REFUSED, NULL, NULL,
            "no port of this host leads to port %d of '%s', and it has no vsock", SSH_PORT, guest);
  return error_add_hint(
      error,
      "'domrun run --forward=2222:22' makes one; 'domrun domifaddr %s' asks the guest's agent for its "
      "addresses",
      guest);
}

static gboolean add_way(GuestCommand *command, GPtrArray *words, GError **error)
{
  g_autoptr(XmlDocument) document = guest_command_load_xml(command, error);
  xmlNode *devices;

  if (!document)
    return FALSE;
  devices = xml_next_child(xml_document_root(document), "devices", NULL);
  return (devices && (add_forward(devices, words) || add_vsock(devices, words))) ||
         no_way(command->guest->state.name, error);
}

/* "USER@" of the first argument is ssh's. */
static gboolean find_guest(GuestCommand *command, char **ret_user, GError **error)
{
  const char *what = command->arguments[0], *at = strrchr(what, '@');

  *ret_user = at && at > what ? g_strndup(what, (gsize)(at - what)) : NULL;
  command->guest = guests_find(command->root, *ret_user ? at + 1 : what, error);
  return command->guest != NULL;
}

/* The destination is the key's name, which is the guest's uuid: HostName says where it is. */
static void add_destination(const GuestCommand *command, const char *user, GPtrArray *words)
{
  g_ptr_array_add(words, g_strdup("-o"));
  g_ptr_array_add(words, g_strdup_printf("HostKeyAlias=domrun-%s", command->guest->state.uuid));
  if (user) {
    g_ptr_array_add(words, g_strdup("-l"));
    g_ptr_array_add(words, g_strdup(user));
  }
  g_ptr_array_add(words, g_strdup("--"));
  g_ptr_array_add(words, g_strdup_printf("domrun-%s", command->guest->state.uuid));
}

int ssh_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { .is_posix = TRUE };
  g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *user = NULL;
  GError *error = NULL;

  g_ptr_array_add(words, g_strdup("ssh"));
  if (!guest_command_parse(
          &command, NULL, "[USER@]GUEST [COMMAND...]",
          "Logs in to a guest with ssh, at the port of this host that leads to its port 22, or by vsock.", 1,
          G_MAXUINT, argc, argv, &error) ||
      !find_guest(&command, &user, &error) || !add_way(&command, words, &error))
    return report_usage_error(error);
  add_destination(&command, user, words);
  for (char **word = command.arguments + 1; *word; word++)
    g_ptr_array_add(words, g_strdup(*word));
  g_ptr_array_add(words, NULL);
  spawn_replace((char **)words->pdata, "openssh-client", &error);
  return report_usage_error(error);
}
