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
  PciEnd pci;           /* how a PCI device is given back; all NULL: it is as it was */
} Resource;

/* Both are borrowed and must outlive the result. Acquires nothing yet. */
Resources *resources_new(const Plan *plan, const RuntimeDir *directory);

/* How programs that serve QEMU are started from now on; what it borrows must outlive @resources. */
void resources_set_beside(Resources *resources, const Beside *beside);

/* Acquires what is not there yet. On failure everything is released, and the DOMRUN_ERROR_HOST error names
 * the place in the document, the path and the reason. */
gboolean resources_acquire(Resources *resources, GError **error);

/* The guest goes on in another directory. Nothing of a run may be there: resources_release_run() came before.
 */
void resources_set_directory(Resources *resources, const RuntimeDir *directory);

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
