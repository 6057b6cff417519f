/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/command.h"
#include "commands/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "change/interface.h"
#include "domain/cloud-init.h"
#include "domain/networks.h"
#include "domain/pools.h"
#include "domain/protection.h"
#include "domain/secrets.h"
#include "host/confinement.h"
#include "host/dmi.h"
#include "host/emulator.h"
#include "host/firmware.h"
#include "host/images.h"
#include "host/kvm.h"
#include "host/machine-id.h"
#include "host/networks.h"
#include "host/pools.h"
#include "host/scsi.h"
#include "host/secrets.h"
#include "host/state-dir.h"
#include "machine/machine.h"

void document_command_clear(DocumentCommand *command)
{
  plan_free(command->plan);
  machine_free(command->domain);
  xml_document_free(command->document);
  report_free(command->report);
  g_free(command->type);
  g_free(command->seed);
  g_free(command->emulator);
  g_free(command->machine);
  for (guint i = 0; i < CHANGE_LAST; i++)
    g_strfreev(command->changes.values[i]);
  g_strfreev(command->pools);
  g_strfreev(command->secrets);
  g_free(command->certificates);
  domain_cloud_init_free(command->cloud_init);
  g_free(command->state_directory);
  g_free(command->user);
  account_free(command->account);
  g_strfreev(command->words);
  g_free(command->directory);
  g_free(command->text);
  g_strfreev(command->ignored);
  g_strfreev(command->unconfined);
}

/* Output that did not reach its file, on a full disk say, is no success. */
static int flush_output(int exit_code)
{
  GError *error = NULL;

  if (fflush(stdout) == 0 && !ferror(stdout))
    return exit_code;
  error_set(&error, DOMRUN_ERROR_INTERNAL, NULL, NULL, "cannot write to standard output: %s",
            g_strerror(errno));
  return report_usage_error(error);
}

int command_leave(int exit_code)
{
  exit_code = flush_output(exit_code);
#ifndef WITH_SANITIZERS
  _exit(exit_code);
#endif
  return exit_code;
}

/* Of the changes for one run, those of CDs and cloud-init. */
static void add_media(GOptionContext *context, char ***values)
{
  const GOptionEntry entries[] = {
    { "cdrom", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &values[CHANGE_CDROM],
      "put a CD into a drive, added where there is none, and boot from it where no disk boots; may be "
      "repeated",
      "FILE" },
    { "cloud-init", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &values[CHANGE_CLOUD_INIT],
      "give the guest's cloud-init what DIR has: user-data, meta-data, network-config, vendor-data", "DIR" },
    { "hostname", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_HOSTNAME],
      "let cloud-init in the guest give it this name", "NAME" },
    { "ssh-key", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &values[CHANGE_SSH_KEY],
      "let cloud-init in the guest admit the holder of this public key; may be repeated", "FILE" },
    G_OPTION_ENTRY_NULL,
  };

  g_option_context_add_main_entries(context, entries, NULL);
}

gboolean document_command_parse_options(DocumentCommand *command, const GOptionEntry *entries,
                                        const char *summary, int argc, char **argv, char **ret_path,
                                        GError **error)
{
  char ***values = command->changes.values;
  const GOptionEntry shared[] = {
    { "type", 0, 0, G_OPTION_ARG_STRING, &command->type, "run as this type whatever the document says",
      "qemu|kvm" },
    { "emulator", 0, 0, G_OPTION_ARG_FILENAME, &command->emulator,
      "run with this QEMU whatever the document says", "PATH" },
    { "machine", 0, 0, G_OPTION_ARG_STRING, &command->machine,
      "run on this machine of QEMU's whatever the document says", "NAME" },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_SET],
      "change the document for this run: give what XPATH names the value; may be repeated, as the next",
      "XPATH=VALUE" },
    { "unset", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_UNSET], "take out what XPATH names", "XPATH" },
    { "memory", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_MEMORY], "run with that much memory",
      "SIZE" },
    { "vcpus", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_VCPUS], "run with so many CPUs", "NUMBER" },
    { "disk", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &values[CHANGE_DISK],
      "add a disk, with format=FORMAT, bus=BUS, target=NAME, serial=TEXT, cache=MODE or readonly; may be "
      "repeated",
      "FILE" },
    { "graphics", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_GRAPHICS],
      "how the guest's displays are shown; vnc, sdl and none run without SPICE", "vnc|spice|sdl|none" },
    { "strict", 0, 0, G_OPTION_ARG_NONE, &command->is_strict, "refuse what domrun does not know", NULL },
    { "ignore", 0, 0, G_OPTION_ARG_STRING_ARRAY, &command->ignored,
      "run without what the document has for protection: filterref, lease, port, seclabel, secure-boot, vlan",
      "NAME[,NAME]" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &command->is_quiet, "leave warnings out", NULL },
    { "seed", 0, 0, G_OPTION_ARG_STRING, &command->seed,
      "make generated values (uuid, mac) from the guest's name and TEXT, and not this host's id", "TEXT" },
    { "random", 0, 0, G_OPTION_ARG_NONE, &command->is_random, "draw generated values by chance", NULL },
    { "network", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_NETWORK],
      "what all network interfaces are connected to, or those of the virtual network NAME of the document; "
      "may be repeated",
      "[NAME=]bridge:BRIDGE|user" },
    { "forward", 0, 0, G_OPTION_ARG_STRING_ARRAY, &values[CHANGE_FORWARD],
      "lead a port of this host to one of the guest's: of 127.0.0.1, where no ADDRESS is given; may be "
      "repeated",
      "[tcp:|udp:][ADDRESS:]PORT:PORT" },
    { "pool", 0, 0, G_OPTION_ARG_STRING_ARRAY, &command->pools,
      "where the volumes of a storage pool of the document are; may be repeated", "NAME=DIR" },
    { "secret", 0, 0, G_OPTION_ARG_STRING_ARRAY, &command->secrets,
      "where a secret of the document is, by its uuid or usage; may be repeated", "NAME=FILE|fd:NUMBER" },
    { "certificates", 0, 0, G_OPTION_ARG_FILENAME, &command->certificates,
      "the directory of this host's certificates for TLS (/etc/pki/qemu)", "DIR" },
    { "no-sandbox", 0, 0, G_OPTION_ARG_STRING_ARRAY, &command->unconfined,
      "leave a part of QEMU's sandbox out: files, tcp, signals, calls, limits, or all", "PART[,PART]" },
    { "reset-nvram", 0, 0, G_OPTION_ARG_NONE, &command->is_reset_nvram,
      "make the firmware's variables anew from their template", NULL },
    { "fast-boot", 0, 0, G_OPTION_ARG_NONE, &command->is_fast_boot,
      "have the BIOS not wait 0.1 s for USB devices that come late", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr(GOptionContext) context = NULL;

  if (argc == 2 && argv[1][0] != '-') { /* as most are: no option is looked up for nothing */
    *ret_path = argv[1];
    return TRUE;
  }
  context = g_option_context_new("FILE");
  g_option_context_set_summary(context, summary);
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_add_main_entries(context, shared, NULL);
  add_media(context, values);
  if (!options_parse(context, &argc, &argv, error))
    return FALSE;
  if (argc == 3 &&
      g_str_equal(argv[1], "--")) /* GOption leaves it where a file name follows that begins with a dash */
    argv++, argc--;
  if (argc != 2) {
    error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "expected one FILE, got %d", argc - 1);
    return error_add_hint(error, "%s --help tells how it is used", g_get_prgname());
  }
  if (command->seed && command->is_random)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--seed and --random exclude each other");
  *ret_path = argv[1];
  return TRUE;
}

/* Who knows virsh gives the name of a guest. */
static void add_file_hint(const char *path, GError **error)
{
  g_autofree char *file = g_strconcat(path, ".xml", NULL);

  if (g_str_equal(path, "-") || g_file_test(path, G_FILE_TEST_EXISTS))
    return;
  if (g_file_test(file, G_FILE_TEST_EXISTS))
    error_add_hint(error, "did you mean '%s'?", file);
  else
    error_add_hint(error, "what is expected is the file of a guest's domain XML");
}

static gboolean parse_type(const DocumentCommand *command, DomainOptions *options, GError **error)
{
  if (!command->type || enum_from_string(&domain_type_table, command->type, &options->type))
    return TRUE;
  error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--type: unknown value '%s' (known: qemu, kvm)",
            command->type);
  return FALSE;
}

static gboolean leave_out(DocumentCommand *command, const char *name, GError **error)
{
  int part;

  if (g_str_equal(name, "all")) {
    command->confinement = 0;
    return TRUE;
  }
  if (!enum_from_string(&confinement_part_table, name, &part)) {
    g_autofree char *known = enum_known(&confinement_part_table);

    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                     "--no-sandbox: unknown part '%s' (known: %s, all)", name, known);
  }
  command->confinement &= ~(1u << part);
  return TRUE;
}

static gboolean parse_unconfined(DocumentCommand *command, DomainOptions *options, GError **error)
{
  command->confinement = CONFINEMENT_ALL;
  for (char *const *text = command->unconfined; text && *text; text++) {
    g_auto(GStrv) names = g_strsplit(*text, ",", -1);

    for (char **name = names; *name; name++) {
      if (!leave_out(command, *name, error))
        return FALSE;
    }
  }
  options->is_without_seccomp = !(command->confinement & 1u << CONFINEMENT_CALLS);
  return TRUE;
}

/* The last of options that count once is kept. */
static void keep_last(char **values)
{
  guint n = values ? g_strv_length(values) : 0;

  for (guint i = 0; i + 1 < n; i++)
    g_free(values[i]);
  if (n > 1) {
    values[0] = values[n - 1];
    values[1] = NULL;
  }
}

static gboolean parse_graphics(const DocumentCommand *command, DomainOptions *options, GError **error)
{
  static const char *const known[] = { "vnc", "spice", "sdl", "none", NULL };
  char *const *values = command->changes.values[CHANGE_GRAPHICS];

  if (!values)
    return TRUE;
  options->is_without_spice = !g_str_equal(values[0], "spice");
  return g_strv_contains(known, values[0]) ||
         error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                   "--graphics: unknown value '%s' (known: vnc, spice, sdl, none)", values[0]);
}

static gboolean parse_changes(DocumentCommand *command, DomainOptions *options, GError **error)
{
  static const ChangeKind once[] = { CHANGE_GRAPHICS, CHANGE_MEMORY, CHANGE_VCPUS, CHANGE_CLOUD_INIT,
                                     CHANGE_HOSTNAME };

  for (gsize i = 0; i < G_N_ELEMENTS(once); i++)
    keep_last(command->changes.values[once[i]]);
  command->changes.machine = command->machine;
  if (!command->record) /* else they are in the document */
    options->changes = &command->changes;
  return parse_graphics(command, options, error);
}

static gboolean parse_ignored(const DocumentCommand *command, DomainOptions *options, GError **error)
{
  for (char *const *text = command->ignored; text && *text; text++) {
    if (!protection_parse_ignored(*text, &options->ignored, error))
      return FALSE;
  }
  return TRUE;
}

/* One with a slash is relative to the user's directory. */
static gboolean parse_emulator(DocumentCommand *command, DomainOptions *options, GError **error)
{
  if (command->emulator && !*command->emulator)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL, "--emulator: the name of the program is empty");
  if (command->emulator && strchr(command->emulator, '/')) {
    char *path = g_canonicalize_filename(command->emulator, /* relative_to= */ NULL);

    g_free(command->emulator);
    command->emulator = path;
  }
  options->emulator = command->emulator;
  options->machine = command->machine;
  return TRUE;
}

static const char *first_of(char *const *values)
{
  return values ? values[0] : NULL;
}

/* What the change to the document leaves to be known. */
static gboolean parse_cloud_init(DocumentCommand *command, DomainOptions *options, GError **error)
{
  char *const *keys = command->changes.values[CHANGE_SSH_KEY];
  const char *directory = first_of(command->changes.values[CHANGE_CLOUD_INIT]);
  const char *hostname = first_of(command->changes.values[CHANGE_HOSTNAME]);

  if (!directory && !hostname && !keys)
    return TRUE;
  command->cloud_init = domain_cloud_init_new(directory, hostname, keys, error);
  if (!command->cloud_init)
    return FALSE;
  command->cloud_init->alias = CHANGE_CLOUD_INIT_ALIAS;
  options->cloud_init = command->cloud_init;
  return TRUE;
}

static GPtrArray *parse_networks(char *const *texts, GError **error)
{
  g_autoptr(GPtrArray) networks = g_ptr_array_new_with_free_func((GDestroyNotify)domain_network_free);

  for (; texts && *texts; texts++) {
    DomainNetwork *network = NULL;

    if (change_is_for_all_networks(*texts))
      continue;
    network = domain_network_new(*texts, error);
    if (!network)
      return NULL;
    g_ptr_array_add(networks, network);
  }
  return g_steal_pointer(&networks);
}

static GPtrArray *parse_pools(char *const *texts, GError **error)
{
  g_autoptr(GPtrArray) pools = g_ptr_array_new_with_free_func((GDestroyNotify)domain_pool_free);

  for (; texts && *texts; texts++) {
    DomainPool *pool = domain_pool_new(*texts, error);

    if (!pool)
      return NULL;
    g_ptr_array_add(pools, pool);
  }
  return g_steal_pointer(&pools);
}

static gboolean parse_certificates(DocumentCommand *command, DomainOptions *options, GError **error)
{
  char *path;

  if (!command->certificates)
    return TRUE;
  if (!*command->certificates)
    return error_set(error, DOMRUN_ERROR_USAGE, NULL, NULL,
                     "--certificates: the name of the directory is empty");
  path = g_canonicalize_filename(command->certificates, /* relative_to= */ NULL);
  g_free(command->certificates);
  options->certificates = command->certificates = path;
  return TRUE;
}

/* A descriptor is read once, and a dry run leaves it to whoever carries its line out. */
static gboolean read_secret(const DocumentCommand *command, DomainSecret *secret, GError **error)
{
  if (secret->fd < 0)
    return TRUE;
  if (command->record) { /* that of another process */
    secret->path = g_strdup_printf("fd:%d", secret->fd);
    secret->fd = -1;
    return TRUE;
  }
  secret->text = secrets_read(secret->fd, error);
  return secret->text != NULL;
}

static GPtrArray *parse_secrets(const DocumentCommand *command, gboolean is_dry_run, GError **error)
{
  char *const *texts = command->secrets;
  g_autoptr(GPtrArray) secrets = g_ptr_array_new_with_free_func((GDestroyNotify)domain_secret_free);

  for (; texts && *texts; texts++) {
    DomainSecret *secret = domain_secret_new(*texts, error);

    if (!secret)
      return NULL;
    g_ptr_array_add(secrets, secret);
    if (!is_dry_run && !read_secret(command, secret, error))
      return NULL;
  }
  return g_steal_pointer(&secrets);
}

/* The host's time; in a dry run SOURCE_DATE_EPOCH may say another, as it does to other programs whose output
 * is to be the same each time: https://reproducible-builds.org/specs/source-date-epoch/ */
static gint64 get_now(gboolean is_dry_run)
{
  const char *epoch = is_dry_run ? g_getenv("SOURCE_DATE_EPOCH") : NULL;
  gint64 now;

  if (epoch && g_ascii_string_to_signed(epoch, 10, 0, G_MAXINT32, &now, NULL))
    return now;
  return g_get_real_time() / G_USEC_PER_SEC;
}

/* *@ret_seed becomes NULL for chance. On a host without an id guests of one name are the same as elsewhere;
 * where it is only not to be read, they would be others than before. */
static gboolean make_seed(const DocumentCommand *command, char **ret_seed, GError **error)
{
  g_autofree char *host = NULL;

  *ret_seed = NULL;
  if (command->is_random)
    return TRUE;
  if (command->seed) {
    *ret_seed = *command->seed ? g_strconcat("seed ", command->seed, NULL) : g_strdup("");
    return TRUE;
  }
  if (!machine_id_derive(MACHINE_ID_FILE, &host, error))
    return error_add_hint(error, "uuid and MAC addresses are made from it; --seed=TEXT makes them from TEXT");
  *ret_seed = host ? g_strconcat("host ", host, NULL) : g_strdup("");
  return TRUE;
}

static XmlDocument *load_document(const DocumentCommand *command, const char *path, GError **error)
{
  if (!command->text)
    return xml_document_load(path, error);
  return xml_document_load_bytes(command->text, strlen(command->text), command->text_name, command->text_base,
                                 error);
}

gboolean document_command_load(DocumentCommand *command, const char *path, gboolean is_dry_run)
{
  g_autofree char *seed = NULL;
  DomainOptions options = DOMAIN_OPTIONS_INIT;
  g_autoptr(GPtrArray) networks = NULL;
  g_autoptr(GPtrArray) secrets = NULL;
  g_autoptr(GPtrArray) pools = NULL;
  GError *error = NULL;

  command->report = report_new();
  if (command->is_quiet)
    report_leave_out_warnings(command->report);
  options.is_strict = command->is_strict;
  options.has_advice = command->has_advice;
  options.open_network = networks_open;
  options.find_pool = pools_find_directory;
  options.find_secret = secrets_find;
  options.has_file = images_can_read;
  options.has_device = command->is_of_any_host ? NULL : images_can_read;
  options.has_vhost_net = networks_have_vhost();
  options.read_cpu_host = kvm_read_cpu;
  options.read_dmi = dmi_read;
  options.find_scsi = command->is_of_any_host ? NULL : scsi_find;
  options.find_firmware = firmware_find;
  options.find_template = firmware_find_template;
  options.state_directory = command->state_directory = state_dir_path();
  options.is_reset_nvram = command->is_reset_nvram;
  options.is_fast_boot = command->is_fast_boot;
  options.now = get_now(is_dry_run);
  if (make_seed(command, &seed, &error) && parse_type(command, &options, &error) &&
      parse_changes(command, &options, &error) && parse_ignored(command, &options, &error) &&
      parse_unconfined(command, &options, &error) && parse_emulator(command, &options, &error) &&
      parse_certificates(command, &options, &error) && parse_cloud_init(command, &options, &error))
    networks = parse_networks(command->changes.values[CHANGE_NETWORK], &error);
  if (networks)
    pools = parse_pools(command->pools, &error);
  if (pools)
    secrets = parse_secrets(command, is_dry_run, &error);
  options.seed = seed;
  options.networks = networks;
  options.pools = pools;
  options.secrets = secrets;
  if (secrets)
    command->document = load_document(command, path, &error);
  if (!command->document) {
    if (networks)
      add_file_hint(path, &error);
    report_error(command->report, error);
    return FALSE;
  }
  command->domain = machine_parse(command->document, &options, command->report);
  if (command->domain)
    command->plan = machine_translate(command->domain, command->report);
  if (command->plan)
    emulator_resolve(command->plan, command->report);
  return command->plan != NULL;
}
