/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/virtio.h"

#include <string.h>

void virtio_options_translate(const VirtioOptions *options, Props *props)
{
  feature_state_add(props, "iommu_platform", options->iommu);
  feature_state_add(props, "ats", options->ats);
  feature_state_add(props, "packed", options->packed);
  feature_state_add(props, "page-per-vq", options->page_per_vq);
}

static const char *suffix_of(AddressType type)
{
  return type == ADDRESS_CCW ? "-ccw" : type == ADDRESS_VIRTIO_MMIO ? "-device" : NULL;
}

Props *virtio_props_new(const Device *device, const char *driver)
{
  static const char pci[] = "-pci";
  const char *suffix = suffix_of(device->address.type);
  const char *end =
      suffix ? strstr(driver, pci) : NULL; /* "-non-transitional" may follow: it says nothing there */
  g_autofree char *name = end ? g_strdup_printf("%.*s%s", (int)(end - driver), driver, suffix) : NULL;

  return props_new("driver", name ? name : driver);
}
