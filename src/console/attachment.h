/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Another program as a viewer of a console, over a socket: `domrun console`.
 */
#pragma once

#include "base/error.h"
#include "console/console.h"

typedef struct Attachment Attachment;

/* Adds a viewer to @console, which must outlive it, and returns the other end of its socket, which the caller
 * owns, in *@ret_fd. @left is called when the other side has gone; it may free the attachment. */
Attachment *attachment_new(GMainContext *context, Console *console, int *ret_fd,
                           void (*left)(Attachment *attachment, gpointer user_data), gpointer user_data,
                           GError **error);
void attachment_free(Attachment *attachment);
