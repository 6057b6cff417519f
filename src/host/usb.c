/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: the kernel's Documentation/ABI/testing/sysfs-bus-usb: a directory for each device, with the numbers
 * of its bus and its own there, which are those of its node in /dev/bus/usb.
 */
#include "config.h"

#include "host/usb.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host/requirement.h"
#include "host/sysfs.h"

typedef struct {
  guint32 bus, device, vendor, product;
} UsbDevice;

static gboolean read_number(const char *root, const char *name, const char *attribute, guint base,
                            guint32 *ret_number)
{
  g_autofree char *text = sysfs_read(root, "/sys/bus/usb/devices/%s/%s", name, attribute);
  guint64 number;

  if (!text || !g_ascii_string_to_unsigned(text, base, 0, G_MAXUINT32, &number, NULL))
    return FALSE;
  *ret_number = (guint32)number;
  return TRUE;
}

/* Interfaces of devices, "1-1:1.0", have no numbers. */
static gboolean read_device(const char *root, const char *name, UsbDevice *ret_device)
{
  return !strchr(name, ':') && read_number(root, name, "busnum", 10, &ret_device->bus) &&
         read_number(root, name, "devnum", 10, &ret_device->device) &&
         read_number(root, name, "idVendor", 16, &ret_device->vendor) &&
         read_number(root, name, "idProduct", 16, &ret_device->product);
}

static gboolean is_wanted(const PlanUsb *usb, const UsbDevice *device)
{
  return (!usb->has_id || (usb->vendor == device->vendor && usb->product == device->product)) &&
         (!usb->bus || (usb->bus == device->bus && usb->device == device->device));
}

static GArray *find(const char *root, const PlanUsb *usb)
{
  GArray *found = g_array_new(FALSE, FALSE, sizeof(UsbDevice));
  g_autoptr(GPtrArray) names = sysfs_list(root, "/sys/bus/usb/devices");

  for (guint i = 0; i < names->len; i++) {
    UsbDevice device;

    if (read_device(root, g_ptr_array_index(names, i), &device) && is_wanted(usb, &device))
      g_array_append_val(found, device);
  }
  return found;
}

static char *name_node(const UsbDevice *device)
{
  return g_strdup_printf("/dev/bus/usb/%03u/%03u", device->bus, device->device);
}

char *usb_find_below(const char *root, const PlanUsb *usb)
{
  g_autoptr(GArray) found = find(root, usb);

  return found->len == 1 ? name_node(&g_array_index(found, UsbDevice, 0)) : NULL;
}

char *usb_find(const PlanUsb *usb)
{
  return usb_find_below("", usb);
}

static gboolean refuse_missing(const PlanRequirement *requirement, GError **error)
{
  const PlanUsb *usb = &requirement->usb;

  if (usb->has_id && usb->bus)
    requirement_refuse(requirement, error, "the host has no USB device %s at bus %u, device %u",
                       requirement->path, usb->bus, usb->device);
  else
    requirement_refuse(requirement, error, "the host has no USB device %s", requirement->path);
  return error_add_hint(
      error, "lsusb lists them; <source startupPolicy='optional'> lets the guest start without it");
}

static gboolean refuse_several(const PlanRequirement *requirement, const GArray *found, GError **error)
{
  const UsbDevice *first = &g_array_index(found, UsbDevice, 0), *second = &g_array_index(found, UsbDevice, 1);

  requirement_refuse(requirement, error,
                     "the host has %u USB devices %s, at bus %u, device %u and at bus %u, device %u",
                     found->len, requirement->path, first->bus, first->device, second->bus, second->device);
  return error_add_hint(error, "<address bus='%u' device='%u'/> beside <product> says which", first->bus,
                        first->device);
}

static gboolean check_access(const char *root, const PlanRequirement *requirement, const UsbDevice *device,
                             GError **error)
{
  g_autofree char *node = name_node(device);
  g_autofree char *path = g_strconcat(root, node, NULL);

  if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0)
    return TRUE;
  requirement_refuse(requirement, error, "cannot open %s, the USB device %s: %s", node, requirement->path,
                     g_strerror(errno));
  return error_add_hint(
      error,
      "run as root, or have a line in /etc/udev/rules.d that gives it to a group: "
      "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\", MODE=\"0660\", "
      "GROUP=\"kvm\"",
      device->vendor, device->product);
}

gboolean usb_check_below(const char *root, const PlanRequirement *requirement, GError **error)
{
  g_autoptr(GArray) found = find(root, &requirement->usb);

  if (found->len == 0)
    return requirement->usb.is_optional || refuse_missing(requirement, error);
  if (found->len > 1)
    return refuse_several(requirement, found, error);
  return check_access(root, requirement, &g_array_index(found, UsbDevice, 0), error);
}

gboolean usb_check(const PlanRequirement *requirement, GError **error)
{
  return usb_check_below("", requirement, error);
}
