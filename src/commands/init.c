/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * domrun init: a document to begin with. What every guest has stands here as text, with comments; what the
 * options say is put into it as `run` puts it into any document (change/).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/exit-code.h"
#include "base/fd.h"
#include "commands/command.h"
#include "commands/options.h"
#include "host/osinfo.h"
#include "xml/annotate.h"
#include "xml/element.h"

enum { MIB = 1024 * 1024, DEFAULT_MEMORY = 2048, DEFAULT_CPUS = 2 };

typedef struct {
  char *os;
  char *type;
  char *arch;
  char *firmware;
  char *output;
  const char *name; /* of the guest */
  Changes changes;
  Osinfo osinfo; /* zero where no OS is named */
} Init;

static void init_clear(Init *init)
{
  g_free(init->os);
  g_free(init->type);
  g_free(init->arch);
  g_free(init->firmware);
  g_free(init->output);
  for (guint i = 0; i < CHANGE_LAST; i++)
    g_strfreev(init->changes.values[i]);
  osinfo_clear(&init->osinfo);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Init, init_clear)

/* ---- What the guest is ---- */

static gboolean is_windows(const Init *init)
{
  return g_strcmp0(init->osinfo.family, "winnt") == 0;
}

static gboolean is_arm(const Init *init)
{
  return g_str_equal(init->arch, "aarch64");
}

static gboolean is_kvm(const Init *init)
{
  return g_str_equal(init->type, "kvm");
}

/* Without an OS: as Linux has it. */
static gboolean has_virtio_disk(const Init *init)
{
  return !init->os || init->osinfo.has_virtio_disk || is_arm(init);
}

static gboolean has_virtio_net(const Init *init)
{
  return !init->os || init->osinfo.has_virtio_net || is_arm(init);
}

static gboolean is_efi(const Init *init)
{
  return g_str_equal(init->firmware, "efi");
}

static gboolean check_word(const char *option, const char *word, const char *const *known, GError **error)
{
  g_autofree char *list = g_strjoinv(", ", (char **)known);

  return g_strv_contains(known, word) ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--%s: unknown value '%s' (known: %s)", option,
                   word, list);
}

/* What the options leave open follows from this host, and from the OS. */
static gboolean complete(Init *init, GError **error)
{
  static const char *const types[] = { "kvm", "qemu", NULL };
  static const char *const arches[] = { "x86_64", "aarch64", NULL };
  static const char *const firmwares[] = { "bios", "efi", NULL };
  struct utsname host;
  const char *own = uname(&host) == 0 && g_str_equal(host.machine, "aarch64") ? "aarch64" : "x86_64";

  if (init->os && !osinfo_read(init->os, &init->osinfo, error))
    return FALSE;
  if (!init->arch)
    init->arch = g_strdup(own);
  if (!init->type)
    init->type =
        g_strdup(g_str_equal(init->arch, own) && access("/dev/kvm", R_OK | W_OK) == 0 ? "kvm" : "qemu");
  if (!init->firmware)
    init->firmware = g_strdup(init->osinfo.needs_efi || is_arm(init) ? "efi" : "bios");
  if (!check_word("type", init->type, types, error) || !check_word("arch", init->arch, arches, error) ||
      !check_word("firmware", init->firmware, firmwares, error))
    return FALSE;
  if (is_arm(init) && !is_efi(init))
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--firmware: ARM's machine 'virt' has no BIOS");
  return TRUE;
}

/* ---- The text ---- */

static void add_head(const Init *init, GString *text)
{
  guint64 memory = init->osinfo.memory ? init->osinfo.memory / MIB : DEFAULT_MEMORY;
  guint64 n_cpus = init->osinfo.n_cpus ? init->osinfo.n_cpus : DEFAULT_CPUS;
  g_autofree char *name = g_markup_escape_text(init->name, -1);

  g_string_append(
      text,
      "<!-- A guest, as libvirt's documents describe one: https://libvirt.org/formatdomain.html\n"
      "     \"domrun check FILE\" looks at it, \"domrun run FILE\" starts it, domrun(1) tells more. -->\n");
  g_string_append_printf(text, "<domain type='%s'>%s\n", init->type,
                         is_kvm(init) ? "" : " <!-- 'kvm' is fast, where this host has it -->");
  g_string_append_printf(text, "  <name>%s</name>\n", name);
  if (init->osinfo.name) {
    g_autofree char *title = g_markup_escape_text(init->osinfo.name, -1);

    g_string_append_printf(text, "  <title>%s</title>\n", title);
  }
  g_string_append_printf(text, "  <memory unit='MiB'>%" G_GUINT64_FORMAT "</memory>\n", memory);
  g_string_append_printf(text, "  <vcpu>%" G_GUINT64_FORMAT "</vcpu>\n", n_cpus);
}

static void add_machine(const Init *init, GString *text)
{
  g_string_append_printf(
      text, "  <os%s>\n    <type arch='%s' machine='%s'>hvm</type>\n    <boot dev='hd'/>\n  </os>\n",
      is_efi(init) ? " firmware='efi'" : "", init->arch, is_arm(init) ? "virt" : "q35");
  g_string_append(text, is_arm(init) ? "  <features>\n    <acpi/>\n    <gic/>\n"
                                     : "  <features>\n    <acpi/>\n    <apic/>\n");
  if (is_windows(init) && is_kvm(init))
    g_string_append(text, "    <hyperv> <!-- what Windows does less work with -->\n"
                          "      <relaxed state='on'/>\n      <vapic state='on'/>\n"
                          "      <spinlocks state='on' retries='8191'/>\n    </hyperv>\n");
  g_string_append(text, "  </features>\n");
  g_string_append(text, is_kvm(init) ? "  <cpu mode='host-passthrough'/>\n" : "  <cpu mode='maximum'/>\n");
  if (is_windows(init))
    g_string_append(
        text,
        is_kvm(init)
            ? "  <clock offset='localtime'>\n    <timer name='hypervclock' present='yes'/>\n  </clock>\n"
            : "  <clock offset='localtime'/>\n");
}

static void add_disk(const Init *init, GString *text)
{
  g_autofree char *file = g_markup_printf_escaped("%s.qcow2", init->name);
  gboolean is_virtio = has_virtio_disk(init);

  if (init->changes.values[CHANGE_DISK])
    return;
  g_string_append_printf(
      text,
      "    <!-- Relative to this file; made by: qemu-img create -f qcow2 %s 20G -->\n"
      "    <disk type='file' device='disk'>\n      <driver name='qemu' type='qcow2' discard='unmap'/>\n"
      "      <source file='%s'/>\n      <target dev='%s' bus='%s'/>\n    </disk>\n",
      strstr(file, "--") ? "FILE" : file, file, is_virtio ? "vda" : "sda", is_virtio ? "virtio" : "sata");
}

static void add_devices(const Init *init, GString *text)
{
  g_string_append(text, "  <devices>\n");
  add_disk(init, text);
  g_string_append_printf(
      text,
      "    <!-- QEMU's own network, which needs no rights: out, and in only by ports that lead in:\n"
      "         domrun run with forward=2222:22 as an option; type='bridge' with <source bridge='br0'/> is "
      "on a network -->\n"
      "    <interface type='user'>\n      <model type='%s'/>\n    </interface>\n",
      has_virtio_net(init) ? "virtio" : "e1000e");
  g_string_append(text, "    <serial type='pty'/> <!-- domrun console NAME -->\n");
  g_string_append(
      text, "    <channel type='unix'> <!-- of qemu-guest-agent: domrun domifaddr NAME, and others -->\n"
            "      <target type='virtio' name='org.qemu.guest_agent.0'/>\n    </channel>\n");
  g_string_append(text, "    <graphics type='vnc' autoport='yes'/> <!-- domrun view NAME -->\n");
  g_string_append_printf(text, "    <video>\n      <model type='%s'/>\n    </video>\n",
                         has_virtio_disk(init) ? "virtio" : "vga");
  g_string_append_printf(
      text, "    <input type='tablet' bus='%s'/> <!-- the pointer is where the viewer's is -->\n",
      is_arm(init) ? "virtio" : "usb");
  if (is_arm(init))
    g_string_append(text, "    <input type='keyboard' bus='virtio'/>\n");
  if (is_windows(init) && init->osinfo.needs_efi)
    g_string_append(text, "    <tpm model='tpm-crb'> <!-- by swtpm -->\n      <backend type='emulator' "
                          "version='2.0'/>\n    </tpm>\n");
  g_string_append(
      text, "    <rng model='virtio'>\n      <backend model='random'>/dev/urandom</backend>\n    </rng>\n");
  g_string_append(text, "  </devices>\n</domain>\n");
}

static char *make_text(const Init *init)
{
  GString *text = g_string_new(NULL);

  add_head(init, text);
  add_machine(init, text);
  add_devices(init, text);
  return g_string_free(text, /* free_segment= */ FALSE);
}

/* ---- What the options change ---- */

/* A guest without virtio's drivers has SATA disks. */
static void choose_bus(Init *init)
{
  for (char **value = init->changes.values[CHANGE_DISK]; value && *value && !has_virtio_disk(init); value++) {
    char *word = strstr(*value, ",bus=") ? g_strdup(*value) : g_strconcat(*value, ",bus=sata", NULL);

    g_free(*value);
    *value = word;
  }
}

static char *change_text(Init *init, const char *text, Report *report, GError **error)
{
  g_autofree char *directory = g_get_current_dir();
  g_autoptr(XmlDocument) document =
      xml_document_load_bytes(text, strlen(text), "the document", directory, error);

  choose_bus(init);
  if (!document || !changes_apply(&init->changes, document, report, error))
    return NULL;
  return xml_document_text(document);
}

/* ---- The command ---- */

static gboolean write_file(const char *path, const char *text, GError **error)
{
  gsize length = strlen(text);
  autofd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  ssize_t written;

  if (fd < 0 && errno == EEXIST)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                     "--output: '%s' is there already, and is left as it is", path);
  if (fd < 0)
    return error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot make '%s': %s", path, g_strerror(errno));
  for (gsize done = 0; done < length; done += (gsize)written) {
    written = write(fd, text + done, length - done);
    if (written < 0 && errno == EINTR)
      written = 0;
    if (written < 0) {
      error_set(error, DOMRUN_ERROR_HOST, NULL, NULL, "cannot write '%s': %s", path, g_strerror(errno));
      unlink(path);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean parse(Init *init, int argc, char **argv, GError **error)
{
  char ***values = init->changes.values;
  const GOptionEntry entries[] = {
    { "os", 0, 0, G_OPTION_ARG_STRING, &init->os,
      "for an operating system of osinfo-db, by its short id (debian12)", "ID" },
    { "memory", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_MEMORY],
      "its memory (2G, or what the OS wants)", "SIZE" },
    { "vcpus", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_VCPUS], "its CPUs (2)", "NUMBER" },
    { "disk", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &values[CHANGE_DISK],
      "its disk, as 'run' has it (NAME.qcow2)", "FILE" },
    { "cdrom", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &values[CHANGE_CDROM], "a CD, to install from", "FILE" },
    { "network", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_NETWORK],
      "what its interface is connected to (user)", "user|none|bridge:BRIDGE" },
    { "forward", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_FORWARD],
      "lead a port of this host to one of the guest's", "[tcp:|udp:][ADDRESS:]PORT:PORT" },
    { "graphics", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_GRAPHICS], "how its display is shown (vnc)",
      "vnc|spice|sdl|none" },
    { "firmware", 0, 0, G_OPTION_ARG_STRING, &init->firmware, "what boots it", "bios|efi" },
    { "type", 0, 0, G_OPTION_ARG_STRING, &init->type, "run it with KVM, or without (as this host can)",
      "kvm|qemu" },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &init->arch, "its CPU's architecture (this host's)",
      "x86_64|aarch64" },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_SET], "change anything else of the document",
      "XPATH=VALUE" },
    { "unset", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_UNSET], "take out what XPATH names", "XPATH" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &init->output, "write it to FILE, which must not be there yet",
      "FILE" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(GOptionContext) context = g_option_context_new("NAME");

  g_option_context_set_summary(context, "Prints a document to begin with, for a guest of that name.");
  g_option_context_add_main_entries(context, entries, NULL);
  if (!options_parse(context, &argc, &argv, error))
    return FALSE;
  if (argc != 2 || !*argv[1]) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "expected one NAME, got %d", argc - 1);
    return error_add_hint(error, "'domrun init web > web.xml' makes a document for a guest 'web'");
  }
  init->name = argv[1];
  return g_utf8_validate(init->name, -1, NULL) ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "the name is not UTF-8");
}

static gboolean check_graphics(const Init *init, GError **error)
{
  static const char *const known[] = { "vnc", "spice", "sdl", "none", NULL };
  char *const *values = init->changes.values[CHANGE_GRAPHICS];

  for (; values && *values; values++) {
    if (!check_word("graphics", *values, known, error))
      return FALSE;
  }
  return TRUE;
}

int init_command(int argc, char **argv)
{
  g_auto(Init) init = { 0 };
  g_autoptr(Report) report = report_new();
  g_autofree char *text = NULL, *changed = NULL;
  GError *error = NULL;

  if (parse(&init, argc, argv, &error) && check_graphics(&init, &error) && complete(&init, &error)) {
    text = make_text(&init);
    changed = change_text(&init, text, report, &error);
  }
  if (!changed)
    return report_usage_error(error);
  report_print(report, stderr);
  if (init.output)
    return write_file(init.output, changed, &error) ? EXIT_CODE_OK : report_usage_error(error);
  fputs(changed, stdout);
  return EXIT_CODE_OK;
}
