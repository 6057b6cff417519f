/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <cpu>: what CPU the guest sees. Its topology is cpu.h's, its NUMA cells are numa.h's.
 * https://libvirt.org/formatdomain.html#cpu-model-and-topology
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "domain/cpu-data.h"
#include "domain/cpu-host.h"
#include "qemu/props.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  CPU_MODE_DEFAULT, /* the document names no CPU: QEMU's default for the architecture */
  CPU_MODE_CUSTOM,
  CPU_MODE_HOST_MODEL,
  CPU_MODE_HOST_PASSTHROUGH,
  CPU_MODE_MAXIMUM,
  CPU_MODE_LAST,
} CpuMode;

typedef enum {
  CPU_MATCH_EXACT,
  CPU_MATCH_MINIMUM, /* the host's, if it has at least what is named */
  CPU_MATCH_STRICT,
  CPU_MATCH_LAST,
} CpuMatch;

typedef enum {
  CPU_CHECK_DEFAULT,
  CPU_CHECK_NONE,
  CPU_CHECK_PARTIAL,
  CPU_CHECK_FULL,
  CPU_CHECK_LAST,
} CpuCheck;

typedef enum {
  CPU_POLICY_REQUIRE,
  CPU_POLICY_FORCE,
  CPU_POLICY_OPTIONAL,
  CPU_POLICY_DISABLE,
  CPU_POLICY_FORBID,
  CPU_POLICY_LAST,
} CpuPolicy;

typedef enum {
  CPU_CACHE_DEFAULT,
  CPU_CACHE_EMULATE,
  CPU_CACHE_PASSTHROUGH,
  CPU_CACHE_DISABLE,
  CPU_CACHE_LAST,
} CpuCache;

extern const EnumTable cpu_mode_table;
extern const EnumTable cpu_match_table;
extern const EnumTable cpu_check_table;
extern const EnumTable cpu_policy_table;
extern const EnumTable cpu_cache_table;

typedef struct {
  guint feature;    /* as cpu_data_find_any_feature() has it */
  const char *name; /* on another architecture than x86, whose features are QEMU's alone to know; else NULL */
  CpuPolicy policy;
} CpuFeature;

typedef struct {
  CpuMode mode;
  CpuMatch match;
  CpuCheck check;
  gboolean has_migratable;
  gboolean is_migratable;
  const char *name;      /* CUSTOM: QEMU's name of the model, or NULL; HOST_MODEL: what it was resolved to */
  const char *vendor_id; /* what CPUID leaf 0 says instead; or NULL */
  GArray *features;      /* of CpuFeature, in the document's order; HOST_MODEL: resolved ones at its end */
  CpuCache cache;
  guint32 cache_level; /* EMULATE: 3, or 0: not given */
  gboolean has_physical_bits;
  gboolean is_host_physical_bits;
  guint32 physical_bits; /* 0: not given */
  guint32 physical_bits_limit;
  Place place;
  Place model_place;
} CpuModel;

/* Reads it from <cpu>; @node may be NULL: there is none. */
gboolean cpu_model_parse(struct _xmlNode *node, Domain *domain, CpuModel *ret_model, GError **error);

/* Resolves what depends on the host: host-model, optional features, match='minimum'. @host is what KVM has,
 * or NULL where it cannot be asked. */
void cpu_model_resolve(CpuModel *model, Domain *domain, const CpuHost *host);
void cpu_model_clear(CpuModel *model);

/* Whether cpu_model_resolve() has a use for a CpuHost: only then is the host asked. */
gboolean cpu_model_needs_host(const CpuModel *model);

/* What -cpu begins with; others add to it. The caller owns it. NULL: the machine's own CPU is not named. */
Props *cpu_model_translate(const CpuModel *model, const Domain *domain);
