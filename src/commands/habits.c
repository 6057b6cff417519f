/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/habits.h"

static const char no_definitions[] =
    "there are no definitions: a guest is its XML file, and 'domrun run FILE' starts it";
static const char no_networks[] = "there are no networks to manage: --network=NAME=bridge:BRIDGE, or "
                                  "--network=NAME=user, of 'domrun run' says what a "
                                  "network of the document is on this host";
static const char no_pools[] = "there are no pools: a disk names its file; qemu-img makes and changes images";
static const char no_autostart[] = "systemd starts it: a unit with ExecStart=domrun run FILE";
static const char not_live[] =
    "change the file and start the guest again; 'domrun qmp' gives commands to QEMU itself";
static const char no_daemon[] =
    "there is no daemon: every guest has its own supervisor, and 'domrun list' finds them";

static const Habit habits[] = {
  { "start", "run", "--detach", NULL, NULL },
  { "create", "run", "--detach", NULL, NULL },
  { "qemu-monitor-command", "qmp", NULL, NULL, NULL },
  { "inject-nmi", "qmp", NULL, "inject-nmi", NULL },
  { "domxml-to-native", "argv", NULL, NULL, NULL },
  { "define", NULL, NULL, NULL, no_definitions },
  { "undefine", NULL, NULL, NULL, no_definitions },
  { "domrename", NULL, NULL, NULL, no_definitions },
  { "edit", NULL, NULL, NULL, "edit the XML file that 'domrun run' was given, and start the guest again" },
  { "autostart", NULL, NULL, NULL, no_autostart },
  { "attach-device", NULL, NULL, NULL, not_live },
  { "attach-disk", NULL, NULL, NULL, not_live },
  { "attach-interface", NULL, NULL, NULL, not_live },
  { "detach-device", NULL, NULL, NULL, not_live },
  { "update-device", NULL, NULL, NULL, not_live },
  { "setvcpus", NULL, NULL, NULL, not_live },
  { "setmem", NULL, NULL, NULL, not_live },
  { "connect", NULL, NULL, NULL, no_daemon },
  { "version", NULL, NULL, NULL, "'domrun --version' prints it" },
  { "capabilities", NULL, NULL, NULL, no_daemon },
  { "nodeinfo", NULL, NULL, NULL, no_daemon },
};

/* Whole families of verbs. */
static const struct {
  const char *prefix;
  Habit habit;
} families[] = {
  { "net-", { .instead = no_networks } },
  { "iface-", { .instead = no_networks } },
  { "nwfilter-", { .instead = no_networks } },
  { "pool-", { .instead = no_pools } },
  { "vol-", { .instead = no_pools } },
  { "snapshot-", { .instead = "qemu-img snapshot makes one of an image while the guest does not run" } },
  { "secret-", { .instead = no_daemon } },
};

const Habit *habit_find(const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS(habits); i++) {
    if (g_str_equal(habits[i].name, name))
      return &habits[i];
  }
  for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
    if (g_str_has_prefix(name, families[i].prefix))
      return &families[i].habit;
  }
  return NULL;
}
