/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "host/bootloader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compat.h"
#include "process/program.h"

void bootloader_choice_clear(BootloaderChoice *choice)
{
  g_clear_pointer(&choice->kernel, g_free);
  g_clear_pointer(&choice->ramdisk, g_free);
  g_clear_pointer(&choice->arguments, g_free);
}

/* Where the choice keeps what is called @name; NULL for other names. The first of two counts. */
static char **member_of(BootloaderChoice *choice, const char *name, gsize length)
{
  static const struct {
    const char *name;
    gsize offset;
  } members[] = {
    { "kernel", G_STRUCT_OFFSET(BootloaderChoice, kernel) },
    { "ramdisk", G_STRUCT_OFFSET(BootloaderChoice, ramdisk) },
    { "initrd", G_STRUCT_OFFSET(BootloaderChoice, ramdisk) },
    { "args", G_STRUCT_OFFSET(BootloaderChoice, arguments) },
    { "extra", G_STRUCT_OFFSET(BootloaderChoice, arguments) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
    if (strlen(members[i].name) == length && memcmp(members[i].name, name, length) == 0)
      return G_STRUCT_MEMBER_P(choice, members[i].offset);
  }
  return NULL;
}

static void set(BootloaderChoice *choice, const char *name, gsize name_length, const char *value,
                gsize length)
{
  char **member = member_of(choice, name, name_length);

  if (member && !*member && length > 0)
    *member = g_strndup(value, length);
}

/* The end of a value in parentheses: ')' for a bare one; '")' for one in quotes, since pygrub does not escape
 * the quotes that a kernel's arguments have. */
static const char *end_of_value(const char *value, gboolean is_quoted)
{
  const char *end = strstr(value, is_quoted ? "\")" : ")");
  const char *line = strchr(value, '\n');

  return end && line && line < end ? NULL : end;
}

/* "(kernel /path)(ramdisk /path)(args "...")", wherever in @text it begins. */
static void parse_expression(const char *text, BootloaderChoice *choice)
{
  for (const char *open = strchr(text, '('); open; open = strchr(open + 1, '(')) {
    const char *name = open + 1, *value, *end;
    gsize length = strspn(name, "abcdefghijklmnopqrstuvwxyz");
    gboolean is_quoted;

    value = name + length + strspn(name + length, " \t");
    if (!member_of(choice, name, length) || value == name + length)
      continue;
    is_quoted = *value == '"';
    value += is_quoted;
    end = end_of_value(value, is_quoted);
    if (!end)
      return;
    set(choice, name, length, value, (gsize)(end - value));
    open = end;
  }
}

/* "kernel /path" or "kernel=/path", and not "kernel too old". */
static void parse_line(const char *line, BootloaderChoice *choice)
{
  gsize length = strspn(line, "abcdefghijklmnopqrstuvwxyz");
  const char *value = line + length;
  char **member = member_of(choice, line, length);

  if (!member || (*value != '=' && *value != ' ' && *value != '\t'))
    return;
  value++;
  if (member != &choice->arguments && *value != '/')
    return;
  set(choice, line, length, value, strcspn(value, "\r"));
}

gboolean bootloader_choice_parse(const char *output, gsize length, BootloaderChoice *ret_choice)
{
  g_autofree char *text = g_memdup2(output, length + 1);
  g_auto(GStrv) lines = NULL;

  text[length] = '\0';
  for (gsize i = 0; i < length; i++)
    text[i] = text[i] == '\0' ? '\n' : text[i];
  *ret_choice = (BootloaderChoice){ 0 };
  parse_expression(text, ret_choice);
  if (ret_choice->kernel)
    return TRUE;
  lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line; line++)
    parse_line(*line, ret_choice);
  return ret_choice->kernel != NULL;
}

static gboolean refuse(const PlanBootloader *bootloader, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean refuse(const PlanBootloader *bootloader, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start(arguments, format);
  message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  return error_set(error, DOMRUN_ERROR_HOST, &bootloader->place, NULL, "%s", message);
}

static char **build_argv(const PlanBootloader *bootloader)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
  g_auto(GStrv) words = NULL;

  g_strv_builder_add(builder, bootloader->program);
  g_strv_builder_add(builder, "-q");
  if (bootloader->arguments && g_shell_parse_argv(bootloader->arguments, NULL, &words, NULL))
    g_strv_builder_addv(builder, (const char **)words);
  g_strv_builder_add(builder, bootloader->disk);
  return g_strv_builder_end(builder);
}

/* What it said last ends the error. */
static gboolean refuse_end(const PlanBootloader *bootloader, const ProgramEnd *end, guint seconds,
                           GError **error)
{
  g_autofree char *how = program_end_describe(end, seconds), *last = program_end_last_line(end);

  refuse(bootloader, error, "the bootloader '%s' %s", bootloader->program, how);
  return last ? error_add_hint(error, "its last words: %s", last) : FALSE;
}

static gboolean read_choice(const PlanBootloader *bootloader, const ProgramEnd *end,
                            BootloaderChoice *ret_choice, GError **error)
{
  g_autofree char *last = NULL;

  if (end->length == 0)
    return refuse(bootloader, error, "the bootloader '%s' chose no kernel: it printed nothing",
                  bootloader->program);
  if (end->has_more)
    return refuse(bootloader, error, "the bootloader '%s' printed more than %d bytes", bootloader->program,
                  PROGRAM_MAX_OUTPUT);
  if (bootloader_choice_parse(end->output, end->length, ret_choice))
    return TRUE;
  last = program_end_last_line(end);
  refuse(bootloader, error, "the bootloader '%s' chose no kernel", bootloader->program);
  return last ? error_add_hint(error, "its last words: %s", last) : FALSE;
}

/* A path from a program that looked into an untrusted disk. */
static gboolean check_file(const PlanBootloader *bootloader, const char *what, const char *path,
                           GError **error)
{
  struct stat status;

  if (!g_path_is_absolute(path))
    return refuse(bootloader, error, "the bootloader '%s' chose '%s' as %s, which is not an absolute path",
                  bootloader->program, path, what);
  if (stat(path, &status) < 0 || faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0)
    return refuse(bootloader, error, "the bootloader '%s' chose '%s' as %s: %s", bootloader->program, path,
                  what, g_strerror(errno));
  return S_ISREG(status.st_mode) ||
         refuse(bootloader, error, "the bootloader '%s' chose '%s' as %s, which is no file",
                bootloader->program, path, what);
}

static gboolean check_choice(const PlanBootloader *bootloader, const BootloaderChoice *choice, GError **error)
{
  for (const char *c = choice->arguments ? choice->arguments : ""; *c; c++) {
    if (g_ascii_iscntrl(*c))
      return refuse(bootloader, error,
                    "the bootloader '%s' gave the kernel an argument with a control character",
                    bootloader->program);
  }
  if (choice->ramdisk && strchr(choice->ramdisk, ',')) /* after which QEMU could read a second file */
    return refuse(bootloader, error, "the bootloader '%s' chose '%s' as the initrd, which has a comma",
                  bootloader->program, choice->ramdisk);
  return check_file(bootloader, "the kernel", choice->kernel, error) &&
         (!choice->ramdisk || check_file(bootloader, "the initrd", choice->ramdisk, error));
}

static void add_file(Plan *plan, const char *option, const char *path)
{
  plan_add(plan, PLAN_BOTH, option, path);
  plan_allow(plan, PLAN_ACCESS_READ, path);
}

gboolean bootloader_run(Plan *plan, const Beside *beside, guint seconds, GError **error)
{
  const PlanBootloader *bootloader = &plan->bootloader;
  g_auto(GStrv) argv = NULL;
  g_auto(ProgramEnd) end = { 0 };
  g_auto(BootloaderChoice) choice = { 0 };
  g_auto(SpawnBounds) bounds = { 0 };
  g_autoptr(Access) access = NULL;
  GError *cause = NULL;

  if (!bootloader->program)
    return TRUE;
  argv = build_argv(bootloader);
  access = beside_access_bootloader(bootloader);
  if (!beside_confine(beside, BESIDE_BOOTLOADER, bootloader->program, access, &bounds, error))
    return FALSE;
  if (!program_run(
          &(ProgramRequest){
              .argv = argv, .seconds = seconds, .pass_fd = -1, .group = beside->group, .bounds = bounds },
          &end, &cause)) {
    refuse(bootloader, error, "%s", cause->message);
    g_error_free(cause);
    return FALSE;
  }
  if (!program_end_is_good(&end))
    return refuse_end(bootloader, &end, seconds, error);
  if (!read_choice(bootloader, &end, &choice, error) || !check_choice(bootloader, &choice, error))
    return FALSE;
  add_file(plan, "-kernel", choice.kernel);
  if (choice.ramdisk)
    add_file(plan, "-initrd", choice.ramdisk);
  if (choice.arguments)
    plan_add(plan, PLAN_BOTH, "-append", choice.arguments);
  return TRUE;
}
