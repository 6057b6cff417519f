/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every room is whole, and has golden cases; every table of an enum says each thing once.
 */
#include "config.h"

#include <string.h>

#include "control/state.h"
#include "devices/audio.h"
#include "devices/chardev/channel.h"
#include "devices/chardev/chardev.h"
#include "devices/controller/controller.h"
#include "devices/crypto.h"
#include "devices/disk/disk.h"
#include "devices/filesystem.h"
#include "devices/graphics/graphics.h"
#include "devices/hostdev/hostdev.h"
#include "devices/input.h"
#include "devices/interface/interface.h"
#include "devices/iommu.h"
#include "devices/memballoon.h"
#include "devices/memory-device.h"
#include "devices/panic.h"
#include "devices/pstore.h"
#include "devices/registry.h"
#include "devices/rng.h"
#include "devices/shmem.h"
#include "devices/smartcard.h"
#include "devices/sound.h"
#include "devices/tpm.h"
#include "devices/video.h"
#include "devices/vsock.h"
#include "devices/watchdog.h"
#include "domain/clock.h"
#include "domain/cpu-tune.h"
#include "domain/cpu.h"
#include "domain/domain.h"
#include "domain/extra-arguments.h"
#include "domain/features.h"
#include "domain/firmware.h"
#include "domain/hyperv.h"
#include "domain/launch-security.h"
#include "domain/lifecycle.h"
#include "domain/os.h"
#include "domain/overrides.h"
#include "domain/protection.h"
#include "domain/secrets.h"
#include "domain/sysinfo.h"

static char *golden_folder(const char *family)
{
  return g_build_filename(g_getenv("DOMRUN_SRCDIR"), "tests", "golden", family, NULL);
}

static guint count_files(const char *folder, const char *suffix)
{
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;
  guint count = 0;

  while (dir && (name = g_dir_read_name(dir)))
    count += g_str_has_suffix(name, suffix);
  return count;
}

static void test_slots(void)
{
  g_autoptr(GHashTable) elements = g_hash_table_new(g_str_hash, g_str_equal);

  for (const DeviceRoom *const *room = device_rooms; *room; room++) {
    const DeviceRoom *one = *room;

    g_assert_nonnull(one->element);
    g_test_message("<%s>", one->element);
    g_assert_cmpuint(one->size, >=, sizeof(Device));
    g_assert_nonnull(one->parse);
    g_assert_nonnull(one->complete);
    g_assert_nonnull(one->validate);
    g_assert_nonnull(one->translate);
    g_assert_nonnull(one->annotate);
    g_assert_nonnull(one->clear);
    g_assert_cmpuint(one->pci_order, <=, DEVICE_PCI_ORDER_LAST);
    g_assert_cmpuint(one->usb_order, <=, DEVICE_USB_ORDER_LAST);
    g_assert_true(g_hash_table_add(elements, (gpointer)one->element));
  }
}

static void test_golden_cases(void)
{
  for (const DeviceRoom *const *room = device_rooms; *room; room++) {
    g_autofree char *folder = golden_folder((*room)->element);

    g_test_message("%s", folder);
    g_assert_cmpuint(count_files(folder, ".argv"), >, 0);
    g_assert_cmpuint(count_files(folder, ".err"), >, 0);
  }
}

/* clang-format off */
static const EnumTable *const tables[] = {
  &address_type_table,
  &boot_class_table,
  &channel_target_table,
  &chardev_mode_table,
  &chardev_mouse_table,
  &chardev_protocol_table,
  &chardev_type_table,
  &clock_offset_table,
  &clock_tick_table,
  &clock_timer_table,
  &clock_track_table,
  &console_target_table,
  &controller_model_table,
  &controller_name_table,
  &controller_type_table,
  &cpu_scheduler_table,
  &cpu_cache_table,
  &cpu_check_table,
  &cpu_match_table,
  &cpu_mode_table,
  &cpu_policy_table,
  &crypto_backend_table,
  &crypto_model_table,
  &crypto_type_table,
  &deprecation_table,
  &disk_bus_table,
  &disk_cache_table,
  &disk_detect_zeroes_table,
  &disk_device_table,
  &disk_discard_table,
  &disk_encryption_table,
  &disk_engine_table,
  &disk_error_policy_table,
  &disk_format_table,
  &disk_io_table,
  &disk_model_table,
  &disk_protocol_table,
  &disk_startup_table,
  &disk_translation_table,
  &disk_type_table,
  &domain_type_table,
  &feature_ioapic_table,
  &filesystem_access_table,
  &filesystem_cache_table,
  &filesystem_driver_table,
  &filesystem_model_table,
  &filesystem_multidevs_table,
  &filesystem_sandbox_table,
  &filesystem_type_table,
  &firmware_auto_table,
  &firmware_format_table,
  &firmware_type_table,
  &graphics_connected_table,
  &graphics_listen_table,
  &graphics_share_table,
  &graphics_type_table,
  &guest_state_table,
  &hostdev_model_table,
  &hostdev_reset_table,
  &hostdev_startup_table,
  &hostdev_type_table,
  &hyperv_mode_table,
  &input_bus_table,
  &input_toggle_table,
  &input_type_table,
  &interface_backend_table,
  &interface_model_table,
  &interface_tx_table,
  &interface_type_table,
  &iommu_model_table,
  &iommu_switch_table,
  &launch_security_type_table,
  &lifecycle_action_table,
  &memballoon_model_table,
  &memory_access_table,
  &memory_device_model_table,
  &memory_policy_table,
  &memory_source_table,
  &numa_associativity_table,
  &numa_policy_table,
  &os_acpi_table,
  &os_arch_table,
  &override_type_table,
  &panic_model_table,
  &protection_table,
  &pstore_backend_table,
  &secret_type_table,
  &audio_type_table,
  &rng_backend_table,
  &rng_model_table,
  &serial_target_table,
  &shmem_model_table,
  &shmem_role_table,
  &smbios_mode_table,
  &smartcard_mode_table,
  &sound_codec_table,
  &sound_model_table,
  &spice_channel_table,
  &spice_image_table,
  &spice_mode_table,
  &spice_mouse_table,
  &spice_streaming_table,
  &spice_switch_table,
  &spice_wan_table,
  &tpm_backend_table,
  &tpm_model_table,
  &tpm_profile_filter_table,
  &tpm_source_table,
  &tpm_version_table,
  &vsock_model_table,
  &watchdog_action_table,
  &watchdog_model_table,
  &video_model_table,
};
/* clang-format on */

static void test_tables(void)
{
  for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
    const EnumTable *table = tables[i];

    g_test_message("%s", table->name);
    for (guint value = 0; value < table->count; value++) {
      const char *string = enum_to_string(table, (int)value);
      int back = -1;

      if (!string)
        continue;
      g_assert_true(enum_from_string(table, string, &back));
      g_assert_cmpint(back, ==, (int)value);
    }
    g_assert_null(enum_to_string(table, (int)table->count));
    g_assert_null(enum_to_string(table, -1));
  }
}

/* Whether the list above is whole: each table that a header of src/ announces is in it. */
static void check_header(const char *path)
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++) {
    g_autofree char *name = NULL;
    gboolean is_listed = FALSE;

    if (!g_str_has_prefix(*line, "extern const EnumTable "))
      continue;
    name = g_strdup(*line + strlen("extern const EnumTable "));
    *strchrnul(name, ';') = '\0';
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
      is_listed |= g_str_equal(tables[i]->name, name);
    if (!is_listed)
      g_error("%s: %s is not in the list of this test", path, name);
  }
}

static void test_tables_are_listed(void)
{
  static const char *const folders[] = { "control", "devices", "domain" };

  for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *folder = g_build_filename(g_getenv("DOMRUN_SRCDIR"), "src", folders[i], NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    g_assert_nonnull(dir);
    while ((name = g_dir_read_name(dir))) {
      g_autofree char *path = g_build_filename(folder, name, NULL);

      if (g_str_has_suffix(name, ".h"))
        check_header(path);
    }
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/registry/slots", test_slots);
  g_test_add_func("/registry/golden-cases", test_golden_cases);
  g_test_add_func("/registry/tables", test_tables);
  g_test_add_func("/registry/tables-are-listed", test_tables_are_listed);
  return g_test_run();
}
