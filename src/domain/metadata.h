/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <name>, <uuid>, <title>, <description>, <metadata>.
 * https://libvirt.org/formatdomain.html#general-metadata
 */
#pragma once

#include <glib.h>

#include "base/report.h"
#include "qemu/plan.h"

struct _xmlNode;

typedef struct {
  const char *name;    /* printable UTF-8, no slash: a file name */
  const char *uuid;    /* lower case with dashes; generated where the document has none */
  const char *title;   /* or NULL */
} Metadata;

/* @seed as in DomainOptions. */
void metadata_parse(struct _xmlNode *domain, const char *seed, Metadata *ret_metadata, Report *report);
void metadata_translate(const Metadata *metadata, Plan *plan);
