/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/virtio.h"

void virtio_options_translate(const VirtioOptions *options, Props *props)
{
  feature_state_add(props, "iommu_platform", options->iommu);
  feature_state_add(props, "ats", options->ats);
  feature_state_add(props, "packed", options->packed);
  feature_state_add(props, "page-per-vq", options->page_per_vq);
}
