/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <name>, <uuid>, <title>, <description>, <metadata>.
 * https://libvirt.org/formatdomain.html#general-metadata
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "domain/generator.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct XmlDocument XmlDocument;

typedef struct Metadata {
  const char *name;  /* printable UTF-8, no slash: a file name */
  const char *uuid;  /* lower case with dashes; generated where the document has none */
  const char *title; /* or NULL */
} Metadata;

/* A uuid that is absent stays NULL: metadata_complete() makes one. */
gboolean metadata_parse(struct _xmlNode *domain, Metadata *ret_metadata, GError **error);
void metadata_complete(Metadata *metadata, const Generator *generator, XmlDocument *document);
void metadata_translate(const Metadata *metadata, Plan *plan);
