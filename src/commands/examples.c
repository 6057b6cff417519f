/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands/examples.h"

#include <glib.h>

#define CHANGES "memory disk network forward graphics set"

static const Example examples[] = {
  { "run",
    "console detach " CHANGES,
    { "domrun run --console guest.xml", "domrun run --detach --memory=2G --forward=2222:22 guest.xml" } },
  { "adopt", NULL, { "domrun adopt web" } },
  { "argv",
    "exact json " CHANGES,
    { "domrun argv guest.xml", "domrun argv --graphics=none guest.xml >guest.sh" } },
  { "check", "json strict " CHANGES, { "domrun check guest.xml", "domrun check --strict --json guest.xml" } },
  { "init",
    "os memory disk cdrom network graphics firmware output",
    { "domrun init web >web.xml", "domrun init --os=debian12 --disk=web.qcow2 --memory=2G web >web.xml" } },
  { "cloud-init",
    "output cloud-init hostname ssh-key",
    { "domrun cloud-init --hostname=web --ssh-key=id.pub web.xml" } },
  { "list", NULL, { "domrun list --all" } },
  { "dominfo", NULL, { "domrun dominfo web" } },
  { "domstate", NULL, { "domrun domstate --reason web" } },
  { "domid", NULL, { "domrun domid web" } },
  { "domuuid", NULL, { "domrun domuuid web" } },
  { "dumpxml", NULL, { "domrun dumpxml web" } },
  { "domblklist", NULL, { "domrun domblklist web" } },
  { "domiflist", NULL, { "domrun domiflist web" } },
  { "log", NULL, { "domrun log web" } },
  { "console", NULL, { "domrun console web", "domrun console web serial1" } },
  { "ttyconsole", NULL, { "domrun ttyconsole web" } },
  { "vncdisplay", NULL, { "domrun vncdisplay web" } },
  { "domdisplay", NULL, { "domrun domdisplay web" } },
  { "view", NULL, { "domrun view web" } },
  { "ssh", NULL, { "domrun ssh root@web", "domrun ssh web -- uname -a" } },
  { "screenshot", NULL, { "domrun screenshot web web.png" } },
  { "send-key", NULL, { "domrun send-key web ctrl alt delete" } },
  { "shutdown", NULL, { "domrun shutdown web" } },
  { "reboot", NULL, { "domrun reboot web" } },
  { "reset", NULL, { "domrun reset web" } },
  { "suspend", NULL, { "domrun suspend web" } },
  { "resume", NULL, { "domrun resume web" } },
  { "destroy", NULL, { "domrun destroy web" } },
  { "forget", NULL, { "domrun forget web" } },
  { "wait", NULL, { "domrun wait web", "domrun wait --timeout=60 web running" } },
  { "events", NULL, { "domrun events web" } },
  { "dump", NULL, { "domrun dump web web.core" } },
  { "guestinfo", NULL, { "domrun guestinfo web" } },
  { "domifaddr", NULL, { "domrun domifaddr web" } },
  { "domhostname", NULL, { "domrun domhostname web" } },
  { "domtime", NULL, { "domrun domtime web" } },
  { "domfsfreeze", NULL, { "domrun domfsfreeze web" } },
  { "domfsthaw", NULL, { "domrun domfsthaw web" } },
  { "dompmsuspend", NULL, { "domrun dompmsuspend web mem" } },
  { "dompmwakeup", NULL, { "domrun dompmwakeup web" } },
  { "guestvcpus", NULL, { "domrun guestvcpus web" } },
  { "set-user-password", NULL, { "domrun set-user-password web me <password" } },
  { "domfstrim", NULL, { "domrun domfstrim web" } },
  { "qemu-agent-command", NULL, { "domrun qemu-agent-command web guest-ping" } },
  { "qmp", NULL, { "domrun qmp web query-status" } },
};

const Example *examples_find(const char *command)
{
  const char *verb = command && g_str_has_prefix(command, "domrun ") ? command + 7 : "";

  for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
    if (g_str_equal(examples[i].verb, verb))
      return &examples[i];
  }
  return NULL;
}
