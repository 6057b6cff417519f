/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All offsets and lengths are the image's, and so anything: each is checked against what was read, by
 * bytes_at(), and nothing else touches the bytes.
 */
#include "config.h"

#include "host/image.h"

#include <string.h>

typedef struct {
  const guint8 *bytes;
  gsize length;
} Bytes;

/* What QEMU takes at most for the name of a file. */
enum { NAME_MAX_BYTES = 1023, MAX_PARTS = 64 };

static const guint8 *bytes_at(const Bytes *bytes, guint64 offset, guint64 length)
{
  return offset <= bytes->length && length <= bytes->length - offset ? bytes->bytes + offset : NULL;
}

static guint32 big32(const Bytes *bytes, guint64 offset)
{
  const guint8 *at = bytes_at(bytes, offset, 4);

  return at ? (guint32)at[0] << 24 | (guint32)at[1] << 16 | (guint32)at[2] << 8 | at[3] : 0;
}

static guint64 big64(const Bytes *bytes, guint64 offset)
{
  return (guint64)big32(bytes, offset) << 32 | big32(bytes, offset + 4);
}

static guint32 little32(const Bytes *bytes, guint64 offset)
{
  return GUINT32_SWAP_LE_BE(big32(bytes, offset));
}

static guint64 little64(const Bytes *bytes, guint64 offset)
{
  return (guint64)little32(bytes, offset + 4) << 32 | little32(bytes, offset);
}

const char image_data_role[] = "data file";

static void image_part_free(gpointer data)
{
  ImagePart *part = data;

  g_free(part->name);
  g_free(part->format);
  g_free(part);
}

/* A name that lies in the image: without a NUL, and not too long. NULL otherwise. */
static char *name_at(const Bytes *bytes, guint64 offset, guint64 length)
{
  const guint8 *at = length <= NAME_MAX_BYTES ? bytes_at(bytes, offset, length) : NULL;

  return at && length > 0 && !memchr(at, '\0', length) ? g_strndup((const char *)at, length) : NULL;
}

/* Takes @name, which may be NULL, and @format. */
static void add_part(ImageHeader *header, const char *role, char *name, char *format)
{
  ImagePart *part;

  if (!name || header->parts->len >= MAX_PARTS) {
    g_free(name);
    g_free(format);
    return;
  }
  part = g_new0(ImagePart, 1);
  part->role = role;
  part->name = name;
  part->format = format;
  g_ptr_array_add(header->parts, part);
}

/* ---- qcow2, and qcow before it ---- */

enum {
  QCOW2_V2_HEADER_BYTES = 72,
  QCOW2_V3_HEADER_BYTES = 104, /* at least */
  QCOW2_END = 0,
  QCOW2_BACKING_FORMAT = (int)0xe2792aca,
  QCOW2_DATA_FILE = 0x44415441,
};

static gboolean is_qcow2(const Bytes *bytes)
{
  return big32(bytes, 0) == 0x514649fb && (big32(bytes, 4) == 2 || big32(bytes, 4) == 3);
}

static gboolean is_qcow(const Bytes *bytes)
{
  return big32(bytes, 0) == 0x514649fb && big32(bytes, 4) == 1;
}

/* The text of the first header extension of that kind. Each takes eight bytes at least: this ends. */
static char *qcow2_extension(const Bytes *bytes, guint32 wanted)
{
  guint64 offset = big32(bytes, 4) == 2 ? QCOW2_V2_HEADER_BYTES : big32(bytes, 100);

  if (offset < QCOW2_V2_HEADER_BYTES)
    return NULL;
  while (bytes_at(bytes, offset, 8)) {
    guint32 kind = big32(bytes, offset), length = big32(bytes, offset + 4);

    if (kind == wanted)
      return name_at(bytes, offset + 8, length);
    if (kind == QCOW2_END)
      return NULL;
    offset += 8 + ((guint64)length + 7) / 8 * 8;
  }
  return NULL;
}

static void parse_qcow2(const Bytes *bytes, ImageHeader *header)
{
  g_autofree char *format = qcow2_extension(bytes, (guint32)QCOW2_BACKING_FORMAT);

  header->has_data_file = big32(bytes, 4) == 3 && (big64(bytes, 72) & (1 << 2));
  if (big64(bytes, 8) != 0)
    add_part(header, "backing file", name_at(bytes, big64(bytes, 8), big32(bytes, 16)),
             g_steal_pointer(&format));
  if (header->has_data_file)
    add_part(header, image_data_role, qcow2_extension(bytes, QCOW2_DATA_FILE), g_strdup("raw"));
}

/* The first format has no word for that of the backing file. */
static void parse_qcow(const Bytes *bytes, ImageHeader *header)
{
  if (big64(bytes, 8) != 0)
    add_part(header, "backing file", name_at(bytes, big64(bytes, 8), big32(bytes, 16)), NULL);
}

/* ---- QED ---- */

static gboolean is_qed(const Bytes *bytes)
{
  return big32(bytes, 0) == 0x51454400;
}

enum { QED_HAS_BACKING = 1 << 0, QED_BACKING_IS_RAW = 1 << 2 };

static void parse_qed(const Bytes *bytes, ImageHeader *header)
{
  guint64 features = little64(bytes, 16);

  if (features & QED_HAS_BACKING)
    add_part(header, "backing file", name_at(bytes, little32(bytes, 56), little32(bytes, 60)),
             features & QED_BACKING_IS_RAW ? g_strdup("raw") : NULL);
}

/* ---- VMDK ---- */

enum { VMDK_SPARSE = 0x4b444d56, VMDK_COW = 0x434f5744, VMDK_DESCRIPTOR_BYTES = 20 * 512 };

static const char descriptor_start[] = "# Disk DescriptorFile";

static gboolean is_vmdk_text(const Bytes *bytes)
{
  const guint8 *at = bytes_at(bytes, 0, strlen(descriptor_start));

  return at && memcmp(at, descriptor_start, strlen(descriptor_start)) == 0;
}

static gboolean is_vmdk(const Bytes *bytes)
{
  return big32(bytes, 0) == VMDK_SPARSE || big32(bytes, 0) == VMDK_COW || is_vmdk_text(bytes);
}

/* What stands between the first two quotes of a line. */
static char *quoted(const char *line)
{
  const char *from = strchr(line, '"'), *to = from ? strchr(from + 1, '"') : NULL;

  return to && to > from + 1 && to - from <= NAME_MAX_BYTES ? g_strndup(from + 1, (gsize)(to - from - 1))
                                                            : NULL;
}

static void parse_descriptor(const char *text, gboolean has_extents, ImageHeader *header)
{
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

  for (char **line = lines; *line; line++) {
    if (g_str_has_prefix(*line, "parentFileNameHint"))
      add_part(header, "backing file", quoted(*line), g_strdup("vmdk"));
  }
  for (char **line = lines; *line && has_extents; line++) { /* RW 4192256 FLAT "disk-flat.vmdk" 0 */
    if (g_str_has_prefix(*line, "RW ") || g_str_has_prefix(*line, "RDONLY "))
      add_part(header, "extent", quoted(*line), g_strdup("raw"));
  }
}

/* One that holds its data itself has a descriptor as well, whose only extent is that file. */
static void parse_vmdk(const Bytes *bytes, ImageHeader *header)
{
  guint64 sector = little64(bytes, 28), offset;
  g_autofree char *text = NULL;

  if (is_vmdk_text(bytes)) {
    text = g_strndup((const char *)bytes->bytes, bytes->length);
    parse_descriptor(text, /* has_extents= */ TRUE, header);
  } else if (big32(bytes, 0) == VMDK_SPARSE && sector > 0 && sector < bytes->length / 512) {
    offset = sector * 512;
    text = g_strndup((const char *)bytes->bytes + offset, MIN(VMDK_DESCRIPTOR_BYTES, bytes->length - offset));
    parse_descriptor(text, /* has_extents= */ FALSE, header);
  }
}

/* ---- All ---- */

static gboolean is_vdi(const Bytes *bytes)
{
  return little32(bytes, 64) == 0xbeda107f;
}

static gboolean starts_with(const Bytes *bytes, const char *text)
{
  const guint8 *at = bytes_at(bytes, 0, strlen(text));

  return at && memcmp(at, text, strlen(text)) == 0;
}

static gboolean is_vhdx(const Bytes *bytes)
{
  return starts_with(bytes, "vhdxfile");
}

/* One of a fixed size has its mark at the end only. */
static gboolean is_vpc(const Bytes *bytes)
{
  return starts_with(bytes, "conectix");
}

typedef struct {
  const char *name;
  gboolean (*is)(const Bytes *bytes);
  void (*parse)(const Bytes *bytes, ImageHeader *header); /* NULL: it needs no other files */
  gboolean is_always_marked;                              /* there is none without that mark */
} Format;

static const Format formats[] = {
  { "qcow2", is_qcow2, parse_qcow2, TRUE },
  { "qcow", is_qcow, parse_qcow, TRUE },
  { "qed", is_qed, parse_qed, TRUE },
  { "vmdk", is_vmdk, parse_vmdk, TRUE },
  { "vdi", is_vdi, NULL, TRUE },
  { "vhdx", is_vhdx, NULL, TRUE },
  { "vpc", is_vpc, NULL, FALSE },
};

void image_header_parse(const guint8 *bytes, gsize length, ImageHeader *ret_header)
{
  const Bytes all = { bytes, length };

  *ret_header = (ImageHeader){ .parts = g_ptr_array_new_with_free_func(image_part_free) };
  for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
    if (!formats[i].is(&all))
      continue;
    ret_header->format = formats[i].name;
    if (formats[i].parse)
      formats[i].parse(&all, ret_header);
    return;
  }
}

void image_header_clear(ImageHeader *header)
{
  g_clear_pointer(&header->parts, g_ptr_array_unref);
}

gboolean image_header_may_be(const ImageHeader *header, const char *format)
{
  if (header->format)
    return g_str_equal(header->format, format);
  for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
    if (g_str_equal(formats[i].name, format))
      return !formats[i].is_always_marked;
  }
  return TRUE;
}

/* A colon before any slash: QEMU takes what is before it for a protocol. */
static gboolean has_protocol(const char *name)
{
  return name[strcspn(name, ":/")] == ':';
}

char *image_part_path(const ImagePart *part, const char *image)
{
  g_autofree char *directory = g_path_get_dirname(image);
  const char *name = part->name;

  if (g_str_has_prefix(name, "file:"))
    name += strlen("file:");
  else if (has_protocol(name))
    return NULL;
  return *name ? g_canonicalize_filename(name, directory) : NULL;
}
