# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/audio.c %D%/audio-qemu.c %D%/audio.h \
	%D%/chardev/channel.c %D%/chardev/channel-qemu.c %D%/chardev/channel.h \
	%D%/chardev/chardev.c %D%/chardev/chardev-qemu.c %D%/chardev/chardev.h \
	%D%/chardev/port-map.c %D%/chardev/port-map.h \
	%D%/chardev/source.c %D%/chardev/source-qemu.c %D%/chardev/source.h \
	%D%/controller/controller.c %D%/controller/controller-qemu.c %D%/controller/controller.h \
	%D%/controller/driver.c %D%/controller/driver-qemu.c %D%/controller/driver.h \
	%D%/controller/model.c %D%/controller/model.h \
	%D%/controller/table.c \
	%D%/controller/target.c %D%/controller/target.h \
	%D%/crypto.c %D%/crypto-qemu.c %D%/crypto.h \
	%D%/disk/backing.c \
	%D%/disk/data-store.c \
	%D%/disk/disk.c %D%/disk/disk-qemu.c %D%/disk/disk.h \
	%D%/disk/driver.c \
	%D%/disk/encryption.c %D%/disk/encryption.h \
	%D%/disk/filters.c %D%/disk/filters-qemu.c \
	%D%/disk/image-qemu.c \
	%D%/disk/iotune.c %D%/disk/iotune-qemu.c \
	%D%/disk/network.c %D%/disk/network-qemu.c %D%/disk/network.h \
	%D%/disk/source.c %D%/disk/source-qemu.c %D%/disk/source.h \
	%D%/disk/ssh.c \
	%D%/disk/target.c \
	%D%/disk/vhostuser.c \
	%D%/endpoint.c %D%/endpoint.h \
	%D%/filesystem.c %D%/filesystem-qemu.c %D%/filesystem.h \
	%D%/graphics/dbus.c %D%/graphics/dbus-qemu.c %D%/graphics/dbus.h \
	%D%/graphics/graphics.c %D%/graphics/graphics-qemu.c %D%/graphics/graphics.h \
	%D%/graphics/listen.c %D%/graphics/listen.h \
	%D%/graphics/spice.c %D%/graphics/spice-qemu.c %D%/graphics/spice.h \
	%D%/host-pci.c %D%/host-pci-qemu.c %D%/host-pci.h \
	%D%/hostdev/hostdev.c %D%/hostdev/hostdev-qemu.c %D%/hostdev/hostdev.h \
	%D%/hostdev/place.c \
	%D%/hostdev/source.c \
	%D%/hub.c %D%/hub-qemu.c %D%/hub.h \
	%D%/memory-device.c %D%/memory-device-qemu.c %D%/memory-device.h \
	%D%/input.c %D%/input-qemu.c %D%/input.h \
	%D%/interface/driver.c %D%/interface/driver-qemu.c %D%/interface/driver.h \
	%D%/interface/host-name.c %D%/interface/host-name.h \
	%D%/interface/interface.c %D%/interface/interface-qemu.c %D%/interface/interface.h \
	%D%/interface/network.c %D%/interface/network.h \
	%D%/interface/port.c %D%/interface/port.h \
	%D%/interface/source.c %D%/interface/source-qemu.c %D%/interface/source.h \
	%D%/iommu.c %D%/iommu-qemu.c %D%/iommu.h \
	%D%/interface/user.c %D%/interface/user-qemu.c %D%/interface/user.h \
	%D%/memballoon.c %D%/memballoon-qemu.c %D%/memballoon.h \
	%D%/nvram.c %D%/nvram-qemu.c %D%/nvram.h \
	%D%/panic.c %D%/panic-qemu.c %D%/panic.h \
	%D%/pstore.c %D%/pstore-qemu.c %D%/pstore.h \
	%D%/redirdev.c %D%/redirdev-qemu.c %D%/redirdev.h \
	%D%/registry.c %D%/registry.h \
	%D%/rng.c %D%/rng-qemu.c %D%/rng.h \
	%D%/rom.c %D%/rom-qemu.c %D%/rom.h \
	%D%/shmem.c %D%/shmem-qemu.c %D%/shmem.h \
	%D%/sound.c %D%/sound-qemu.c %D%/sound.h \
	%D%/smartcard.c %D%/smartcard-qemu.c %D%/smartcard.h \
	%D%/tpm.c %D%/tpm-qemu.c %D%/tpm.h \
	%D%/video.c %D%/video-qemu.c %D%/video.h \
	%D%/virtio.c %D%/virtio-qemu.c %D%/virtio.h \
	%D%/vsock.c %D%/vsock-qemu.c %D%/vsock.h \
	%D%/watchdog.c %D%/watchdog-qemu.c %D%/watchdog.h
