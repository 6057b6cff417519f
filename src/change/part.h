/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What one option does, and what they share. Private to change/.
 */
#pragma once

#include "base/report.h"
#include "xml/annotate.h"
#include "xml/element.h"

/* What is known of the document while many options are carried out; NULL: not yet. */
typedef struct {
  GHashTable *targets; /* of disks: a set of names, which belong to the document */
  GHashTable *nexts;   /* from a prefix of such names, a literal, to the number that is looked at next */
} ChangeNotes;

/* An option while it is carried out. */
typedef struct {
  const char *option; /* "--disk" */
  const char *value;
  guint nth; /* of the times that it was given, from 0 on */
  xmlNode *root;
  const char *machine; /* of change.h */
  Report *report;
  ChangeNotes *notes;
} Change;

/* One for each option; FALSE with a DOMRUN_ERROR_USAGE error. */
gboolean change_network(const Change *change, GError **error);
gboolean change_forward(const Change *change, GError **error);
gboolean change_graphics(const Change *change, GError **error);
gboolean change_memory(const Change *change, GError **error);
gboolean change_vcpus(const Change *change, GError **error);
gboolean change_disk(const Change *change, GError **error);
gboolean change_cdrom(const Change *change, GError **error);
gboolean change_cloud_init(const Change *change, GError **error);
gboolean change_set(const Change *change, GError **error);
gboolean change_unset(const Change *change, GError **error);

/* "--disk: 'a.img' ..." in front of what is wrong with the value. Returns FALSE. */
gboolean change_error(const Change *change, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Warns of what goes with @node: "--network=user: ... is left out". */
void change_warn(const Change *change, xmlNode *node, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The attribute, without a mark that it was read; "" where there is none. */
const char *change_peek(xmlNode *node, const char *name);

/* The first child element, without a mark; or NULL. */
xmlNode *change_child(xmlNode *node, const char *name);

/* The child elements @name, or all (NULL), as a copy: they may be taken out. */
GPtrArray *change_children(xmlNode *node, const char *name);

/* <devices>, made where there is none. */
xmlNode *change_devices(const Change *change);

/* Adds an element whose findings name the option. */
xmlNode *change_add(const Change *change, xmlNode *parent, const char *name);

/* Adds a CD drive, or a disk that is only read, where the guest is sure to see it, behind all others of its
 * bus. */
xmlNode *change_add_known_drive(const Change *change);

/* Splits "FILE,key=value,..." at commas that stand alone; two are one of the text, as with QEMU. */
char **change_split(const char *value);
