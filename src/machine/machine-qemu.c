/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "machine/machine.h"

#include "devices/controller/controller.h"
#include "devices/graphics/graphics.h"
#include "devices/iommu.h"
#include "devices/memory-device.h"
#include "devices/sound.h"
#include "devices/registry.h"
#include "domain/bootloader.h"
#include "domain/clock.h"
#include "domain/cpu-tune.h"
#include "domain/cpu.h"
#include "domain/devices.h"
#include "domain/extra-arguments.h"
#include "domain/features.h"
#include "domain/firmware.h"
#include "domain/iothreads.h"
#include "domain/launch-security.h"
#include "domain/lifecycle.h"
#include "domain/limits.h"
#include "domain/memory-backing.h"
#include "domain/memory.h"
#include "domain/metadata.h"
#include "domain/os.h"
#include "domain/overrides.h"
#include "domain/pm.h"
#include "domain/sysinfo.h"
#include "domain/throttle.h"

/* What every guest gets: nothing from configuration files, no default devices, no display but the document's.
 */
static void translate_fixed(const Domain *domain, Plan *plan)
{
  plan_add(plan, PLAN_BOTH, "-no-user-config", NULL);
  plan_add(plan, PLAN_BOTH, "-nodefaults", NULL);
  if (!graphics_has_window(domain) && !graphics_is_headless(domain) && !graphics_has_dbus(domain))
    plan_add(plan, PLAN_BOTH, "-display", "none");
}

/* QEMU's own sandbox (seccomp): no obsolete system calls, no new privileges, no programs, no scheduling. In
 * the shell's form QEMU may have to run what the supervisor runs otherwise: a script needs spawn=allow; a
 * setuid helper needs that there is no sandbox, whose mere presence keeps a program from gaining privileges.
 */
static void translate_sandbox(const Domain *domain, Plan *plan)
{
  static const char strict[] = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";
  static const char spawning[] = "on,obsolete=deny,elevateprivileges=deny,spawn=allow,resourcecontrol=deny";

  if (domain->is_without_seccomp) {
    plan_add(plan, PLAN_BOTH, "-sandbox", "off");
    return;
  }
  if (!plan->shell_spawns && !plan->shell_gains) {
    plan_add(plan, PLAN_BOTH, "-sandbox", strict);
    return;
  }
  plan_add(plan, PLAN_RUN, "-sandbox", strict);
  plan_add(plan, PLAN_SHELL, "-sandbox", plan->shell_gains ? "off" : spawning);
}

static void translate_emulator(const Domain *domain, Plan *plan)
{
  plan->usual_emulator = os_arch_emulator(domain->os->arch);
  plan->emulator = domain->emulator ? domain->emulator : plan->usual_emulator;
  plan_require(plan, PLAN_REQUIRE_EMULATOR, &domain->emulator_place, NULL, plan->emulator);
}

static void translate_type(const Domain *domain, Plan *plan)
{
  gboolean is_kvm = domain->type == DOMAIN_TYPE_KVM;
  Props *accel = props_new(/* key= */ NULL, is_kvm ? "kvm" : "tcg");

  features_translate_accel(domain->features, is_kvm, accel);
  plan_add_keyval(plan, PLAN_BOTH, "-accel", accel);
  if (is_kvm)
    plan_require(plan, PLAN_REQUIRE_KVM, &domain->place, "type",
                 enum_to_string(&os_arch_table, (int)domain->os->arch));
}

/* Several parts have something to say of -machine. */
static void translate_machine(const Domain *domain, Plan *plan)
{
  Props *machine = props_new(/* key= */ NULL, domain->os->machine);

  /* No USB controller but those of the document, and no guest memory in QEMU's own core dumps. */
  props_add_bool(machine, "usb", FALSE);
  if (domain->cpu->numa.has_hmat)
    props_add_bool(machine, "hmat", TRUE);
  props_add_bool(machine, "dump-guest-core", domain->memory->is_in_core_dumps);
  memory_backing_translate(domain, domain->cpu->numa.cells != NULL, machine, plan);
  features_translate_machine(domain, domain->cpu->vcpus, machine);
  iommu_translate_machine(domain, machine);
  memory_device_translate_machine(domain, machine);
  sound_translate_machine(domain, machine);
  if (os_arch_is_x86(domain->os->arch))
    clock_translate_machine(domain->clock, machine);
  os_translate_machine(domain->os, machine);
  launch_security_translate_machine(domain, machine);
  firmware_translate(domain->firmware, machine, plan);
  plan_add_keyval(plan, PLAN_BOTH, "-machine", machine);
  plan_require(plan, PLAN_REQUIRE_MACHINE, &domain->os->machine_place,
               domain->os->machine_place.line ? "machine" : NULL, domain->os->machine);
}

/* -qmp with the prefix of human monitors is what QEMU 7.2 to 11.1 take without a word: 11.1 deprecates -mon,
 * and the object that it has instead is new. */
static void translate_monitor(Plan *plan)
{
  const PlanResource *socket = plan_add_resource(plan, PLAN_RESOURCE_QMP, "monitor", /* place= */ NULL);

  plan_add_format(plan, PLAN_RUN, "-chardev", "socket,id=charmonitor,fd=%d,server=on,wait=off", socket->fd);
  plan_add(plan, PLAN_RUN, "-qmp", "chardev:charmonitor");
}

/* The supervisor lets the guest go. */
static void translate_pause(const Domain *domain, Plan *plan)
{
  if (plan_holds_guest(plan) && !domain->extra_arguments->is_paused)
    plan_add(plan, PLAN_RUN, "-S", NULL);
}

/* Where QEMU is to know more of a PCI device than its place, it is told before it has the device. */
static void translate_zpci(const Device *device, guint first, Plan *plan)
{
  const ZpciAddress *zpci = &device->address.zpci;
  Props *props;

  if (device->address.type != ADDRESS_PCI || !zpci->has_uid)
    return;
  props = props_new("driver", "zpci");
  props_add_uint(props, "uid", zpci->uid);
  props_add_uint(props, "fid", zpci->fid);
  props_add_string(props, "target", device->alias);
  props_add_format(props, "id", "zpci%u", zpci->uid);
  plan_insert_device(plan, first, props);
}

static void translate_devices(const Domain *domain, Plan *plan, Report *report)
{
  GError *error = NULL;

  for (const DeviceRoom *const *room = device_rooms; *room; room++) {
    DOMAIN_FOREACH_OF(domain, *room, device, i) {
      guint first = plan->arguments->len;

      if (!device->room->translate(domain, device, plan, &error))
        report_error(report, g_steal_pointer(&error));
      else
        translate_zpci(device, first, plan);
    }
    if (*room == &controller_room)
      iommu_translate_buses(domain, plan);
  }
  iommu_translate_last(domain, plan);
}

static void translate_overrides(const Domain *domain, Plan *plan, Report *report)
{
  GError *error = NULL;

  if (!overrides_translate(domain->overrides, plan, &error))
    report_error(report, error);
}

Plan *machine_translate(const Domain *domain, Report *report)
{
  g_autoptr(Plan) plan = plan_new();

  translate_emulator(domain, plan);
  metadata_translate(domain->metadata, plan);
  extra_arguments_translate_deprecation(domain->extra_arguments, plan);
  sysinfo_translate(domain->sysinfo, plan);
  translate_type(domain, plan);
  translate_machine(domain, plan);
  launch_security_translate(domain->launch_security, plan);
  os_translate(domain->os, plan);
  firmware_translate_settings(domain->firmware, os_arch_is_x86(domain->os->arch), plan);
  bootloader_translate(domain, plan);
  memory_translate(domain->memory, plan);
  cpu_translate(domain, plan);
  iothreads_translate(domain->iothreads, plan);
  throttle_groups_translate(domain->throttle_groups, plan);
  cpu_tune_translate(domain->cpu_tune, plan);
  domain_limits_translate(domain->limits, plan);
  clock_translate(domain->clock, domain->now, plan);
  translate_fixed(domain, plan);
  lifecycle_translate(domain->lifecycle, plan);
  pm_translate(domain, plan);
  features_translate(domain->features, plan);
  translate_monitor(plan);
  metadata_translate_genid(domain->metadata, plan);
  firmware_translate_varstore(domain->firmware, os_arch_is_x86(domain->os->arch), plan);
  translate_devices(domain, plan, report);
  translate_sandbox(domain, plan);
  translate_pause(domain, plan);
  translate_overrides(domain, plan, report);
  extra_arguments_translate(domain->extra_arguments, plan);
  return report_has_errors(report) ? NULL : g_steal_pointer(&plan);
}

void machine_translate_again(Domain *domain, const LiveFacts *facts, gint64 now, Plan *plan)
{
  g_autoptr(Report) report = report_new();
  g_autoptr(Plan) fresh = NULL;

  domain->now = now;
  if (facts->name)
    domain->metadata->name = facts->name;
  for (guint i = 0; facts->displays && i < facts->displays->len; i++)
    graphics_prefer(domain, &g_array_index(facts->displays, LiveDisplay, i));
  graphics_set_spice_ports(domain, facts->spice_port, facts->spice_tls_port);
  if (facts->directory)
    graphics_set_directory(domain, facts->directory);
  fresh = machine_translate(domain, report);
  g_assert(fresh); /* it was translated before */
  plan_update(plan, fresh);
}
