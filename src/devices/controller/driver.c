/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/controller/driver.h"

#include "domain/iothreads.h"
#include "xml/element.h"

gboolean controller_driver_parse(xmlNode *node, ControllerDriver *ret_driver, GError **error)
{
  xmlNode *driver = NULL;

  if (!xml_child(node, "driver", &driver, error))
    return FALSE;
  if (!driver)
    return TRUE;
  ret_driver->place = xml_place(driver);
  return xml_attribute_uint32(driver, "queues", 0, 1021, &ret_driver->queues, error) &&
         xml_attribute_uint32(driver, "cmd_per_lun", 0, G_MAXINT32, &ret_driver->cmd_per_lun, error) &&
         xml_attribute_uint32(driver, "max_sectors", 0, G_MAXINT32, &ret_driver->max_sectors, error) &&
         xml_attribute_uint32(driver, "iothread", 1, G_MAXINT32, &ret_driver->iothread, error) &&
         feature_state_parse(driver, "ioeventfd", &ret_driver->ioeventfd, error) &&
         virtio_options_parse(driver, &ret_driver->virtio, error) &&
         iothread_mapping_parse(driver, ret_driver->iothread, ret_driver->queues, &ret_driver->threads,
                                error);
}

static gboolean check_attribute(gboolean is_given, const char *attribute, const Place *place, GError **error)
{
  if (!is_given)
    return TRUE;
  error_set_document(error, place, attribute,
                     "only controllers of type 'scsi' and model 'virtio-scsi' have it");
  return error_add_hint(error, "use model='virtio-scsi', or remove the %s",
                        attribute ? "attribute" : "element");
}

gboolean controller_driver_validate(const Domain *domain, const ControllerDriver *driver, ControllerType type,
                                    ControllerModel model, GError **error)
{
  gboolean is_virtio = controller_model_is_virtio(model);

  if (!(type == CONTROLLER_SCSI && is_virtio) &&
      (!check_attribute(driver->queues > 0, "queues", &driver->place, error) ||
       !check_attribute(driver->cmd_per_lun > 0, "cmd_per_lun", &driver->place, error) ||
       !check_attribute(driver->max_sectors > 0, "max_sectors", &driver->place, error) ||
       !check_attribute(driver->iothread > 0, "iothread", &driver->place, error) ||
       !check_attribute(driver->threads.shares != NULL, NULL, &driver->threads.place, error) ||
       !check_attribute(driver->ioeventfd != FEATURE_UNSET, "ioeventfd", &driver->place, error)))
    return FALSE;
  if (!is_virtio && virtio_options_find(&driver->virtio))
    report_warning(domain->report, &driver->place, NULL, NULL,
                   "its options are those of virtio devices, and have no effect on this controller");
  return (!driver->iothread ||
          iothreads_check(domain, driver->iothread, &driver->place, "iothread", error)) &&
         iothread_mapping_check(domain, &driver->threads, error);
}
