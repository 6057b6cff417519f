/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The features that are properties of the machines of one architecture: ARM's interrupt controller, what
 * POWER's hypervisor can do, and the like. https://libvirt.org/formatdomain.html#hypervisor-features
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "domain/os.h"
#include "qemu/props.h"

struct _xmlNode;

enum { FEATURES_MACHINE_MAX = 12 };

typedef struct {
  const char *values[FEATURES_MACHINE_MAX]; /* QEMU's, in the order of a table; NULL: not given */
  guint64 hpt_page_size;                    /* bytes; 0: not given */
} FeaturesMachine;

/* Refuses what is of another architecture. */
gboolean features_machine_parse(struct _xmlNode *features, OsArch arch, FeaturesMachine *ret_machine,
                                GError **error);

/* ARM's virt has an interrupt controller of version @gic ("2", "3", "host") where the document names none;
 * NULL: it is another machine. */
void features_machine_translate(const FeaturesMachine *features, const char *gic, Props *machine);
