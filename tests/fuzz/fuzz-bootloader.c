/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a bootloader printed, which looked into a disk that the guest may have written.
 */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "host/bootloader.h"

const char fuzz_folder[] = "tests/fuzz/bootloader";
const char fuzz_suffix[] = ".txt";

/* It stands on one line of what was printed, as it is. */
static void check_value(const char *value, const char *text)
{
  g_assert_true(!value || (*value && !strchr(value, '\n') && strstr(text, value)));
}

/* Whether the form with a line for each can say it. */
static gboolean is_simple(const BootloaderChoice *choice)
{
  g_autofree char *all = g_strconcat(choice->kernel, choice->ramdisk ? choice->ramdisk : "", "\n",
                                     choice->arguments ? choice->arguments : "", NULL);

  return *choice->kernel == '/' && (!choice->ramdisk || *choice->ramdisk == '/') && !strpbrk(all, "\r(");
}

static void check_again(const BootloaderChoice *choice)
{
  g_auto(BootloaderChoice) again = { 0 };
  g_autoptr(GString) text = g_string_new(NULL);

  g_string_append_printf(text, "kernel %s\n", choice->kernel);
  if (choice->ramdisk)
    g_string_append_printf(text, "ramdisk=%s\n", choice->ramdisk);
  if (choice->arguments)
    g_string_append_printf(text, "args %s", choice->arguments);
  g_assert_true(bootloader_choice_parse(text->str, text->len, &again));
  g_assert_cmpstr(again.kernel, ==, choice->kernel);
  g_assert_cmpstr(again.ramdisk, ==, choice->ramdisk);
  g_assert_cmpstr(again.arguments, ==, choice->arguments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autofree char *text = g_malloc(size + 1);
  g_auto(BootloaderChoice) choice = { 0 };
  gboolean has_kernel;

  memcpy(text, data, size);
  text[size] = '\0';
  has_kernel = bootloader_choice_parse(text, size, &choice);
  g_assert_true(has_kernel == (choice.kernel != NULL));
  for (size_t i = 0; i < size; i++)
    text[i] = text[i] ? text[i] : '\n';
  check_value(choice.kernel, text);
  check_value(choice.ramdisk, text);
  check_value(choice.arguments, text);
  if (has_kernel && is_simple(&choice))
    check_again(&choice);
  return 0;
}
