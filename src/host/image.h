/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the first bytes of an image say: its format, and the files that it needs beside itself. Only `check`
 * asks: a guest is run with the formats of its document, never with what is found here. The bytes may come
 * from a guest.
 *
 * Facts: QEMU's docs/interop/qcow2.rst, docs/interop/qed_spec.rst; VMware's "Virtual Disk Format 5.0".
 */
#pragma once

#include <glib.h>

/* How much of an image has to be read. A name that lies beyond is not found. */
enum { IMAGE_HEADER_BYTES = 64 * 1024 };

/* The role of a data file. */
extern const char image_data_role[];

/* A file that an image needs. */
typedef struct {
  const char *role; /* "backing file", "data file", "extent"; a literal */
  char *name;       /* as the image has it: relative to the image, or what QEMU takes for a protocol */
  char *format;     /* the name of its format, or NULL: the image does not say */
} ImagePart;

typedef struct {
  const char *format;     /* "qcow2", ...; a literal. NULL: not one that is known */
  GPtrArray *parts;       /* of ImagePart, the backing file first */
  gboolean has_data_file; /* its data is in another file, whether or not the name of that is known */
} ImageHeader;

/* Never fails: what makes no sense is left out. Clear the result. */
void image_header_parse(const guint8 *bytes, gsize length, ImageHeader *ret_header);
void image_header_clear(ImageHeader *header);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImageHeader, image_header_clear)

/* Whether an image that begins as @bytes can be of that format, as far as can be told. */
gboolean image_header_may_be(const ImageHeader *header, const char *format);

/* The path of a part of the image @image: NULL where it is not a file by its name ("nbd://...", "json:...").
 * The caller frees it. */
char *image_part_path(const ImagePart *part, const char *image);
