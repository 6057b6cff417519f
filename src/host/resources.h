/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a plan needs of the host, acquired in the plan's order and released in reverse order, on every way
 * out. A resource belongs to the guest (a file that is written on, a tap device) or to one run of QEMU (a
 * socket: a new one each time, so that nothing is left in its queue); resources_acquire() before each start
 * makes what is missing.
 */
#pragma once

#include <glib.h>

#include "base/error.h"
#include "base/json.h"
#include "host/beside.h"
#include "host/pci.h"
#include "host/runtime-dir.h"
#include "host/swtpm.h"
#include "host/tap.h"
#include "host/virtiofsd.h"
#include "qemu/plan.h"

typedef struct Resources Resources;

typedef struct {
  const PlanResource *plan;
  int fd;               /* what QEMU inherits as plan->fd; -1: not acquired */
  int peer;             /* the other end of a socket; -1: none, or taken */
  char *name;           /* of the socket's file in the runtime directory, or of the tap's note; or NULL */
  char *path;           /* of a channel's socket, absolute; or NULL */
  int losses;           /* how often a port was released, since another program had it */
  int port;             /* the number of a port; 0: it is none */
  Tap *tap;             /* owns @fd; NULL where it is none */
  Swtpm *swtpm;         /* the same */
  Virtiofsd *virtiofsd; /* the same */
  Helper *helper;       /* borrowed: a program that runs beside QEMU; NULL: there is none */
  Resources *all;       /* borrowed */
  gboolean is_adopted;  /* its QEMU has it from another supervisor, as resources_adopt() says; @fd is -1 */
  gboolean is_begun;    /* a file that another supervisor began */
  char *tap_name;       /* of a tap that is adopted; or NULL */
  PciEnd pci;           /* how a PCI device is given back; all NULL: it is as it was */
} Resource;

/* Both are borrowed and must outlive the result. Acquires nothing yet. */
Resources *resources_new(const Plan *plan, const RuntimeDir *directory);

/* How programs that serve QEMU are started from now on; what it borrows must outlive @resources. Its lifeline
 * is made here. */
void resources_set_beside(Resources *resources, const Beside *beside);

/* Acquires what is not there yet. On failure everything is released, and the DOMRUN_ERROR_HOST error names
 * the place in the document, the path and the reason. */
gboolean resources_acquire(Resources *resources, GError **error);

/* What QEMU holds for helpers that would not notice its end: borrowed; -1: there are none. Once it is passed
 * to QEMU nobody else may have it. */
int resources_lifeline(const Resources *resources);
void resources_pass_lifeline(Resources *resources);

/* The guest goes on in another directory. Nothing of a run may be there: resources_release_run() came before.
 */
void resources_set_directory(Resources *resources, const RuntimeDir *directory);

/* What a QEMU has of these, as another process needs it to take over: an array of JSON, which the caller
 * unrefs. */
Json *resources_describe(const Resources *resources);

/* Of a QEMU that goes on without the supervisor that described them so: connects to its sockets, and finds
 * the programs that serve it. What only that supervisor had (a tap, a group) is QEMU's until its end; what is
 * left then is given back as for a supervisor that was killed (leftovers.h), by resources_release_run(), and
 * a restart acquires everything anew. FALSE with an error, where QEMU cannot be talked with. Nothing has
 * changed then. */
gboolean resources_adopt(Resources *resources, Json *described, GError **error);

/* Gives nothing back: QEMU goes on without this process, too. */
void resources_leave(Resources *resources);

/* The program that serves QEMU has ended. */
typedef void (*ResourcesEndFunc)(const Resource *resource, gpointer user_data);

/* Its name, and what the guest is without when it has ended: "swtpm", "its TPM". */
const char *resource_program(const Resource *resource);
const char *resource_loss(const Resource *resource);

/* QEMU runs: what such programs say is told to the user from now on, by the main loop of @context (NULL: the
 * default one), and the end of one to @ended. Before, an error has it. */
void resources_watch(Resources *resources, GMainContext *context, ResourcesEndFunc ended, gpointer user_data);

/* Whether there are such programs. */
gboolean resources_have_helpers(const Resources *resources);

/* Kills them, and says so: QEMU waits for one of them and does not end. */
void resources_kill_helpers(Resources *resources);

/* Releases what belongs to the QEMU that has ended. */
void resources_release_run(Resources *resources);

/* Releases the ports that were chosen, so that others are. FALSE: there is none. */
gboolean resources_release_ports(Resources *resources);

/* Releases everything. */
void resources_free(Resources *resources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Resources, resources_free)

guint resources_count(const Resources *resources);
const Resource *resources_get(const Resources *resources, guint index);

/* The connected end of a socket, non-blocking; the caller owns it. */
int resources_take_peer(Resources *resources, guint index);
