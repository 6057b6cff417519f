/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <name>, <uuid>, <genid>, <title>, <description>, <metadata>.
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
  const char *name;    /* printable UTF-8, no slash: a file name */
  const char *hw_uuid; /* what the guest sees in its place; NULL: the same */
  const char *uuid;    /* lower case with dashes; generated where the document has none */
  const char *title;   /* or NULL */
  gboolean has_genid;
  const char
      *genid; /* as uuid: tells a guest that it was copied or put back; NULL where the document has none */
} Metadata;

/* The text of @node as a uuid in the usual form; NULL where it is empty. */
gboolean metadata_read_uuid(struct _xmlNode *node, const char **ret_uuid, GError **error);

/* A uuid that is absent stays NULL: metadata_complete() makes one. */
gboolean metadata_parse(struct _xmlNode *domain, Metadata *ret_metadata, GError **error);
void metadata_complete(Metadata *metadata, const Generator *generator, XmlDocument *document);
void metadata_translate(const Metadata *metadata, Plan *plan);

/* The device that shows the guest its genid. QEMU's documentation, vmgenid. */
void metadata_translate_genid(const Metadata *metadata, Plan *plan);
