/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the document says to QEMU itself, in the namespace http://libvirt.org/schemas/domain/qemu/1.0:
 * <qemu:commandline>, its arguments and environment; <qemu:deprecation>; <qemu:capabilities>, which says what
 * libvirt is to believe of QEMU, and means nothing here. https://libvirt.org/drvqemu.html
 *
 * The arguments are QEMU's business, but for those that would take the guest from its supervisor.
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  DEPRECATION_NONE,
  DEPRECATION_OMIT,   /* what is deprecated is not in QEMU's answers */
  DEPRECATION_REJECT, /* nor taken */
  DEPRECATION_CRASH,  /* and ends QEMU */
  DEPRECATION_LAST,
} Deprecation;

extern const EnumTable deprecation_table;

/* An option, with the argument behind it where it has a value. */
typedef struct {
  const char *option;
  const char *value; /* or NULL */
  Place place;       /* of the option */
} ExtraArgument;

typedef struct {
  const char *name;
  const char *value; /* "" where there is none */
} ExtraVariable;

typedef struct ExtraArguments {
  Deprecation deprecation;
  gboolean is_paused;         /* -S: the guest waits for somebody to let it go */
  gboolean has_keyval_device; /* one of @arguments adds a device, and not in JSON */
  GArray *arguments;          /* of ExtraArgument, in the order of the document; NULL: none, as the next */
  GArray *variables;          /* of ExtraVariable */
} ExtraArguments;

/* Refuses what looks like the namespace's and is not in it. After the domain's type is read. */
gboolean extra_arguments_parse(struct _xmlNode *root, Domain *domain, GError **error);
void extra_arguments_clear(ExtraArguments *extra);

/* What stands first on the command line, and what stands last. */
void extra_arguments_translate_deprecation(const ExtraArguments *extra, Plan *plan);
void extra_arguments_translate(const ExtraArguments *extra, Plan *plan);
