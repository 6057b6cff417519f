/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Of the timers, QEMU has the RTC's as options of -rtc, the HPET as a property of the machine, that of KVM's
 * PIT as a global property, and the TSC and the paravirtualized clocks as features of the CPU.
 */
#include "config.h"

#include "domain/clock.h"

/* "2008-05-25T12:00:00": QEMU takes it for UTC. */
static void add_date(Props *rtc, gint64 seconds)
{
  g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(MAX(0, seconds));
  g_autofree char *text = g_date_time_format(date, "%Y-%m-%dT%H:%M:%S");

  props_add_string(rtc, "base", text);
}

/* How far local time is from UTC at that moment, in seconds. */
static gint64 local_offset(gint64 now)
{
  g_autoptr(GDateTime) date = g_date_time_new_from_unix_local(now);

  return date ? g_date_time_get_utc_offset(date) / G_USEC_PER_SEC : 0;
}

static void add_base(const Clock *clock, gint64 now, Props *rtc, Plan *plan)
{
  switch (clock->offset) {
  case CLOCK_UTC:
    props_add_string(rtc, "base", "utc");
    return;
  case CLOCK_TIMEZONE:
    /* QEMU has no option for it: local time is that of the zone in its environment. */
    plan_add_variable(plan, "TZ", clock->timezone);
    props_add_string(rtc, "base", "localtime");
    return;
  case CLOCK_LOCALTIME:
    props_add_string(rtc, "base", "localtime");
    return;
  case CLOCK_VARIABLE:
    add_date(rtc, now + clock->adjustment + (clock->is_local ? local_offset(now) : 0));
    return;
  case CLOCK_ABSOLUTE:
    add_date(rtc, clock->start);
    return;
  case CLOCK_LAST:
    break;
  }
  g_assert_not_reached();
}

ENUM_TABLE(
    clock_track_qemu_table,
    CLOCK_TRACK_LAST, [CLOCK_TRACK_GUEST] = "vm", [CLOCK_TRACK_WALL] = "host", [CLOCK_TRACK_REALTIME] = "rt");

static const char *pit_policy(const ClockTimer *pit)
{
  if (!pit->is_given || pit->tick == CLOCK_TICK_CATCHUP) /* which is KVM's default */
    return NULL;
  return pit->tick == CLOCK_TICK_DISCARD ? "discard" : "delay";
}

void clock_translate(const Clock *clock, gint64 now, Plan *plan)
{
  const ClockTimer *timer = &clock->timers[CLOCK_TIMER_RTC];
  const char *policy = pit_policy(&clock->timers[CLOCK_TIMER_PIT]);
  Props *rtc = props_new_empty();

  add_base(clock, now, rtc, plan);
  props_add_string(rtc, "clock", enum_to_string(&clock_track_qemu_table, (int)timer->track));
  if (timer->tick == CLOCK_TICK_CATCHUP)
    props_add_string(rtc, "driftfix", "slew");
  plan_add_keyval(plan, PLAN_BOTH, "-rtc", rtc);
  if (policy)
    plan_add_format(plan, PLAN_BOTH, "-global", "kvm-pit.lost_tick_policy=%s", policy);
}

void clock_translate_machine(const Clock *clock, Props *machine)
{
  const ClockTimer *hpet = &clock->timers[CLOCK_TIMER_HPET];

  if (hpet->has_present && !hpet->is_present)
    props_add_bool(machine, "hpet", FALSE);
}

void clock_translate_cpu(const Clock *clock, Props *model)
{
  const ClockTimer *kvm = &clock->timers[CLOCK_TIMER_KVMCLOCK],
                   *hyperv = &clock->timers[CLOCK_TIMER_HYPERVCLOCK];

  if (kvm->has_present)
    props_add_bool(model, "kvmclock", kvm->is_present);
  if (hyperv->is_present) /* off is QEMU's default */
    props_add_bool(model, "hv-time", TRUE);
  if (clock->timers[CLOCK_TIMER_TSC].frequency)
    props_add_uint(model, "tsc-frequency", clock->timers[CLOCK_TIMER_TSC].frequency);
}

/* Whether time goes on for the guest while it stands still, or is discarded. */
void clock_translate_arm_cpu(const Clock *clock, Props *model)
{
  const ClockTimer *timer = &clock->timers[CLOCK_TIMER_ARMVTIMER];

  if (timer->is_given && timer->tick)
    props_add_bool(model, "kvm-no-adjvtime", timer->tick == CLOCK_TICK_DISCARD);
}
