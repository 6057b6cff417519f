/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/graphics/dbus.h"

#include <string.h>

/* What may stand as it is in an address: the D-Bus specification, "Server Addresses". */
static gboolean is_plain(char c)
{
  return g_ascii_isalnum(c) || strchr("-_/.\\*", c);
}

char *dbus_address(const Dbus *dbus)
{
  GString *address = g_string_new("unix:path=");

  for (const char *c = dbus->path; *c; c++) {
    if (is_plain(*c))
      g_string_append_c(address, *c);
    else
      g_string_append_printf(address, "%%%02x", (guchar)*c);
  }
  return g_string_free(address, /* free_segment= */ FALSE);
}

static void add_bus(const Dbus *dbus, const char *alias, Props *display, Plan *plan)
{
  g_autofree char *address = dbus_address(dbus);

  props_add_string(display, "addr", address);
  plan_add_resource(plan, PLAN_RESOURCE_BUS, alias, &dbus->place)->socket = DBUS_SOCKET;
  plan_require(plan, PLAN_REQUIRE_HELPER, &dbus->place, "type", "dbus-daemon");
  plan_lack(plan, &dbus->place, "type",
            "a bus has to be there before, as with: dbus-daemon --session --address=unix:path=" DBUS_SOCKET);
  plan->names_directory = TRUE;
}

void dbus_translate(const Dbus *dbus, const char *alias, const char *audio, Plan *plan)
{
  Props *display = props_new(/* key= */ NULL, "dbus");

  if (dbus->is_p2p)
    props_add_bool(display, "p2p", TRUE);
  else if (dbus->address)
    props_add_string(display, "addr", dbus->address);
  else
    add_bus(dbus, alias, display, plan);
  feature_state_add(display, "gl", dbus->gl);
  plan->has_desktop |= dbus->gl == FEATURE_ON;
  props_add_string(display, "rendernode", dbus->render_node);
  props_add_string(display, "audiodev", audio);
  plan_add_keyval(plan, PLAN_BOTH, "-display", display);
  if (dbus->render_node && dbus->gl != FEATURE_OFF)
    plan_require(plan, PLAN_REQUIRE_DEVICE, &dbus->gl_place, "rendernode", dbus->render_node);
}
