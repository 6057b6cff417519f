# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/chardev.c %D%/chardev-qemu.c %D%/chardev.h \
	%D%/chardev-source.c %D%/chardev-source-qemu.c %D%/chardev-source.h \
	%D%/controller.c %D%/controller-qemu.c %D%/controller.h \
	%D%/device.c %D%/device-qemu.c %D%/device.h \
	%D%/disk.c %D%/disk-driver.c %D%/disk-qemu.c %D%/disk-target.c %D%/disk.h \
	%D%/endpoint.c %D%/endpoint.h \
	%D%/graphics.c %D%/graphics-qemu.c %D%/graphics.h \
	%D%/hub.c %D%/hub-qemu.c %D%/hub.h \
	%D%/input.c %D%/input-qemu.c %D%/input.h \
	%D%/interface.c %D%/interface-qemu.c %D%/interface.h \
	%D%/interface-driver.c %D%/interface-driver-qemu.c %D%/interface-driver.h \
	%D%/interface-source.c %D%/interface-source-qemu.c %D%/interface-source.h \
	%D%/memballoon.c %D%/memballoon-qemu.c %D%/memballoon.h \
	%D%/panic.c %D%/panic-qemu.c %D%/panic.h \
	%D%/rom.c %D%/rom-qemu.c %D%/rom.h \
	%D%/registry.c %D%/registry.h \
	%D%/video.c %D%/video-qemu.c %D%/video.h
