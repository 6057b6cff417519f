/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "control/protocol.h"
#include "libvirt/procedures.h"

/* ---- Uuids: two numbers of 64 bits in GVariant, sixteen bytes on the wire ---- */

static char *format_uuid(guint64 high, guint64 low)
{
  return g_strdup_printf("%08x-%04x-%04x-%04x-%012" G_GINT64_MODIFIER "x", (guint)(high >> 32),
                         (guint)(high >> 16) & 0xffff, (guint)high & 0xffff, (guint)(low >> 48),
                         low & G_GUINT64_CONSTANT(0xffffffffffff));
}

static void parse_uuid(const char *text, guint64 *ret_high, guint64 *ret_low)
{
  guint64 halves[2] = { 0 };
  guint n = 0;

  for (; text && *text && n < 32; text++) {
    if (g_ascii_isxdigit(*text)) {
      halves[n / 16] = halves[n / 16] << 4 | (guint64)g_ascii_xdigit_value(*text);
      n++;
    }
  }
  *ret_high = halves[0];
  *ret_low = halves[1];
}

/* ---- Guests ---- */

static gboolean runs(const Guest *guest)
{
  return guest->is_supervised || guest->is_unsupervised;
}

GPtrArray *find_guests(const Session *session, GError **error)
{
  GPtrArray *guests = guests_list(session->root, error);

  for (guint i = guests ? guests->len : 0; i-- > 0;) {
    if (!runs(g_ptr_array_index(guests, i)))
      g_ptr_array_remove_index(guests, i);
  }
  return guests;
}

Guest *find_guest_named(const Session *session, const char *what, GError **error)
{
  g_autoptr(Guest) guest = guests_find(session->root, what, error);

  if (!guest)
    return NULL;
  if (runs(guest))
    return g_steal_pointer(&guest);
  g_set_error(error, LIBVIRT_ERROR, LIBVIRT_ERROR_NO_DOMAIN, "the guest '%s' does not run", what);
  return NULL;
}

/* By its uuid: a name may be another's by now. */
Guest *find_guest(const Session *session, GVariant *guest, GError **error)
{
  g_autofree char *uuid = NULL;
  guint64 high, low;

  g_variant_get(guest, "(&s(tt)i)", NULL, &high, &low, NULL);
  uuid = format_uuid(high, low);
  return find_guest_named(session, uuid, error);
}

GVariant *find_reply(const Guest *guest)
{
  guint64 high, low;

  parse_uuid(guest->state.uuid, &high, &low);
  return g_variant_new(GUEST_TYPE, guest->state.name, high, low,
                       runs(guest) ? (int)guest->state.supervisor_pid : -1);
}

/* The supervisor answers within its patience, whatever QEMU does. */
Json *find_and_call(const Session *session, GVariant *guest, const char *command, Json *arguments,
                    GError **error)
{
  g_autoptr(Json) owned = arguments;
  g_autoptr(Guest) found = find_guest(session, guest, error);
  g_autoptr(ControlClient) client = found ? guest_connect(found, error) : NULL;

  if (!client)
    return NULL;
  return control_client_call(client, command, g_steal_pointer(&owned), CONTROL_SUPERVISOR_PATIENCE, error);
}
