/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domain/clock.h"

#include <string.h>

#include "domain/domain.h"
#include "domain/os.h"
#include "xml/element.h"

ENUM_TABLE(clock_offset_table, CLOCK_LAST, [CLOCK_UTC] = "utc", [CLOCK_LOCALTIME] = "localtime",
           [CLOCK_TIMEZONE] = "timezone", [CLOCK_VARIABLE] = "variable", [CLOCK_ABSOLUTE] = "absolute");
ENUM_TABLE(clock_timer_table, CLOCK_TIMER_LAST, [CLOCK_TIMER_PLATFORM] = "platform",
           [CLOCK_TIMER_PIT] = "pit", [CLOCK_TIMER_RTC] = "rtc", [CLOCK_TIMER_HPET] = "hpet",
           [CLOCK_TIMER_TSC] = "tsc", [CLOCK_TIMER_KVMCLOCK] = "kvmclock",
           [CLOCK_TIMER_HYPERVCLOCK] = "hypervclock", [CLOCK_TIMER_ARMVTIMER] = "armvtimer");
ENUM_TABLE(clock_tick_table, CLOCK_TICK_LAST, [CLOCK_TICK_DELAY] = "delay", [CLOCK_TICK_CATCHUP] = "catchup",
           [CLOCK_TICK_MERGE] = "merge", [CLOCK_TICK_DISCARD] = "discard");
ENUM_TABLE(clock_track_table, CLOCK_TRACK_LAST, [CLOCK_TRACK_BOOT] = "boot", [CLOCK_TRACK_GUEST] = "guest",
           [CLOCK_TRACK_WALL] = "wall", [CLOCK_TRACK_REALTIME] = "realtime");
ENUM_TABLE(clock_basis_table, 2, "utc", "localtime");

/* The years that QEMU's dates can have, from 1970 to 9999, with room for a day's adjustment. */
static const gint64 max_seconds = G_GINT64_CONSTANT(253402214400);

static gboolean read_seconds(xmlNode *clock, const char *name, gint64 min, gint64 *ret_seconds,
                             GError **error)
{
  const char *text = xml_attribute(clock, name);

  if (!text ||
      g_ascii_string_to_signed(*text == '+' ? text + 1 : text, 10, min, max_seconds, ret_seconds, NULL))
    return TRUE;
  return xml_error(error, clock, name,
                   "'%s' is not a number of seconds from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, text,
                   min, max_seconds);
}

/* adjustment='N' beside utc or localtime is an old way to say variable; 'reset' means that libvirt should
 * forget what the guest did to its clock, which domrun never remembers. */
static gboolean read_adjustment(xmlNode *node, Clock *clock, GError **error)
{
  const char *adjustment = xml_attribute(node, "adjustment");
  int is_local = FALSE;

  if (!xml_attribute_enum(node, "basis", &clock_basis_table, &is_local, error))
    return FALSE;
  clock->is_local = is_local;
  if (clock->offset != CLOCK_VARIABLE) {
    if (!adjustment || g_str_equal(adjustment, "reset"))
      return TRUE;
    clock->is_local = clock->offset == CLOCK_LOCALTIME;
    clock->offset = CLOCK_VARIABLE;
  }
  return read_seconds(node, "adjustment", -max_seconds, &clock->adjustment, error);
}

/* A file below zoneinfo, or a POSIX rule such as CET-1CEST: neither has white space, or needs to leave that
 * directory. */
static gboolean read_timezone(xmlNode *node, Clock *clock, GError **error)
{
  if (!xml_attribute_required(node, "timezone", &clock->timezone, error))
    return FALSE;
  for (const char *c = clock->timezone; *c; c++) {
    if (!g_ascii_isgraph(*c))
      return xml_error(error, node, "timezone",
                       "'%s' is not a time zone (expected: Europe/Paris, or CET-1CEST)", clock->timezone);
  }
  if (clock->timezone[0] == '/' || clock->timezone[0] == ':' || strstr(clock->timezone, ".."))
    return xml_error(error, node, "timezone", "'%s' is a path; expected a time zone, as in Europe/Paris",
                     clock->timezone);
  return TRUE;
}

static gboolean read_offset(xmlNode *node, Clock *clock, GError **error)
{
  /* `sync` is what `offset` was called until 2009. */
  if (!xml_attribute_enum(node, "sync", &clock_offset_table, XML_ENUM(&clock->offset), error) ||
      !xml_attribute_enum(node, "offset", &clock_offset_table, XML_ENUM(&clock->offset), error))
    return FALSE;
  switch (clock->offset) {
  case CLOCK_UTC:
  case CLOCK_LOCALTIME:
  case CLOCK_VARIABLE:
    return read_adjustment(node, clock, error);
  case CLOCK_TIMEZONE:
    return read_timezone(node, clock, error);
  case CLOCK_ABSOLUTE:
    if (!xml_attribute(node, "start"))
      return xml_error(error, node, "start", "is missing; it is the time in seconds since 1970");
    return read_seconds(node, "start", 0, &clock->start, error);
  case CLOCK_LAST:
    break;
  }
  g_assert_not_reached();
}

static gboolean refuse_tick(xmlNode *timer, const ClockTimer *values, const char *allowed, GError **error)
{
  return xml_error(error, timer, "tickpolicy", "'%s' is not what QEMU can do with this timer (allowed: %s)",
                   enum_to_string(&clock_tick_table, (int)values->tick), allowed);
}

static gboolean check_timer(xmlNode *timer, ClockTimerName name, const ClockTimer *values, GError **error)
{
  switch (name) {
  case CLOCK_TIMER_ARMVTIMER:
    if (values->tick == CLOCK_TICK_CATCHUP || values->tick == CLOCK_TICK_MERGE)
      return refuse_tick(timer, values, "delay, discard", error);
    return values->track == CLOCK_TRACK_DEFAULT ||
           xml_error(error, timer, "track", "the timer 'armvtimer' follows nothing but itself");
  case CLOCK_TIMER_PIT:
    if (values->tick == CLOCK_TICK_MERGE)
      return refuse_tick(timer, values, "delay, catchup, discard", error);
    return values->track == CLOCK_TRACK_DEFAULT ||
           xml_error(error, timer, "track", "the timer 'pit' follows nothing but itself");
  case CLOCK_TIMER_RTC:
    if (values->tick == CLOCK_TICK_MERGE || values->tick == CLOCK_TICK_DISCARD)
      return refuse_tick(timer, values, "delay, catchup", error);
    if (values->track == CLOCK_TRACK_BOOT)
      return xml_error(error, timer, "track",
                       "'boot' is not what QEMU can do (allowed: guest, wall, realtime)");
    return TRUE;
  case CLOCK_TIMER_PLATFORM:
  case CLOCK_TIMER_HPET:
  case CLOCK_TIMER_TSC:
  case CLOCK_TIMER_KVMCLOCK:
  case CLOCK_TIMER_HYPERVCLOCK:
  case CLOCK_TIMER_LAST:
    break;
  }
  return TRUE;
}

static void warn_of_catchup(xmlNode *timer, Domain *domain)
{
  xmlNode *catchup = xml_next_child(timer, "catchup", NULL);
  Place place;

  if (!catchup)
    return;
  xml_attribute(catchup, "threshold");
  xml_attribute(catchup, "slew");
  xml_attribute(catchup, "limit");
  place = xml_place(catchup);
  report_warning(domain->report, &place, NULL, NULL, "QEMU catches up at a rate of its own");
}

static gboolean is_same_timer(const ClockTimer *a, const ClockTimer *b)
{
  return a->has_present == b->has_present && a->is_present == b->is_present && a->tick == b->tick &&
         a->track == b->track && a->frequency == b->frequency;
}

/* Saying the same again does no harm, and tools that put templates together do. */
static gboolean check_again(xmlNode *timer, const ClockTimer *values, const ClockTimer *first, Domain *domain,
                            GError **error)
{
  const char *name = xml_attribute(timer, "name");
  Place place = xml_place(timer);

  if (!is_same_timer(values, first)) {
    xml_error(error, timer, "name", "the timer '%s' is given twice, and not alike", name);
    return error_add_hint(error, "the first is on line %d", first->line);
  }
  report_warning(domain->report, &place, "name", NULL,
                 "the timer '%s' is given twice; the first is on line %d", name, first->line);
  return TRUE;
}

/* All but the real-time clock are parts of a kind of machine. */
static gboolean check_machine(xmlNode *timer, ClockTimerName name, const Domain *domain, GError **error)
{
  OsArch arch = domain->os->arch;

  gboolean is_arm = name == CLOCK_TIMER_ARMVTIMER;

  if (name == CLOCK_TIMER_RTC || (is_arm ? os_arch_is_arm(arch) : os_arch_is_x86(arch)))
    return name != CLOCK_TIMER_PLATFORM ||
           xml_error(error, timer, "name", "QEMU has no timer 'platform' on x86 machines");
  if (os_arch_is_x86(arch))
    return xml_error(error, timer, "name", "QEMU has no timer '%s' on x86 machines",
                     enum_to_string(&clock_timer_table, (int)name));
  xml_error(error, timer, "name", "a machine of architecture '%s' has no timer '%s'",
            enum_to_string(&os_arch_table, (int)arch), enum_to_string(&clock_timer_table, (int)name));
  return error_add_hint(error, "remove the element");
}

static gboolean read_timer(xmlNode *timer, Domain *domain, GError **error)
{
  ClockTimerName name = CLOCK_TIMER_LAST;
  ClockTimer values = { .is_given = TRUE, .line = xml_place(timer).line };
  ClockTimer *timers = domain->clock->timers;

  if (!xml_attribute_enum_required(timer, "name", &clock_timer_table, XML_ENUM(&name), error))
    return FALSE;
  values.has_present = xml_attribute(timer, "present") != NULL;
  xml_attribute(timer, "mode"); /* of the TSC, for Xen */
  warn_of_catchup(timer, domain);
  if (!xml_attribute_yes_no(timer, "present", &values.is_present, error) ||
      !xml_attribute_enum(timer, "tickpolicy", &clock_tick_table, XML_ENUM(&values.tick), error) ||
      !xml_attribute_enum(timer, "track", &clock_track_table, XML_ENUM(&values.track), error) ||
      !xml_attribute_uint(timer, "frequency", 1, G_MAXINT64, &values.frequency, error) ||
      !check_machine(timer, name, domain, error) || !check_timer(timer, name, &values, error))
    return FALSE;
  if (timers[name].is_given)
    return check_again(timer, &values, &timers[name], domain, error);
  timers[name] = values;
  return TRUE;
}

gboolean clock_parse(xmlNode *root, Domain *domain, GError **error)
{
  xmlNode *clock = NULL;

  if (!xml_child(root, "clock", &clock, error))
    return FALSE;
  if (!clock)
    return TRUE;
  if (!read_offset(clock, domain->clock, error))
    return FALSE;
  XML_FOREACH_CHILD(clock, timer, "timer") {
    if (!read_timer(timer, domain, error))
      return FALSE;
  }
  return TRUE;
}
