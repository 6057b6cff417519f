/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The whole machine, in XML's terms, and the way from a document to a plan:
 *
 *     domain_parse()      every element goes to its part (os, cpu, memory, ...) or its room (devices/)
 *                         what nobody read is reported
 *                         passes that need all devices: complete, alias, boot order
 *                         validation
 *     domain_translate()  parts and rooms fill the plan
 *
 * Both are pure: they read nothing but the document. All findings of a step are collected, not only the
 * first.
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/report.h"
#include "devices/device.h"
#include "domain/bootloader.h"
#include "domain/clock.h"
#include "domain/cpu.h"
#include "domain/features.h"
#include "domain/firmware.h"
#include "domain/generator.h"
#include "domain/lifecycle.h"
#include "domain/live-facts.h"
#include "domain/memory.h"
#include "domain/metadata.h"
#include "domain/networks.h"
#include "domain/os.h"
#include "qemu/plan.h"

typedef struct XmlDocument XmlDocument;

typedef struct DomainOptions DomainOptions;

typedef enum {
  DOMAIN_TYPE_QEMU, /* also kqemu: its accelerator is gone */
  DOMAIN_TYPE_KVM,
  DOMAIN_TYPE_LAST,
} DomainType;

extern const EnumTable domain_type_table;

struct Domain {
  XmlDocument *document;        /* borrowed: it outlives the domain, and owns every string of it */
  Place place;                  /* of <domain> */
  Report *report;               /* borrowed: where the passes of domain_parse() add warnings; NULL after it */
  const DomainOptions *options; /* borrowed; NULL after domain_parse() */
  Generator generator;
  DomainType type;
  gboolean is_xen; /* the document is one for Xen, run with QEMU: what Xen alone has is replaced */
  Metadata metadata;
  Memory memory;
  Cpu cpu;
  Bootloader bootloader;
  Os os;
  Firmware firmware;
  Features features;
  Clock clock;
  Lifecycle lifecycle;
  gint64 now; /* from the options, as the next */
  gboolean has_vhost_net;
  const char *emulator; /* absolute path, or NULL: found by the architecture */
  Place emulator_place;
  GPtrArray *devices; /* of Device: by room, in each in the order of the document; implied ones at the end */
};

/* What is known beside the document: the command line, and facts about the host that decide between two
 * translations. They are given, so that translation asks the host nothing. */
struct DomainOptions {
  gboolean is_strict; /* what nobody read is an error */
  int type;           /* a DomainType that overrides the document's, or -1 */
  const char *seed;   /* of generated values, or NULL */
  gboolean
      has_stand_ins; /* without a seed, generated values come from the guest's name and not from chance */
  const GPtrArray *networks; /* of DomainNetwork: --network; or NULL */

  /* The bridge of a virtual network that the host itself defines, or NULL; the caller frees it. NULL: nobody
   * can be asked. */
  char *(*find_bridge)(const char *network);

  gboolean has_vhost_net; /* /dev/vhost-net is there and can be opened */
  gint64 now;             /* seconds since 1970: what a clock that is off the host's is counted from */
};

/* has_vhost_net and find_bridge as on a host that has neither. */
#define DOMAIN_OPTIONS_INIT                                                                                  \
  {                                                                                                          \
    .type = -1                                                                                               \
  }

/* NULL where the report has errors. The document must outlive the domain. */
Domain *domain_parse(XmlDocument *document, const DomainOptions *options, Report *report);
void domain_free(Domain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Domain, domain_free)

/* NULL where the report has errors. The domain must outlive the plan. */
Plan *domain_translate(const Domain *domain, Report *report);

/* For the next start of a guest that has run: @plan's arguments are translated again, for the time @now (as
 * in DomainOptions) and with what @facts tells of the last start. The devices and resources stay. */
void domain_translate_again(Domain *domain, const LiveFacts *facts, gint64 now, Plan *plan);

/* Calls for each device of @room, in the order of the document. */
#define DOMAIN_FOREACH_DEVICE(domain, device, index)                                                         \
  for (guint index = 0; (index) < (domain)->devices->len; (index)++)                                         \
    for (Device *device = g_ptr_array_index((domain)->devices, (index)); (device); (device) = NULL)

/* The name of a PCI bus in QEMU: "pci.0", "pcie.0", "pci.3". */
const char *domain_pci_bus(const Domain *domain, guint32 index);

/* The name of the bus of USB controller @index: "usb.0". The caller frees it. */
char *domain_usb_bus(const Domain *domain, guint32 index);

/* What --network says of a virtual network, or NULL. For domain_parse()'s passes, as the next. */
const DomainNetwork *domain_find_network(const Domain *domain, const char *name);

/* The bridge that the host itself gives it, or NULL. */
const char *domain_find_bridge(const Domain *domain, const char *network);

/* The path of the first hard disk, or NULL. */
const char *domain_first_disk(const Domain *domain);

/* Adds a device that the document does not name; takes it. */
void domain_add_device(Domain *domain, Device *device);
