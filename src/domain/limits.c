/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A number of 0 means "none" nearly everywhere in these elements, and so does a quota below 0.
 */
#include "config.h"

#include "domain/limits.h"

#include <string.h>

#include "domain/domain.h"
#include "domain/memory.h"
#include "xml/element.h"

enum { SHARES_MIN = 2, SHARES_MAX = 262144, SHARES_USUAL = 1024, WEIGHT_USUAL = 100, WEIGHT_MAX = 10000 };
enum { PERIOD_MIN = 1000, PERIOD_MAX = 1000000, IO_WEIGHT_MIN = 10, IO_WEIGHT_MAX = 1000 };

#define QUOTA_MAX G_GUINT64_CONSTANT(17592186044415)

/* From here on the format has no limit. */
#define UNLIMITED_KIB G_GUINT64_CONSTANT(9007199254740991)

static void note_given(DomainLimits *limits, xmlNode *node)
{
  if (!limits->plan.is_given)
    limits->plan.place = xml_place(node);
  limits->plan.is_given = TRUE;
}

/* ---- <cputune> ---- */

/* 0, or from @min to @max; @ret_node NULL: it is not there. */
static gboolean read_number(xmlNode *node, const char *name, guint64 min, guint64 max, guint64 *ret_value,
                            xmlNode **ret_node, GError **error)
{
  guint64 value = 0;

  *ret_node = NULL;
  if (!xml_child(node, name, ret_node, error) ||
      (*ret_node && !xml_text_uint(*ret_node, 0, max, &value, error)))
    return FALSE;
  if (value > 0 && value < min)
    return xml_error(error, *ret_node, NULL,
                     "%" G_GUINT64_FORMAT " is none of 0 (not set) and %" G_GUINT64_FORMAT
                     " to %" G_GUINT64_FORMAT,
                     value, min, max);
  if (*ret_node)
    *ret_value = value;
  return TRUE;
}

/* The kernel's own: 1024 shares are a weight of 100. */
static gboolean read_shares(xmlNode *node, DomainLimits *limits, GError **error)
{
  xmlNode *child;
  guint64 shares = 0;

  if (!read_number(node, "shares", SHARES_MIN, SHARES_MAX, &shares, &child, error))
    return FALSE;
  if (shares == 0)
    return TRUE;
  limits->plan.cpu_weight = (guint32)CLAMP(shares * WEIGHT_USUAL / SHARES_USUAL, 1, WEIGHT_MAX);
  note_given(limits, child);
  return TRUE;
}

/* Below 0: none. */
static gboolean read_quota(xmlNode *node, const char *name, DomainLimits *limits, PlanQuota *ret_quota,
                           GError **error)
{
  xmlNode *child = NULL;
  const char *text = NULL;

  if (!xml_child(node, name, &child, error))
    return FALSE;
  if (!child)
    return TRUE;
  if (!xml_text(child, &text, error))
    return FALSE;
  if (*text == '-' && text[1] && strspn(text + 1, "0123456789") == strlen(text + 1))
    return TRUE;
  if (!read_number(node, name, PERIOD_MIN, QUOTA_MAX, &ret_quota->quota, &child, error))
    return FALSE;
  if (ret_quota->quota > 0)
    note_given(limits, child);
  return TRUE;
}

static gboolean read_period(xmlNode *node, const char *name, PlanQuota *ret_quota, GError **error)
{
  xmlNode *child;
  guint64 period = 0;

  if (!read_number(node, name, PERIOD_MIN, PERIOD_MAX, &period, &child, error))
    return FALSE;
  ret_quota->period = (guint32)period;
  return TRUE;
}

static gboolean parse_cputune(xmlNode *root, DomainLimits *limits, GError **error)
{
  PlanLimits *plan = &limits->plan;
  xmlNode *node = NULL;

  if (!xml_child(root, "cputune", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  return read_shares(node, limits, error) &&
         read_period(node, "period", &plan->threads[PLAN_THREAD_VCPU], error) &&
         read_quota(node, "quota", limits, &plan->threads[PLAN_THREAD_VCPU], error) &&
         read_period(node, "global_period", &plan->guest, error) &&
         read_quota(node, "global_quota", limits, &plan->guest, error) &&
         read_period(node, "emulator_period", &plan->threads[PLAN_THREAD_EMULATOR], error) &&
         read_quota(node, "emulator_quota", limits, &plan->threads[PLAN_THREAD_EMULATOR], error) &&
         read_period(node, "iothread_period", &plan->threads[PLAN_THREAD_IOTHREAD], error) &&
         read_quota(node, "iothread_quota", limits, &plan->threads[PLAN_THREAD_IOTHREAD], error);
}

/* ---- <memtune> ---- */

/* @ret_kib is left alone where there is no limit. */
static gboolean read_memory(xmlNode *node, const char *name, DomainLimits *limits, guint64 *ret_kib,
                            GError **error)
{
  xmlNode *child = NULL;
  guint64 kib = 0;

  if (!xml_child(node, name, &child, error) || (child && !memory_read_kib(child, &kib, error)))
    return FALSE;
  if (!child || kib >= UNLIMITED_KIB)
    return TRUE;
  *ret_kib = kib;
  note_given(limits, child);
  return TRUE;
}

static void advise(const Domain *domain, xmlNode *node, guint64 hard)
{
  Place place = xml_place(node);

  if (hard < domain->memory->kib)
    report_warning(domain->report, &place, NULL, "QEMU needs some memory beside the guest's, too",
                   "a hard limit of %" G_GUINT64_FORMAT
                   " KiB is less than the guest's memory, %" G_GUINT64_FORMAT
                   " KiB: the kernel ends QEMU when the guest uses it",
                   hard, domain->memory->kib);
}

static gboolean parse_memtune(xmlNode *root, const Domain *domain, DomainLimits *limits, GError **error)
{
  PlanLimits *plan = &limits->plan;
  xmlNode *node = NULL;

  plan->memory_max_kib = plan->memory_high_kib = plan->memory_swap_kib = PLAN_NO_LIMIT;
  if (!xml_child(root, "memtune", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  if (!read_memory(node, "hard_limit", limits, &plan->memory_max_kib, error) ||
      !read_memory(node, "soft_limit", limits, &plan->memory_high_kib, error) ||
      !read_memory(node, "swap_hard_limit", limits, &plan->memory_swap_kib, error) ||
      !read_memory(node, "min_guarantee", limits, &plan->memory_low_kib, error))
    return FALSE;
  if (plan->memory_max_kib != PLAN_NO_LIMIT)
    advise(domain, node, plan->memory_max_kib);
  if (plan->memory_swap_kib == PLAN_NO_LIMIT || plan->memory_max_kib == PLAN_NO_LIMIT)
    return TRUE;
  if (plan->memory_swap_kib < plan->memory_max_kib)
    return xml_error(error, node, NULL,
                     "<swap_hard_limit>, of memory and swap together, is less than <hard_limit>, of memory");
  plan->memory_swap_kib -= plan->memory_max_kib;
  return TRUE;
}

/* ---- <blkiotune> ---- */

static gboolean read_weight(xmlNode *node, DomainLimits *limits, guint32 *ret_weight, GError **error)
{
  xmlNode *child;
  guint64 weight = 0;

  if (!read_number(node, "weight", IO_WEIGHT_MIN, IO_WEIGHT_MAX, &weight, &child, error))
    return FALSE;
  *ret_weight = (guint32)weight;
  if (weight > 0)
    note_given(limits, child);
  return TRUE;
}

static gboolean read_device(xmlNode *node, DomainLimits *limits, GHashTable *paths, GError **error)
{
  static const char *const names[PLAN_IO_LAST] = {
    [PLAN_IO_READ_BYTES] = "read_bytes_sec",
    [PLAN_IO_WRITE_BYTES] = "write_bytes_sec",
    [PLAN_IO_READS] = "read_iops_sec",
    [PLAN_IO_WRITES] = "write_iops_sec",
  };
  PlanIoDevice device = { .place = xml_place(node) };
  xmlNode *child;

  if (!xml_child_path(node, "path", &device.path, error))
    return FALSE;
  if (!device.path) {
    xml_error(error, node, NULL, "<path> is missing");
    return error_add_hint(error, "<path>/dev/sda</path> names the device of the host");
  }
  if (!g_hash_table_add(paths, (gpointer)device.path))
    return xml_error(error, node, NULL, "'%s' is there twice", device.path);
  if (!read_weight(node, limits, &device.weight, error))
    return FALSE;
  for (guint i = 0; i < PLAN_IO_LAST; i++) {
    if (!read_number(node, names[i], 1, G_MAXINT64, &device.limits[i], &child, error))
      return FALSE;
    if (device.limits[i] > 0)
      note_given(limits, child);
  }
  g_array_append_val(limits->devices, device);
  return TRUE;
}

static gboolean parse_blkiotune(xmlNode *root, DomainLimits *limits, GError **error)
{
  g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
  xmlNode *node = NULL;

  limits->devices = g_array_new(FALSE, FALSE, sizeof(PlanIoDevice));
  limits->plan.io_devices = limits->devices;
  if (!xml_child(root, "blkiotune", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  XML_FOREACH_CHILD(node, device, "device") {
    if (!read_device(device, limits, paths, error))
      return FALSE;
  }
  return read_weight(node, limits, &limits->plan.io_weight, error);
}

/* ---- <resource> ---- */

/* "/machine/web" is systemd's machine-web.slice: systemd.slice(5). */
static char *slice_of(const char *partition)
{
  GString *name = g_string_new(NULL);

  for (const char *at = partition + 1; *at; at++) {
    if (*at == '/')
      g_string_append_c(name, '-');
    else if (g_ascii_isalnum(*at) || strchr("_:", *at) || (*at == '.' && at[-1] != '/'))
      g_string_append_c(name, *at);
    else
      g_string_append_printf(name, "\\x%02x", (guint8)*at);
  }
  return g_string_free(g_string_append(name, ".slice"), /* free_segment= */ FALSE);
}

static gboolean parse_resource(xmlNode *root, DomainLimits *limits, GError **error)
{
  xmlNode *node = NULL;
  const char *partition = NULL;

  if (!xml_child(root, "resource", &node, error) ||
      (node && !xml_child_text(node, "partition", &partition, error)))
    return FALSE;
  if (!partition || g_str_equal(partition, "/machine")) /* what libvirt writes into every running guest's */
    return TRUE;
  if (*partition != '/' || g_str_has_suffix(partition, "/") || strstr(partition, "//")) {
    xml_error(error, node, NULL, "<partition>: '%s' is no absolute path", partition);
    return error_add_hint(error, "such as /machine/production, which is systemd's machine-production.slice");
  }
  limits->slice = slice_of(partition);
  limits->plan.slice = limits->slice;
  note_given(limits, node);
  return TRUE;
}

gboolean domain_limits_parse(xmlNode *root, Domain *domain, GError **error)
{
  DomainLimits *limits = domain->limits;

  return parse_memtune(root, domain, limits, error) && parse_blkiotune(root, limits, error) &&
         parse_cputune(root, limits, error) && parse_resource(root, limits, error);
}

void domain_limits_clear(DomainLimits *limits)
{
  g_clear_pointer(&limits->devices, g_array_unref);
  g_clear_pointer(&limits->slice, g_free);
}
