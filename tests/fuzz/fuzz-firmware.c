/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A descriptor of firmware, for each kind of request that a document can make.
 */
#include "config.h"

#include "fuzz.h"
#include "host/descriptors.h"
#include "host/firmware.h"

const char fuzz_folder[] = "tests/fuzz/firmware";
const char fuzz_suffix[] = ".json";

/* What is taken can be opened, wherever domrun runs. */
static void try_request(const Json *descriptor, const FirmwareRequest *request)
{
  g_auto(FirmwareFound) found = { 0 };
  g_autofree char *template_path = NULL;

  if (!firmware_try(descriptor, request, &found)) {
    g_assert_null(found.loader);
    return;
  }
  g_assert_true(g_path_is_absolute(found.loader));
  g_assert_true(!found.template_path || g_path_is_absolute(found.template_path));
  g_assert_true(found.is_memory || request->is_stateless || found.template_path);
  g_assert_true(!request->format || g_strcmp0(found.loader_format, request->format) == 0);
  g_assert_true(!found.needs_smm || request->smm != FIRMWARE_WISH_NO);
  template_path = firmware_try_template(descriptor, found.loader);
  g_assert_true(!template_path || g_path_is_absolute(template_path));
  if (!found.is_memory && found.template_path)
    g_assert_cmpstr(template_path, ==, found.template_path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(Json) descriptor = descriptor_parse((const char *)data, size);

  for (guint wishes = 0; descriptor && wishes < 64; wishes++) {
    FirmwareRequest request = {
      .arch = "x86_64",
      .machine = wishes & 1 ? "pc-i440fx-7.2" : "pc-q35-7.2",
      .is_uefi = (wishes & 2) != 0,
      .is_stateless = (wishes & 4) != 0,
      .format = wishes & 8 ? "raw" : NULL,
      .secure_boot = wishes & 16 ? FIRMWARE_WISH_YES : FIRMWARE_WISH_NONE,
      .enrolled_keys = wishes & 16 ? FIRMWARE_WISH_NO : FIRMWARE_WISH_NONE,
      .smm = wishes & 32 ? FIRMWARE_WISH_NO : FIRMWARE_WISH_NONE,
    };

    try_request(descriptor, &request);
  }
  return 0;
}
