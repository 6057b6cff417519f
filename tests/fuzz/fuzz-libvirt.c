/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a client of libvirt's may send: the first byte says whether the connection is open already and may
 * only read, the rest are packets as they come, or as long as they say. Whatever they are, what is answered
 * are whole packets.
 */
#include "config.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"
#include "libvirt/call.h"

const char fuzz_folder[] = "tests/fuzz/libvirt";
const char fuzz_suffix[] = ".rpc";

enum { MOST_BYTES = 64 * 1024, MAX_TURNS = 1000 };

static void on_ended(gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
}

static void take(int fd, GByteArray *answers)
{
  guint8 bytes[65536];
  ssize_t n;

  while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
    g_byte_array_append(answers, bytes, (guint)n);
}

static void check(const GByteArray *answers)
{
  gsize at = 0;

  while (at < answers->len) {
    gssize length = packet_length(answers->data + at, answers->len - at);

    g_assert_cmpint(length, >=, PACKET_HEADER_BYTES);
    g_assert_cmpuint((gsize)length, <=, answers->len - at);
    g_assert_cmpuint(packet_header(answers->data + at).type, !=, PACKET_CALL);
    at += (gsize)length;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(GByteArray) answers = g_byte_array_new();
  gboolean has_ended = FALSE;
  autofd int ours = -1;
  Session *session;
  int ends[2];

  if (size < 1 || size > MOST_BYTES)
    return 0;
  g_assert_true(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  ours = ends[0];
  session = session_new(ends[1], ends[1], "/nonexistent/domrun", on_ended, &has_ended);
  session->is_open = data[0] & 1;
  session->is_readonly = (data[0] & 2) != 0;
  session->uri = session->is_open ? g_strdup("qemu:///session") : NULL;
  g_assert_true(fd_write_all(ours, data + 1, size - 1));
  shutdown(ours, SHUT_WR);
  for (guint i = 0; i < MAX_TURNS && !has_ended; i++) {
    g_main_context_iteration(NULL, /* may_block= */ FALSE);
    take(ours, answers);
  }
  g_assert_true(has_ended);
  take(ours, answers);
  session_free(session);
  check(answers);
  return 0;
}
