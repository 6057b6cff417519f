/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command for somebody who speaks QMP, as it stands on the command line.
 */
#pragma once

#include "base/json.h"

#include "base/error.h"

/* NAME [NAME=VALUE...], or a JSON object that has "execute", to an object with "execute" and perhaps
 * "arguments", which is the caller's. A value is JSON where it can be, and a string otherwise. FALSE with a
 * usage error. */
gboolean request_parse(char **words, Json **ret_request, GError **error);

/* Whether all of them can be said in JSON. */
gboolean request_check_utf8(char **words, GError **error);
