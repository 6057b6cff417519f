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

gboolean virtio_options_are_given(const VirtioOptions *options)
{
  return options->iommu != FEATURE_UNSET || options->ats != FEATURE_UNSET ||
         options->packed != FEATURE_UNSET || options->page_per_vq != FEATURE_UNSET;
}
