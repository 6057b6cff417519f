/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What programs that are started inherit of the environment: what QEMU, its libraries and the programs beside
 * it are set up by, and nothing else. A token of whoever runs domrun is none of a guest's business.
 */
#pragma once

#include <glib.h>

/* "NAME=VALUE" strings, NULL at the end. The caller frees them. */
char **environment_inherited(void);
