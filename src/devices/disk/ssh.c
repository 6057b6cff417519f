/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <identity> and <knownHosts> of protocol 'ssh', of format 9.8. QEMU's own driver logs in with the keys of an
 * agent, and those that its user has at the usual places or names in ~/.ssh/config; it can be told of no
 * other. So what cannot be said to it is refused, with what the user's configuration can say in its place.
 */
#include "config.h"

#include "devices/disk/disk.h"
#include "domain/devices.h"
#include "xml/element.h"

/* Whether @path is @name in the directory of the user that QEMU runs as. */
static gboolean is_at_home(const char *path, const char *name)
{
  g_autofree char *usual = g_build_filename(g_get_home_dir(), ".ssh", name, NULL);

  return g_str_equal(path, usual);
}

static const char *host_of(const DiskNetwork *network)
{
  return g_array_index(network->hosts, DiskHost, 0).name;
}

static gboolean read_key(xmlNode *identity, const DiskNetwork *network, GError **error)
{
  static const char *const usual[] = { "id_ed25519", "id_ecdsa", "id_rsa" };
  const char *path = NULL;

  if (!xml_attribute_path(identity, "keyfile", &path, error))
    return FALSE;
  if (!path)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS(usual); i++) {
    if (is_at_home(path, usual[i]))
      return TRUE;
  }
  xml_error(error, identity, "keyfile", "QEMU cannot be told of the key '%s'", path);
  return error_add_hint(
      error,
      "'IdentityFile %s' under 'Host %s' in ~/.ssh/config tells it; or ssh-add gives the key to "
      "an agent, whose socket is agentsock='...'",
      path, host_of(network));
}

static gboolean read_known_hosts(xmlNode *source, DiskNetwork *network, GError **error)
{
  xmlNode *node = NULL;
  const char *path = NULL;

  if (!xml_child(source, "knownHosts", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (network->protocol != DISK_PROTOCOL_SSH)
    return xml_error(error, node, NULL, "is for protocol 'ssh'; this source is of '%s'",
                     enum_to_string(&disk_protocol_table, (int)network->protocol));
  if (!xml_attribute_path(node, "path", &path, error))
    return FALSE;
  if (!path)
    return xml_error(error, node, "path", "is missing");
  network->is_host_known = TRUE;
  if (g_str_equal(path, "/etc/ssh/ssh_known_hosts") || is_at_home(path, "known_hosts"))
    return TRUE;
  xml_error(error, node, "path",
            "QEMU cannot be told of '%s' (it looks into: ~/.ssh/known_hosts, /etc/ssh/ssh_known_hosts)",
            path);
  return error_add_hint(error,
                        "'UserKnownHostsFile %s' under 'Host %s' in ~/.ssh/config tells it; then leave "
                        "<knownHosts> away",
                        path, host_of(network));
}

gboolean disk_ssh_parse(xmlNode *source, xmlNode *identity, DiskNetwork *network, GError **error)
{
  if (identity) {
    network->identity_place = xml_place(identity);
    network->user = xml_attribute(identity, "username");
    if (!xml_attribute_path(identity, "agentsock", &network->agent, error) ||
        !read_key(identity, network, error))
      return FALSE;
  }
  return read_known_hosts(source, network, error);
}

/* ---- One QEMU has one agent ---- */

static const DiskNetwork *find_agent(const DiskSource *source)
{
  for (; source; source = source->data) {
    if (source->network && source->network->agent)
      return source->network;
  }
  return NULL;
}

/* The image of the disk at that depth of its chain; NULL: there is none. */
static const DiskImage *image_at(const Disk *disk, guint depth)
{
  if (depth == 0)
    return &disk->image;
  return depth <= disk->backing->len ? &g_array_index(disk->backing, DiskImage, depth - 1) : NULL;
}

static const DiskNetwork *first_agent(const Disk *disk)
{
  const DiskNetwork *network = NULL;

  for (guint depth = 0; !network && image_at(disk, depth); depth++)
    network = find_agent(&image_at(disk, depth)->source);
  return network;
}

static void claim_agent(const Device *device, GPtrArray *claims)
{
  if (device->room == &disk_room && first_agent((const Disk *)device))
    g_ptr_array_add(claims, g_strdup("agent"));
}

static gboolean check_agent(const DiskSource *source, const DiskNetwork *first, GError **error)
{
  for (; source; source = source->data) {
    const DiskNetwork *network = source->network;

    if (!network || !network->agent || g_str_equal(network->agent, first->agent))
      continue;
    error_set_document(error, &network->identity_place, "agentsock",
                       "'%s' is not the agent of line %d, '%s', and QEMU asks one", network->agent,
                       first->identity_place.line, first->agent);
    return error_add_hint(error, "one agent can have the keys of all hosts: ssh-add");
  }
  return TRUE;
}

gboolean disk_ssh_validate(const Domain *domain, const Disk *disk, GError **error)
{
  const Device *owner = first_agent(disk) ? device_first_claimant(domain, claim_agent, "agent") : NULL;
  const DiskNetwork *first = owner ? first_agent((const Disk *)owner) : NULL;

  for (guint depth = 0; first && image_at(disk, depth); depth++) {
    if (!check_agent(&image_at(disk, depth)->source, first, error))
      return FALSE;
  }
  return TRUE;
}
