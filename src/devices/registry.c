/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "devices/registry.h"

#include "devices/audio.h"
#include "devices/chardev/channel.h"
#include "devices/chardev/chardev.h"
#include "devices/controller/controller.h"
#include "devices/crypto.h"
#include "devices/disk/disk.h"
#include "devices/filesystem.h"
#include "devices/graphics/graphics.h"
#include "devices/hostdev/hostdev.h"
#include "devices/hub.h"
#include "devices/input.h"
#include "devices/interface/interface.h"
#include "devices/iommu.h"
#include "devices/memballoon.h"
#include "devices/memory-device.h"
#include "devices/nvram.h"
#include "devices/panic.h"
#include "devices/pstore.h"
#include "devices/rng.h"
#include "devices/shmem.h"
#include "devices/sound.h"
#include "devices/redirdev.h"
#include "devices/smartcard.h"
#include "devices/tpm.h"
#include "devices/video.h"
#include "devices/vsock.h"
#include "devices/watchdog.h"

const DeviceRoom *const device_rooms[] = {
  /* It changes how devices that come after it reach the guest's memory. */
  &iommu_room,
  /* What others are plugged into comes before them. */
  &controller_room,
  &hub_room,
  &memory_device_room,
  &disk_room,
  &filesystem_room,
  &interface_room,
  &smartcard_room,
  /* QEMU numbers serial ports in the order in which it sees them. */
  &serial_room,
  &parallel_room,
  /* A console without a port has the first that channels leave. */
  &channel_room,
  &console_room,
  &tpm_room,
  &input_room,
  &audio_room,
  &graphics_room,
  /* The first card is the one that displays show. */
  &video_room,
  &sound_room,
  &redirfilter_room,
  &redirdev_room,
  &hostdev_room,
  &memballoon_room,
  &panic_room,
  &nvram_room,
  &shmem_room,
  &crypto_room,
  &pstore_room,
  &rng_room,
  &watchdog_room,
  &vsock_room,
  /* end= */ NULL,
};
