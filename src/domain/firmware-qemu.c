/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A ROM is an option; flash is two block nodes, as a disk's, that the machine's properties pflash0 and
 * pflash1 name: the code and the guest's variables. Facts: QEMU's manual, "PC system firmware" in
 * docs/system.
 */
#include "config.h"

#include "domain/firmware.h"

static void translate_flash(Props *machine, Plan *plan, guint unit, const char *path, FirmwareFormat kind,
                            gboolean is_readonly)
{
  Props *storage = props_new("driver", "file"),
        *format = props_new("driver", kind == FIRMWARE_FORMAT_QCOW2 ? "qcow2" : "raw");
  g_autofree char *key = g_strdup_printf("pflash%u", unit);

  props_add_string(storage, "filename", path);
  props_add_format(storage, "node-name", "%s-storage", key);
  props_add_bool(storage, "auto-read-only", TRUE);
  props_add_string(storage, "discard", "unmap");
  plan_add_json(plan, PLAN_BOTH, "-blockdev", storage);
  props_add_format(format, "node-name", "%s-format", key);
  props_add_bool(format, "read-only", is_readonly);
  props_add_format(format, "file", "%s-storage", key);
  if (kind == FIRMWARE_FORMAT_QCOW2) /* the header names no other file */
    props_add_null(format, "backing");
  plan_add_json(plan, PLAN_BOTH, "-blockdev", format);
  props_add_format(machine, key, "%s-format", key);
}

/* The file of the variables is made before QEMU starts, from the template, unless it is there. */
static void make_variables(const Firmware *firmware, Plan *plan)
{
  PlanResource *variables;

  variables = plan_add_resource(plan, PLAN_RESOURCE_VARIABLES, "nvram", &firmware->nvram_place);
  variables->path = firmware->nvram;
  variables->template_path = firmware->nvram_template;
  variables->is_generated = firmware->is_nvram_generated;
  variables->is_reset = firmware->is_reset_nvram;
  if (!firmware->missing) {
    PlanRequirement *required =
        plan_require(plan, PLAN_REQUIRE_VARIABLES, &firmware->nvram_place, NULL, firmware->nvram);

    required->template_path = firmware->nvram_template;
    required->is_generated = firmware->is_nvram_generated;
  }
}

static void translate_variables(const Firmware *firmware, Props *machine, Plan *plan)
{
  if (!firmware->nvram)
    return;
  translate_flash(machine, plan, 1, firmware->nvram, firmware->nvram_format, /* is_readonly= */ FALSE);
  make_variables(firmware, plan);
}

/* QEMU 10.0 has it, and makes the file where there is no template. */
void firmware_translate_varstore(const Firmware *firmware, gboolean is_x86, Plan *plan)
{
  Props *props;

  if (!firmware->is_varstore)
    return;
  props = props_new("driver", is_x86 ? "uefi-vars-x64" : "uefi-vars-sysbus");
  props_add_string(props, "id", "varstore");
  props_add_string(props, "jsonfile", firmware->nvram);
  plan_add_json(plan, PLAN_BOTH, "-device", props);
  if (firmware->nvram_template) {
    make_variables(firmware, plan);
    return;
  }
  plan_require(plan, PLAN_REQUIRE_CREATE, &firmware->nvram_place, "path", firmware->nvram);
  plan_allow(plan, PLAN_ACCESS_WRITE | PLAN_ACCESS_CREATE, firmware->nvram);
}

/* SeaBIOS gives a device 100 ms to appear at an empty port of a USB controller, which is most of what it
 * takes to boot. What QEMU has is plugged in before the machine is switched on. The file is a number of
 * milliseconds, in binary; 0 cannot stand in an argument. Fact: SeaBIOS's docs, "Runtime config". */
void firmware_translate_settings(const Firmware *firmware, gboolean is_x86, Plan *plan)
{
  Props *entry;

  if (!firmware->is_fast_boot || !is_x86 || firmware->type == FIRMWARE_PFLASH)
    return;
  entry = props_new("name", "etc/usb-time-sigatt");
  props_add_string(entry, "string", "\1");
  plan_add_keyval(plan, PLAN_BOTH, "-fw_cfg", entry);
}

void firmware_translate(const Firmware *firmware, Props *machine, Plan *plan)
{
  if (!firmware->loader)
    return;
  if (firmware->missing)
    plan_require(plan, PLAN_REQUIRE_FIRMWARE, &firmware->auto_place, "firmware", firmware->missing);
  if (firmware->type != FIRMWARE_PFLASH) {
    plan_add(plan, PLAN_BOTH, "-bios", firmware->loader);
    plan_require(plan, PLAN_REQUIRE_READ, &firmware->loader_place, NULL, firmware->loader);
    return;
  }
  translate_flash(machine, plan, 0, firmware->loader, firmware->format, firmware->is_readonly);
  if (!firmware->missing)
    plan_require(plan, firmware->is_readonly ? PLAN_REQUIRE_READ : PLAN_REQUIRE_WRITE,
                 &firmware->loader_place, NULL, firmware->loader);
  if (firmware->is_secure)
    plan_add(plan, PLAN_BOTH, "-global", "driver=cfi.pflash01,property=secure,value=on");
  translate_variables(firmware, machine, plan);
}
