/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/video.h"

#include "devices/graphics/graphics.h"
#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/os.h"
#include "domain/shared-memory.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(
    video_model_table,
    VIDEO_LAST, [VIDEO_VGA] = "vga", [VIDEO_CIRRUS] = "cirrus", [VIDEO_VMVGA] = "vmvga", [VIDEO_QXL] = "qxl",
    [VIDEO_VIRTIO] = "virtio", [VIDEO_BOCHS] = "bochs", [VIDEO_RAMFB] = "ramfb", [VIDEO_NONE] = "none");
ENUM_TABLE(video_driver_name_table, 1, "qemu");

static gboolean read_resolution(xmlNode *model, Video *video, GError **error)
{
  xmlNode *resolution = NULL;

  if (!xml_child(model, "resolution", &resolution, error))
    return FALSE;
  if (!resolution)
    return TRUE;
  if (!xml_attribute_uint32(resolution, "x", 1, G_MAXINT32, &video->x, error) ||
      !xml_attribute_uint32(resolution, "y", 1, G_MAXINT32, &video->y, error))
    return FALSE;
  if (!video->x || !video->y)
    return xml_error(error, resolution, video->x ? "y" : "x", "is missing");
  return TRUE;
}

static gboolean read_acceleration(xmlNode *model, Video *video, GError **error)
{
  xmlNode *acceleration = NULL;
  gboolean is_2d = FALSE;

  if (!xml_child(model, "acceleration", &acceleration, error))
    return FALSE;
  if (!acceleration)
    return TRUE;
  if (!xml_attribute_yes_no(acceleration, "accel2d", &is_2d, error) ||
      !xml_attribute_yes_no(acceleration, "accel3d", &video->has_accel3d, error))
    return FALSE;
  if (is_2d)
    return xml_error(error, acceleration, "accel2d", "no graphics card of QEMU has it");
  return TRUE;
}

static gboolean read_model(xmlNode *node, Video *video, GError **error)
{
  xmlNode *model = NULL;

  video->model_place = xml_place(node);
  if (!xml_child(node, "model", &model, error))
    return FALSE;
  if (!model)
    return TRUE;
  video->model_place = xml_place(model);
  video->chosen = xml_attribute(model, "device"); /* format 12.5 */
  return xml_attribute_enum(model, "type", &video_model_table, XML_ENUM(&video->model), error) &&
         xml_attribute_yes_no(model, "primary", &video->is_primary, error) &&
         xml_attribute_uint32(model, "vram", 0, G_MAXINT32, &video->vram, error) &&
         xml_attribute_uint32(model, "ram", 0, G_MAXINT32, &video->ram, error) &&
         xml_attribute_uint32(model, "vgamem", 0, G_MAXINT32, &video->vgamem, error) &&
         xml_attribute_uint32(model, "vram64", 0, G_MAXINT32, &video->vram64, error) &&
         xml_attribute_uint32(model, "heads", 1, 16, &video->heads, error) &&
         feature_state_parse(model, "edid", &video->edid, error) &&
         feature_state_parse(model, "blob", &video->blob, error) && read_resolution(model, video, error) &&
         read_acceleration(model, video, error);
}

static gboolean video_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  xmlNode *driver = NULL;
  int only = 0;

  if (!read_model(node, (Video *)device, error) || !xml_child(node, "driver", &driver, error))
    return FALSE;
  ((Video *)device)->driver_place = xml_place(driver ? driver : node);
  return (!driver || (xml_attribute_enum(driver, "name", &video_driver_name_table, &only, error) &&
                      virtio_options_parse(driver, &((Video *)device)->options, error))) &&
         device_parse_alias(node, device, error) && address_parse(node, allowed, &device->address, error);
}

static const Video *first_video(const Domain *domain)
{
  return (const Video *)device_first_of(domain, &video_room);
}

/* Memory sizes are powers of two: the hardware's registers know no other. */
static guint32 round_up(guint32 kib)
{
  guint32 power = 1;

  while (power < kib)
    power *= 2;
  return kib ? power : 0;
}

static PciPlug choose_plug(const Video *video)
{
  if (video->model == VIDEO_RAMFB || video->model == VIDEO_NONE)
    return PCI_PLUG_NONE;
  if (video->model == VIDEO_VIRTIO)
    return video->is_primary ? PCI_PLUG_PRIMARY_VIDEO_VIRTIO : PCI_PLUG_VIRTIO;
  return video->is_primary ? PCI_PLUG_PRIMARY_VIDEO : PCI_PLUG_CONVENTIONAL;
}

static void check_device(const Domain *domain, const Video *video)
{
  const char *chosen = video->is_primary    ? video->has_accel3d ? "virtio-vga-gl" : "virtio-vga"
                       : video->has_accel3d ? "virtio-gpu-gl"
                                            : "virtio-gpu";

  if (video->chosen && video->model == VIDEO_VIRTIO && !g_str_equal(video->chosen, chosen))
    report_warning(domain->report, &video->model_place, "device", NULL,
                   "'%s' has no effect: this card is a '%s'", video->chosen, chosen);
}

/* libvirt's choices. */
static VideoModel default_model(Chipset chipset)
{
  if (chipset == CHIPSET_PSERIES)
    return VIDEO_VGA;
  return chipset_is_x86(chipset) && chipset != CHIPSET_MICROVM ? VIDEO_CIRRUS : VIDEO_VIRTIO;
}

static gboolean video_complete(Domain *domain, Device *device, GError **error)
{
  Video *video = (Video *)device;

  if (first_video(domain) == video)
    video->is_primary = TRUE;
  if (video->model == VIDEO_DEFAULT)
    video->model = default_model(chipset_of(domain));
  video->vram = round_up(video->vram);
  video->ram = round_up(video->ram);
  video->vgamem = round_up(video->vgamem);
  check_device(domain, video);
  device->pci_plug = chipset_of(domain) == CHIPSET_ISA ? PCI_PLUG_NONE : choose_plug(video);
  device_set_alias(domain, device, "video%u", device->index);
  return TRUE;
}

typedef struct {
  gboolean is_secondary; /* there may be several */
  gboolean has_heads;    /* several screens */
  gboolean has_resolution;
  gboolean needs_mib; /* its memory is counted in MiB */
  gboolean is_isa;    /* there is one for the ISA bus */
} VideoAbility;

static const VideoAbility abilities[VIDEO_LAST] = {
  [VIDEO_VGA] = { .has_resolution = TRUE, .needs_mib = TRUE, .is_isa = TRUE },
  [VIDEO_CIRRUS] = { .is_isa = TRUE },
  [VIDEO_VMVGA] = { .needs_mib = TRUE },
  [VIDEO_QXL] = { .is_secondary = TRUE, .has_heads = TRUE, .has_resolution = TRUE },
  [VIDEO_VIRTIO] = { .is_secondary = TRUE, .has_heads = TRUE, .has_resolution = TRUE },
  [VIDEO_BOCHS] = { .has_resolution = TRUE },
  [VIDEO_RAMFB] = { 0 },
  [VIDEO_NONE] = { 0 },
};

static const char *model_name(const Video *video)
{
  return enum_to_string(&video_model_table, (int)video->model);
}

static gboolean validate_place(const Domain *domain, const Video *video, GError **error)
{
  const Video *first = first_video(domain);

  if (!chipset_has_pci(chipset_of(domain)) && chipset_of(domain) != CHIPSET_ISA &&
      video->model != VIDEO_VIRTIO && video->model != VIDEO_NONE)
    return error_set_document(error, &video->model_place, "type",
                              "'%s' is a PCI device, and machine '%s' has no PCI bus (allowed: virtio)",
                              model_name(video), domain->os->machine);
  if (chipset_of(domain) == CHIPSET_ISA && !abilities[video->model].is_isa && video->model != VIDEO_NONE)
    return error_set_document(error, &video->model_place, "type",
                              "'%s' is a PCI device, and machine '%s' has no PCI bus (allowed: cirrus, vga)",
                              model_name(video), domain->os->machine);
  if (video == first)
    return TRUE;
  if (first->model == VIDEO_NONE || video->model == VIDEO_NONE)
    return error_set_document(error, &video->model_place, "type", "'none' goes with no other <video>");
  if (video->is_primary)
    return error_set_document(error, &video->model_place, "primary",
                              "the <video> on line %d is the primary one, and there can be one",
                              first->device.place.line);
  if (!abilities[video->model].is_secondary)
    return error_set_document(error, &video->model_place, "type",
                              "'%s' can only be the primary graphics card (allowed beside one: qxl, virtio)",
                              model_name(video));
  return TRUE;
}

/* Only qxl has them. */
static gboolean validate_qxl(const Video *video, GError **error)
{
  const char *attribute = video->ram ? "ram" : video->vgamem ? "vgamem" : video->vram64 ? "vram64" : NULL;

  if (attribute && video->model != VIDEO_QXL)
    return error_set_document(error, &video->model_place, attribute,
                              "only type 'qxl' has it, and this is '%s'", model_name(video));
  if (video->vgamem && video->vgamem < 1024)
    return error_set_document(error, &video->model_place, "vgamem", "at least 1024 KiB are needed");
  return TRUE;
}

static gboolean validate_accel3d(const Domain *domain, const Video *video, GError **error)
{
  if (!video->has_accel3d)
    return TRUE;
  if (video->model != VIDEO_VIRTIO)
    return error_set_document(error, &video->model_place, NULL,
                              "3D acceleration is what type 'virtio' has, and this is '%s'",
                              model_name(video));
  if (graphics_has_gl(domain))
    return TRUE;
  error_set_document(error, &video->model_place, NULL,
                     "3D acceleration needs a display that can show OpenGL, and there is none");
  return error_add_hint(error, "<graphics type='egl-headless'/> beside a server is one, and <graphics "
                               "type='sdl'><gl enable='yes'/></graphics>");
}

static gboolean validate_edid(const Video *video, GError **error)
{
  return video->edid == FEATURE_UNSET || video->model == VIDEO_VGA || video->model == VIDEO_BOCHS ||
         video->model == VIDEO_VIRTIO ||
         error_set_document(error, &video->model_place, "edid",
                            "type '%s' has no such setting (allowed: bochs, vga, virtio)", model_name(video));
}

static gboolean validate_blob(const Domain *domain, const Video *video, GError **error)
{
  if (video->blob == FEATURE_UNSET)
    return TRUE;
  if (video->model != VIDEO_VIRTIO)
    return error_set_document(error, &video->model_place, "blob",
                              "only type 'virtio' has it, and this is '%s'", model_name(video));
  if (video->blob == FEATURE_OFF || memory_is_shared(domain))
    return TRUE;
  error_set_document(error, &video->model_place, "blob", "'on' needs memory that is shared with the host");
  return error_add_hint(error, "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking> "
                               "shares it");
}

static gboolean video_validate(const Domain *domain, const Device *device, GError **error)
{
  const Video *video = (const Video *)device;
  const VideoAbility *ability = &abilities[video->model];

  if (!validate_place(domain, video, error) || !validate_qxl(video, error) ||
      !validate_accel3d(domain, video, error) || !validate_edid(video, error) ||
      !validate_blob(domain, video, error))
    return FALSE;
  if (virtio_options_find(&video->options) && video->model != VIDEO_VIRTIO)
    return error_set_document(error, &video->driver_place, NULL,
                              "these options are those of type 'virtio', and this is '%s'",
                              model_name(video));
  if (video->heads > 1 && !ability->has_heads)
    return error_set_document(error, &video->model_place, "heads",
                              "type '%s' has one screen (several: qxl, virtio)", model_name(video));
  if (video->x && !ability->has_resolution)
    return error_set_document(error, &video->model_place, NULL,
                              "type '%s' has no resolution to set (allowed: bochs, qxl, vga, virtio)",
                              model_name(video));
  if (video->vram && video->vram < 1024 && ability->needs_mib)
    return error_set_document(error, &video->model_place, "vram", "at least 1024 KiB are needed");
  return TRUE;
}

static void video_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  xml_set_attribute(xml_set_child(node, "model"), "type", model_name((const Video *)device));
}

static gint compare_primary(gconstpointer a, gconstpointer b)
{
  const Video *x = *(const Video *const *)a, *y = *(const Video *const *)b;

  return y->is_primary - x->is_primary;
}

void video_imply(Domain *domain)
{
  if (device_first_of(domain, &graphics_room) && !first_video(domain)) {
    Device *device = device_new(&video_room, /* node= */ NULL);

    device->place = device_first_of(domain, &graphics_room)->place;
    ((Video *)device)->model_place = device->place;
    domain_add_device(domain, device);
  }
  domain_sort_room(domain, &video_room, compare_primary);
}

const DeviceRoom video_room = {
  .element = "video",
  .size = sizeof(Video),
  .pci_order = DEVICE_PCI_ORDER_VIDEO,
  .parse = video_parse,
  .complete = video_complete,
  .validate = video_validate,
  .translate = video_translate,
  .annotate = video_annotate,
  .clear = device_clear_nothing,
};
