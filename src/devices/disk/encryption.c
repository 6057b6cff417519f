/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/disk/encryption.h"

#include "xml/element.h"

ENUM_TABLE(disk_encryption_table,
           DISK_ENCRYPTION_LAST, [DISK_ENCRYPTION_LUKS] = "luks", [DISK_ENCRYPTION_LUKS2] = "luks2");
ENUM_TABLE(disk_engine_table, DISK_ENGINE_LAST, [DISK_ENGINE_QEMU] = "qemu", [DISK_ENGINE_LIBRBD] = "librbd");

/* What a new image would be made with; the header of this one says it. */
static void ignore_ciphers(xmlNode *node)
{
  static const char *const names[] = { "cipher", "ivgen" };

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    XML_FOREACH_CHILD(node, child, names[i])
      xml_ignore(child);
  }
}

gboolean disk_encryption_parse(xmlNode *node, DiskEncryption *encryption, GError **error)
{
  xmlNode *child = NULL, *secret;

  if (!xml_child(node, "encryption", &child, error))
    return FALSE;
  if (!child)
    return TRUE;
  if (encryption->format != DISK_ENCRYPTION_NONE)
    return xml_error(error, child, NULL, "is in <source>, too, on line %d", encryption->place.line);
  encryption->place = xml_place(child);
  if (!xml_attribute_enum_required(child, "format", &disk_encryption_table, XML_ENUM(&encryption->format),
                                   error) ||
      !xml_attribute_enum(child, "engine", &disk_engine_table, XML_ENUM(&encryption->engine), error))
    return FALSE;
  ignore_ciphers(child);
  return xml_child_required(child, "secret", &secret, error) &&
         secret_parse(secret, SECRET_TYPE_PASSPHRASE, &encryption->secret, error);
}

void disk_encryption_complete(const Domain *domain, DiskEncryption *encryption)
{
  if (encryption->format != DISK_ENCRYPTION_NONE)
    secret_complete(domain, &encryption->secret);
}
