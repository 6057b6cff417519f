/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --graphics=vnc|sdl|none: a document that has SPICE, for a QEMU that has none, or a user who wants none.
 */
#pragma once

#include <libxml/tree.h>

#include "base/report.h"

/* Changes the document under @root before anybody has read it: displays of SPICE become such of VNC, what
 * viewers by SPICE would be at the other end of is taken out. Each thing is a warning. An error where a
 * display that was protected would be open to others in clear. */
void without_spice(xmlNode *root, Report *report);
