/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first bytes of an image, which a guest may have written: what they say, and what `check` says of a
 * guest with such an image; and the same bytes as the list of machines of a program that a document names.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/report.h"
#include "fuzz.h"
#include "host/emulator-machines.h"
#include "host/image.h"
#include "host/images.h"
#include "reader.h"

const char fuzz_folder[] = "tests/fuzz/image";
const char fuzz_suffix[] = ".img";

static void try_header(const uint8_t *data, size_t size)
{
  g_auto(ImageHeader) header = { 0 };

  image_header_parse(data, MIN(size, IMAGE_HEADER_BYTES), &header);
  g_assert_true(header.parts->len == 0 || header.format);
  g_assert_true(!header.format || image_header_may_be(&header, header.format));
  for (guint i = 0; i < header.parts->len; i++) {
    const ImagePart *part = g_ptr_array_index(header.parts, i);
    g_autofree char *path = image_part_path(part, "/images/one.img");

    g_assert_true(part->role && *part->name && strlen(part->name) < 1024);
    g_assert_true(!path || (g_path_is_absolute(path) && !strstr(path, "/../")));
  }
}

/* What is said has nothing that a terminal would obey, whatever name the image gives. */
static void print_report(Report *report)
{
  char *text = NULL;
  size_t length = 0;
  FILE *stream = open_memstream(&text, &length);

  report_print(report, stream);
  fclose(stream);
  reader_check_terminal(text, length, /* may_have_newlines= */ TRUE);
  free(text);
}

/* The image is a file in memory, which may name itself as what is under it: @format is the document's. */
static void try_chain(const uint8_t *data, size_t size, const char *format)
{
  static const Place place = { .file = "fuzz.xml", .element = "<disk>", .line = 1 };
  autofd int fd = memfd_create("fuzz", MFD_CLOEXEC);
  g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
  g_autoptr(Plan) plan = plan_new();
  g_autoptr(Report) report = report_new();

  g_assert_true(fd_write_all(fd, data, size));
  plan_require(plan, PLAN_REQUIRE_READ, &place, "file", path)->format = format;
  plan_require(plan, PLAN_REQUIRE_WRITE, &place, "file", path)->format = format;
  images_check(plan, report);
  print_report(report);
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
  try_chain(data, size, size % 2 ? "raw" : "qcow2");
  try_chain(data, size, "vmdk");
  try_machines(data, size);
  return 0;
}
