/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tap devices: the host's end of a guest's network interface. A device that is made here is gone when the
 * last descriptor of it is closed, in whatever way that happens; one that was there before, since somebody
 * made it to stay (ip tuntap add), is used and stays.
 *
 * Facts: the kernel's Documentation/networking/tuntap.rst and drivers/net/tun.c.
 */
#pragma once

#include <glib.h>

#include "qemu/plan.h"

typedef struct Tap Tap;

/* How long one of its scripts may take. One that takes longer is killed: the up script fails by that. */
enum { TAP_SCRIPT_SECONDS = 30 };

/* Makes or finds the device, and changes nothing that stays; a macvtap device is complete by that. Without
 * the right to do that (CAP_NET_ADMIN) it is QEMU's bridge helper that makes a device on the bridge. @plan is
 * borrowed. NULL on failure, with nothing left behind: a DOMRUN_ERROR_HOST error that names the place in the
 * document. */
Tap *tap_open(const PlanTap *plan, const Place *place, GError **error);

/* Unless the plan says that it is somebody else's, gives it the host's MAC address and the MTU, attaches it
 * to its bridge and sets it up; and runs its script. FALSE with an error as above, or DOMRUN_ERROR_STOPPED
 * where the user did not want to wait for a program; tap_free() takes back what was done. */
gboolean tap_set_up(Tap *tap, GError **error);

/* Runs the script for the end, whose failure is only told, and gives the device up: what stays is detached,
 * and down where it was down. */
void tap_free(Tap *tap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tap, tap_free)

/* How a device was that stays, as far as the guest has it otherwise. */
typedef struct {
  char mac[18];      /* as text; empty: unchanged */
  guint32 mtu;       /* 0: unchanged */
  guint32 rx_frames; /* where: */
  gboolean has_rx_frames;
} TapBefore;

/* What giving up a device takes that does not vanish with its descriptors. */
typedef struct {
  const char *name;
  const char *bridge;     /* it is detached from; NULL: it stays where it is */
  const char *downscript; /* or NULL */
  gboolean is_set_down;   /* as it was */
  gboolean is_switched;   /* it is a port of Open vSwitch, which does not forget it by itself */
  guint limits;           /* PortLimits that are taken back */
  TapBefore before;       /* and what it gets back */
  const char *macvtap;    /* the address of a macvtap device, which is deleted; NULL: it is none */
  const char *parent;     /* of it, which gets back: */
  const char *parent_mac; /* NULL: it kept its own */
} TapEnd;

/* Of a device; FALSE where it takes nothing. Borrowed from the tap. Before tap_set_up() it has what that is
 * going to do. */
gboolean tap_describe_end(const Tap *tap, TapEnd *ret_end);

/* Does it for a process that was killed, unless another program has the device by now: of that nothing is
 * changed, and neither is the switch that it may be a port of. */
void tap_give_up(const TapEnd *end);

/* "vnet3". */
const char *tap_name(const Tap *tap);

/* The descriptor of its first queue, borrowed. */
int tap_fd(const Tap *tap);

/* One more queue of the device, for one run of QEMU: QEMU leaves queues switched off that the guest does not
 * use, and wants them switched on when it starts. -1 with a DOMRUN_ERROR_HOST error on failure. */
int tap_open_queue(const Tap *tap, GError **error);

/* The kernel's back end for a queue, for one run of QEMU as well. @path is its device, or NULL. */
int tap_open_vhost(const char *path, const Place *place, GError **error);
