/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/interface/driver.h"

#include "xml/element.h"

ENUM_TABLE(interface_backend_table,
           INTERFACE_BACKEND_LAST, [INTERFACE_BACKEND_QEMU] = "qemu", [INTERFACE_BACKEND_VHOST] = "vhost",
           [INTERFACE_BACKEND_VFIO] = "vfio", [INTERFACE_BACKEND_KVM] = "kvm");
ENUM_TABLE(interface_tx_table,
           INTERFACE_TX_LAST, [INTERFACE_TX_IOTHREAD] = "iothread", [INTERFACE_TX_TIMER] = "timer");

typedef struct {
  const char *element; /* below <driver>; NULL: an attribute of <driver> itself */
  const char *attribute;
} SwitchName;

static const SwitchName switch_names[] = {
  [INTERFACE_IOEVENTFD] = { NULL, "ioeventfd" },
  [INTERFACE_EVENT_IDX] = { NULL, "event_idx" },
  [INTERFACE_PACKED] = { NULL, "packed" },
  [INTERFACE_PAGE_PER_VQ] = { NULL, "page_per_vq" },
  [INTERFACE_IOMMU] = { NULL, "iommu" },
  [INTERFACE_ATS] = { NULL, "ats" },
  [INTERFACE_RSS] = { NULL, "rss" },
  [INTERFACE_RSS_HASH_REPORT] = { NULL, "rss_hash_report" },
  [INTERFACE_HOST_CSUM] = { "host", "csum" },
  [INTERFACE_HOST_GSO] = { "host", "gso" },
  [INTERFACE_HOST_TSO4] = { "host", "tso4" },
  [INTERFACE_HOST_TSO6] = { "host", "tso6" },
  [INTERFACE_HOST_ECN] = { "host", "ecn" },
  [INTERFACE_HOST_UFO] = { "host", "ufo" },
  [INTERFACE_HOST_MRG_RXBUF] = { "host", "mrg_rxbuf" },
  [INTERFACE_GUEST_CSUM] = { "guest", "csum" },
  [INTERFACE_GUEST_TSO4] = { "guest", "tso4" },
  [INTERFACE_GUEST_TSO6] = { "guest", "tso6" },
  [INTERFACE_GUEST_ECN] = { "guest", "ecn" },
  [INTERFACE_GUEST_UFO] = { "guest", "ufo" },
};
G_STATIC_ASSERT(G_N_ELEMENTS(switch_names) == INTERFACE_SWITCHES);

static gboolean parse_switches(xmlNode *node, const char *element, InterfaceDriver *driver, GError **error)
{
  for (guint i = 0; i < INTERFACE_SWITCHES; i++) {
    const SwitchName *name = &switch_names[i];

    if (g_strcmp0(name->element, element) != 0)
      continue;
    driver->is_set[i] = xml_attribute(node, name->attribute) != NULL;
    if (!xml_attribute_on_off(node, name->attribute, &driver->is_on[i], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean parse_queue_size(xmlNode *node, const char *name, guint32 *ret_size, GError **error)
{
  /* 256 is what a virtio queue has by itself, 1024 what the device can have. */
  if (!xml_attribute_uint32(node, name, 256, 1024, ret_size, error))
    return FALSE;
  if (*ret_size & (*ret_size - 1))
    return xml_error(error, node, name, "%u is not a power of two (allowed: 256, 512, 1024)", *ret_size);
  return TRUE;
}

const char *interface_driver_option(const InterfaceDriver *driver)
{
  if (driver->backend == INTERFACE_BACKEND_QEMU || driver->backend == INTERFACE_BACKEND_VHOST)
    return "name";
  if (driver->tx != INTERFACE_TX_DEFAULT)
    return "txmode";
  if (driver->queues)
    return "queues";
  if (driver->rx_queue_size || driver->tx_queue_size)
    return driver->rx_queue_size ? "rx_queue_size" : "tx_queue_size";
  for (guint i = 0; i < INTERFACE_SWITCHES; i++) {
    if (driver->is_set[i])
      return switch_names[i].attribute;
  }
  return NULL;
}

gboolean interface_driver_parse(xmlNode *node, InterfaceDriver *ret_driver, GError **error)
{
  xmlNode *driver = NULL, *host = NULL, *guest = NULL;

  if (!xml_child(node, "driver", &driver, error))
    return FALSE;
  if (!driver)
    return TRUE;
  ret_driver->place = xml_place(driver);
  if (!xml_attribute_enum(driver, "name", &interface_backend_table, XML_ENUM(&ret_driver->backend), error) ||
      !xml_attribute_enum(driver, "txmode", &interface_tx_table, XML_ENUM(&ret_driver->tx), error) ||
      !xml_attribute_uint32(driver, "queues", 0, 256, &ret_driver->queues, error) ||
      !parse_queue_size(driver, "rx_queue_size", &ret_driver->rx_queue_size, error) ||
      !parse_queue_size(driver, "tx_queue_size", &ret_driver->tx_queue_size, error) ||
      !parse_switches(driver, /* element= */ NULL, ret_driver, error) ||
      !xml_child(driver, "host", &host, error) || !xml_child(driver, "guest", &guest, error))
    return FALSE;
  return (!host || parse_switches(host, "host", ret_driver, error)) &&
         (!guest || parse_switches(guest, "guest", ret_driver, error));
}
