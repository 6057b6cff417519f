/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What <driver> has for every virtio device: how it reaches the guest's memory and how its queues are laid
 * out. https://libvirt.org/formatdomain.html#virtio-related-options
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "domain/device.h"
#include "domain/feature-state.h"
#include "qemu/props.h"

struct _xmlNode;

typedef struct {
  FeatureState iommu;
  FeatureState ats;
  FeatureState packed;
  FeatureState page_per_vq;
} VirtioOptions;

/* Reads the attributes of @driver. */
gboolean virtio_options_parse(struct _xmlNode *driver, VirtioOptions *ret_options, GError **error);

/* The first attribute that is set, or NULL. */
const char *virtio_options_find(const VirtioOptions *options);

void virtio_options_translate(const VirtioOptions *options, Props *props);

/* The properties of a device whose driver on a PCI bus is @driver, "virtio-rng-pci": they begin with the one
 * that it has where the address pass has put it. */
Props *virtio_props_new(const Device *device, const char *driver);
