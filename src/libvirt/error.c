/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libvirt/error.h"

G_DEFINE_QUARK(domrun - libvirt - error - quark, libvirt_error)

LibvirtError libvirt_error_number(const GError *error)
{
  static const LibvirtError numbers[] = {
    [DOMRUN_ERROR_INTERNAL] = LIBVIRT_ERROR_INTERNAL,  [DOMRUN_ERROR_USAGE] = LIBVIRT_ERROR_ARGUMENT,
    [DOMRUN_ERROR_DOCUMENT] = LIBVIRT_ERROR_XML,       [DOMRUN_ERROR_HOST] = LIBVIRT_ERROR_HOST,
    [DOMRUN_ERROR_TAKEN] = LIBVIRT_ERROR_STATE,        [DOMRUN_ERROR_QEMU_START] = LIBVIRT_ERROR_FAILED,
    [DOMRUN_ERROR_QEMU_DIED] = LIBVIRT_ERROR_FAILED,   [DOMRUN_ERROR_STOPPED] = LIBVIRT_ERROR_FAILED,
    [DOMRUN_ERROR_NO_GUEST] = LIBVIRT_ERROR_NO_DOMAIN, [DOMRUN_ERROR_NO_ANSWER] = LIBVIRT_ERROR_TIMEOUT,
    [DOMRUN_ERROR_REFUSED] = LIBVIRT_ERROR_STATE,
  };

  if (error->domain == LIBVIRT_ERROR)
    return (LibvirtError)error->code;
  if (error->domain == DOMRUN_ERROR && (gsize)error->code < G_N_ELEMENTS(numbers))
    return numbers[error->code];
  return LIBVIRT_ERROR_INTERNAL;
}

char *libvirt_error_text(const GError *error)
{
  const char *hint = error->domain == DOMRUN_ERROR ? error_get_hint(error) : NULL;

  return hint ? g_strdup_printf("%s (%s)", error->message, hint) : g_strdup(error->message);
}
