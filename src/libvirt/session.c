/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libvirt/call.h"

#include <stdarg.h>

#include "libvirt/stream.h"
#include "libvirt/xdr.h"

/* Calls that wait for their answers; then no more are taken. And streams at a time. */
enum { MAX_CALLS = 64, MAX_STREAMS = 64 };

enum { LEVEL_ERROR = 2 };

struct Call {
  Session *session; /* NULL: it is gone */
  const Procedure *procedure;
  PacketHeader header;
};

typedef struct {
  Session session;
  void (*ended)(gpointer user_data);
  gpointer user_data;
} Owner;

/* ---- Answers ---- */

static void send_value(Session *session, const PacketHeader *header, PacketStatus status, GVariant *value)
{
  PacketHeader answer = *header;
  GByteArray *packet;

  answer.type = PACKET_REPLY;
  answer.status = status;
  packet = packet_begin(&answer);
  g_variant_ref_sink(value);
  xdr_encode(packet, value);
  g_variant_unref(value);
  connection_send(session->connection, packet_end(packet));
}

/* Code, part, message, level, a guest, three strings, two numbers, and a network. */
static void send_error(Session *session, const PacketHeader *header, LibvirtError number, const char *text)
{
  int from =
      header->program == PACKET_REMOTE && number != LIBVIRT_ERROR_RPC ? LIBVIRT_FROM_QEMU : LIBVIRT_FROM_RPC;
  g_autofree char *plain = g_utf8_make_valid(text, -1);

  send_value(session, header, PACKET_ERROR,
             g_variant_new("(iimsi@m(s(tt)i)msmsmsii@m(s(tt)))", (int)number, from, plain, LEVEL_ERROR,
                           g_variant_new_maybe(G_VARIANT_TYPE("(s(tt)i)"), NULL), plain, NULL, NULL, -1, -1,
                           g_variant_new_maybe(G_VARIANT_TYPE("(s(tt))"), NULL)));
}

Session *call_session(const Call *call)
{
  return call->session;
}

static void call_end(Call *call)
{
  if (call->session) {
    g_ptr_array_remove_fast(call->session->calls, call);
    connection_pause(call->session->connection, FALSE);
  }
  g_free(call);
}

void call_return(Call *call, GVariant *reply)
{
  g_variant_ref_sink(reply);
  g_assert(g_variant_is_of_type(reply, G_VARIANT_TYPE(call->procedure->reply)));
  if (call->session)
    send_value(call->session, &call->header, PACKET_OK, reply);
  g_variant_unref(reply);
  call_end(call);
}

void call_fail(Call *call, GError *error)
{
  g_autofree char *text = libvirt_error_text(error);

  if (call->session)
    send_error(call->session, &call->header, libvirt_error_number(error), text);
  g_error_free(error);
  call_end(call);
}

void call_fail_with(Call *call, LibvirtError number, const char *format, ...)
{
  va_list arguments;
  GError *error;

  va_start(arguments, format);
  error = g_error_new_valist(LIBVIRT_ERROR, (int)number, format, arguments);
  va_end(arguments);
  call_fail(call, error);
}

void call_return_stream(Call *call, GVariant *reply, int fd)
{
  Session *session = call->session;
  PacketHeader header = call->header;

  call_return(call, reply);
  g_hash_table_insert(session->streams, GUINT_TO_POINTER(header.serial), stream_new(session, &header, fd));
}

/* ---- Packets ---- */

static gboolean check_call(const Session *session, const PacketHeader *header, const Procedure *procedure,
                           GError **error)
{
  if (header->program != PACKET_REMOTE && header->program != PACKET_QEMU)
    g_set_error(error, LIBVIRT_ERROR, LIBVIRT_ERROR_RPC, "there is no program 0x%x", header->program);
  else if (header->version != PACKET_VERSION)
    g_set_error(error, LIBVIRT_ERROR, LIBVIRT_ERROR_RPC, "there is no version %u of the program",
                header->version);
  else if (header->type != PACKET_CALL || header->status != PACKET_OK)
    g_set_error(error, LIBVIRT_ERROR, LIBVIRT_ERROR_RPC, "a packet of type %u is not understood",
                header->type);
  else if (!procedure)
    g_set_error(error, LIBVIRT_ERROR, LIBVIRT_ERROR_NO_SUPPORT, "domrun has no procedure %u",
                header->procedure);
  else if (!session->is_open && procedure->kind != PROCEDURE_BEFORE)
    g_set_error(error, LIBVIRT_ERROR, LIBVIRT_ERROR_RPC, "the connection is not open");
  else if (session->is_readonly && procedure->kind == PROCEDURE_WRITES)
    g_set_error(error, LIBVIRT_ERROR, LIBVIRT_ERROR_DENIED, "the connection may only read");
  else
    return TRUE;
  return FALSE;
}

static void take_call(Session *session, const PacketHeader *header, const guint8 *payload, gsize length)
{
  const Procedure *procedure = procedure_find(header->program, header->procedure);
  g_autoptr(GVariant) arguments = NULL;
  GError *error = NULL;
  Call *call = g_new0(Call, 1);

  call->session = session;
  call->procedure = procedure;
  call->header = *header;
  g_ptr_array_add(session->calls, call);
  if (session->calls->len >= MAX_CALLS)
    connection_pause(session->connection, TRUE);
  if (check_call(session, header, procedure, &error))
    arguments = xdr_decode(payload, length, G_VARIANT_TYPE(procedure->arguments), &error);
  if (arguments)
    procedure->call(call, arguments);
  else
    call_fail(call, error);
}

static void take_stream(Session *session, const PacketHeader *header, const guint8 *data, gsize length)
{
  Stream *stream = g_hash_table_lookup(session->streams, GUINT_TO_POINTER(header->serial));

  if (stream && !stream_take(stream, header, data, length))
    g_hash_table_remove(session->streams, GUINT_TO_POINTER(header->serial));
}

static void on_packet(const PacketHeader *header, const guint8 *payload, gsize length, gpointer user_data)
{
  Session *session = user_data;

  if (header->type == PACKET_STREAM)
    take_stream(session, header, payload, length);
  else
    take_call(session, header, payload, length);
}

static void on_drained(gpointer user_data)
{
  Session *session = user_data;
  GHashTableIter iter;
  gpointer stream;

  g_hash_table_iter_init(&iter, session->streams);
  while (g_hash_table_iter_next(&iter, NULL, &stream))
    stream_resume(stream);
}

static void on_ended(gpointer user_data)
{
  Owner *owner = user_data;

  owner->ended(owner->user_data);
}

/* ---- Beginning and end ---- */

Session *session_new(int in, int out, const char *root, void (*ended)(gpointer user_data), gpointer user_data)
{
  static const ConnectionHandlers handlers = { on_packet, on_drained, on_ended };
  Owner *owner = g_new0(Owner, 1);

  owner->ended = ended;
  owner->user_data = user_data;
  owner->session.root = g_strdup(root);
  owner->session.streams = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)stream_free);
  owner->session.calls = g_ptr_array_new();
  owner->session.connection = connection_new(in, out, &handlers, owner);
  return &owner->session;
}

void session_free(Session *session)
{
  for (guint i = 0; i < session->calls->len; i++)
    ((Call *)g_ptr_array_index(session->calls, i))->session = NULL;
  g_ptr_array_unref(session->calls);
  g_hash_table_unref(session->streams);
  connection_free(session->connection);
  g_free(session->uri);
  g_free(session->root);
  g_free(session);
}
