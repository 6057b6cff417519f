/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <tpm>: a Trusted Platform Module, the host's own or one that swtpm(8) emulates.
 * https://libvirt.org/formatdomain.html#tpm-device; QEMU's documentation, docs/specs/tpm.
 */
#pragma once

#include "base/enum.h"
#include "devices/chardev/source.h"
#include "domain/device.h"
#include "domain/secrets.h"

typedef enum {
  TPM_MODEL_DEFAULT, /* TIS, once completed */
  TPM_TIS,
  TPM_CRB,
  TPM_SPAPR,
  TPM_SPAPR_PROXY,
  TPM_MODEL_LAST,
} TpmModel;

typedef enum {
  TPM_PASSTHROUGH,
  TPM_EMULATOR,
  TPM_EXTERNAL, /* an emulator that somebody else has started */
  TPM_BACKEND_LAST,
} TpmBackend;

typedef enum {
  TPM_VERSION_DEFAULT, /* one of the others, once completed */
  TPM_VERSION_1_2,
  TPM_VERSION_2_0,
  TPM_VERSION_LAST,
} TpmVersion;

typedef enum {
  TPM_SOURCE_DEFAULT,
  TPM_SOURCE_DIR,
  TPM_SOURCE_FILE,
  TPM_SOURCE_UNIX, /* EXTERNAL, and there alone */
  TPM_SOURCE_LAST,
} TpmSourceType;

typedef enum {
  TPM_PROFILE_FILTER_NONE,
  TPM_PROFILE_FILTER_CHECK,
  TPM_PROFILE_FILTER_FIPS_HOST,
  TPM_PROFILE_FILTER_LAST,
} TpmProfileFilter;

extern const EnumTable tpm_model_table;
extern const EnumTable tpm_backend_table;
extern const EnumTable tpm_version_table;
extern const EnumTable tpm_source_table;
extern const EnumTable tpm_profile_filter_table;

/* Strings belong to the document. */
typedef struct {
  Device device;
  ChardevSource source; /* EXTERNAL */
  TpmModel model;
  TpmBackend backend;
  Place backend_place;
  const char *path;        /* PASSTHROUGH: the host's device, absolute */
  const char *cancel_path; /* PASSTHROUGH: what ends a command that it is at */
  Place path_place;        /* of that, or of <source> */
  TpmVersion version;      /* EMULATOR, as all that follows */
  int is_persistent;       /* of `persistent_state`; -1: it is not given */
  TpmSourceType source_type;
  Secret secret;
  PlanTpm plan;        /* @path: as the document has it, or completed */
  const char *command; /* by which one would start swtpm oneself */
  const char *socket;  /* on which it would listen then, absolute */
} Tpm;

extern const DeviceRoom tpm_room;

gboolean tpm_translate(const Domain *domain, const Device *device, Plan *plan, GError **error);
