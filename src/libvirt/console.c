/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a guest prints and shows, as streams; and QEMU's own commands.
 */
#include "config.h"

#include <string.h>

#include "base/json.h"
#include "control/protocol.h"
#include "libvirt/procedures.h"

/* Of the flags of a monitor command. */
enum { MONITOR_HMP = 1 << 0 };

/* Asks the supervisor for a descriptor, which is the caller's; -1: the call has failed. */
static int ask(Call *call, GVariant *arguments, const char *command, Json *what)
{
  g_autoptr(Json) owned = what;
  g_autoptr(GVariant) named = g_variant_get_child_value(arguments, 0);
  GError *error = NULL;
  g_autoptr(Guest) guest = find_guest(call_session(call), named, &error);
  g_autoptr(ControlClient) client = guest ? guest_connect(guest, &error) : NULL;
  g_autoptr(Json) result = NULL;
  int fd = -1;

  if (client)
    result =
        control_client_call(client, command, g_steal_pointer(&owned), CONTROL_SUPERVISOR_PATIENCE, &error);
  if (result)
    fd = control_client_take_fd(client);
  if (fd >= 0)
    return fd;
  if (!error)
    error_set(&error, DOMRUN_ERROR_NO_ANSWER, NULL, NULL, "the supervisor sent no descriptor");
  call_fail(call, error);
  return -1;
}

void console_open(Call *call, GVariant *arguments)
{
  const char *device;
  Json *what = json_new_object();
  int fd;

  g_variant_get_child(arguments, 1, "m&s", &device);
  if (device && *device)
    json_set_string(what, "device", device);
  fd = ask(call, arguments, "console", what);
  if (fd >= 0)
    call_return_stream(call, g_variant_new("()"), fd);
}

void console_screenshot(Call *call, GVariant *arguments)
{
  guint32 screen;
  Json *what = json_new_object();
  int fd;

  g_variant_get_child(arguments, 1, "u", &screen);
  json_set_int(what, "head", screen);
  fd = ask(call, arguments, "screenshot", what);
  if (fd >= 0)
    call_return_stream(call, g_variant_new("(ms)", "image/png"), fd);
}

/* {"execute": ..., "arguments": ...}, or a line for people, which QEMU takes in a command of its own. */
static Json *parse_command(const char *text, guint32 flags, GError **error)
{
  Json *what = NULL, *inner;

  if (!(flags & MONITOR_HMP)) {
    what = json_parse(text, strlen(text), 32, error);
    if (what && json_kind(what) == JSON_OBJECT && json_get_string(what, "execute"))
      return what;
    if (what)
      error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "the command is no JSON object with \"execute\"");
    json_unref(what);
    return NULL;
  }
  what = json_new_object();
  inner = json_new_object();
  json_set_string(what, "execute", "human-monitor-command");
  json_set_string(inner, "command-line", text);
  json_set(what, "arguments", inner);
  return what;
}

static char *answer_of(Json *result, guint32 flags)
{
  g_autoptr(Json) whole = NULL;

  if (flags & MONITOR_HMP)
    return g_strdup(json_as_string(result) ? json_as_string(result) : "");
  whole = json_new_object();
  json_set(whole, "return", json_ref(result));
  return json_print(whole);
}

void console_qemu(Call *call, GVariant *arguments)
{
  g_autoptr(GVariant) named = g_variant_get_child_value(arguments, 0);
  const char *text;
  guint32 flags;
  GError *error = NULL;
  g_autoptr(Json) result = NULL;
  g_autofree char *answer = NULL;
  Json *what;

  g_variant_get_child(arguments, 1, "&s", &text);
  g_variant_get_child(arguments, 2, "u", &flags);
  what = parse_command(text, flags, &error);
  if (what)
    result = find_and_call(call_session(call), named, "qmp", what, &error);
  if (!result) {
    call_fail(call, error);
    return;
  }
  answer = answer_of(result, flags);
  call_return(call, g_variant_new("(s)", answer));
}
