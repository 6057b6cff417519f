/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface/driver.h"

ENUM_TABLE(interface_tx_qemu_table,
           INTERFACE_TX_LAST, [INTERFACE_TX_IOTHREAD] = "bh", [INTERFACE_TX_TIMER] = "timer");

static const char *const switch_props[] = {
  [INTERFACE_IOEVENTFD] = "ioeventfd",
  [INTERFACE_EVENT_IDX] = "event_idx",
  [INTERFACE_PACKED] = "packed",
  [INTERFACE_PAGE_PER_VQ] = "page-per-vq",
  [INTERFACE_IOMMU] = "iommu_platform",
  [INTERFACE_ATS] = "ats",
  [INTERFACE_RSS] = "rss",
  [INTERFACE_RSS_HASH_REPORT] = "hash",
  [INTERFACE_HOST_CSUM] = "csum",
  [INTERFACE_HOST_GSO] = "gso",
  [INTERFACE_HOST_TSO4] = "host_tso4",
  [INTERFACE_HOST_TSO6] = "host_tso6",
  [INTERFACE_HOST_ECN] = "host_ecn",
  [INTERFACE_HOST_UFO] = "host_ufo",
  [INTERFACE_HOST_MRG_RXBUF] = "mrg_rxbuf",
  [INTERFACE_GUEST_CSUM] = "guest_csum",
  [INTERFACE_GUEST_TSO4] = "guest_tso4",
  [INTERFACE_GUEST_TSO6] = "guest_tso6",
  [INTERFACE_GUEST_ECN] = "guest_ecn",
  [INTERFACE_GUEST_UFO] = "guest_ufo",
};
G_STATIC_ASSERT(G_N_ELEMENTS(switch_props) == INTERFACE_SWITCHES);

void interface_driver_translate(const InterfaceDriver *driver, Props *props)
{
  props_add_string(props, "tx", enum_to_string(&interface_tx_qemu_table, (int)driver->tx));
  for (guint i = 0; i < INTERFACE_SWITCHES; i++) {
    if (driver->is_set[i])
      props_add_bool(props, switch_props[i], driver->is_on[i]);
  }
  if (driver->queues > 1) {
    props_add_bool(props, "mq", TRUE);
    /* One for each direction of each queue, one for configuration changes, one for control. */
    props_add_uint(props, "vectors", 2 * driver->queues + 2);
  }
  if (driver->rx_queue_size)
    props_add_uint(props, "rx_queue_size", driver->rx_queue_size);
  if (driver->tx_queue_size)
    props_add_uint(props, "tx_queue_size", driver->tx_queue_size);
}
