/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --cloud-init, --hostname, --ssh-key: what cloud-init in a guest is told at its first boot, on an image with
 * the label CIDATA, which domrun makes at the start (host/cloud-init.h).
 * https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
 */
#pragma once

#include "base/error.h"
#include "qemu/plan.h"

typedef struct DomainCloudInit {
  const char
      *alias; /* of the disk that is the image, which is the document's; a literal, set by the caller */
  PlanCloudInit plan; /* without an instance; its strings are of the following */
  char *directory;
  char *hostname;
  char **keys;
} DomainCloudInit;

/* From the values of the options, each of which may be NULL; paths are relative to the user's directory. A
 * DOMRUN_ERROR_USAGE error where one is none. */
DomainCloudInit *domain_cloud_init_new(const char *directory, const char *hostname, char *const *keys,
                                       GError **error);
void domain_cloud_init_free(DomainCloudInit *cloud_init);
