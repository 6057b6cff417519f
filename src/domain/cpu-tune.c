/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/cpu-tune.h"

#include "domain/cpu.h"
#include "domain/cpu-set.h"
#include "domain/domain.h"
#include "domain/iothreads.h"
#include "xml/element.h"

enum { PRIORITY_MAX = 99 }; /* Linux's, sched(7) */

ENUM_TABLE(cpu_placement_table, 2, "static", "auto");
ENUM_TABLE(cpu_scheduler_table, PLAN_SCHEDULER_LAST, [PLAN_SCHEDULER_BATCH] = "batch",
           [PLAN_SCHEDULER_IDLE] = "idle", [PLAN_SCHEDULER_FIFO] = "fifo", [PLAN_SCHEDULER_RR] = "rr");

static void thread_free(gpointer data)
{
  CpuThread *thread = data;

  g_clear_pointer(&thread->cpus, g_array_unref);
  g_free(thread);
}

static gboolean read_set(xmlNode *node, const char *attribute, GArray **ret_set, GError **error)
{
  const char *text = NULL;

  if (!xml_attribute_required(node, attribute, &text, error))
    return FALSE;
  *ret_set = g_array_new(FALSE, FALSE, sizeof(guint32));
  return cpu_set_parse(node, attribute, text, *ret_set, error);
}

/* ---- <vcpu> ---- */

static gboolean parse_vcpu(xmlNode *root, Domain *domain, CpuTune *tune, GError **error)
{
  xmlNode *node = NULL;
  int is_auto = FALSE;

  if (!xml_child(root, "vcpu", &node, error))
    return FALSE;
  if (!node)
    return TRUE;
  tune->place = xml_place(node);
  if (!xml_attribute_enum(node, "placement", &cpu_placement_table, &is_auto, error))
    return FALSE;
  if (!is_auto)
    return !xml_has_attribute(node, "cpuset") || read_set(node, "cpuset", &tune->cpus, error);
  xml_attribute(node, "cpuset"); /* which libvirt does not heed then, either */
  report_warning(domain->report, &tune->place, "placement", "cpuset='0-3' names CPUs of the host",
                 "'auto' chooses no CPUs here: the kernel does");
  return TRUE;
}

/* ---- <cputune> ---- */

/* What a setting is about: each has one for its CPUs and one for its scheduler. */
static gboolean is_taken(CpuTune *tune, const CpuThread *thread)
{
  guint64 *key = g_new(guint64, 1);

  *key = (guint64)thread->plan.kind << 40 | (guint64)(thread->cpus != NULL) << 32 | thread->plan.id;
  return !g_hash_table_add(tune->taken, key); /* which frees what is there already */
}

/* Takes @cpus. */
static CpuThread *thread_new(xmlNode *node, PlanThreadKind kind, guint32 id, GArray *cpus)
{
  CpuThread *thread = g_new0(CpuThread, 1);

  thread->cpus = cpus;
  thread->plan = (PlanThread){ .kind = kind, .id = id, .cpus = cpus, .place = xml_place(node) };
  return thread;
}

/* Takes @thread. */
static gboolean add(CpuTune *tune, CpuThread *thread, xmlNode *node, const char *attribute, GError **error)
{
  g_ptr_array_add(tune->threads, thread);
  if (!is_taken(tune, thread))
    return TRUE;
  if (thread->plan.id == PLAN_THREAD_ANY)
    return xml_error(error, node, NULL, "is there twice");
  return xml_error(error, node, attribute, "%s %u is named twice",
                   thread->plan.kind == PLAN_THREAD_VCPU ? "CPU" : "I/O thread", thread->plan.id);
}

static gboolean read_pin(xmlNode *node, CpuTune *tune, PlanThreadKind kind, guint32 id, const char *attribute,
                         GError **error)
{
  GArray *cpus = NULL;

  if (!read_set(node, "cpuset", &cpus, error)) {
    g_clear_pointer(&cpus, g_array_unref);
    return FALSE;
  }
  return add(tune, thread_new(node, kind, id, cpus), node, attribute, error);
}

/* A pin for a CPU that the guest does not have is left from when it had more. */
static gboolean read_vcpu_pin(xmlNode *node, Domain *domain, GError **error)
{
  Place place = xml_place(node);
  guint32 id = 0;

  if (!xml_has_attribute(node, "vcpu"))
    return xml_error(error, node, "vcpu", "is missing");
  if (!xml_attribute_uint32(node, "vcpu", 0, G_MAXINT32, &id, error))
    return FALSE;
  if (id < domain->cpu->vcpus)
    return read_pin(node, domain->cpu_tune, PLAN_THREAD_VCPU, id, "vcpu", error);
  xml_attribute(node, "cpuset");
  report_warning(domain->report, &place, "vcpu", NULL,
                 "the guest has no CPU %u (it has %u, from 0 on): this has no effect", id,
                 domain->cpu->vcpus);
  return TRUE;
}

static gboolean read_iothread_pin(xmlNode *node, Domain *domain, GError **error)
{
  Place place = xml_place(node);
  guint32 id = 0;

  if (!xml_has_attribute(node, "iothread"))
    return xml_error(error, node, "iothread", "is missing");
  return xml_attribute_uint32(node, "iothread", 1, G_MAXINT32, &id, error) &&
         iothreads_check(domain, id, &place, "iothread", error) &&
         read_pin(node, domain->cpu_tune, PLAN_THREAD_IOTHREAD, id, "iothread", error);
}

static gboolean read_scheduler(xmlNode *node, const Domain *domain, PlanThread *thread, GError **error)
{
  Place place = xml_place(node);
  gboolean is_real_time;

  if (!xml_attribute_enum_required(node, "scheduler", &cpu_scheduler_table, XML_ENUM(&thread->scheduler),
                                   error))
    return FALSE;
  is_real_time = thread->scheduler == PLAN_SCHEDULER_FIFO || thread->scheduler == PLAN_SCHEDULER_RR;
  if (!is_real_time) {
    if (xml_attribute(node, "priority"))
      report_warning(domain->report, &place, "priority", NULL,
                     "'%s' has no priorities: this has no effect (known with one: fifo, rr)",
                     enum_to_string(&cpu_scheduler_table, (int)thread->scheduler));
    return TRUE;
  }
  if (!xml_has_attribute(node, "priority"))
    return xml_error(error, node, "priority", "is missing: '%s' needs one (from 1 to %d)",
                     enum_to_string(&cpu_scheduler_table, (int)thread->scheduler), PRIORITY_MAX);
  return xml_attribute_uint32(node, "priority", 1, PRIORITY_MAX, &thread->priority, error);
}

static gboolean add_scheduled(xmlNode *node, CpuTune *tune, const PlanThread *like, guint32 id,
                              const char *attribute, GError **error)
{
  CpuThread *thread = g_new0(CpuThread, 1);

  thread->plan = *like;
  thread->plan.id = id;
  return add(tune, thread, node, attribute, error);
}

static gboolean check_id(const Domain *domain, xmlNode *node, PlanThreadKind kind, guint32 id, GError **error)
{
  Place place = xml_place(node);

  if (kind == PLAN_THREAD_IOTHREAD)
    return iothreads_check(domain, id, &place, "iothreads", error);
  return id < domain->cpu->vcpus ||
         xml_error(error, node, "vcpus", "the guest has no CPU %u (it has %u, from 0 on)", id,
                   domain->cpu->vcpus);
}

/* Without @attribute it is for all that no other is for. */
static gboolean read_schedulers(xmlNode *node, Domain *domain, PlanThreadKind kind, const char *attribute,
                                GError **error)
{
  PlanThread like = { .kind = kind, .id = PLAN_THREAD_ANY, .place = xml_place(node) };
  g_autoptr(GArray) ids = NULL;

  if (!read_scheduler(node, domain, &like, error))
    return FALSE;
  if (!attribute || !xml_has_attribute(node, attribute))
    return add_scheduled(node, domain->cpu_tune, &like, PLAN_THREAD_ANY, attribute, error);
  if (!read_set(node, attribute, &ids, error))
    return FALSE;
  for (guint i = 0; i < ids->len; i++) {
    guint32 id = g_array_index(ids, guint32, i);

    if (!check_id(domain, node, kind, id, error) ||
        !add_scheduled(node, domain->cpu_tune, &like, id, attribute, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean parse_pins(xmlNode *node, Domain *domain, GError **error)
{
  xmlNode *emulator = NULL;

  XML_FOREACH_CHILD(node, pin, "vcpupin") {
    if (!read_vcpu_pin(pin, domain, error))
      return FALSE;
  }
  XML_FOREACH_CHILD(node, pin, "iothreadpin") {
    if (!read_iothread_pin(pin, domain, error))
      return FALSE;
  }
  return xml_child(node, "emulatorpin", &emulator, error) &&
         (!emulator ||
          read_pin(emulator, domain->cpu_tune, PLAN_THREAD_EMULATOR, PLAN_THREAD_ANY, NULL, error));
}

static gboolean parse_schedulers(xmlNode *node, Domain *domain, GError **error)
{
  xmlNode *emulator = NULL;

  XML_FOREACH_CHILD(node, scheduled, "vcpusched") {
    if (!read_schedulers(scheduled, domain, PLAN_THREAD_VCPU, "vcpus", error))
      return FALSE;
  }
  XML_FOREACH_CHILD(node, scheduled, "iothreadsched") {
    if (!read_schedulers(scheduled, domain, PLAN_THREAD_IOTHREAD, "iothreads", error))
      return FALSE;
  }
  return xml_child(node, "emulatorsched", &emulator, error) &&
         (!emulator || read_schedulers(emulator, domain, PLAN_THREAD_EMULATOR, NULL, error));
}

gboolean cpu_tune_parse(xmlNode *root, Domain *domain, GError **error)
{
  CpuTune *tune = domain->cpu_tune;
  xmlNode *node = NULL;

  tune->threads = g_ptr_array_new_with_free_func(thread_free);
  tune->taken = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  return parse_vcpu(root, domain, tune, error) && xml_child(root, "cputune", &node, error) &&
         (!node || (parse_pins(node, domain, error) && parse_schedulers(node, domain, error)));
}

void cpu_tune_clear(CpuTune *tune)
{
  g_clear_pointer(&tune->cpus, g_array_unref);
  g_clear_pointer(&tune->threads, g_ptr_array_unref);
  g_clear_pointer(&tune->taken, g_hash_table_unref);
}
