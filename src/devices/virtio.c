/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/virtio.h"

#include "xml/element.h"

gboolean virtio_options_parse(xmlNode *driver, VirtioOptions *ret_options, GError **error)
{
  return feature_state_parse(driver, "iommu", &ret_options->iommu, error) &&
         feature_state_parse(driver, "ats", &ret_options->ats, error) &&
         feature_state_parse(driver, "packed", &ret_options->packed, error) &&
         feature_state_parse(driver, "page_per_vq", &ret_options->page_per_vq, error);
}

const char *virtio_options_find(const VirtioOptions *options)
{
  return options->iommu         ? "iommu"
         : options->ats         ? "ats"
         : options->packed      ? "packed"
         : options->page_per_vq ? "page_per_vq"
                                : NULL;
}
