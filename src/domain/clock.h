/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <clock>: what the guest's real-time clock is set to, and its timers.
 * https://libvirt.org/formatdomain.html#time-keeping
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/error.h"
#include "qemu/plan.h"

struct _xmlNode;
typedef struct Domain Domain;

typedef enum {
  CLOCK_UTC,
  CLOCK_LOCALTIME,
  CLOCK_TIMEZONE,
  CLOCK_VARIABLE,
  CLOCK_ABSOLUTE,
  CLOCK_LAST,
} ClockOffset;

typedef enum {
  CLOCK_TIMER_PLATFORM,
  CLOCK_TIMER_PIT,
  CLOCK_TIMER_RTC,
  CLOCK_TIMER_HPET,
  CLOCK_TIMER_TSC,
  CLOCK_TIMER_KVMCLOCK,
  CLOCK_TIMER_HYPERVCLOCK,
  CLOCK_TIMER_ARMVTIMER,
  CLOCK_TIMER_LAST,
} ClockTimerName;

/* What happens to ticks that the guest was too late for. */
typedef enum {
  CLOCK_TICK_DEFAULT,
  CLOCK_TICK_DELAY,
  CLOCK_TICK_CATCHUP,
  CLOCK_TICK_MERGE,
  CLOCK_TICK_DISCARD,
  CLOCK_TICK_LAST,
} ClockTick;

/* What a timer follows. */
typedef enum {
  CLOCK_TRACK_DEFAULT,
  CLOCK_TRACK_BOOT,
  CLOCK_TRACK_GUEST,
  CLOCK_TRACK_WALL,
  CLOCK_TRACK_REALTIME,
  CLOCK_TRACK_LAST,
} ClockTrack;

extern const EnumTable clock_offset_table;
extern const EnumTable clock_timer_table;
extern const EnumTable clock_tick_table;
extern const EnumTable clock_track_table;

typedef struct {
  gboolean is_given;
  int line;
  gboolean has_present; /* @is_present was given */
  gboolean is_present;
  ClockTick tick;
  ClockTrack track;
  guint64 frequency; /* TSC, in Hz; 0: not given */
} ClockTimer;

typedef struct Clock {
  ClockOffset offset;   /* default: utc */
  gboolean is_local;    /* VARIABLE: @adjustment is from local time, else from UTC */
  gint64 adjustment;    /* VARIABLE: seconds */
  gint64 start;         /* ABSOLUTE: seconds since 1970, UTC */
  const char *timezone; /* TIMEZONE: "Europe/Paris" */
  ClockTimer timers[CLOCK_TIMER_LAST];
} Clock;

gboolean clock_parse(struct _xmlNode *root, Domain *domain, GError **error);

/* Adds -rtc and the like. A clock that is off the host's by some seconds can only be told as a date: it is
 * counted from @now, seconds since 1970, so that such a line is good for the moment it was made in. */
void clock_translate(const Clock *clock, gint64 now, Plan *plan);

/* Adds the properties of -machine, those of -cpu. */
void clock_translate_machine(const Clock *clock, Props *machine);
void clock_translate_cpu(const Clock *clock, Props *model);
void clock_translate_arm_cpu(const Clock *clock, Props *model);
