/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <launchSecurity>: memory that the host itself cannot read, by AMD's SEV and SEV-SNP, Intel's TDX and IBM's
 * Secure Execution; and <keywrap>.
 * https://libvirt.org/formatdomain.html#launch-security; sev-snp: format 10.5, tdx is newer. QEMU's
 * documentation, "Confidential Guest Support", and the properties of -object sev-guest, sev-snp-guest (9.1)
 * and tdx-guest (10.1).
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "domain/feature-state.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  LAUNCH_SECURITY_NONE,
  LAUNCH_SECURITY_SEV,
  LAUNCH_SECURITY_SEV_SNP,
  LAUNCH_SECURITY_TDX,
  LAUNCH_SECURITY_S390_PV,
  LAUNCH_SECURITY_LAST,
} LaunchSecurityType;

extern const EnumTable launch_security_type_table;

/* What the document gives as text, and the processor or its firmware reads. */
typedef enum {
  LAUNCH_TEXT_DH_CERT,     /* SEV: the key of the guest's owner, in base64, as all but the last three */
  LAUNCH_TEXT_SESSION,     /* SEV */
  LAUNCH_TEXT_WORKAROUNDS, /* SNP, as the next three */
  LAUNCH_TEXT_ID_BLOCK,
  LAUNCH_TEXT_ID_AUTH,
  LAUNCH_TEXT_HOST_DATA,
  LAUNCH_TEXT_MR_CONFIG_ID, /* TDX, as the next two: 48 bytes that are measured */
  LAUNCH_TEXT_MR_OWNER,
  LAUNCH_TEXT_MR_OWNER_CONFIG,
  LAUNCH_TEXT_LAST,
} LaunchText;

typedef struct LaunchSecurity {
  LaunchSecurityType type;
  Place place;
  gboolean has_policy;
  guint64 policy;
  guint32 c_bit;              /* SEV, SNP: the bit of an address by which a page is encrypted */
  guint32 reduced_bits;       /* SEV, SNP: of physical addresses, that this takes */
  FeatureState kernel_hashes; /* SEV, SNP: the kernel that QEMU loads is measured */
  FeatureState author_key;    /* SNP */
  FeatureState vcek;          /* SNP: the processor's own key may sign */
  const char *texts[LAUNCH_TEXT_LAST];
  Place text_places[LAUNCH_TEXT_LAST];
  const char *quote_socket; /* TDX: of the host's service that signs quotes; absolute, or NULL */
  Place quote_place;
  FeatureState aes_wrap, dea_wrap; /* <keywrap> of s390: keys that only this guest can use */
  Place wrap_place;
} LaunchSecurity;

gboolean launch_security_parse(struct _xmlNode *root, LaunchSecurity *ret_security, GError **error);

/* Warns of key wrapping that the machine does not have. */
gboolean launch_security_validate(const Domain *domain, GError **error);

/* What the part has to say of -machine, and the object that this names. */
void launch_security_translate_machine(const Domain *domain, Props *machine);
void launch_security_translate(const LaunchSecurity *security, Plan *plan);
