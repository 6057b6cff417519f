/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes for one run, from the command line: they are made in the document before anything is read of it, so
 * that what follows knows one kind of document, and `argv`, `check` and `dumpxml` show what runs. The file
 * stays.
 *
 * Elements that a change adds have no line; findings about them name the option, "--disk=a.img".
 */
#pragma once

#include <glib.h>

#include "base/report.h"
#include "xml/document.h"

/* The options, in the order in which they are carried out whatever the order in which they were given: --set
 * and
 * --unset see what the others have made. */
typedef enum {
  CHANGE_NETWORK,
  CHANGE_FORWARD,
  CHANGE_GRAPHICS,
  CHANGE_MEMORY,
  CHANGE_VCPUS,
  CHANGE_DISK,
  CHANGE_CDROM,
  CHANGE_CLOUD_INIT,
  CHANGE_HOSTNAME, /* these go with it: domain/cloud-init.h has their values, too */
  CHANGE_SSH_KEY,
  CHANGE_SET,
  CHANGE_UNSET,
  CHANGE_LAST,
} ChangeKind;

/* The alias of the disk that the options for cloud-init add. */
#define CHANGE_CLOUD_INIT_ALIAS "ua-cloud-init"

typedef struct Changes {
  char **values[CHANGE_LAST]; /* of each option, in their order; NULL: it is not given */
  const char *machine;        /* --machine, which decides on which bus a CD is; or NULL */
} Changes;

/* Makes the changes, until one cannot be made: FALSE with a DOMRUN_ERROR_USAGE error. What they leave out of
 * the document is a warning. */
gboolean changes_apply(const Changes *changes, XmlDocument *document, Report *report, GError **error);
