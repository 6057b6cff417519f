/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <secret>: a password or key that the document names, by uuid or by use, and does not have. Who has it is
 * said with --secret, or libvirt's definitions on this host say it.
 * https://libvirt.org/formatsecret.html
 */
#pragma once

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

/* What it is for, in <encryption> and <auth>. */
typedef enum {
  SECRET_TYPE_PASSPHRASE,
  SECRET_TYPE_CEPH,
  SECRET_TYPE_ISCSI,
  SECRET_TYPE_LAST,
} SecretType;

extern const EnumTable secret_type_table;

/* Strings belong to the document. */
typedef struct Secret {
  Place place;
  SecretType type;
  const char *uuid, *usage; /* one of them is NULL */
  PlanSecret found;         /* set by secret_complete() */
} Secret;

/* --secret=NAME=FILE, --secret=NAME=fd:NUMBER: who has it on this host. */
typedef struct DomainSecret {
  char *name; /* a uuid or use */
  char *path; /* absolute; NULL: @text, or a descriptor */
  char *text; /* itself, in base64; NULL: nobody has read it */
  int fd;     /* from 0; or -1 */
  gboolean is_used;
} DomainSecret;

/* Reads one value of --secret; a DOMRUN_ERROR_USAGE error where it is none. */
DomainSecret *domain_secret_new(const char *text, GError **error);
void domain_secret_free(DomainSecret *secret);

/* Reads <secret>, @node, which has to be of @type. */
gboolean secret_parse(struct _xmlNode *node, SecretType type, Secret *ret_secret, GError **error);

/* Finds it, or notes that nobody has it. */
void secret_complete(const Domain *domain, Secret *secret);

/* Refuses a --secret that the document does not have; once all are completed. */
gboolean secrets_check_used(const Domain *domain, GError **error);
