/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Drives a fuzzer without libFuzzer.
 *
 *     fuzz-domain FILE...   each file once: the way to look at a find, and to keep it as a test
 *     fuzz-domain --tap     as a test
 *
 * The test takes all first inputs, and then changes of them by chance, which are the same in each run:
 * DOMRUN_FUZZ_ROUNDS of them, from DOMRUN_FUZZ_SEED on. Changes are made to the bytes (bits, cuts, copies)
 * and, since few of those survive the XML parser, to what stands between quotation marks and between tags.
 * What earlier runs of libFuzzer found (finds/) is among the first inputs.
 *
 * Where the program dies, the input goes to fuzz-find.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "fuzz.h"

static const char *const values[] = {
  "",
  "0",
  "1",
  "-1",
  "2",
  "31",
  "32",
  "255",
  "256",
  "65535",
  "65536",
  "2147483647",
  "2147483648",
  "4294967295",
  "4294967296",
  "9223372036854775807",
  "9223372036854775808",
  "18446744073709551615",
  "18446744073709551616",
  "99999999999999999999999999",
  "0x",
  "0xffffffffffffffff",
  "1e3",
  "yes",
  "no",
  "on",
  "off",
  "none",
  "default",
  "virtio",
  "ide",
  "scsi",
  "sata",
  "usb",
  "pci",
  "pty",
  "unix",
  "file",
  "KiB",
  "EiB",
  "vda",
  "vdzzzzzzzzzzzz",
  "sda",
  "hdz",
  "/",
  "//",
  "../../../x",
  "-device",
  "a,b=c",
  "zq,id=x,,y=&quot;zq", /* fuzz-domain looks where it comes out */
  "zq,id=x,,y=&quot;zq",
  "%s%n",
  " ",
  "&#10;",
  "&#x9;",
  "&#x202e;",
  "&#x9b;31m",
  "&lt;",
  "\xc3\xa4",
  "52:54:00:00:00:01",
  "ff:ff:ff:ff:ff:ff",
  "00000000-0000-0000-0000-000000000000",
};

static GByteArray *current; /* what is being tried, for whoever reads the find */

static void keep_find(void)
{
  FILE *file = fopen("fuzz-find", "w");

  if (!file)
    return;
  fwrite(current->data, 1, current->len, file);
  fclose(file);
  fprintf(stderr, "the input is in fuzz-find\n");
}

static void on_abort(int number)
{
  signal(number, SIG_DFL);
  keep_find();
  raise(number);
}

/* Called by the sanitizers, where there are any, before they end the program. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void watch_for_finds(void)
{
  signal(SIGABRT, on_abort);
  signal(SIGTRAP, on_abort); /* g_error() */
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback(keep_find);
  else
    signal(SIGSEGV, on_abort);
}

static void try_current(void)
{
  /* A copy of the exact size, so that a read beyond its end is seen. */
  g_autofree guint8 *copy = g_malloc(MAX(current->len, 1));

  memcpy(copy, current->data, current->len);
  LLVMFuzzerTestOneInput(copy, current->len);
}

static gboolean try_file(const char *path)
{
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents(path, &text, &length, NULL))
    return FALSE;
  g_byte_array_set_size(current, 0);
  g_byte_array_append(current, (const guint8 *)text, (guint)length);
  try_current();
  return TRUE;
}

static guint any_position(GRand *rand)
{
  return current->len ? (guint)g_rand_int_range(rand, 0, (gint32)current->len) : 0;
}

static void replace(guint start, guint end, const guint8 *with, guint length)
{
  g_autoptr(GByteArray) tail = g_byte_array_new();

  g_byte_array_append(tail, current->data + end, current->len - end);
  g_byte_array_set_size(current, start);
  g_byte_array_append(current, with, length);
  g_byte_array_append(current, tail->data, tail->len);
}

/* The bytes between the @nth pair of @open and @close, or FALSE. */
static gboolean find_between(char open, char close, guint from, guint *ret_start, guint *ret_end)
{
  const guint8 *start = memchr(current->data + from, open, current->len - from);
  const guint8 *end;

  if (!start)
    return FALSE;
  start++;
  end = memchr(start, close, (gsize)(current->data + current->len - start));
  if (!end)
    return FALSE;
  *ret_start = (guint)(start - current->data);
  *ret_end = (guint)(end - current->data);
  return TRUE;
}

/* FALSE where there is none. */
static gboolean change_value(GRand *rand)
{
  const char *value = values[g_rand_int_range(rand, 0, G_N_ELEMENTS(values))];
  gboolean is_text = g_rand_int_range(rand, 0, 4) == 0;
  char quote = g_rand_boolean(rand) ? '\'' : '"';
  guint start, end;

  if (!find_between(is_text ? '>' : quote, is_text ? '<' : quote, any_position(rand), &start, &end))
    return FALSE;
  replace(start, end, (const guint8 *)value, (guint)strlen(value));
  return TRUE;
}

/* From one tag's beginning to another's: whole elements, if it happens so. */
static gboolean find_elements(GRand *rand, guint *ret_start, guint *ret_end)
{
  guint position = any_position(rand);
  const guint8 *start = memchr(current->data + position, '<', current->len - position);
  const guint8 *limit = current->data + current->len;
  const guint8 *end;

  if (!start)
    return FALSE;
  end = start;
  for (int tags = g_rand_int_range(rand, 1, 4); tags > 0 && end; tags--)
    end = memchr(end + 1, '<', (gsize)(limit - end - 1));
  if (!end)
    return FALSE;
  *ret_start = (guint)(start - current->data);
  *ret_end = (guint)(end - current->data);
  return TRUE;
}

static gboolean copy_elements(GRand *rand)
{
  g_autofree guint8 *copy = NULL;
  guint start, end, to;

  if (!find_elements(rand, &start, &end))
    return FALSE;
  copy = g_memdup2(current->data + start, end - start);
  to = g_rand_boolean(rand) ? end : start;
  replace(to, to, copy, end - start);
  return TRUE;
}

static gboolean remove_elements(GRand *rand)
{
  guint start, end;

  if (!find_elements(rand, &start, &end))
    return FALSE;
  replace(start, end, NULL, 0);
  return TRUE;
}

/* A piece of another document. */
static gboolean splice(GRand *rand, const GPtrArray *seeds)
{
  gsize length;
  const char *text =
      g_bytes_get_data(g_ptr_array_index(seeds, g_rand_int_range(rand, 0, (gint32)seeds->len)), &length);
  gsize position = (gsize)g_rand_int_range(rand, 0, (gint32)length);
  const char *piece = memchr(text + position, '<', length - position);
  guint from, to;

  if (!piece || !find_elements(rand, &from, &to))
    return FALSE;
  replace(from, from, (const guint8 *)piece, (guint)MIN((gsize)(text + length - piece), 400));
  return TRUE;
}

static void change_bytes(GRand *rand)
{
  guint start = any_position(rand), end = any_position(rand);
  guint8 byte;

  if (current->len == 0)
    return;
  switch (g_rand_int_range(rand, 0, 4)) {
  case 0:
    current->data[start] ^= (guint8)(1 << g_rand_int_range(rand, 0, 8));
    break;
  case 1:
    byte = (guint8)g_rand_int_range(rand, 0, 256);
    replace(start, start, &byte, 1);
    break;
  case 2:
    g_byte_array_set_size(current, start);
    break;
  default:
    replace(MIN(start, end), MAX(start, end), NULL, 0);
    break;
  }
}

static void change(GRand *rand, const GPtrArray *seeds)
{
  int kind = g_rand_int_range(rand, 0, 100);
  gboolean is_done = FALSE;

  if (kind < 60)
    is_done = change_value(rand);
  else if (kind < 75)
    is_done = copy_elements(rand);
  else if (kind < 90)
    is_done = remove_elements(rand);
  else if (kind < 95)
    is_done = splice(rand, seeds);
  if (!is_done)
    change_bytes(rand);
}

static void try_changes(const GPtrArray *seeds, guint32 first, guint rounds)
{
  for (guint32 round = first; round < first + rounds; round++) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(round);
    GBytes *seed = g_ptr_array_index(seeds, round % seeds->len);
    gsize length;
    const guint8 *text = g_bytes_get_data(seed, &length);

    g_byte_array_set_size(current, 0);
    g_byte_array_append(current, text, (guint)length);
    for (int changes = g_rand_int_range(rand, 1, 5); changes > 0; changes--)
      change(rand, seeds);
    try_current();
  }
}

static int compare_paths(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All inputs below @directory whose names begin and end so. */
static void list_inputs(const char *directory, const char *prefix, const char *suffix, GPtrArray *paths)
{
  g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(directory, name, NULL);

    if (g_file_test(path, G_FILE_TEST_IS_DIR))
      list_inputs(path, prefix, suffix, paths);
    else if (g_str_has_prefix(name, prefix) && g_str_has_suffix(name, suffix))
      g_ptr_array_add(paths, g_steal_pointer(&path));
  }
}

static void free_bytes(gpointer data)
{
  g_bytes_unref(data);
}

static guint number_of(const char *variable, guint otherwise)
{
  const char *text = g_getenv(variable);

  return text ? (guint)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

/* In an order that does not depend on the file system. @program is this fuzzer's path. */
static GPtrArray *list_first_inputs(const char *program)
{
  const char *source = g_getenv("DOMRUN_SRCDIR");
  g_autofree char *name = g_path_get_basename(program);
  g_autofree char *folder = g_build_filename(source ? source : ".", fuzz_folder, NULL);
  g_autofree char *finds = g_build_filename(source ? source : ".", "tests/fuzz/finds", NULL);
  g_autofree char *prefix =
      g_strconcat(g_str_has_prefix(name, "fuzz-") ? name + strlen("fuzz-") : name, "-", NULL);
  GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

  list_inputs(folder, "", fuzz_suffix, paths);
  list_inputs(finds, prefix, "", paths);
  g_ptr_array_sort(paths, compare_paths);
  return paths;
}

static int run_tests(const char *program)
{
  g_autoptr(GPtrArray) paths = list_first_inputs(program);
  g_autoptr(GPtrArray) seeds = g_ptr_array_new_with_free_func(free_bytes);
  guint rounds = number_of("DOMRUN_FUZZ_ROUNDS", 50000), first = number_of("DOMRUN_FUZZ_SEED", 1);

  printf("1..2\n");
  for (guint i = 0; i < paths->len; i++) {
    if (!try_file(g_ptr_array_index(paths, i)))
      continue;
    /* Changes of large ones would take all the time. */
    if (current->len > 0 && current->len < 20000)
      g_ptr_array_add(seeds, g_bytes_new(current->data, current->len));
  }
  printf("%s 1 %u inputs as they are\n", seeds->len ? "ok" : "not ok", paths->len);
  fflush(stdout);
  if (seeds->len)
    try_changes(seeds, first, rounds);
  printf("%s 2 %u changed inputs, from seed %u\n", seeds->len ? "ok" : "not ok", rounds, first);
  return 0;
}

int main(int argc, char **argv)
{
  int status = 0;

  current = g_byte_array_new();
  watch_for_finds();
  LLVMFuzzerInitialize(&argc, &argv);
  if (argc == 2 && g_str_equal(argv[1], "--tap")) {
    status = run_tests(argv[0]);
  } else {
    for (int i = 1; i < argc; i++) {
      if (!try_file(argv[i])) {
        fprintf(stderr, "cannot read %s\n", argv[i]);
        status = 1;
      }
    }
  }
  g_byte_array_unref(current);
  return status;
}
