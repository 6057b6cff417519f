/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun send-key: keys pressed together. They may have QEMU's names (qapi/ui.json, QKeyCode), or those of
 * Linux (linux/input-event-codes.h), which virsh takes by default.
 */
#include "config.h"

#include "commands/command.h"
#include "commands/guest.h"

/* Where QEMU's name is not that of Linux in small letters. */
static const struct {
  const char *linux_name, *qemu_name;
} keys[] = {
  { "leftctrl", "ctrl" },
  { "rightctrl", "ctrl_r" },
  { "leftalt", "alt" },
  { "rightalt", "alt_r" },
  { "leftshift", "shift" },
  { "rightshift", "shift_r" },
  { "leftmeta", "meta_l" },
  { "rightmeta", "meta_r" },
  { "enter", "ret" },
  { "space", "spc" },
  { "pageup", "pgup" },
  { "pagedown", "pgdn" },
  { "grave", "grave_accent" },
  { "leftbrace", "bracket_left" },
  { "rightbrace", "bracket_right" },
  { "capslock", "caps_lock" },
  { "numlock", "num_lock" },
  { "scrolllock", "scroll_lock" },
  { "kpenter", "kp_enter" },
  { "kpplus", "kp_add" },
  { "kpminus", "kp_subtract" },
  { "kpasterisk", "kp_multiply" },
  { "kpslash", "kp_divide" },
  { "kpdot", "kp_decimal" },
  { "compose", "menu" },
};

static char *name_of(const char *word)
{
  g_autofree char *name = NULL;

  if (g_ascii_strncasecmp(word, "KEY_", 4) != 0)
    return g_strdup(word);
  name = g_ascii_strdown(word + 4, -1);
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (g_str_equal(keys[i].linux_name, name))
      return g_strdup(keys[i].qemu_name);
  }
  return g_steal_pointer(&name);
}

static Json *make_arguments(char *const *words, int holdtime)
{
  Json *arguments = json_new_object();
  Json *array = json_new_array();

  for (; *words; words++) {
    g_autofree char *name = name_of(*words);
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    gint64 number;

    /* A digit alone is the key of that digit. */
    if (name[0] && name[1] && g_ascii_string_to_signed(name, 10, 0, G_MAXINT32, &number, NULL))
      json_append_int(array, number);
    else
      json_append_string(array, valid);
  }
  json_set(arguments, "keys", array);
  if (holdtime >= 0)
    json_set_int(arguments, "holdtime", holdtime);
  return arguments;
}

int send_key_command(int argc, char **argv)
{
  g_auto(GuestCommand) command = { 0 };
  int holdtime = -1;
  const GOptionEntry entries[] = {
    { "holdtime", 0, 0, G_OPTION_ARG_INT, &holdtime, "how long the keys are held down (100)",
      "MILLISECONDS" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(Json) result = NULL;
  GError *error = NULL;

  if (guest_command_parse(
          &command, entries, "GUEST KEY...",
          "Presses keys together: names of QEMU (ctrl, alt, delete) or of Linux (KEY_LEFTCTRL), or "
          "numbers of a PC keyboard.",
          2, G_MAXUINT, argc, argv, &error))
    command.guest = guests_find(command.root, command.arguments[0], &error);
  if (command.guest)
    result =
        guest_command_call(&command, "send-key", make_arguments(command.arguments + 1, holdtime), &error);
  return result ? EXIT_CODE_OK : report_usage_error(error);
}
