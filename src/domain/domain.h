/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The whole machine, in XML's terms. Each part (os, cpu, memory, ...) has a header of its own, as each family
 * of devices; whoever asks a part includes its header, so that no part knows more than it asks for. machine/
 * fills the struct from a document, and makes a plan of it.
 */
#pragma once

#include <glib.h>

#include "base/enum.h"
#include "base/report.h"
#include "domain/cpu-host.h"
#include "domain/firmware-request.h"

typedef struct Domain Domain;
typedef struct Device Device;
typedef struct Metadata Metadata;
typedef struct Memory Memory;
typedef struct MemoryBacking MemoryBacking;
typedef struct Cpu Cpu;
typedef struct CpuTune CpuTune;
typedef struct DomainLimits DomainLimits;
typedef struct Iothreads Iothreads;
typedef struct ThrottleGroups ThrottleGroups;
typedef struct Bootloader Bootloader;
typedef struct Os Os;
typedef struct Sysinfo Sysinfo;
typedef struct Firmware Firmware;
typedef struct Features Features;
typedef struct Clock Clock;
typedef struct LaunchSecurity LaunchSecurity;
typedef struct Lifecycle Lifecycle;
typedef struct Pm Pm;
typedef struct ExtraArguments ExtraArguments;
typedef struct Overrides Overrides;
typedef struct Generator Generator;
typedef struct DomainNetwork DomainNetwork;
typedef struct DeviceRoom DeviceRoom;
typedef struct ControllerTable ControllerTable;
typedef struct XmlDocument XmlDocument;

typedef struct DomainOptions DomainOptions;

typedef enum {
  DOMAIN_TYPE_QEMU, /* also kqemu: its accelerator is gone */
  DOMAIN_TYPE_KVM,
  DOMAIN_TYPE_LAST,
} DomainType;

extern const EnumTable domain_type_table;

struct Domain {
  XmlDocument *document; /* borrowed: it outlives the domain, and owns every string of it */
  Place place;           /* of <domain> */
  Report *report;        /* borrowed: where the passes of machine_parse() add warnings; NULL after it */
  const DomainOptions *options; /* borrowed; NULL after machine_parse() */
  DomainType type;
  gboolean is_xen; /* the document is one for Xen, run with QEMU: what Xen alone has is replaced */
  Generator *generator;
  Metadata *metadata;
  Memory *memory;
  MemoryBacking *memory_backing;
  Cpu *cpu;
  Iothreads *iothreads;
  ThrottleGroups *throttle_groups;
  CpuTune *cpu_tune;
  DomainLimits *limits;
  Bootloader *bootloader;
  Os *os;
  Sysinfo *sysinfo;
  Firmware *firmware;
  Features *features;
  Clock *clock;
  LaunchSecurity *launch_security;
  Lifecycle *lifecycle;
  Pm *pm;
  ExtraArguments *extra_arguments;
  Overrides *overrides;
  gint64 now; /* from the options, as the next */
  gboolean has_vhost_net;
  gboolean is_without_seccomp; /* as DomainOptions has it */
  const char *emulator;        /* absolute path, or of the options; NULL: found by the architecture */
  Place emulator_place;
  GPtrArray *devices; /* of Device: by room, in each in the order of the document; implied ones at the end */
  GHashTable *rooms;  /* of DeviceRoom: a GPtrArray of its devices, borrowed; see domain_devices_of() */
  GHashTable *claims; /* of DeviceClaims: what device_first_claimant() knows */
  ControllerTable *controllers;
};

/* What is known beside the document: the command line, and facts about the host that decide between two
 * translations. They are given, so that translation asks the host nothing. */
struct DomainOptions {
  gboolean is_strict;            /* what nobody read is an error */
  gboolean has_advice;           /* what is allowed and unwise is a warning, too */
  guint ignored;                 /* what protects and is given up: domain/protection.h */
  gboolean is_without_seccomp;   /* QEMU puts no filter of system calls on itself */
  const struct Changes *changes; /* of change/change.h: made in the document before it is read; or NULL */
  gboolean is_without_spice;     /* SPICE is taken out of the document, and VNC takes its place */
  int type;                      /* a DomainType that overrides the document's, or -1 */
  const char *seed;     /* of generated values, beside the guest's name; NULL: they are drawn by chance */
  const char *emulator; /* overrides the document's: an absolute path, or a bare name; or NULL */
  const char *machine;  /* the same; or NULL */
  const struct DomainCloudInit *cloud_init; /* or NULL */
  const GPtrArray *networks;                /* of DomainNetwork: --network; or NULL */

  /* The host's own definition of a virtual network, or NULL; the caller frees it. NULL: nobody can be asked.
   */
  XmlDocument *(*open_network)(const char *network);

  /* A firmware of this host; FALSE where there is none such. NULL: nobody can be asked, as with the next. */
  gboolean (*find_firmware)(const FirmwareRequest *request, FirmwareFound *ret_found);

  /* The template of the variables that belongs to @loader, or NULL; the caller frees it. */
  char *(*find_template)(const char *loader);
  const char *state_directory; /* absolute: where files of guests that are kept between runs lie; or NULL */
  gboolean is_reset_nvram;     /* the variables are made again from their template */
  gboolean is_fast_boot;       /* the BIOS does not wait for USB devices that come late */

  /* What KVM can give a guest's CPU; FALSE where it cannot be asked. NULL: nobody can. */
  gboolean (*read_cpu_host)(CpuHost *ret_host);

  const char
      *certificates; /* the directory of this host's certificates for TLS, absolute; NULL: the usual one */
  const GPtrArray *pools; /* of DomainPool: --pool; or NULL */

  /* The directory of a storage pool that the host itself defines, or NULL; the caller frees it. NULL: nobody
   * can be asked. */
  char *(*find_pool)(const char *pool);
  const GPtrArray *secrets; /* of DomainSecret: --secret; or NULL */

  /* The file, in base64, in which libvirt keeps a secret on this host, or NULL; the caller frees it. @uuid or
   * @usage is NULL; @kind is libvirt's word for the use: volume, ceph, iscsi. NULL: nobody can be asked. */
  char *(*find_secret)(const char *uuid, const char *usage, const char *kind);

  /* Whether this user can read that file, which is absolute. NULL: nobody can be asked. */
  gboolean (*has_file)(const char *path);

  /* The same of a device's node, or of a file that the kernel has for a device. NULL: nobody can be asked. */
  gboolean (*has_device)(const char *path);
  /* A file of the host's SMBIOS tables, "sys_vendor", or NULL where it may not be read; the caller frees it.
   * NULL: nobody can be asked. */
  char *(*read_dmi)(const char *name);

  /* The node of a SCSI device of the host, "/dev/sg3" of "0:0:4:8", or NULL; the caller frees it. NULL:
   * nobody can be asked. */
  char *(*find_scsi)(const char *name);

  gboolean has_vhost_net; /* /dev/vhost-net is there and can be opened */
  gint64 now;             /* seconds since 1970: what a clock that is off the host's is counted from */
};

/* As on a host of which nothing is known. */
#define DOMAIN_OPTIONS_INIT                                                                                  \
  {                                                                                                          \
    .type = -1                                                                                               \
  }

/* Calls for each device. */
#define DOMAIN_FOREACH_DEVICE(domain, device, index)                                                         \
  for (guint index = 0; (index) < (domain)->devices->len; (index)++)                                         \
    for (Device *device = g_ptr_array_index((domain)->devices, (index)); (device); (device) = NULL)

/* The directory of this host's certificates for TLS: --certificates, or what libvirt has for @kind in its
 * usual configuration ("/etc/pki/@kind"). Kept by the document. For machine_parse()'s passes. */
const char *domain_certificates(const Domain *domain, const char *kind);

/* What --network says of a virtual network, or NULL. For machine_parse()'s passes. */
const DomainNetwork *domain_find_network(const Domain *domain, const char *name);
