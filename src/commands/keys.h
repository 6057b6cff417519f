/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keys that QEMU can press, by their names (QEMU's, Linux's, of two other systems) and by their numbers
 * in the codesets that virsh knows. QEMU takes its own names and its own numbers ("qnum").
 */
#pragma once

#include <glib.h>

typedef enum {
  CODESET_LINUX, /* linux/input-event-codes.h */
  CODESET_ATSET1,
  CODESET_ATSET2,
  CODESET_ATSET3,
  CODESET_OS_X,
  CODESET_XT_KBD,
  CODESET_USB,
  CODESET_WIN32,
  CODESET_QNUM,
  CODESET_LAST,
} Codeset;

/* With room for the longest names, so that the table needs no relocation at each start of each verb. */
typedef struct {
  char qemu_name[17], linux_name[21], os_x_name[20], win32_name[20]; /* empty: it has none */
  int numbers[CODESET_LAST]; /* -1: none; QEMU's is numbers[CODESET_QNUM] */
} Key;

/* All of them, in the order of QEMU's numbers. */
const Key *keys_all(guint *ret_count);

/* Of virsh's names: "linux", ..., "xt", which is atset1, and "rfb", which is qnum. */
gboolean codeset_parse(const char *text, Codeset *ret_codeset);

/* Their names, for messages. The caller frees it. */
char *codeset_known(void);

/* What QEMU calls it; NULL: it has no name there. */
const char *key_qemu_name(const Key *key);

/* The name of @key in @codeset; NULL where it has no names, or none for this key. */
const char *key_name(const Key *key, Codeset codeset);

/* The key that @word, a name or a number, is in @codeset; or NULL. Case does not matter. */
const Key *key_find(Codeset codeset, const char *word);

/* The key that QEMU calls so, or else that Linux does, with or without KEY_; or NULL. */
const Key *key_find_name(const char *word);

/* The name that comes nearest to @word: in @codeset, or where it is CODESET_LAST among those of QEMU and
 * Linux. NULL: none is near. */
const char *key_suggest(Codeset codeset, const char *word);
