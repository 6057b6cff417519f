/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/tpm.h"

#include <string.h>

#include "base/quote.h"
#include "devices/chardev/chardev.h"
#include "domain/chipset.h"
#include "domain/devices.h"
#include "domain/metadata.h"
#include "domain/os.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(tpm_model_table, TPM_MODEL_LAST, [TPM_TIS] = "tpm-tis", [TPM_CRB] = "tpm-crb",
           [TPM_SPAPR] = "tpm-spapr", [TPM_SPAPR_PROXY] = "spapr-tpm-proxy");
ENUM_TABLE(tpm_backend_table, TPM_BACKEND_LAST, [TPM_PASSTHROUGH] = "passthrough",
           [TPM_EMULATOR] = "emulator", [TPM_EXTERNAL] = "external");
ENUM_TABLE(tpm_version_table, TPM_VERSION_LAST, [TPM_VERSION_1_2] = "1.2", [TPM_VERSION_2_0] = "2.0");
ENUM_TABLE(tpm_source_table,
           TPM_SOURCE_LAST, [TPM_SOURCE_DIR] = "dir", [TPM_SOURCE_FILE] = "file", [TPM_SOURCE_UNIX] = "unix");
ENUM_TABLE(tpm_profile_filter_table, TPM_PROFILE_FILTER_LAST, [TPM_PROFILE_FILTER_CHECK] = "check",
           [TPM_PROFILE_FILTER_FIPS_HOST] = "fips-host");

static const char usual_device[] = "/dev/tpm0";

/* ---- The back ends ---- */

static gboolean parse_passthrough(xmlNode *backend, Tpm *tpm, GError **error)
{
  xmlNode *device = NULL;

  tpm->path = usual_device;
  if (!xml_child(backend, "device", &device, error))
    return FALSE;
  if (device)
    tpm->path_place = xml_place(device);
  return !device || xml_attribute_path(device, "path", &tpm->path, error);
}

static gboolean parse_external(xmlNode *backend, Tpm *tpm, GError **error)
{
  xmlNode *source = NULL;
  int mode = CHARDEV_CONNECT, type = TPM_SOURCE_DEFAULT;

  if (!xml_child_required(backend, "source", &source, error) ||
      !xml_attribute_enum_required(source, "type", &tpm_source_table, &type, error) ||
      !xml_attribute_enum(source, "mode", &chardev_mode_table, &mode, error))
    return FALSE;
  if (type != TPM_SOURCE_UNIX)
    return xml_error(error, source, "type", "an external emulator is reached by a socket (allowed: unix)");
  if (mode != CHARDEV_CONNECT)
    return xml_error(error, source, "mode", "the emulator is who listens (allowed: connect)");
  tpm->source = (ChardevSource){ .type = CHARDEV_UNIX, .mode = CHARDEV_CONNECT, .place = xml_place(source) };
  return chardev_source_parse_socket(source, "path", &tpm->source.path, error);
}

static gboolean parse_source(xmlNode *backend, Tpm *tpm, GError **error)
{
  xmlNode *source = NULL;

  if (!xml_child(backend, "source", &source, error))
    return FALSE;
  if (!source)
    return TRUE;
  tpm->path_place = xml_place(source);
  if (!xml_attribute_enum_required(source, "type", &tpm_source_table, XML_ENUM(&tpm->source_type), error))
    return FALSE;
  if (tpm->source_type == TPM_SOURCE_UNIX)
    return xml_error(error, source, "type",
                     "here it is where the TPM's state is kept (allowed: dir, file); an emulator that runs "
                     "already is a back end of type 'external'");
  if (!xml_has_attribute(source, "path"))
    return xml_error(error, source, "path", "is missing");
  return xml_attribute_path(source, "path", &tpm->plan.path, error);
}

static gboolean parse_encryption(xmlNode *backend, Tpm *tpm, GError **error)
{
  xmlNode *encryption = NULL;

  if (!xml_child(backend, "encryption", &encryption, error))
    return FALSE;
  if (!encryption)
    return TRUE;
  tpm->plan.is_encrypted = TRUE;
  tpm->secret.type = SECRET_TYPE_PASSPHRASE;
  tpm->secret.place = xml_place(encryption);
  if (!xml_attribute_required(encryption, "secret", &tpm->secret.uuid, error))
    return FALSE;
  return g_uuid_string_is_valid(tpm->secret.uuid) ||
         xml_error(error, encryption, "secret", "'%s' is not a uuid", tpm->secret.uuid);
}

/* Each at most once, in the order in which swtpm_setup itself has them. */
static gboolean parse_banks(xmlNode *backend, Tpm *tpm, GError **error)
{
  static const char *const names[] = { "sha1", "sha256", "sha384", "sha512" };
  g_autoptr(GString) banks = g_string_new(NULL);
  xmlNode *node = NULL;

  if (!xml_child(backend, "active_pcr_banks", &node, error))
    return FALSE;
  for (gsize i = 0; node && i < G_N_ELEMENTS(names); i++) {
    xmlNode *bank = NULL;

    if (!xml_child(node, names[i], &bank, error))
      return FALSE;
    if (bank)
      g_string_append_printf(banks, "%s%s", banks->len > 0 ? "," : "", names[i]);
  }
  if (banks->len > 0)
    tpm->plan.banks = xml_document_keep(xml_document_of(backend), banks->str);
  return TRUE;
}

/* `name` is what swtpm called it in a guest that ran. */
static gboolean parse_profile(xmlNode *backend, Tpm *tpm, GError **error)
{
  TpmProfileFilter filter = TPM_PROFILE_FILTER_NONE;
  xmlNode *profile = NULL;

  if (!xml_child(backend, "profile", &profile, error))
    return FALSE;
  if (!profile)
    return TRUE;
  xml_attribute(profile, "name");
  if (!xml_attribute_required(profile, "source", &tpm->plan.profile, error) ||
      !xml_attribute_enum(profile, "removeDisabled", &tpm_profile_filter_table, XML_ENUM(&filter), error))
    return FALSE;
  if (strpbrk(tpm->plan.profile, "/,") || tpm->plan.profile[0] == '-')
    return xml_error(error, profile, "source", "'%s' is no name of a profile", tpm->plan.profile);
  tpm->plan.profile_filter = enum_to_string(&tpm_profile_filter_table, (int)filter);
  return TRUE;
}

static gboolean parse_emulator(xmlNode *backend, Tpm *tpm, GError **error)
{
  gboolean is_persistent = FALSE;

  if (!xml_attribute_enum(backend, "version", &tpm_version_table, XML_ENUM(&tpm->version), error) ||
      !xml_attribute_yes_no(backend, "persistent_state", &is_persistent, error) ||
      !xml_attribute_uint32(backend, "debug", 1, G_MAXINT32, &tpm->plan.debug, error))
    return FALSE;
  tpm->is_persistent = xml_has_attribute(backend, "persistent_state") ? is_persistent : -1;
  return parse_source(backend, tpm, error) && parse_encryption(backend, tpm, error) &&
         parse_banks(backend, tpm, error) && parse_profile(backend, tpm, error);
}

static gboolean parse_backend(xmlNode *node, Tpm *tpm, GError **error)
{
  xmlNode *backend;

  if (!xml_child_required(node, "backend", &backend, error))
    return FALSE;
  tpm->backend_place = tpm->path_place = xml_place(backend);
  if (!xml_attribute_enum_required(backend, "type", &tpm_backend_table, XML_ENUM(&tpm->backend), error))
    return FALSE;
  switch (tpm->backend) {
  case TPM_PASSTHROUGH:
    return parse_passthrough(backend, tpm, error);
  case TPM_EXTERNAL:
    return parse_external(backend, tpm, error);
  case TPM_EMULATOR:
  case TPM_BACKEND_LAST:
    break;
  }
  return parse_emulator(backend, tpm, error);
}

static gboolean tpm_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_SPAPR_VIO, ADDRESS_NONE };
  Tpm *tpm = (Tpm *)device;

  return xml_attribute_enum(node, "model", &tpm_model_table, XML_ENUM(&tpm->model), error) &&
         parse_backend(node, tpm, error) && device_parse_alias(node, device, error) &&
         address_parse(node, allowed, &device->address, error);
}

/* ---- What follows ---- */

/* What the kernel has for chips of version 1.2 alone: without it a command is not cut short. */
static void complete_passthrough(const Domain *domain, Tpm *tpm)
{
  g_autofree char *name = g_path_get_basename(tpm->path);
  const char *path = xml_document_keep_format(domain->document, "/sys/class/tpm/%s/device/cancel", name);

  tpm->cancel_path = domain->options->has_device && domain->options->has_device(path) ? path : "/dev/null";
}

static void describe_start(const Domain *domain, Tpm *tpm)
{
  const PlanTpm *plan = &tpm->plan;
  const char *directory = xml_document_keep_format(
      domain->document, "%s/tpm/%s", domain->options->state_directory ? domain->options->state_directory : "",
      domain->metadata->uuid);
  const char *state =
      plan->is_file
          ? xml_document_keep_format(domain->document, "backend-uri=file://%s", plan->path)
          : xml_document_keep_format(domain->document, "dir=%s", plan->path ? plan->path : directory);
  g_autofree char *control = NULL, *quoted = quote_for_shell(state);

  tpm->socket = xml_document_keep_format(domain->document, "%s/swtpm.sock",
                                         plan->path && !plan->is_file ? plan->path : directory);
  control = quote_for_shell(tpm->socket);
  tpm->command = xml_document_keep_format(
      domain->document,
      "swtpm has to listen there before, as with: swtpm socket%s --tpmstate %s --ctrl "
      "type=unixio,path=%s%s --terminate%s",
      plan->is_tpm2 ? " --tpm2" : "", quoted, control,
      plan->is_encrypted ? " --key pwdfd=0,mode=aes-256-cbc" : "",
      plan->is_encrypted ? ", and the passphrase on its standard input" : "");
}

static void complete_emulator(Domain *domain, Tpm *tpm)
{
  PlanTpm *plan = &tpm->plan;

  /* libvirt's choice, which guests were installed with. */
  if (tpm->version == TPM_VERSION_DEFAULT)
    tpm->version =
        tpm->model == TPM_TIS && chipset_is_x86(chipset_of(domain)) ? TPM_VERSION_1_2 : TPM_VERSION_2_0;
  plan->is_tpm2 = tpm->version == TPM_VERSION_2_0;
  plan->is_file = tpm->source_type == TPM_SOURCE_FILE;
  plan->is_generated = !plan->path;
  if (plan->path && tpm->is_persistent == FALSE)
    report_warning(domain->report, &tpm->backend_place, "persistent_state", NULL,
                   "'no' has no effect: <source> says where the state is kept");
  if (!plan->path && tpm->is_persistent != FALSE)
    plan->path = xml_document_keep_format(
        domain->document, "%s/tpm/%s",
        domain->options->state_directory ? domain->options->state_directory : "", domain->metadata->uuid);
  if (plan->is_encrypted) {
    secret_complete(domain, &tpm->secret);
    plan->secret = tpm->secret.found;
  }
  describe_start(domain, tpm);
}

static gboolean tpm_complete(Domain *domain, Device *device, GError **error)
{
  Tpm *tpm = (Tpm *)device;

  device_set_alias(domain, device, "tpm%u", device->index);
  if (tpm->model == TPM_MODEL_DEFAULT)
    tpm->model = chipset_of(domain) == CHIPSET_PSERIES ? TPM_SPAPR : TPM_TIS;
  if (tpm->model == TPM_SPAPR)
    device->vio_base = VIO_BASE_TPM;
  if (tpm->backend == TPM_PASSTHROUGH)
    complete_passthrough(domain, tpm);
  else if (tpm->backend == TPM_EMULATOR)
    complete_emulator(domain, tpm);
  return TRUE;
}

/* ---- What cannot be ---- */

static gboolean validate_emulator(const Tpm *tpm, GError **error)
{
  const PlanTpm *plan = &tpm->plan;

  if (!plan->is_tpm2 && tpm->model == TPM_CRB)
    return error_set_document(
        error, &tpm->backend_place, "version",
        "a TPM 1.2 has no interface of model 'tpm-crb' (allowed: 2.0; or model 'tpm-tis')");
  if (!plan->is_tpm2 && plan->banks)
    return error_set_document(error, &tpm->backend_place, NULL,
                              "<active_pcr_banks> are those of a TPM of version '2.0'");
  if (!plan->is_tpm2 && plan->profile)
    return error_set_document(error, &tpm->backend_place, NULL,
                              "a <profile> is that of a TPM of version '2.0'");
  if (tpm->source_type != TPM_SOURCE_DEFAULT && strchr(plan->path, ','))
    return error_set_document(error, &tpm->path_place, "path", "swtpm takes no path with a comma");
  return TRUE;
}

static gboolean has_model(Chipset chipset, TpmModel model)
{
  switch (chipset) {
  case CHIPSET_PSERIES:
    return model == TPM_SPAPR || model == TPM_SPAPR_PROXY;
  case CHIPSET_VIRT:
    return model == TPM_TIS;
  case CHIPSET_CCW:
  case CHIPSET_VEXPRESS:
    return FALSE;
  case CHIPSET_I440FX:
  case CHIPSET_Q35:
  case CHIPSET_ISA:
  case CHIPSET_MICROVM:
    break;
  }
  return model == TPM_TIS || model == TPM_CRB;
}

static gboolean validate_model(const Domain *domain, const Tpm *tpm, GError **error)
{
  Chipset chipset = chipset_of(domain);
  const char *machine = domain->os->machine;
  g_autoptr(GString) allowed = g_string_new(NULL);

  if (has_model(chipset, tpm->model))
    return TRUE;
  for (int model = TPM_MODEL_DEFAULT + 1; model < TPM_MODEL_LAST; model++) {
    if (has_model(chipset, (TpmModel)model))
      g_string_append_printf(allowed, "%s%s", allowed->len > 0 ? ", " : "",
                             enum_to_string(&tpm_model_table, model));
  }
  if (allowed->len == 0)
    return error_set_document(error, &tpm->device.place, NULL, "machine '%s' has no TPM", machine);
  return error_set_document(error, &tpm->device.place, "model", "machine '%s' has no '%s' (allowed: %s)",
                            machine, enum_to_string(&tpm_model_table, (int)tpm->model), allowed->str);
}

/* A proxy is one beside it. */
static void claim_place(const Device *device, GPtrArray *claims)
{
  if (device->room == &tpm_room)
    g_ptr_array_add(claims, g_strdup(((const Tpm *)device)->model == TPM_SPAPR_PROXY ? "TPM proxy" : "TPM"));
}

static gboolean validate_alone(const Domain *domain, const Tpm *tpm, GError **error)
{
  const char *claim = tpm->model == TPM_SPAPR_PROXY ? "TPM proxy" : "TPM";
  const Device *first = device_first_claimant(domain, claim_place, claim);

  return first == &tpm->device ||
         error_set_document(error, &tpm->device.place, NULL, "a guest has one %s: that on line %d", claim,
                            first->place.line);
}

static gboolean tpm_validate(const Domain *domain, const Device *device, GError **error)
{
  const Tpm *tpm = (const Tpm *)device;

  if (!validate_model(domain, tpm, error) || !validate_alone(domain, tpm, error))
    return FALSE;
  if (tpm->model == TPM_SPAPR_PROXY && tpm->backend != TPM_PASSTHROUGH)
    return error_set_document(error, &tpm->backend_place, "type",
                              "'spapr-tpm-proxy' is the host's own TPM (allowed: passthrough)");
  if (tpm->model != TPM_SPAPR && device->address.type != ADDRESS_NONE)
    return error_set_document(error, &device->place, NULL,
                              "there is an <address>: a TPM is where the machine has it, and nowhere else");
  if (tpm->backend == TPM_EMULATOR && !validate_emulator(tpm, error))
    return FALSE;
  return tpm->backend != TPM_EXTERNAL || chardev_validate_source(domain, device, error);
}

static void tpm_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const Tpm *tpm = (const Tpm *)device;

  xml_set_attribute(node, "model", enum_to_string(&tpm_model_table, (int)tpm->model));
  if (tpm->backend == TPM_EMULATOR)
    xml_set_attribute(xml_set_child(node, "backend"), "version",
                      enum_to_string(&tpm_version_table, (int)tpm->version));
}

const DeviceRoom tpm_room = {
  .element = "tpm",
  .size = sizeof(Tpm),
  .has_source = TRUE,
  .parse = tpm_parse,
  .complete = tpm_complete,
  .validate = tpm_validate,
  .translate = tpm_translate,
  .annotate = tpm_annotate,
  .clear = device_clear_nothing,
};
