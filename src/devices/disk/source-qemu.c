/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk/source.h"

ENUM_TABLE(disk_encryption_driver_table,
           DISK_ENCRYPTION_LAST, [DISK_ENCRYPTION_LUKS] = "luks", [DISK_ENCRYPTION_LUKS2] = "luks2");

static void add_reservations(const DiskReservations *reservations, const char *prefix, Props *node,
                             Plan *plan)
{
  Props *manager = props_new("qom-type", "pr-manager-helper");

  props_add_format(manager, "id", "%s-reservations", prefix);
  props_add_string(manager, "path", reservations->path);
  plan_add_json(plan, PLAN_BOTH, "-object", manager);
  plan_require(plan, PLAN_REQUIRE_SOCKET, &reservations->place, "path", reservations->path);
  props_add_format(node, "pr-manager", "%s-reservations", prefix);
}

static Props *translate_file(const DiskSource *source, const char *prefix, const char *aio, Plan *plan)
{
  Props *node = props_new("driver", source->type == DISK_TYPE_BLOCK ? "host_device" : "file");

  props_add_string(node, "filename", source->path);
  props_add_string(node, "aio", aio);
  if (source->reservations.is_given)
    add_reservations(&source->reservations, prefix, node, plan);
  return node;
}

static Props *translate_directory(const DiskSource *source)
{
  Props *node = props_new("driver", "vvfat");

  props_add_string(node, "dir", source->path);
  props_add_bool(node, "floppy", source->is_floppy);
  props_add_bool(node, "rw", FALSE);
  return node;
}

static Props *translate_nvme(const DiskSource *source)
{
  Props *node = props_new("driver", "nvme");

  props_add_string(node, "device", source->nvme.name);
  props_add_uint(node, "namespace", source->nvme_namespace);
  return node;
}

static Props *translate_vdpa(const DiskSource *source)
{
  Props *node = props_new("driver", "virtio-blk-vhost-vdpa");

  props_add_string(node, "path", source->path);
  return node;
}

/* Ceph's library decrypts by itself. */
static Props *translate_network(const DiskSource *source, const char *prefix, Plan *plan)
{
  const DiskEncryption *encryption = &source->encryption;
  Props *node = disk_network_translate(source->network, prefix, plan), *encrypt;
  g_autofree char *id = g_strconcat(prefix, "-key", NULL);

  if (encryption->format == DISK_ENCRYPTION_NONE || encryption->engine != DISK_ENGINE_LIBRBD)
    return node;
  plan_add_secret(plan, &encryption->secret.place, id, &encryption->secret.found, /* without= */ NULL);
  encrypt = props_new("format", enum_to_string(&disk_encryption_driver_table, (int)encryption->format));
  props_add_string(encrypt, "key-secret", id);
  props_add_props(node, "encrypt", encrypt);
  return node;
}

Props *disk_source_translate(const DiskSource *source, const char *prefix, const char *aio, Plan *plan)
{
  switch (source->type) {
  case DISK_TYPE_FILE:
  case DISK_TYPE_BLOCK:
    return translate_file(source, prefix, aio, plan);
  case DISK_TYPE_DIR:
    return translate_directory(source);
  case DISK_TYPE_NETWORK:
    return translate_network(source, prefix, plan);
  case DISK_TYPE_NVME:
    return translate_nvme(source);
  case DISK_TYPE_VHOSTVDPA:
    return translate_vdpa(source);
  case DISK_TYPE_VHOSTUSER: /* has no node at all; */
  case DISK_TYPE_VOLUME:    /* an empty drive has no node, and others have become files or devices */
  case DISK_TYPE_LAST:
    break;
  }
  g_assert_not_reached();
}
