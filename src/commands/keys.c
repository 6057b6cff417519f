/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/keys.h"

#include "base/nearest.h"

#define KEY(qemu, linux_, os_x, win32, ...) { qemu, linux_, os_x, win32, { __VA_ARGS__ } },
static const Key keys[] = {
#include "commands/key-codes.inc"
};
#undef KEY

static const struct {
  const char *name;
  Codeset codeset;
} codesets[] = {
  { "linux", CODESET_LINUX },   { "xt", CODESET_ATSET1 },     { "atset1", CODESET_ATSET1 },
  { "atset2", CODESET_ATSET2 }, { "atset3", CODESET_ATSET3 }, { "os_x", CODESET_OS_X },
  { "xt_kbd", CODESET_XT_KBD }, { "usb", CODESET_USB },       { "win32", CODESET_WIN32 },
  { "qnum", CODESET_QNUM },     { "rfb", CODESET_QNUM },
};

const Key *keys_all(guint *ret_count)
{
  *ret_count = G_N_ELEMENTS(keys);
  return keys;
}

gboolean codeset_parse(const char *text, Codeset *ret_codeset)
{
  for (gsize i = 0; i < G_N_ELEMENTS(codesets); i++) {
    if (g_str_equal(text, codesets[i].name)) {
      *ret_codeset = codesets[i].codeset;
      return TRUE;
    }
  }
  return FALSE;
}

char *codeset_known(void)
{
  GString *text = g_string_new(codesets[0].name);

  for (gsize i = 1; i < G_N_ELEMENTS(codesets); i++)
    g_string_append_printf(text, ", %s", codesets[i].name);
  return g_string_free(text, /* free_segment= */ FALSE);
}

const char *key_qemu_name(const Key *key)
{
  return *key->qemu_name ? key->qemu_name : NULL;
}

const char *key_name(const Key *key, Codeset codeset)
{
  const char *name = "";

  if (codeset == CODESET_LINUX)
    name = key->linux_name;
  else if (codeset == CODESET_OS_X)
    name = key->os_x_name;
  else if (codeset == CODESET_WIN32)
    name = key->win32_name;
  return *name ? name : NULL;
}

static gboolean is_name(const char *name, const char *word)
{
  return name && g_ascii_strcasecmp(name, word) == 0;
}

/* Decimal, or hexadecimal after 0x. */
static int parse_number(const char *word)
{
  gboolean is_hexadecimal = g_ascii_strncasecmp(word, "0x", 2) == 0;
  guint64 number;

  if (!g_ascii_string_to_unsigned(is_hexadecimal ? word + 2 : word, is_hexadecimal ? 16 : 10, 0, G_MAXINT,
                                  &number, NULL))
    return -1;
  return (int)number;
}

const Key *key_find(Codeset codeset, const char *word)
{
  int number = parse_number(word);

  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (number >= 0 ? keys[i].numbers[codeset] == number : is_name(key_name(&keys[i], codeset), word))
      return &keys[i];
  }
  return NULL;
}

const Key *key_find_name(const char *word)
{
  g_autofree char *name = g_strconcat("KEY_", word, NULL);
  const Key *key;

  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (is_name(key_qemu_name(&keys[i]), word))
      return &keys[i];
  }
  if (parse_number(word) >= 0) /* KEY_10CHANNELSUP has neighbours that are numbers */
    return NULL;
  key = key_find(CODESET_LINUX, word);
  return key ? key : key_find(CODESET_LINUX, name);
}

/* What people call them, and QEMU does not. */
static const struct {
  const char *word, *qemu_name;
} usual_names[] = {
  { "del", "delete" },     { "ins", "insert" },   { "return", "ret" },  { "escape", "esc" },
  { "control", "ctrl" },   { "super", "meta_l" }, { "win", "meta_l" },  { "meta", "meta_l" },
  { "cmd", "meta_l" },     { "option", "alt" },   { "altgr", "alt_r" }, { "printscreen", "print" },
  { "bksp", "backspace" },
};

const char *key_suggest(Codeset codeset, const char *word)
{
  Nearest nearest = NEAREST_INIT(word);

  for (gsize i = 0; codeset == CODESET_LAST && i < G_N_ELEMENTS(usual_names); i++) {
    if (is_name(usual_names[i].word, word))
      return usual_names[i].qemu_name;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (codeset == CODESET_LAST) {
      nearest_try(&nearest, key_qemu_name(&keys[i]));
      nearest_try(&nearest, key_name(&keys[i], CODESET_LINUX));
    } else {
      nearest_try(&nearest, key_name(&keys[i], codeset));
    }
  }
  return nearest.name;
}
