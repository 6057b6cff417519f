/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How long is waited for those who owe an answer, or who should read or end, before they are given up: QEMU,
 * a supervisor, who reads a console. Each such time stands where it is used, and is meant for a machine that
 * has time; on one that is very slow or loaded the user multiplies them all: DOMRUN_PATIENCE=FACTOR, a whole
 * number from 1 to 1000. Times that have an option of their own are not multiplied.
 */
#pragma once

#include <glib.h>

/* Both in milliseconds. */
guint patience_of(guint milliseconds);

/* FALSE where DOMRUN_PATIENCE is no factor; patience_of() takes it for 1 then. */
gboolean patience_check(GError **error);
