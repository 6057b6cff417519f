/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a storage pool of the document stands for on this host: --pool=NAME=DIR, or libvirt's definition of
 * it. https://libvirt.org/formatstorage.html
 */
#pragma once

#include <glib.h>

#include "base/error.h"

typedef struct Domain Domain;

typedef struct DomainPool {
  char *name;
  char *directory; /* absolute */
  gboolean is_used;
} DomainPool;

/* Reads one value of --pool; a DOMRUN_ERROR_USAGE error where it is none. */
DomainPool *domain_pool_new(const char *text, GError **error);
void domain_pool_free(DomainPool *pool);

/* The absolute path of a volume, which the caller frees; NULL: nobody knows the pool. *@ret_is_block: it is a
 * device. */
char *pools_find(const Domain *domain, const char *pool, const char *volume, gboolean *ret_is_block);

/* Refuses a --pool that the document does not have; once all disks are completed. */
gboolean pools_check_used(const Domain *domain, GError **error);
