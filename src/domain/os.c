/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/os.h"

#include <string.h>
#include <sys/utsname.h>

#include "xml/element.h"

ENUM_TABLE(os_arch_table, OS_ARCH_LAST, [OS_ARCH_I686] = "i686", [OS_ARCH_X86_64] = "x86_64");
ENUM_TABLE(os_boot_table, OS_BOOT_LAST, [OS_BOOT_FD] = "fd", [OS_BOOT_HD] = "hd", [OS_BOOT_CDROM] = "cdrom",
           [OS_BOOT_NETWORK] = "network");

/* The host's own architecture is the default, as it is libvirt's. */
static OsArch host_arch(void)
{
  struct utsname host;
  int arch;

  if (uname(&host) == 0 && enum_from_string(&os_arch_table, host.machine, &arch))
    return (OsArch)arch;
  return OS_ARCH_X86_64;
}

/* A machine's name becomes part of an option's value: it is what QEMU's own names are made of. */
static gboolean check_machine(xmlNode *type, const char *machine, GError **error)
{
  if (*machine &&
      strspn(machine, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == strlen(machine))
    return TRUE;
  xml_error(error, type, "machine", "'%s' is not the name of a machine", machine);
  return error_add_hint(
      error, "'pc' and 'q35' are the usual ones; 'qemu-system-x86_64 -machine help' lists them all");
}

static gboolean read_type(xmlNode *os, Os *ret_os, GError **error)
{
  xmlNode *type;
  const char *text, *machine;

  if (!xml_child_required(os, "type", &type, error) || !xml_text(type, &text, error))
    return FALSE;
  if (!g_str_equal(text, "hvm")) {
    xml_error(error, type, NULL, "unknown value '%s' (known: hvm)", text);
    if (g_str_equal(text, "linux") || g_str_equal(text, "xen"))
      error_add_hint(
          error, "it means a paravirtualized Xen guest; with its kernel in <kernel>, type 'hvm' may boot it");
    return FALSE;
  }
  ret_os->arch = host_arch();
  if (!xml_attribute_enum(type, "arch", &os_arch_table, XML_ENUM(&ret_os->arch), error))
    return FALSE;
  machine = xml_attribute(type, "machine");
  ret_os->machine = machine ? machine : "pc";
  return check_machine(type, ret_os->machine, error);
}

static gboolean read_boot(xmlNode *os, Os *ret_os, GError **error)
{
  XML_FOREACH_CHILD (os, boot, "boot") {
    int device = OS_BOOT_NONE;

    if (!xml_attribute_enum_required(boot, "dev", &os_boot_table, &device, error))
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

static gboolean read_kernel(xmlNode *os, Os *ret_os, GError **error)
{
  if (!read_path(os, "kernel", &ret_os->kernel, &ret_os->kernel_place, error) ||
      !read_path(os, "initrd", &ret_os->initrd, &ret_os->initrd_place, error) ||
      !xml_child_text(os, "cmdline", &ret_os->cmdline, error))
    return FALSE;
  /* Empty elements mean nothing: Vagrant writes them. */
  if (ret_os->cmdline && !*ret_os->cmdline)
    ret_os->cmdline = NULL;
  if (!ret_os->kernel && ret_os->initrd)
    return xml_error(error, xml_next_child(os, "initrd", NULL), NULL, "an initrd without a <kernel>");
  if (!ret_os->kernel && ret_os->cmdline)
    return xml_error(error, xml_next_child(os, "cmdline", NULL), NULL, "a command line without a <kernel>");
  return TRUE;
}

gboolean os_parse(xmlNode *domain, Os *ret_os, GError **error)
{
  xmlNode *os;

  ret_os->boot = g_array_new(FALSE, FALSE, sizeof(int));
  return xml_child_required(domain, "os", &os, error) && read_type(os, ret_os, error) &&
         read_boot(os, ret_os, error) && read_kernel(os, ret_os, error);
}

void os_clear(Os *os)
{
  g_clear_pointer(&os->boot, g_array_unref);
}
