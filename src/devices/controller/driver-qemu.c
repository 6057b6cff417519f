/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/controller/driver.h"

#include "domain/iothreads.h"

static void add_number(Props *props, const char *key, guint32 value)
{
  if (value)
    props_add_uint(props, key, value);
}

void controller_driver_translate(const ControllerDriver *driver, Props *props)
{
  virtio_options_translate(&driver->virtio, props);
  iothread_add(driver->iothread, props);
  iothread_mapping_add(&driver->threads, props);
  add_number(props, "num_queues", driver->queues);
  add_number(props, "cmd_per_lun", driver->cmd_per_lun);
  add_number(props, "max_sectors", driver->max_sectors);
  feature_state_add(props, "ioeventfd", driver->ioeventfd);
}
