/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/shmem.h"

#include <string.h>

#include "domain/domain.h"
#include "domain/memory.h"
#include "xml/annotate.h"
#include "xml/element.h"

ENUM_TABLE(shmem_model_table, SHMEM_LAST, [SHMEM_IVSHMEM] = "ivshmem", [SHMEM_PLAIN] = "ivshmem-plain",
           [SHMEM_DOORBELL] = "ivshmem-doorbell");
ENUM_TABLE(shmem_role_table, SHMEM_ROLE_LAST, [SHMEM_MASTER] = "master", [SHMEM_PEER] = "peer");

enum {
  SHMEM_DEFAULT_KIB = 4096,
  SHMEM_MIN_KIB = 1024,
  SHMEM_MAX_VECTORS = 2048, /* of MSI-X */
  FILE_NAME_MAX = 255,
};

static gboolean read_name(xmlNode *node, Shmem *shmem, GError **error)
{
  if (!xml_attribute_required(node, "name", &shmem->name, error))
    return FALSE;
  if (strchr(shmem->name, '/') || g_str_equal(shmem->name, ".") || g_str_equal(shmem->name, ".."))
    return xml_error(error, node, "name", "'%s' is not the name of a file in /dev/shm, which it is to be",
                     shmem->name);
  if (strlen(shmem->name) > FILE_NAME_MAX)
    return xml_error(error, node, "name", "it has %" G_GSIZE_FORMAT " bytes, and that of a file at most %d",
                     strlen(shmem->name), FILE_NAME_MAX);
  return TRUE;
}

static gboolean read_model(xmlNode *node, Shmem *shmem, GError **error)
{
  xmlNode *model = NULL;

  if (!xml_child(node, "model", &model, error) ||
      (model &&
       !xml_attribute_enum_required(model, "type", &shmem_model_table, XML_ENUM(&shmem->model), error)))
    return FALSE;
  if (shmem->model != SHMEM_IVSHMEM)
    return TRUE;
  if (model)
    xml_error(error, model, "type", "QEMU has no 'ivshmem' any more, since 4.0");
  else
    xml_error(error, node, NULL,
              "there is no <model>, which means 'ivshmem': QEMU has none any more, since 4.0");
  return error_add_hint(error, "<model type='ivshmem-plain'/> is memory alone, 'ivshmem-doorbell' has a "
                               "<server> and interrupts");
}

static gboolean read_size(xmlNode *node, Shmem *shmem, GError **error)
{
  xmlNode *size = NULL;

  if (!xml_child(node, "size", &size, error))
    return FALSE;
  if (size && shmem->model == SHMEM_DOORBELL)
    return xml_error(error, size, NULL,
                     "model 'ivshmem-doorbell' has no size of its own: its server knows it");
  if (size && !memory_read_kib(size, &shmem->kib, error))
    return FALSE;
  if (!shmem->kib)
    shmem->kib = SHMEM_DEFAULT_KIB;
  if (shmem->kib < SHMEM_MIN_KIB || shmem->kib & (shmem->kib - 1))
    return xml_error(error, size, NULL,
                     "%" G_GUINT64_FORMAT " KiB is not a power of two from 1 MiB on, which it has to be",
                     shmem->kib);
  return TRUE;
}

static gboolean read_server(xmlNode *node, Shmem *shmem, GError **error)
{
  xmlNode *server = NULL;
  g_autofree char *path = NULL;

  if (!xml_child(node, "server", &server, error))
    return FALSE;
  if (server && shmem->model == SHMEM_PLAIN) {
    xml_error(error, server, NULL, "model 'ivshmem-plain' has no server");
    return error_add_hint(error, "'ivshmem-doorbell' is the model that has");
  }
  if (shmem->model == SHMEM_PLAIN)
    return TRUE;
  if (!server)
    return xml_error(error, node, NULL,
                     "there is no <server>, which model 'ivshmem-doorbell' has its memory from");
  shmem->server =
      (ChardevSource){ .type = CHARDEV_UNIX, .mode = CHARDEV_CONNECT, .place = xml_place(server) };
  if (xml_has_attribute(server, "path"))
    return chardev_source_parse_socket(server, "path", &shmem->server.path, error);
  path = g_strdup_printf("/var/lib/libvirt/shmem-%s-sock", shmem->name);
  if (strlen(path) > UNIX_SOCKET_PATH_MAX)
    return xml_error(error, server, "path", "is missing, and '%s' is too long for that of a UNIX socket",
                     path);
  shmem->server.path = xml_document_keep(xml_document_of(node), path);
  return TRUE;
}

static gboolean read_msi(xmlNode *node, Shmem *shmem, GError **error)
{
  xmlNode *msi = NULL;

  shmem->ioeventfd = FEATURE_ON;
  if (!xml_child(node, "msi", &msi, error))
    return FALSE;
  if (!msi)
    return TRUE;
  if (shmem->model == SHMEM_PLAIN) {
    xml_error(error, msi, NULL, "model 'ivshmem-plain' has no interrupts");
    return error_add_hint(error, "'ivshmem-doorbell' is the model that has, by a <server>");
  }
  return xml_attribute_uint32(msi, "vectors", 1, SHMEM_MAX_VECTORS, &shmem->vectors, error) &&
         feature_state_parse(msi, "ioeventfd", &shmem->ioeventfd, error);
}

static gboolean shmem_parse(xmlNode *node, Device *device, GError **error)
{
  static const AddressType allowed[] = { ADDRESS_PCI, ADDRESS_NONE };
  Shmem *shmem = (Shmem *)device;

  return read_name(node, shmem, error) && read_model(node, shmem, error) &&
         xml_attribute_enum(node, "role", &shmem_role_table, XML_ENUM(&shmem->role), error) &&
         read_size(node, shmem, error) && read_server(node, shmem, error) && read_msi(node, shmem, error) &&
         device_parse_acpi(node, device, error) && device_parse_alias(node, device, error) &&
         address_parse(node, allowed, &device->address, error);
}

static gboolean shmem_complete(Domain *domain, Device *device, GError **error)
{
  Shmem *shmem = (Shmem *)device;
  g_autofree char *path = g_build_filename("/dev/shm", shmem->name, NULL);

  device_set_alias(domain, device, "shmem%u", device->index);
  device->pci_plug = PCI_PLUG_CONVENTIONAL;
  shmem->path = xml_document_keep(domain->document, path);
  return TRUE;
}

static void shmem_annotate(const Domain *domain, const Device *device, xmlNode *node)
{
  const Shmem *shmem = (const Shmem *)device;
  g_autofree char *kib = g_strdup_printf("%" G_GUINT64_FORMAT, shmem->kib);

  if (shmem->model == SHMEM_DOORBELL) {
    xml_set_attribute(xml_set_child(node, "server"), "path", shmem->server.path);
    return;
  }
  node = xml_set_child(node, "size");
  xml_set_attribute(node, "unit", "KiB");
  xml_set_text(node, kib);
}

const DeviceRoom shmem_room = {
  .element = "shmem",
  .size = sizeof(Shmem),
  .pci_order = DEVICE_PCI_ORDER_SHMEM,
  .parse = shmem_parse,
  .complete = shmem_complete,
  .validate = device_validate_nothing,
  .translate = shmem_translate,
  .annotate = shmem_annotate,
  .clear = device_clear_nothing,
};
