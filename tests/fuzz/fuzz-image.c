/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first bytes of an image, which a guest may have written; and the same bytes as the list of machines of
 * a program that a document names.
 */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "host/emulator-machines.h"
#include "host/image.h"

const char fuzz_folder[] = "tests/fuzz/image";
const char fuzz_suffix[] = ".img";

static void try_header(const uint8_t *data, size_t size)
{
  g_auto(ImageHeader) header = { 0 };

  image_header_parse(data, MIN(size, IMAGE_HEADER_BYTES), &header);
  g_assert_true(header.parts->len == 0 || header.format);
  for (guint i = 0; i < header.parts->len; i++) {
    const ImagePart *part = g_ptr_array_index(header.parts, i);
    g_autofree char *path = image_part_path(part, "/images/one.img");

    g_assert_true(part->role && *part->name && strlen(part->name) < 1024);
    g_assert_true(!path || g_path_is_absolute(path));
  }
}

static void try_machines(const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup((const char *)data, size);
  g_autofree char *list_text = g_strconcat("Supported machines are:\n", text, NULL);
  g_auto(MachineList) list = { 0 };

  g_assert_true(machine_list_parse(list_text, &list));
  g_assert_true(list.deprecated->len <= list.names->len);
  machine_list_nearest(&list, "pc-q35-8.1");
  for (guint i = 0; i < MIN(list.names->len, 8); i++)
    machine_list_nearest(&list, g_ptr_array_index(list.names, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  try_header(data, size);
  try_machines(data, size);
  return 0;
}
