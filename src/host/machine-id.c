/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/machine-id.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"

enum { ID_BYTES = 16, ID_DIGITS = 2 * ID_BYTES, FILE_MAX = 4096 };

/* domrun's own, drawn by chance. */
static const guint8 application[ID_BYTES] = { 0xbe, 0x4a, 0xde, 0x49, 0x80, 0x8c, 0x45, 0xbe,
                                              0x88, 0xce, 0x83, 0x49, 0x13, 0x75, 0x91, 0xb0 };

/* The digits, ended by a newline or nothing; before the first boot of an image the file is empty, or has a
 * word. */
static gboolean parse(const char *text, guint8 *ret_id)
{
  if (strspn(text, "0123456789abcdefABCDEF") != ID_DIGITS || (text[ID_DIGITS] && text[ID_DIGITS] != '\n'))
    return FALSE;
  for (gsize i = 0; i < ID_BYTES; i++)
    ret_id[i] = (guint8)(g_ascii_xdigit_value(text[2 * i]) << 4 | g_ascii_xdigit_value(text[2 * i + 1]));
  return TRUE;
}

/* A container's is a directory where one was to be mounted that the host lacks. */
static gboolean tells_of_none(int cause)
{
  return cause == ENOENT || cause == ENOTDIR || cause == EISDIR || cause == EFBIG;
}

gboolean machine_id_derive(const char *path, char **ret_derived, GError **error)
{
  autofd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  gsize length;
  g_autofree char *text = fd >= 0 ? fd_read_all(fd, FILE_MAX, &length) : NULL;
  guint8 id[ID_BYTES];

  if (!text && !tells_of_none(errno))
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "the file '%s', which has this host's id: %s",
                     path, g_strerror(errno));
  *ret_derived = NULL;
  if (text && parse(text, id))
    *ret_derived = g_compute_hmac_for_data(G_CHECKSUM_SHA256, id, sizeof id, application, sizeof application);
  return TRUE;
}
