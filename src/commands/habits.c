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

static const char no_saving[] = "a guest cannot be saved or moved; 'domrun suspend' stops its CPUs, 'domrun "
                                "shutdown' asks it to power down";
static const char no_jobs[] = "'domrun qmp GUEST COMMAND' gives QEMU the command itself; qemu-img works on "
                              "an image while no guest does";
static const char in_document[] =
    "it is in the document: 'domrun dumpxml --xpath=EXPRESSION GUEST' prints a part of it";
static const char no_shell[] = "there is no shell of its own: each command is a run of domrun";
static const char statistics[] =
    "'domrun qmp GUEST' asks QEMU: query-blockstats, query-balloon, query-cpus-fast, query-stats";

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
  { "connect", NULL, NULL, NULL, no_daemon },
  { "version", NULL, NULL, NULL, "'domrun --version' prints it" },
  { "capabilities", NULL, NULL, NULL, no_daemon },
  { "hostname", NULL, NULL, NULL, no_daemon },
  { "uri", NULL, NULL, NULL, no_daemon },
  { "sysinfo", NULL, NULL, NULL, no_daemon },
  { "domcapabilities", NULL, NULL, NULL,
    "'domrun check FILE' says what a document needs and this host lacks" },
  { "domname", NULL, NULL, NULL, "'domrun dominfo GUEST' prints it, and 'domrun list --name' all" },
  { "event", NULL, NULL, NULL, "'domrun events --follow GUEST' prints them" },
  { "qemu-monitor-event", NULL, NULL, NULL, "'domrun events --follow GUEST' prints them" },
  { "change-media", NULL, NULL, NULL,
    "'domrun qmp GUEST blockdev-change-medium id=ALIAS filename=FILE' does, and 'eject id=ALIAS'; 'domrun "
    "dumpxml' "
    "has the aliases" },
  { "domfsinfo", "guestinfo", "--filesystem", NULL, NULL },
  { "save", NULL, NULL, NULL, no_saving },
  { "restore", NULL, NULL, NULL, no_saving },
  { "managedsave", NULL, NULL, NULL, no_saving },
  { "migrate", NULL, NULL, NULL, no_saving },
  { "domblkstat", NULL, NULL, NULL, statistics },
  { "domblkinfo", NULL, NULL, NULL, "'domrun domblklist GUEST' names the files, for qemu-img info" },
  { "domifstat", NULL, NULL, NULL, "the host counts: 'domrun domiflist' names the device for ip -s link" },
  { "dommemstat", NULL, NULL, NULL, statistics },
  { "domstats", NULL, NULL, NULL, statistics },
  { "cpu-stats", NULL, NULL, NULL, statistics },
  { "vcpuinfo", NULL, NULL, NULL, statistics },
  { "vcpucount", NULL, NULL, NULL, in_document },
  { "desc", NULL, NULL, NULL, in_document },
  { "metadata", NULL, NULL, NULL, in_document },
  { "backup-begin", NULL, NULL, NULL, no_jobs },
  { "cd", NULL, NULL, NULL, no_shell },
  { "exit", NULL, NULL, NULL, no_shell },
  { "quit", NULL, NULL, NULL, no_shell },
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
  { "checkpoint-", { .instead = no_jobs } },
  { "block", { .instead = no_jobs } },
  { "managedsave-", { .instead = no_saving } },
  { "save-image-", { .instead = no_saving } },
  { "migrate-", { .instead = no_saving } },
  { "attach-", { .instead = not_live } },
  { "detach-", { .instead = not_live } },
  { "update-", { .instead = not_live } },
  { "set", { .instead = not_live } },
  { "node", { .instead = no_daemon } }, /* nodeinfo, nodedev-list, ... */
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
