/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Facts: QEMU's qemu-options.hx and system/vl.c: options have one dash or two and no "=", the next argument
 * is the value of an option that has one, whatever it looks like, and what is no option is the path of a
 * disk. Tried with QEMU 7.2 and the supervisor: what each of the options below does to it.
 */
#include "config.h"

#include "domain/extra-arguments.h"

#include <string.h>

#include "domain/domain.h"
#include "xml/element.h"

#define NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"

ENUM_TABLE(deprecation_table, DEPRECATION_LAST, [DEPRECATION_NONE] = "none", [DEPRECATION_OMIT] = "omit",
           [DEPRECATION_REJECT] = "reject", [DEPRECATION_CRASH] = "crash");

/* ---- The namespace ---- */

static gboolean is_of_namespace(const char *name)
{
  static const char *const names[] = { "commandline", "override", "capabilities", "deprecation" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    if (g_str_equal(name, names[i]))
      return TRUE;
  }
  return FALSE;
}

static gboolean set_namespace_error(xmlNode *node, GError **error)
{
  const char *name = (const char *)node->name, *colon = strchr(name, ':');

  xml_ignore(node); /* this is said of it, and no more */
  if (node->ns) {
    xml_error(error, node, NULL, "its namespace '%s' is not that of QEMU", (const char *)node->ns->href);
    return error_add_hint(error, "bind its prefix to QEMU's: xmlns:%s='" NAMESPACE "'",
                          node->ns->prefix ? (const char *)node->ns->prefix : "qemu");
  }
  if (colon) {
    xml_error(error, node, NULL, "its prefix '%.*s' is bound to no namespace", (int)(colon - name), name);
    return error_add_hint(error, "begin the document with <domain xmlns:%.*s='" NAMESPACE "' ...>",
                          (int)(colon - name), name);
  }
  xml_error(error, node, NULL, "stands in no namespace, and belongs to that of QEMU");
  return error_add_hint(
      error, "write <qemu:%s>, and begin the document with <domain xmlns:qemu='" NAMESPACE "' ...>", name);
}

/* Other drivers of libvirt have namespaces of their own, with a <commandline> in it. */
static gboolean is_meant(const xmlNode *node)
{
  const char *name = (const char *)node->name;

  if (node->ns && g_str_has_prefix((const char *)node->ns->href, "http://libvirt.org/schemas/domain/"))
    return g_str_has_prefix((const char *)node->ns->href, "http://libvirt.org/schemas/domain/qemu/") &&
           !g_str_equal((const char *)node->ns->href, NAMESPACE);
  if (node->ns)
    return g_strcmp0((const char *)node->ns->prefix, "qemu") == 0;
  return g_str_has_prefix(name, "qemu:") || is_of_namespace(name);
}

static gboolean check_namespace(xmlNode *parent, GError **error)
{
  XML_FOREACH_CHILD(parent, node, NULL) {
    if (is_meant(node))
      return set_namespace_error(node, error);
  }
  return TRUE;
}

/* ---- Options ---- */

/* Those of QEMU 7.2 to 11 that have no value, and older ones. */
/* clang-format off */
static const char *const flags[] = {
  "S", "alt-grab", "audio-help", "ctrl-grab", "curses", "daemonize", "enable-fips", "enable-kvm",
  "enable-sync-profile", "full-screen", "h", "help", "mem-prealloc", "no-acpi", "no-fd-bootchk", "no-frame",
  "no-hpet", "no-kvm", "no-kvm-irqchip", "no-kvm-pit", "no-kvm-pit-reinjection", "no-quit", "no-reboot",
  "no-shutdown", "no-user-config", "nodefaults", "nodefconfig", "nographic", "old-param", "one-insn-per-tb",
  "only-migratable", "portrait", "preconfig", "rtc-td-hack", "s", "sdl", "semihosting", "show-cursor",
  "singlestep", "snapshot", "tdf", "usb", "version", "win2k-hack", "xen-attach", "xen-domid-restrict",
};
/* clang-format on */

typedef struct {
  const char *option;
  const char *value; /* what has to be in its value; NULL: any, or none */
  const char *why;
  const char *hint; /* or NULL */
} Rule;

static const char prints[] = "QEMU would print something and end: there would be no guest";
static const char lifecycle[] =
    "what follows the end of a guest domrun decides, and would wait for it in vain";
static const char sandboxed[] = "the sandbox that domrun gives QEMU bars it from that";
static const char no_terminal[] =
    "QEMU gets no input there: its output goes to the guest's log, and it has no terminal";

static const char prints_hint[] = "the emulator itself prints it, without domrun";
static const char lifecycle_hint[] =
    "<on_poweroff>, <on_reboot>, <on_crash> and the action of <watchdog> say it";
static const char user_hint[] = "run domrun as that user";
static const char terminal_hint[] =
    "'domrun console' reaches a <serial type='pty'/>, and 'domrun qmp' QEMU's monitor";

/* With these a guest would not come up, or be out of its supervisor's hands. */
static const Rule refused[] = {
  { "daemonize", NULL, "QEMU would leave its supervisor behind",
    "'domrun run --detach' leaves the guest in the background" },
  { "h", NULL, prints, prints_hint },
  { "help", NULL, prints, prints_hint },
  { "version", NULL, prints, prints_hint },
  { "audio-help", NULL, prints, prints_hint },
  { "dump-vmstate", NULL, prints, prints_hint },
  { "preconfig", NULL, "QEMU would wait for a command to go on, which nobody gives", NULL },
  { "incoming", NULL, "QEMU would wait for the state of a guest, which nobody sends", NULL },
  { "no-shutdown", NULL, lifecycle, lifecycle_hint },
  { "action", NULL, lifecycle, lifecycle_hint },
  { "chroot", NULL, sandboxed, user_hint },
  { "runas", NULL, sandboxed, user_hint },
  { "run-with", "chroot=", sandboxed, user_hint },
  { "run-with", "user=", sandboxed, user_hint },
};

/* These do other than they seem to. */
static const Rule doubtful[] = {
  { "S", NULL, "the guest stands still", "'domrun resume' lets it go" },
  { "no-reboot", NULL, "QEMU ends when the guest is reset, and <on_reboot> says what follows",
    "<on_reboot>destroy</on_reboot> alone ends the guest then" },
  { "snapshot", NULL, "it has no effect on the document's disks: what the guest writes stays",
    "<transient/> in a <disk> throws it away" },
  { "sandbox", NULL, "it adds to the sandbox that QEMU has by domrun, and takes nothing away from it", NULL },
  { "accel", NULL,
    "it has no effect: QEMU takes the first that works, and that of the domain's type is the first",
    "--type=kvm and --type=qemu are the choice" },
  { "serial", "stdio", no_terminal, terminal_hint },
  { "parallel", "stdio", no_terminal, terminal_hint },
  { "monitor", "stdio", no_terminal, terminal_hint },
  { "qmp", "stdio", no_terminal, terminal_hint },
  { "qmp-pretty", "stdio", no_terminal, terminal_hint },
  { "debugcon", "stdio", no_terminal, terminal_hint },
  { "chardev", "stdio", no_terminal, terminal_hint },
};

static const char *bare_name(const char *option)
{
  return option + (option[1] == '-' ? 2 : 1);
}

static gboolean is_flag(const char *option)
{
  for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
    if (g_str_equal(bare_name(option), flags[i]))
      return TRUE;
  }
  return FALSE;
}

static const Rule *find_rule(const Rule *rules, gsize count, const ExtraArgument *argument)
{
  for (gsize i = 0; i < count; i++) {
    if (g_str_equal(bare_name(argument->option), rules[i].option) &&
        (!rules[i].value || (argument->value && strstr(argument->value, rules[i].value))))
      return &rules[i];
  }
  return NULL;
}

/* "-cpu host" as one argument, or "-cpu=host". */
static gboolean check_option(const ExtraArgument *argument, GError **error)
{
  gsize length = strcspn(argument->option, " \t\r\n=");

  if (argument->option[0] != '-' || !argument->option[length])
    return TRUE;
  error_set_document(error, &argument->place, "value", "'%s' is one argument, and no option of QEMU",
                     argument->option);
  return error_add_hint(error, "'%.*s' is one <qemu:arg>, and its value the next", (int)length,
                        argument->option);
}

/* The type has that option already: twice is more than QEMU takes. */
static gboolean check_accelerator(Domain *domain, const ExtraArgument *argument, gboolean *ret_is_known,
                                  GError **error)
{
  if (!g_str_equal(bare_name(argument->option), "enable-kvm"))
    return TRUE;
  if (domain->type != DOMAIN_TYPE_KVM) {
    error_set_document(error, &argument->place, "value", "'%s' contradicts the domain's type",
                       argument->option);
    return error_add_hint(error, "type='kvm' is what it means, as is the option --type=kvm");
  }
  report_warning(domain->report, &argument->place, "value", NULL,
                 "'%s' is left out: it is what type='kvm' means", argument->option);
  *ret_is_known = TRUE;
  return TRUE;
}

/* Without "," before it, "script=no" is that of downscript. */
static gboolean has_scripts(const char *value)
{
  return !(strstr(value, ",script=no") && strstr(value, ",downscript=no")) &&
         !(strstr(value, "\"script\"") && strstr(value, "\"downscript\"")) && !strstr(value, "fd");
}

/* QEMU is killed without a word when it tries to. */
static gboolean runs_program(const ExtraArgument *argument)
{
  const char *name = bare_name(argument->option), *value = argument->value;

  if (!value || !(g_str_equal(name, "netdev") || g_str_equal(name, "nic") || g_str_equal(name, "net")))
    return FALSE;
  if (g_str_has_prefix(value, "bridge") || strstr(value, "\"bridge\""))
    return TRUE;
  if (g_str_has_prefix(value, "tap") || strstr(value, "\"tap\""))
    return has_scripts(value) || strstr(value, "helper");
  return strstr(value, ",smb=") || strstr(value, "\"smb\"") || strstr(value, "-cmd:");
}

static gboolean refuse_program(const ExtraArgument *argument, GError **error)
{
  error_set_document(error, &argument->place, "value",
                     "'%s %s': QEMU would run a program, which its sandbox bars", argument->option,
                     argument->value);
  if (strstr(argument->value, "tap") || strstr(argument->value, "bridge"))
    return error_add_hint(
        error, "script=no,downscript=no takes a tap device as it is; <interface type='bridge'> and "
               "<interface type='ethernet'> have domrun make one");
  return FALSE;
}

static gboolean check_argument(Domain *domain, const ExtraArgument *argument, GError **error)
{
  const char *space = argument->value ? " " : "", *value = argument->value ? argument->value : "";
  const Rule *rule;

  if (argument->option[0] != '-' || !argument->option[1]) {
    report_warning(domain->report, &argument->place, "value", "the name of an option begins with '-'",
                   "'%s' is no option: QEMU takes it for the path of a disk", argument->option);
    return TRUE;
  }
  rule = find_rule(refused, G_N_ELEMENTS(refused), argument);
  if (rule) {
    error_set_document(error, &argument->place, "value", "'%s%s%s': %s", argument->option, space, value,
                       rule->why);
    return rule->hint && error_add_hint(error, "%s", rule->hint);
  }
  if (runs_program(argument))
    return refuse_program(argument, error);
  rule = find_rule(doubtful, G_N_ELEMENTS(doubtful), argument);
  if (rule)
    report_warning(domain->report, &argument->place, "value", rule->hint, "'%s%s%s': %s", argument->option,
                   space, value, rule->why);
  return TRUE;
}

/* ---- <qemu:commandline> ---- */

static gboolean read_word(xmlNode *node, const char **ret_word, GError **error)
{
  if (!xml_has_attribute(node, "value")) {
    xml_error(error, node, "value", "is missing");
    return error_add_hint(error, "an argument is written as in <qemu:arg value='-s'/>");
  }
  *ret_word = xml_attribute(node, "value");
  return TRUE;
}

/* What looks like an option is not taken for the value of one before it, though QEMU would, but for the text
 * of which that is to be expected: an option may be of a QEMU that is newer than the flags above. */
static gboolean is_value_of(const char *option, xmlNode *node)
{
  const char *word = node ? xml_attribute(node, "value") : NULL;

  return word && (word[0] != '-' || !(g_ascii_isalpha(word[1]) || word[1] == '-') ||
                  g_str_equal(bare_name(option), "append"));
}

/* @node is the option; moves it on to its value where it has one. */
static gboolean read_argument(xmlNode **node, ExtraArgument *ret_argument, GError **error)
{
  xmlNode *next;

  ret_argument->place = xml_place(*node);
  if (!read_word(*node, &ret_argument->option, error))
    return FALSE;
  if (!*ret_argument->option)
    return xml_error(error, *node, "value", "is empty; expected an option of QEMU");
  if (!check_option(ret_argument, error))
    return FALSE;
  if (ret_argument->option[0] != '-' || !ret_argument->option[1] || is_flag(ret_argument->option))
    return TRUE;
  next = xml_next_child((*node)->parent, "qemu:arg", *node);
  if (!is_value_of(ret_argument->option, next))
    return TRUE;
  *node = next;
  return read_word(next, &ret_argument->value, error);
}

/* Others are short for one. */
static gboolean adds_keyval_device(const ExtraArgument *argument)
{
  static const char *const names[] = { "device", "virtfs", "watchdog", "usbdevice" };
  const char *name = bare_name(argument->option), *value = argument->value;

  if (!value || value[0] == '{')
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    if (g_str_equal(name, names[i]))
      return TRUE;
  }
  return g_str_equal(name, "drive") && strstr(value, "if=virtio");
}

static gboolean read_arguments(xmlNode *commandline, Domain *domain, GError **error)
{
  ExtraArguments *extra = domain->extra_arguments;

  XML_FOREACH_CHILD(commandline, node, "qemu:arg") {
    ExtraArgument argument = { 0 };
    gboolean is_known = FALSE;

    if (!read_argument(&node, &argument, error) || !check_accelerator(domain, &argument, &is_known, error) ||
        !check_argument(domain, &argument, error))
      return FALSE;
    extra->is_paused |= g_str_equal(argument.option, "-S") || g_str_equal(argument.option, "--S");
    extra->has_keyval_device |= adds_keyval_device(&argument);
    if (!is_known)
      g_array_append_val(extra->arguments, argument);
  }
  return TRUE;
}

static gboolean is_variable_name(const char *name)
{
  if (!g_ascii_isalpha(*name) && *name != '_')
    return FALSE;
  for (const char *c = name; *c; c++) {
    if (!g_ascii_isalnum(*c) && *c != '_')
      return FALSE;
  }
  return TRUE;
}

/* QEMU read these before it had -audiodev, and 8.2 reads them no more. */
static gboolean is_of_audio(const char *name)
{
  static const char *const prefixes[] = { "QEMU_AUDIO_", "QEMU_ALSA_", "QEMU_OSS_", "QEMU_PA_", "QEMU_SDL_" };

  for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
    if (g_str_has_prefix(name, prefixes[i]))
      return TRUE;
  }
  return FALSE;
}

static void warn_of_audio(const Domain *domain, xmlNode *node, const char *name)
{
  Place place = xml_place(node);

  if (is_of_audio(name))
    report_warning(domain->report, &place, "name", "<audio id='1' type='pulseaudio'/>, for one",
                   "'%s' has no effect on the sound of the document, which goes where <audio> says", name);
}

static gboolean read_variables(xmlNode *commandline, const Domain *domain, GError **error)
{
  XML_FOREACH_CHILD(commandline, node, "qemu:env") {
    ExtraVariable variable = { NULL, "" };

    if (!xml_attribute_required(node, "name", &variable.name, error))
      return FALSE;
    if (!is_variable_name(variable.name))
      return xml_error(error, node, "name",
                       "'%s' is not the name of a variable (allowed: letters, digits, _; no digit first)",
                       variable.name);
    if (xml_has_attribute(node, "value"))
      variable.value = xml_attribute(node, "value");
    warn_of_audio(domain, node, variable.name);
    g_array_append_val(domain->extra_arguments->variables, variable);
  }
  return TRUE;
}

static gboolean check_children(xmlNode *commandline, GError **error)
{
  XML_FOREACH_CHILD(commandline, node, NULL) {
    if (!node->ns && (xml_is_element(node, "arg") || xml_is_element(node, "env")))
      return set_namespace_error(node, error);
  }
  return check_namespace(commandline, error);
}

static gboolean read_commandline(xmlNode *root, Domain *domain, GError **error)
{
  ExtraArguments *extra = domain->extra_arguments;
  xmlNode *commandline = NULL;

  if (!xml_child(root, "qemu:commandline", &commandline, error))
    return FALSE;
  if (!commandline)
    return TRUE;
  extra->arguments = g_array_new(FALSE, FALSE, sizeof(ExtraArgument));
  extra->variables = g_array_new(FALSE, FALSE, sizeof(ExtraVariable));
  return check_children(commandline, error) && read_arguments(commandline, domain, error) &&
         read_variables(commandline, domain, error);
}

/* ---- <qemu:capabilities>, <qemu:deprecation> ---- */

static gboolean read_capability(xmlNode *capabilities, const char *name, GError **error)
{
  XML_FOREACH_CHILD(capabilities, node, name) {
    const char *capability;

    if (!xml_attribute_required(node, "capability", &capability, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean read_capabilities(xmlNode *root, const Domain *domain, GError **error)
{
  xmlNode *capabilities = NULL;
  Place place;

  if (!xml_child(root, "qemu:capabilities", &capabilities, error))
    return FALSE;
  if (!capabilities)
    return TRUE;
  place = xml_place(capabilities);
  report_warning(
      domain->report, &place, NULL, NULL,
      "it has no effect: it is about what libvirt believes of QEMU, which domrun asks for nothing");
  return check_namespace(capabilities, error) && read_capability(capabilities, "qemu:add", error) &&
         read_capability(capabilities, "qemu:del", error);
}

static gboolean read_deprecation(xmlNode *root, ExtraArguments *extra, GError **error)
{
  xmlNode *deprecation = NULL;

  return xml_child(root, "qemu:deprecation", &deprecation, error) &&
         (!deprecation || xml_attribute_enum_required(deprecation, "behavior", &deprecation_table,
                                                      XML_ENUM(&extra->deprecation), error));
}

gboolean extra_arguments_parse(xmlNode *root, Domain *domain, GError **error)
{
  return check_namespace(root, error) && read_commandline(root, domain, error) &&
         read_capabilities(root, domain, error) && read_deprecation(root, domain->extra_arguments, error);
}

void extra_arguments_clear(ExtraArguments *extra)
{
  g_clear_pointer(&extra->arguments, g_array_unref);
  g_clear_pointer(&extra->variables, g_array_unref);
}
