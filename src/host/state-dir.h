/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where files of guests lie that are kept between their runs: /var/lib/domrun for root,
 * $XDG_STATE_HOME/domrun for others (XDG Base Directory Specification).
 */
#pragma once

/* Absolute; it may not be there yet. The caller frees it. */
char *state_dir_path(void);
