/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "machine/machine.h"

#include "change/change.h"
#include "devices/chardev/chardev.h"
#include "devices/controller/controller.h"
#include "devices/disk/disk.h"
#include "devices/hostdev/hostdev.h"
#include "devices/interface/interface.h"
#include "devices/memory-device.h"
#include "devices/iommu.h"
#include "devices/registry.h"
#include "domain/bootloader.h"
#include "domain/clock.h"
#include "domain/cpu-tune.h"
#include "domain/cpu.h"
#include "domain/devices.h"
#include "domain/extra-arguments.h"
#include "domain/features.h"
#include "domain/firmware.h"
#include "domain/generator.h"
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
#include "domain/pools.h"
#include "domain/seclabel.h"
#include "domain/secrets.h"
#include "domain/sysinfo.h"
#include "domain/throttle.h"
#include "machine/address.h"
#include "machine/boot.h"
#include "machine/implied.h"
#include "machine/unread.h"
#include "machine/without-spice.h"
#include "xml/element.h"
#include "xml/unread.h"

/* Adds the error of a step that failed, so that the steps after it still run and all findings are told at
 * once. */
static void collect(Report *report, gboolean is_fine, GError **error)
{
  if (!is_fine)
    report_error(report, g_steal_pointer(error));
}

static gboolean check_root(xmlNode *root, GError **error)
{
  xml_mark(root);
  if (root->ns && !root->ns->prefix) {
    xml_error(error, root, "xmlns", "'%s': a domain stands in no namespace", (const char *)root->ns->href);
    return error_add_hint(error, "remove xmlns='...'; xmlns:PREFIX='...' for what is in <metadata> may stay");
  }
  if (xml_is_element(root, "domain"))
    return TRUE;
  xml_error(error, root, NULL, "the root element is not <domain>");
  if (xml_is_element(root, "network") || xml_is_element(root, "pool") || xml_is_element(root, "volume"))
    error_add_hint(error, "this describes a <%s>; domrun runs domains", (const char *)root->name);
  else if (xml_is_element(root, "domstatus") || xml_is_element(root, "domainsnapshot"))
    error_add_hint(error, "take the <domain> element out of it");
  return FALSE;
}

typedef struct {
  const char *name;
  const char *needs;
  const char *hint;
} ForeignType;

static const char container_hint[] =
    "domrun runs virtual machines; lxc, podman or systemd-nspawn run containers";

/* The types of libvirt's other drivers. */
static const ForeignType foreign_types[] = {
  { "xen", "the Xen hypervisor",
    "--type=kvm or --type=qemu runs a fully virtualized guest (os/type 'hvm') with QEMU instead" },
  { "lxc", "LXC, which runs containers", container_hint },
  { "linux-vserver", "Linux-VServer, which runs containers", container_hint },
  { "openvz", "OpenVZ, which runs containers", container_hint },
  { "vz", "Virtuozzo, which runs containers", container_hint },
  { "parallels", "Virtuozzo, which runs containers", container_hint },
  { "uml", "a kernel built for user-mode Linux", NULL },
  { "test", "libvirt's test driver, which runs nothing", "--type=qemu runs it with QEMU" },
  { "vmware", "VMware", "--type=kvm or --type=qemu runs it with QEMU" },
  { "vbox", "VirtualBox", "--type=kvm or --type=qemu runs it with QEMU" },
  { "hyperv", "Hyper-V", "--type=kvm or --type=qemu runs it with QEMU" },
  { "phyp", "IBM's Power hypervisor", NULL },
  { "bhyve", "FreeBSD's hypervisor", "--type=kvm or --type=qemu runs it with QEMU" },
  { "hvf", "macOS's hypervisor", "--type=kvm or --type=qemu runs it on Linux" },
};

static gboolean refuse_foreign_type(xmlNode *root, const char *type, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS(foreign_types); i++) {
    if (!g_str_equal(type, foreign_types[i].name))
      continue;
    xml_error(error, root, "type", "'%s' needs %s; domrun runs 'qemu' and 'kvm'", type,
              foreign_types[i].needs);
    if (foreign_types[i].hint)
      error_add_hint(error, "%s", foreign_types[i].hint);
    return FALSE;
  }
  return xml_error_unknown_value(error, root, "type", &domain_type_table, type);
}

static gboolean parse_type(Domain *domain, xmlNode *root, int override, GError **error)
{
  const char *type = xml_attribute(root, "type");

  xml_attribute(root, "id"); /* of a running guest: libvirt's business */
  domain->is_xen = type && g_str_equal(type, "xen");
  if (override >= 0) {
    domain->type = (DomainType) override;
    return TRUE;
  }
  if (type && g_str_equal(type, "kqemu")) {
    report_warning(domain->report, &domain->place, "type", "--type=kvm is fast where the host has KVM",
                   "the accelerator 'kqemu' is gone; the guest is emulated, as with type 'qemu'");
    domain->type = DOMAIN_TYPE_QEMU;
    return TRUE;
  }
  if (type && !enum_from_string(&domain_type_table, type, XML_ENUM(&domain->type)))
    return refuse_foreign_type(root, type, error);
  return xml_attribute_enum_required(root, "type", &domain_type_table, XML_ENUM(&domain->type), error);
}

static gboolean parse_device(Domain *domain, const DeviceRoom *room, xmlNode *node, GError **error)
{
  Device *device = device_new(room, node);

  if (!room->parse(node, device, error)) {
    xml_ignore(node); /* what it did not come to read is not unknown */
    device_free(device);
    return FALSE;
  }
  domain_add_device(domain, device);
  return TRUE;
}

/* Xen's build of QEMU runs under Xen only. */
static void replace_device_model(Domain *domain)
{
  g_autofree char *name = domain->emulator ? g_path_get_basename(domain->emulator) : NULL;

  if (!name || !g_str_equal(name, "qemu-dm"))
    return;
  report_warning(domain->report, &domain->emulator_place, NULL, NULL,
                 "'%s' is Xen's; the host's own QEMU takes its place", domain->emulator);
  domain->emulator = NULL;
}

static gboolean parse_emulator(Domain *domain, xmlNode *devices, GError **error)
{
  xmlNode *emulator = NULL;

  if (!xml_child(devices, "emulator", &emulator, error))
    return FALSE;
  domain->emulator_place = emulator ? xml_place(emulator) : domain->place;
  if (!xml_child_path(devices, "emulator", &domain->emulator, error))
    return FALSE;
  if (domain->options->emulator) {
    domain->emulator = domain->options->emulator;
    domain->emulator_place = (Place){ 0 };
  } else {
    replace_device_model(domain);
  }
  return TRUE;
}

static void parse_devices(Domain *domain, xmlNode *root, Report *report)
{
  xmlNode *devices = NULL;
  GError *error = NULL;

  domain->emulator_place = domain->place;
  domain->emulator = domain->options->emulator;
  collect(report, xml_child(root, "devices", &devices, &error), &error);
  if (!devices)
    return;
  collect(report, parse_emulator(domain, devices, &error), &error);
  for (const DeviceRoom *const *room = device_rooms; *room; room++) {
    XML_FOREACH_CHILD(devices, node, (*room)->element)
      collect(report, parse_device(domain, *room, node, &error), &error);
  }
}

static void parse_parts(Domain *domain, xmlNode *root, const DomainOptions *options, Report *report)
{
  GError *error = NULL;

  collect(report, parse_type(domain, root, options->type, &error), &error);
  collect(report, metadata_parse(root, domain->metadata, &error), &error);
  collect(report, memory_parse(root, domain, &error), &error);
  collect(report, memory_backing_parse(root, domain, &error), &error);
  collect(report, bootloader_parse(root, domain->bootloader, &error), &error);
  collect(report, os_parse(root, domain, &error) && firmware_parse(root, domain, &error), &error);
  collect(report, sysinfo_parse(root, domain, &error), &error);
  collect(report, cpu_parse(root, domain, &error), &error);
  collect(report, iothreads_parse(root, domain->iothreads, &error), &error);
  collect(report, throttle_groups_parse(root, domain->throttle_groups, &error), &error);
  collect(report, cpu_tune_parse(root, domain, &error), &error);
  collect(report, domain_limits_parse(root, domain, &error), &error);
  collect(report, features_parse(root, domain, &error), &error);
  collect(report, clock_parse(root, domain, &error), &error);
  collect(report, launch_security_parse(root, domain->launch_security, &error), &error);
  collect(report, lifecycle_parse(root, domain->lifecycle, &error), &error);
  collect(report, pm_parse(root, domain->pm, &error), &error);
  collect(report, seclabel_parse(root, domain, &error), &error);
  collect(report, extra_arguments_parse(root, domain, &error), &error);
  collect(report, overrides_parse(root, domain->overrides, &error), &error);
}

/* The passes that need all devices. They rely on every part and device being whole. */
static void complete(Domain *domain, const DomainOptions *options, Report *report)
{
  GError *error = NULL;

  generator_init(domain->generator, options->seed, domain->metadata->name);
  metadata_complete(domain->metadata, domain->generator, domain->document);
  collect(report, cpu_complete(domain, &error), &error);
  collect(report, memory_device_account(domain, &error), &error);
  firmware_complete(domain);
  disk_sort(domain);
  collect(report, interface_check_networks(domain, &error), &error);
  collect(report, implied_add(domain, &error), &error);
  if (report_has_errors(report))
    return;
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (device->room->has_source)
      chardev_source_complete(domain, &((ChardevDevice *)device)->source);
    collect(report, device->room->complete(domain, device, &error), &error);
  }
  collect(report, secrets_check_used(domain, &error), &error);
  collect(report, pools_check_used(domain, &error), &error);
  if (report_has_errors(report))
    return;
  hostdev_set_aliases(domain);
  domain->bootloader->disk = disk_first(domain);
  collect(report, address_assign(domain, &error), &error);
  collect(report, boot_assign(domain, &error), &error);
}

/* A console that is another name of a serial device has the alias of that. */
static void claim_alias(const Device *device, GPtrArray *claims)
{
  if (device->room != &console_room || !((const Chardev *)device)->is_duplicate)
    g_ptr_array_add(claims, g_strdup(device->alias));
}

static gboolean validate_alias(const Domain *domain, const Device *device, GError **error)
{
  const Device *first = device_first_claimant(domain, claim_alias, device->alias);

  if (first == device || (device->room == &console_room && ((const Chardev *)device)->is_duplicate))
    return TRUE;
  error_set_document(error, &device->place, NULL, "its alias, '%s', is that of %s on line %d", device->alias,
                     first->place.element, first->place.line);
  return error_add_hint(error, "<alias name='ua-...'/> gives a device one of its own");
}

static void validate(const Domain *domain, Report *report)
{
  GError *error = NULL;

  collect(report, os_validate(domain, &error), &error);
  collect(report,
          memory_backing_validate(domain->memory_backing,
                                  domain->cpu->numa.cells ? domain->cpu->numa.cells->len : 0, &error),
          &error);
  pm_check(domain);
  collect(report, features_validate(domain, &error), &error);
  collect(report, iommu_check_vcpus(domain, &error), &error);
  collect(report, launch_security_validate(domain, &error), &error);
  collect(report, firmware_validate(domain, &error), &error);
  collect(report, bootloader_validate(domain, &error), &error);
  DOMAIN_FOREACH_DEVICE(domain, device, i)
    collect(report, device->room->validate(domain, device, &error) && validate_alias(domain, device, &error),
            &error);
}

/* A part that failed has not read all of its elements: those are not unknown. A misspelt one beside them is,
 * and may be why the part failed. */
static void ignore_parts(xmlNode *root)
{
  /* clang-format off */
  static const char *const names[] = {
    "name",
    "uuid",
    "hwuuid",
    "title",
    "description",
    "metadata",
    "memory",
    "currentMemory",
    "maxMemory",
    "memoryBacking",
    "numatune",
    "vcpu",
    "vcpus",
    "iothreads",
    "iothreadids",
    "defaultiothread",
    "throttlegroups",
    "cputune",
    "memtune",
    "blkiotune",
    "resource",
    "cpu",
    "os",
    "bootloader",
    "bootloader_args",
    "features",
    "clock",
    "keywrap",
    "launchSecurity",
    "on_poweroff",
    "on_reboot",
    "on_crash",
    "pm",
    "seclabel",
    "genid",
    "sysinfo",
    "qemu:commandline",
    "qemu:capabilities",
    "qemu:deprecation",
    "qemu:override",
  };
  /* clang-format on */

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    XML_FOREACH_CHILD(root, part, names[i])
      xml_ignore(part);
  }
}

/* A domain with its parts, in one piece of memory. */
typedef struct {
  Domain domain;
  Metadata metadata;
  Memory memory;
  MemoryBacking memory_backing;
  Cpu cpu;
  Iothreads iothreads;
  ThrottleGroups throttle_groups;
  CpuTune cpu_tune;
  DomainLimits limits;
  LaunchSecurity launch_security;
  Bootloader bootloader;
  Os os;
  Sysinfo sysinfo;
  Firmware firmware;
  Features features;
  Clock clock;
  Lifecycle lifecycle;
  Pm pm;
  ExtraArguments extra_arguments;
  Overrides overrides;
  Generator generator;
} Whole;

static Domain *domain_new(XmlDocument *document)
{
  Whole *whole = g_new0(Whole, 1);

  whole->domain = (Domain){
    .document = document,
    .place = xml_place(xml_document_root(document)),
    .metadata = &whole->metadata,
    .memory = &whole->memory,
    .memory_backing = &whole->memory_backing,
    .cpu = &whole->cpu,
    .iothreads = &whole->iothreads,
    .throttle_groups = &whole->throttle_groups,
    .cpu_tune = &whole->cpu_tune,
    .limits = &whole->limits,
    .launch_security = &whole->launch_security,
    .bootloader = &whole->bootloader,
    .os = &whole->os,
    .sysinfo = &whole->sysinfo,
    .firmware = &whole->firmware,
    .features = &whole->features,
    .clock = &whole->clock,
    .lifecycle = &whole->lifecycle,
    .pm = &whole->pm,
    .extra_arguments = &whole->extra_arguments,
    .overrides = &whole->overrides,
    .generator = &whole->generator,
    .devices = g_ptr_array_new_with_free_func((GDestroyNotify)device_free),
    .rooms = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref),
    .claims = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_hash_table_unref),
    .controllers = controller_table_new(),
  };
  return &whole->domain;
}

Domain *machine_parse(XmlDocument *document, const DomainOptions *options, Report *report)
{
  xmlNode *root = xml_document_root(document);
  g_autoptr(Domain) domain = domain_new(document);
  GError *error = NULL;

  if (!check_root(root, &error)) {
    report_error(report, error);
    return NULL;
  }
  if (options->changes && !changes_apply(options->changes, document, report, &error)) {
    report_error(report, error);
    return NULL;
  }
  if (options->is_without_spice)
    without_spice(root, report);
  domain->report = report;
  domain->options = options;
  domain->now = options->now;
  domain->has_vhost_net = options->has_vhost_net;
  domain->is_without_seccomp = options->is_without_seccomp;
  parse_parts(domain, root, options, report);
  if (report_has_errors(report))
    ignore_parts(root);
  parse_devices(domain, root, report);
  xml_report_unread(document, options->is_strict, &unread_rules, options, report);
  if (!report_has_errors(report))
    complete(domain, options, report);
  if (!report_has_errors(report))
    validate(domain, report);
  domain->report = NULL;
  domain->options = NULL;
  return report_has_errors(report) ? NULL : g_steal_pointer(&domain);
}

void machine_free(Domain *domain)
{
  if (!domain)
    return;
  os_clear(domain->os);
  sysinfo_clear(domain->sysinfo);
  cpu_clear(domain->cpu);
  iothreads_clear(domain->iothreads);
  throttle_groups_clear(domain->throttle_groups);
  cpu_tune_clear(domain->cpu_tune);
  domain_limits_clear(domain->limits);
  memory_backing_clear(domain->memory_backing);
  extra_arguments_clear(domain->extra_arguments);
  overrides_clear(domain->overrides);
  g_hash_table_unref(domain->claims);
  g_hash_table_unref(domain->rooms);
  controller_table_free(domain->controllers);
  g_ptr_array_unref(domain->devices);
  g_free(domain); /* the first member of its Whole */
}
