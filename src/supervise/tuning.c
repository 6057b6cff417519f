/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "supervise/tuning.h"

#include "host/threads.h"

struct Tuning {
  Supervisor *supervisor;
  TuningFunc done;
  GHashTable *others;   /* threads that are neither a CPU's nor an I/O thread: as pointers */
  GHashTable *settings; /* of PlanThread by key_of() */
  GHashTable *masks;    /* of CpuMask by PlanThread: made once */
  CpuMask *general;     /* for who has none of its own; NULL: it was born with the right ones */
  GError *error;
};

void tuning_free(Tuning *tuning)
{
  if (!tuning)
    return;
  g_hash_table_unref(tuning->others);
  g_hash_table_unref(tuning->settings);
  g_hash_table_unref(tuning->masks);
  g_clear_pointer(&tuning->general, cpu_mask_free);
  g_clear_error(&tuning->error);
  g_free(tuning);
}

static guint64 key_of(PlanThreadKind kind, guint32 id, gboolean is_pin)
{
  return (guint64)kind << 40 | (guint64)is_pin << 32 | id;
}

static void collect_settings(Tuning *tuning, const Plan *plan)
{
  for (guint i = 0; i < plan->threads->len; i++) {
    PlanThread *setting = g_ptr_array_index(plan->threads, i);
    guint64 *key = g_new(guint64, 1);

    *key = key_of(setting->kind, setting->id, setting->cpus != NULL);
    g_hash_table_insert(tuning->settings, key, setting);
  }
}

static const PlanThread *find_setting(const Tuning *tuning, PlanThreadKind kind, guint32 id, gboolean is_pin)
{
  guint64 own = key_of(kind, id, is_pin), any = key_of(kind, PLAN_THREAD_ANY, is_pin);
  const PlanThread *setting = g_hash_table_lookup(tuning->settings, &own);

  return setting ? setting : g_hash_table_lookup(tuning->settings, &any);
}

static const CpuMask *mask_of(Tuning *tuning, const PlanThread *pin)
{
  CpuMask *mask = g_hash_table_lookup(tuning->masks, pin);

  if (!mask) {
    mask = cpu_mask_new(pin->cpus);
    g_hash_table_insert(tuning->masks, (gpointer)pin, mask);
  }
  return mask;
}

static gboolean set(Tuning *tuning, pid_t thread, PlanThreadKind kind, guint32 id, GError **error)
{
  const PlanThread *pin = find_setting(tuning, kind, id, /* is_pin= */ TRUE);
  const PlanThread *scheduler = find_setting(tuning, kind, id, /* is_pin= */ FALSE);
  const Place nowhere = { 0 };

  if (pin && !thread_pin(thread, mask_of(tuning, pin), &pin->place, error))
    return FALSE;
  if (!pin && tuning->general && !thread_pin(thread, tuning->general, &nowhere, error))
    return FALSE;
  if (scheduler && !thread_schedule(thread, scheduler, error))
    return FALSE;
  limits_set_thread(tuning->supervisor->limits, kind, id, thread);
  return TRUE;
}

/* A thread that QEMU names: one of its own, and one that it has not named before. */
static void set_named(Tuning *tuning, gint64 thread, PlanThreadKind kind, guint32 id)
{
  if (tuning->error || thread <= 0 || thread > G_MAXINT32 ||
      !g_hash_table_remove(tuning->others, GUINT_TO_POINTER((guint)thread)))
    return;
  set(tuning, (pid_t)thread, kind, id, &tuning->error);
}

static void set_others(Tuning *tuning)
{
  GHashTableIter iterator;
  gpointer thread;

  g_hash_table_iter_init(&iterator, tuning->others);
  while (!tuning->error && g_hash_table_iter_next(&iterator, &thread, NULL))
    set(tuning, (pid_t)GPOINTER_TO_UINT(thread), PLAN_THREAD_EMULATOR, PLAN_THREAD_ANY, &tuning->error);
}

static void finish(Tuning *gone, const GError *error)
{
  g_autoptr(Tuning) tuning = gone;

  tuning->supervisor->tuning = NULL;
  if (error && !tuning->error)
    tuning->error = g_error_copy(error);
  set_others(tuning);
  tuning->done(tuning->supervisor, tuning->error);
}

static void on_iothreads(Json *result, const GError *error, gpointer user_data)
{
  Tuning *tuning = user_data;

  for (gsize i = 0; result && i < json_length(result); i++) {
    Json *iothread = json_at(result, i);
    const char *id = json_get_string(iothread, "id");
    gint64 thread = 0;

    if (id && g_str_has_prefix(id, "iothread") && json_get_int(iothread, "thread-id", &thread))
      set_named(tuning, thread, PLAN_THREAD_IOTHREAD,
                (guint32)g_ascii_strtoull(id + strlen("iothread"), NULL, 10));
  }
  finish(tuning, error);
}

/* The next question comes with the answer to this one: a QEMU that ends, or lies, answers in any order. */
static void on_vcpus(Json *result, const GError *error, gpointer user_data)
{
  Tuning *tuning = user_data;

  for (gsize i = 0; result && i < json_length(result); i++) {
    Json *vcpu = json_at(result, i);
    gint64 index = -1, thread = 0;

    if (json_get_int(vcpu, "cpu-index", &index) && json_get_int(vcpu, "thread-id", &thread) && index >= 0 &&
        index < PLAN_THREAD_ANY)
      set_named(tuning, thread, PLAN_THREAD_VCPU, (guint32)index);
  }
  if (error)
    finish(tuning, error);
  else
    qmp_client_execute(emulator_qmp(tuning->supervisor->emulator), "query-iothreads", NULL, on_iothreads,
                       tuning);
}

void tuning_start(Supervisor *supervisor, TuningFunc done)
{
  const Plan *plan = supervisor->options->plan;
  Tuning *tuning;

  if (!plan_tunes_threads(plan)) {
    done(supervisor, /* error= */ NULL);
    return;
  }
  tuning = g_new0(Tuning, 1);
  tuning->supervisor = supervisor;
  tuning->done = done;
  tuning->others = threads_of(emulator_pid(supervisor->emulator));
  tuning->settings = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  tuning->masks = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)cpu_mask_free);
  collect_settings(tuning, plan);
  if (find_setting(tuning, PLAN_THREAD_EMULATOR, PLAN_THREAD_ANY, /* is_pin= */ TRUE))
    tuning->general = plan->cpus ? cpu_mask_new(plan->cpus) : cpu_mask_of_self();
  supervisor->tuning = tuning;
  qmp_client_execute(emulator_qmp(supervisor->emulator), "query-cpus-fast", NULL, on_vcpus, tuning);
}
