/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mtp is a USB device. 9p is a back end of QEMU's own and a device. virtiofs is a device of vhost-user, and a
 * socket with virtiofsd behind it; for the shell there is nobody to start that, and it is the socket's path.
 */
#include "config.h"

#include "devices/filesystem.h"

#include "devices/controller/controller.h"

ENUM_TABLE(filesystem_qemu_access_table, FILESYSTEM_ACCESS_LAST, [FILESYSTEM_PASSTHROUGH] = "passthrough",
           [FILESYSTEM_MAPPED] = "mapped", [FILESYSTEM_SQUASH] = "none");
ENUM_TABLE(
    filesystem_qemu_device_table, FILESYSTEM_MODEL_LAST, [FILESYSTEM_MODEL_DEFAULT] = "virtio-9p-pci",
    [FILESYSTEM_VIRTIO] = "virtio-9p-pci", [FILESYSTEM_VIRTIO_TRANSITIONAL] = "virtio-9p-pci-transitional",
    [FILESYSTEM_VIRTIO_NON_TRANSITIONAL] = "virtio-9p-pci-non-transitional");
ENUM_TABLE(filesystem_qemu_multidevs_table, FILESYSTEM_MULTIDEVS_LAST, [FILESYSTEM_MULTIDEVS_REMAP] = "remap",
           [FILESYSTEM_MULTIDEVS_FORBID] = "forbid", [FILESYSTEM_MULTIDEVS_WARN] = "warn");

static void add_mode(Props *props, const char *key, int mode, Plan *plan)
{
  if (mode == FILESYSTEM_MODE_NONE)
    return;
  props_add_format(props, key, "%04o", (guint)mode);
  plan->file_modes |= (guint32)mode;
}

static void add_fsdev(const Filesystem *fs, const char *id, Plan *plan)
{
  Props *props = props_new(/* key= */ NULL, "local");

  props_add_string(props, "security_model", enum_to_string(&filesystem_qemu_access_table, (int)fs->access));
  props_add_string(props, "multidevs", enum_to_string(&filesystem_qemu_multidevs_table, (int)fs->multidevs));
  add_mode(props, "fmode", fs->file_mode, plan);
  add_mode(props, "dmode", fs->directory_mode, plan);
  if (fs->is_immediate)
    props_add_string(props, "writeout", "immediate");
  props_add_string(props, "id", id);
  props_add_string(props, "path", fs->path);
  if (fs->is_readonly)
    props_add_bool(props, "readonly", TRUE);
  plan_add_keyval(plan, PLAN_BOTH, "-fsdev", props);
}

static Props *translate_9p(const Filesystem *fs, Plan *plan)
{
  g_autofree char *id = g_strconcat("fsdev-", fs->device.alias, NULL);
  Props *props = virtio_props_new(&fs->device, enum_to_string(&filesystem_qemu_device_table, (int)fs->model));

  add_fsdev(fs, id, plan);
  virtio_options_translate(&fs->options, props);
  props_add_string(props, "id", fs->device.alias);
  props_add_string(props, "fsdev", id);
  props_add_string(props, "mount_tag", fs->tag);
  return props;
}

/* ---- virtiofs ---- */

static void add_chardev(const Filesystem *fs, PlanForm form, const char *path, int fd, Plan *plan)
{
  Props *props = props_new(/* key= */ NULL, "socket");

  props_add_format(props, "id", "char%s", fs->device.alias);
  props_add_string(props, "path", path);
  if (!path)
    props_add_format(props, "fd", "%d", fd);
  plan_add_keyval(plan, form, "-chardev", props);
}

static void add_daemon(const Filesystem *fs, Plan *plan)
{
  PlanResource *resource =
      plan_add_resource(plan, PLAN_RESOURCE_VIRTIOFSD, fs->device.alias, &fs->driver_place);

  resource->virtiofsd = &fs->plan;
  add_chardev(fs, PLAN_RUN, /* path= */ NULL, resource->fd, plan);
  add_chardev(fs, PLAN_SHELL, fs->own_socket, /* fd= */ -1, plan);
  if (fs->plan.program)
    plan_require(plan, PLAN_REQUIRE_PROGRAM, &fs->binary_place, "path", fs->plan.program);
  else
    plan_require(plan, PLAN_REQUIRE_VIRTIOFSD, &fs->driver_place, "type", NULL);
  plan_lack(plan, &fs->driver_place, "type", fs->own_command);
}

static Props *translate_virtiofs(const Filesystem *fs, Plan *plan)
{
  Props *props = virtio_props_new(&fs->device, "vhost-user-fs-pci");

  if (fs->socket) {
    add_chardev(fs, PLAN_BOTH, fs->socket, /* fd= */ -1, plan);
    plan_require(plan, PLAN_REQUIRE_SOCKET, &fs->source_place, "socket", fs->socket);
  } else {
    add_daemon(fs, plan);
  }
  virtio_options_translate(&fs->options, props);
  props_add_string(props, "id", fs->device.alias);
  props_add_format(props, "chardev", "char%s", fs->device.alias);
  if (fs->queue_size > 0)
    props_add_uint(props, "queue-size", fs->queue_size);
  props_add_string(props, "tag", fs->tag);
  if (fs->device.boot_index)
    props_add_uint(props, "bootindex", fs->device.boot_index);
  return props;
}

/* QEMU's own default is a directory that cannot be written. */
static Props *translate_mtp(const Filesystem *fs)
{
  Props *props = props_new("driver", "usb-mtp");

  props_add_string(props, "id", fs->device.alias);
  props_add_string(props, "rootdir", fs->path);
  props_add_string(props, "desc", fs->tag);
  props_add_bool(props, "readonly", fs->is_readonly);
  return props;
}

gboolean filesystem_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Filesystem *fs = (const Filesystem *)device;
  Props *props = fs->driver == FILESYSTEM_VIRTIOFS     ? translate_virtiofs(fs, plan)
                 : fs->driver == FILESYSTEM_DRIVER_MTP ? translate_mtp(fs)
                                                       : translate_9p(fs, plan);

  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  if (fs->path)
    plan_require(plan, PLAN_REQUIRE_DIRECTORY, &fs->source_place, "dir", fs->path);
  if (fs->path && fs->driver != FILESYSTEM_VIRTIOFS && !fs->is_readonly) /* else virtiofsd has it */
    plan_allow(plan, PLAN_ACCESS_ALL, fs->path);
  return TRUE;
}
