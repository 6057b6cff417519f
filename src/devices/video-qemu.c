/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU has two devices of a model that can be primary or not: only the first has a VGA BIOS. The sizes that
 * a document leaves open are libvirt's, so that the guest sees the same card.
 */
#include "config.h"

#include "devices/video.h"

#include "devices/controller/controller.h"

#include "domain/chipset.h"
#include "domain/os.h"

ENUM_TABLE(video_driver_table, VIDEO_LAST, [VIDEO_VGA] = "VGA", [VIDEO_CIRRUS] = "cirrus-vga",
           [VIDEO_VMVGA] = "vmware-svga", [VIDEO_QXL] = "qxl-vga", [VIDEO_VIRTIO] = "virtio-vga",
           [VIDEO_BOCHS] = "bochs-display", [VIDEO_RAMFB] = "ramfb", [VIDEO_NONE] = NULL);
ENUM_TABLE(video_secondary_driver_table,
           VIDEO_LAST, [VIDEO_QXL] = "qxl", [VIDEO_VIRTIO] = "virtio-gpu-pci", [VIDEO_NONE] = NULL);
ENUM_TABLE(video_isa_driver_table,
           VIDEO_LAST, [VIDEO_VGA] = "isa-vga", [VIDEO_CIRRUS] = "isa-cirrus-vga", [VIDEO_NONE] = NULL);

/* KiB. */
enum { DEFAULT_VGAMEM = 16 * 1024, DEFAULT_QXL_RAM = 64 * 1024 };

/* The graphics card of PCs in it: libvirt has it where its QEMU does: of LoongArch, that is no longer so. */
static gboolean has_virtio_vga(const Domain *domain)
{
  OsArch arch = domain->os->arch;

  return chipset_has_pci(chipset_of(domain)) && (os_arch_is_x86(arch) || os_arch_is_riscv(arch));
}

static const char *driver_of(const Domain *domain, const Video *video)
{
  if (chipset_of(domain) == CHIPSET_ISA)
    return enum_to_string(&video_isa_driver_table, (int)video->model);
  if (video->model == VIDEO_VIRTIO && !has_virtio_vga(domain))
    return video->has_accel3d ? "virtio-gpu-gl-pci" : "virtio-gpu-pci";
  if (video->has_accel3d)
    return video->is_primary ? "virtio-vga-gl" : "virtio-gpu-gl-pci";
  return enum_to_string(video->is_primary ? &video_driver_table : &video_secondary_driver_table,
                        (int)video->model);
}

static guint32 or_default(guint32 kib, guint32 value)
{
  return kib ? kib : value;
}

static void add_qxl(const Video *video, Props *props)
{
  props_add_uint(props, "max_outputs", or_default(video->heads, 1));
  props_add_uint(props, "ram_size", (guint64)or_default(video->ram, DEFAULT_QXL_RAM) * 1024);
  props_add_uint(props, "vram_size", (guint64)or_default(video->vram, DEFAULT_QXL_RAM) * 1024);
  props_add_uint(props, "vram64_size_mb", video->vram64 / 1024);
  props_add_uint(props, "vgamem_mb", or_default(video->vgamem, DEFAULT_VGAMEM) / 1024);
}

static void add_model(const Video *video, Props *props, Plan *plan)
{
  guint32 vram = or_default(video->vram, DEFAULT_VGAMEM);

  switch (video->model) {
  case VIDEO_VGA:
  case VIDEO_VMVGA:
    props_add_uint(props, "vgamem_mb", vram / 1024);
    return;
  case VIDEO_BOCHS:
    props_add_uint(props, "vgamem", (guint64)vram * 1024);
    return;
  case VIDEO_QXL:
    add_qxl(video, props);
    return;
  case VIDEO_VIRTIO:
    props_add_uint(props, "max_outputs", or_default(video->heads, 1));
    feature_state_add(props, "blob", video->blob);
    if (video->blob == FEATURE_ON)
      plan_allow(plan, PLAN_ACCESS_WRITE, "/dev/udmabuf");
    return;
  case VIDEO_DEFAULT:
  case VIDEO_CIRRUS:
  case VIDEO_RAMFB:
  case VIDEO_NONE:
  case VIDEO_LAST:
    break;
  }
}

gboolean video_translate(const Domain *domain, const Device *device, Plan *plan, GError **error)
{
  const Video *video = (const Video *)device;
  const char *driver = driver_of(domain, video);
  Props *props;

  if (!driver)
    return TRUE;
  props = virtio_props_new(device, driver);
  props_add_string(props, "id", device->alias);
  add_model(video, props, plan);
  feature_state_add(props, "edid", video->edid);
  virtio_options_translate(&video->options, props);
  if (video->x) {
    props_add_uint(props, "xres", video->x);
    props_add_uint(props, "yres", video->y);
  }
  controller_add_address(domain, device, props);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  return TRUE;
}
