/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <driver> of an <interface>: how a virtio device and its back end work. Devices of other models ignore it,
 * as they do in libvirt. https://libvirt.org/formatdomain.html#setting-nic-driver-specific-options
 */
#pragma once

#include "base/enum.h"
#include "base/error.h"
#include "qemu/props.h"

struct _xmlNode;

typedef enum {
  INTERFACE_BACKEND_DEFAULT, /* vhost for KVM guests where the host has it */
  INTERFACE_BACKEND_QEMU,
  INTERFACE_BACKEND_VHOST,
  INTERFACE_BACKEND_VFIO, /* of a device of the host, as the next */
  INTERFACE_BACKEND_KVM,
  INTERFACE_BACKEND_LAST,
} InterfaceBackend;

typedef enum {
  INTERFACE_TX_DEFAULT,
  INTERFACE_TX_IOTHREAD,
  INTERFACE_TX_TIMER,
  INTERFACE_TX_LAST,
} InterfaceTx;

extern const EnumTable interface_backend_table;
extern const EnumTable interface_tx_table;

/* What can be switched on and off: in <driver> itself, for the host's side and for the guest's. */
typedef enum {
  INTERFACE_IOEVENTFD,
  INTERFACE_EVENT_IDX,
  INTERFACE_PACKED,
  INTERFACE_PAGE_PER_VQ,
  INTERFACE_IOMMU,
  INTERFACE_ATS,
  INTERFACE_RSS,
  INTERFACE_RSS_HASH_REPORT,
  INTERFACE_HOST_CSUM,
  INTERFACE_HOST_GSO,
  INTERFACE_HOST_TSO4,
  INTERFACE_HOST_TSO6,
  INTERFACE_HOST_ECN,
  INTERFACE_HOST_UFO,
  INTERFACE_HOST_MRG_RXBUF,
  INTERFACE_GUEST_CSUM,
  INTERFACE_GUEST_TSO4,
  INTERFACE_GUEST_TSO6,
  INTERFACE_GUEST_ECN,
  INTERFACE_GUEST_UFO,
  INTERFACE_SWITCHES,
} InterfaceSwitch;

typedef struct {
  InterfaceBackend backend;
  InterfaceTx tx;
  Place place;                          /* of <driver>, if there is one */
  guint32 queues;                       /* 0: not given */
  guint32 rx_queue_size, tx_queue_size; /* 0: not given; else a power of two */
  gboolean is_set[INTERFACE_SWITCHES];
  gboolean is_on[INTERFACE_SWITCHES]; /* where it is set */
} InterfaceDriver;

gboolean interface_driver_parse(struct _xmlNode *node, InterfaceDriver *ret_driver, GError **error);

/* The first of its attributes that is for a virtio device or the back end of a tap device alone; NULL: none.
 */
const char *interface_driver_option(const InterfaceDriver *driver);

/* Adds the virtio device's properties. */
void interface_driver_translate(const InterfaceDriver *driver, Props *props);
