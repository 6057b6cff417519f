/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/os.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/nearest.h"
#include "domain/bootloader.h"
#include "domain/device.h"
#include "domain/domain.h"
#include "xml/element.h"

ENUM_TABLE(os_arch_table, OS_ARCH_LAST, [OS_ARCH_I686] = "i686", [OS_ARCH_X86_64] = "x86_64",
           [OS_ARCH_ARMV7L] = "armv7l", [OS_ARCH_AARCH64] = "aarch64", [OS_ARCH_RISCV32] = "riscv32",
           [OS_ARCH_RISCV64] = "riscv64", [OS_ARCH_PPC64] = "ppc64", [OS_ARCH_PPC64LE] = "ppc64le",
           [OS_ARCH_S390X] = "s390x", [OS_ARCH_LOONGARCH64] = "loongarch64");
ENUM_TABLE(os_acpi_table,
           OS_ACPI_LAST, [OS_ACPI_RAW] = "raw", [OS_ACPI_SLIC] = "slic", [OS_ACPI_MSDM] = "msdm");

/* The host's own architecture is the default, as it is libvirt's. */
static OsArch host_arch(void)
{
  struct utsname host;
  int arch;

  if (uname(&host) == 0 && enum_from_string(&os_arch_table, host.machine, &arch))
    return (OsArch)arch;
  return OS_ARCH_X86_64;
}

gboolean os_arch_is_x86(OsArch arch)
{
  return arch == OS_ARCH_I686 || arch == OS_ARCH_X86_64;
}

gboolean os_arch_is_arm(OsArch arch)
{
  return arch == OS_ARCH_ARMV7L || arch == OS_ARCH_AARCH64;
}

gboolean os_arch_is_riscv(OsArch arch)
{
  return arch == OS_ARCH_RISCV32 || arch == OS_ARCH_RISCV64;
}

gboolean os_arch_is_power(OsArch arch)
{
  return arch == OS_ARCH_PPC64 || arch == OS_ARCH_PPC64LE;
}

/* The machines of an architecture, the usual one first. The versions of a machine are named after it, with a
 * dash: pc-i440fx-7.2, pc-q35-rhel9.2.0, virt-8.2. */
typedef struct {
  const char *names[5];
  const char *prefixes[3]; /* of other names */
  const char *known;       /* for messages */
} Machines;

static const Machines x86_machines = {
  { "pc", "q35", "isapc", "microvm" }, { "pc-", "rhel" }, "pc, q35, isapc, microvm, and their versions"
}; /* pc-0.12 and rhel6.6.0 are of old */
static const Machines arm_machines = { { "virt", "vexpress-a9", "vexpress-a15" },
                                       { "virt-" },
                                       "virt and its versions, vexpress-a9, vexpress-a15" };
static const Machines virt_machines = { { "virt" }, { "virt-" }, "virt" };
static const Machines power_machines = { { "pseries" }, { "pseries-" }, "pseries and its versions" };
static const Machines s390_machines = { { "s390-ccw-virtio" },
                                        { "s390-ccw-virtio-" },
                                        "s390-ccw-virtio and its versions" };

static const Machines *const machines[OS_ARCH_LAST] = {
  [OS_ARCH_I686] = &x86_machines,     [OS_ARCH_X86_64] = &x86_machines,
  [OS_ARCH_ARMV7L] = &arm_machines,   [OS_ARCH_AARCH64] = &arm_machines,
  [OS_ARCH_RISCV32] = &virt_machines, [OS_ARCH_RISCV64] = &virt_machines,
  [OS_ARCH_PPC64] = &power_machines,  [OS_ARCH_PPC64LE] = &power_machines,
  [OS_ARCH_S390X] = &s390_machines,   [OS_ARCH_LOONGARCH64] = &virt_machines,
};

static gboolean has_machine(const Machines *of, const char *machine)
{
  for (gsize i = 0; of->names[i]; i++) {
    if (g_str_equal(of->names[i], machine))
      return TRUE;
  }
  for (gsize i = 0; of->prefixes[i]; i++) {
    if (g_str_has_prefix(machine, of->prefixes[i]))
      return TRUE;
  }
  return FALSE;
}

/* A machine's name becomes part of an option's value: it is what QEMU's own names are made of. It comes from
 * the document, or from the option --machine. */
static gboolean check_machine(const Os *os, GError **error)
{
  const char *machine = os->machine, *option = os->machine_place.line ? "" : "--machine: ";
  const char *attribute = os->machine_place.line ? "machine" : NULL;
  DomrunError code = os->machine_place.line ? DOMRUN_ERROR_DOCUMENT : DOMRUN_ERROR_USAGE;
  const Machines *of = machines[os->arch];
  Nearest nearest = NEAREST_INIT(machine);

  if (strspn(machine, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") !=
      strlen(machine)) {
    error_set(error, code, &os->machine_place, attribute, "%s'%s' is not the name of a machine", option,
              machine);
    return error_add_hint(error, "known are %s; '%s -machine help' lists what QEMU has", of->known,
                          os_arch_emulator(os->arch));
  }
  if (has_machine(of, machine))
    return TRUE;
  error_set(error, code, &os->machine_place, attribute, "%sunknown value '%s' (known: %s)", option, machine,
            of->known);
  for (gsize i = 0; of->names[i]; i++)
    nearest_try(&nearest, of->names[i]);
  if (nearest.name)
    error_add_hint(error, "did you mean '%s'?", nearest.name);
  return FALSE;
}

typedef struct {
  const char *name;
  const char *meaning;
  const char *hint;
} ForeignType;

static const char kernel_hint[] = "most of today's Linux kernels also boot on QEMU's machines: name the "
                                  "kernel in <kernel>, the root disk in "
                                  "<cmdline>, and make the type 'hvm'";
static const char container_hint[] =
    "domrun runs virtual machines; lxc, podman or systemd-nspawn run containers";

/* What other hypervisors run. */
static const ForeignType foreign_types[] = {
  { "linux", "a kernel made for the Xen hypervisor (a paravirtualized guest)", kernel_hint },
  { "xen", "a kernel made for the Xen hypervisor (a paravirtualized guest)", kernel_hint },
  { "xenpvh", "a kernel made for the Xen hypervisor (a PVH guest)", kernel_hint },
  { "uml", "a Linux kernel that is a program of the host (user-mode Linux)", kernel_hint },
  { "exe", "a program in a container", container_hint },
};

static gboolean check_os_type(xmlNode *type, const char *name, GError **error)
{
  if (g_str_equal(name, "hvm"))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS(foreign_types); i++) {
    if (g_str_equal(name, foreign_types[i].name)) {
      xml_error(error, type, NULL, "'%s' is %s, which QEMU cannot run", name, foreign_types[i].meaning);
      return error_add_hint(error, "%s", foreign_types[i].hint);
    }
  }
  return xml_error(error, type, NULL, "unknown value '%s' (known: hvm)", name);
}

/* The machines of Xen's device model are no longer QEMU's own. */
static void replace_xen_machine(Domain *domain)
{
  Os *os = domain->os;

  if (!g_str_equal(os->machine, "xenfv") && !g_str_equal(os->machine, "xenpv") &&
      !g_str_equal(os->machine, "xenpvh"))
    return;
  report_warning(domain->report, &os->machine_place, "machine", NULL, "'%s' is Xen's; 'pc' takes its place",
                 os->machine);
  os->machine = "pc";
}

static gboolean read_type(xmlNode *os, Domain *domain, GError **error)
{
  Os *ret_os = domain->os;
  xmlNode *type;
  const char *text, *arch, *machine;

  if (!xml_child_required(os, "type", &type, error) || !xml_text(type, &text, error) ||
      !check_os_type(type, text, error))
    return FALSE;
  arch = xml_attribute(type, "arch");
  if (arch && *arch && !xml_attribute_enum(type, "arch", &os_arch_table, XML_ENUM(&ret_os->arch), error))
    return FALSE;
  machine = xml_attribute(type, "machine");
  ret_os->machine = machine && *machine ? machine : machines[ret_os->arch]->names[0];
  ret_os->machine_place = xml_place(type);
  if (domain->options->machine) {
    ret_os->machine = domain->options->machine;
    ret_os->machine_place = (Place){ 0 };
  } else {
    replace_xen_machine(domain);
  }
  return check_machine(ret_os, error);
}

static gboolean read_boot(xmlNode *os, Os *ret_os, GError **error)
{
  XML_FOREACH_CHILD(os, boot, "boot") {
    int device = BOOT_NONE;

    if (!xml_attribute_enum_required(boot, "dev", &boot_class_table, &device, error))
      return FALSE;
    if (ret_os->boot->len == 0)
      ret_os->boot_place = xml_place(boot);
    g_array_append_val(ret_os->boot, device);
  }
  return TRUE;
}

/* A path, with where it stands. */
static gboolean read_path(xmlNode *os, const char *name, const char **ret_path, Place *ret_place,
                          GError **error)
{
  xmlNode *node = NULL;

  if (!xml_child(os, name, &node, error))
    return FALSE;
  if (node)
    *ret_place = xml_place(node);
  return xml_child_path(os, name, ret_path, error);
}

static gboolean read_bootmenu(xmlNode *os, OsBios *bios, GError **error)
{
  xmlNode *menu = NULL;

  if (!xml_child(os, "bootmenu", &menu, error))
    return FALSE;
  if (!menu)
    return TRUE;
  bios->has_menu = xml_attribute(menu, "enable") != NULL;
  bios->has_menu_timeout = xml_attribute(menu, "timeout") != NULL;
  return xml_attribute_yes_no(menu, "enable", &bios->menu, error) &&
         xml_attribute_uint32(menu, "timeout", 0, 65535, &bios->menu_timeout, error);
}

static gboolean read_bios(xmlNode *os, OsBios *bios, GError **error)
{
  xmlNode *node = NULL;
  const char *timeout;
  gint64 milliseconds;

  if (!xml_child(os, "bios", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  bios->serial_place = xml_place(node);
  if (!xml_attribute_yes_no(node, "useserial", &bios->is_on_serial, error))
    return FALSE;
  timeout = xml_attribute(node, "rebootTimeout");
  if (!timeout)
    return TRUE;
  if (!g_ascii_string_to_signed(timeout, 10, -1, 65535, &milliseconds, NULL))
    return xml_error(error, node, "rebootTimeout", "'%s' is not a whole number from -1 to 65535", timeout);
  bios->has_reboot_timeout = TRUE;
  bios->reboot_timeout = (gint32)milliseconds;
  return TRUE;
}

static gboolean read_acpi_table(xmlNode *node, GArray *tables, GError **error)
{
  OsAcpiTable table = { .type = OS_ACPI_SLIC, .place = xml_place(node) };

  if (!xml_attribute_enum_required(node, "type", &os_acpi_table, XML_ENUM(&table.type), error) ||
      !xml_text_path(node, &table.path, error))
    return FALSE;
  for (guint i = 0; i < tables->len && table.type != OS_ACPI_RAW; i++) {
    const OsAcpiTable *other = &g_array_index(tables, OsAcpiTable, i);

    if (other->type == table.type)
      return xml_error(error, node, "type", "there is another table of type '%s', on line %d",
                       enum_to_string(&os_acpi_table, (int)table.type), other->place.line);
  }
  g_array_append_val(tables, table);
  return TRUE;
}

static gboolean read_acpi(xmlNode *os, Os *ret_os, GError **error)
{
  xmlNode *acpi = NULL;

  if (!xml_child(os, "acpi", &acpi, error))
    return FALSE;
  if (!acpi)
    return TRUE;
  ret_os->acpi_tables = g_array_new(FALSE, FALSE, sizeof(OsAcpiTable));
  XML_FOREACH_CHILD(acpi, table, "table") {
    if (!read_acpi_table(table, ret_os->acpi_tables, error))
      return FALSE;
  }
  return TRUE;
}

/* The old <root>, of Xen's direct boot: what the kernel mounts. */
static gboolean read_root(xmlNode *os, Os *ret_os, GError **error)
{
  g_autofree char *cmdline = NULL;
  const char *root = NULL;

  if (!xml_child_text(os, "root", &root, error))
    return FALSE;
  if (!root || !*root)
    return TRUE;
  if (!ret_os->kernel)
    return xml_error(error, xml_next_child(os, "root", NULL), NULL, "a root device without a <kernel>");
  cmdline = ret_os->cmdline ? g_strdup_printf("%s root=%s", ret_os->cmdline, root)
                            : g_strdup_printf("root=%s", root);
  ret_os->cmdline = xml_document_keep(xml_document_of(os), cmdline);
  return TRUE;
}

/* With its white space: it is the kernel's. Empty elements mean nothing: Vagrant writes them. */
static gboolean read_cmdline(xmlNode *os, const char **ret_cmdline, GError **error)
{
  xmlNode *node = NULL;
  const char *text;

  if (!xml_child(os, "cmdline", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!xml_text_verbatim(node, &text, error))
    return FALSE;
  if (text[strspn(text, " \t\r\n")])
    *ret_cmdline = text;
  return TRUE;
}

/* To a kernel that is no Linux, QEMU gives several modules: it reads a second file after a comma. */
static gboolean check_initrd(const Os *os, GError **error)
{
  if (!os->initrd || !strchr(os->initrd, ','))
    return TRUE;
  error_set_document(error, &os->initrd_place, NULL,
                     "'%s' has a comma, after which QEMU could read the name of a second file", os->initrd);
  return error_add_hint(error, "rename the file, or the directory that it is in, or make a link to it");
}

static gboolean read_kernel(xmlNode *os, Os *ret_os, GError **error)
{
  if (!read_path(os, "kernel", &ret_os->kernel, &ret_os->kernel_place, error) ||
      !read_path(os, "initrd", &ret_os->initrd, &ret_os->initrd_place, error) ||
      !check_initrd(ret_os, error) || !read_path(os, "dtb", &ret_os->dtb, &ret_os->dtb_place, error) ||
      !read_path(os, "shim", &ret_os->shim, &ret_os->shim_place, error) ||
      !read_cmdline(os, &ret_os->cmdline, error))
    return FALSE;
  if (!ret_os->kernel && ret_os->shim)
    return error_set_document(error, &ret_os->shim_place, NULL,
                              "a shim without a <kernel>: it is what starts that");
  if (!ret_os->kernel && ret_os->initrd)
    return error_set_document(error, &ret_os->initrd_place, NULL, "an initrd without a <kernel>");
  if (!ret_os->kernel && ret_os->cmdline)
    return xml_error(error, xml_next_child(os, "cmdline", NULL), NULL, "a command line without a <kernel>");
  return read_root(os, ret_os, error);
}

gboolean os_parse(xmlNode *root, Domain *domain, GError **error)
{
  Os *ret_os = domain->os;
  xmlNode *os = NULL;

  ret_os->boot = g_array_new(FALSE, FALSE, sizeof(int));
  ret_os->arch = host_arch();
  ret_os->machine = machines[ret_os->arch]->names[0];
  if (domain->bootloader->program && !xml_child(root, "os", &os, error))
    return FALSE;
  if (domain->bootloader->program && !os) /* the bootloader says all that there is to say */
    return TRUE;
  return xml_child_required(root, "os", &os, error) && read_type(os, domain, error) &&
         read_boot(os, ret_os, error) && read_bootmenu(os, &ret_os->bios, error) &&
         read_bios(os, &ret_os->bios, error) && read_acpi(os, ret_os, error) &&
         read_kernel(os, ret_os, error);
}

static gboolean check_bootloader(const Domain *domain, GError **error)
{
  const Bootloader *bootloader = domain->bootloader;

  if (!bootloader->program || !domain->os->kernel)
    return TRUE;
  error_set_document(error, &bootloader->place, NULL, "there is also a <kernel>, on line %d",
                     domain->os->kernel_place.line);
  return error_add_hint(error, "one of the two chooses what is booted: remove the other");
}

gboolean os_validate(const Domain *domain, GError **error)
{
  if (!check_bootloader(domain, error))
    return FALSE;
  if (!domain->os->bios.is_on_serial)
    return TRUE;
  DOMAIN_FOREACH_DEVICE(domain, device, i) {
    if (g_str_equal(device->room->element, "serial"))
      return TRUE;
  }
  return error_set_document(error, &domain->os->bios.serial_place, "useserial",
                            "the guest has no <serial> for the BIOS to talk on");
}

void os_clear(Os *os)
{
  g_clear_pointer(&os->boot, g_array_unref);
  g_clear_pointer(&os->acpi_tables, g_array_unref);
}
