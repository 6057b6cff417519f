# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/chardev.c %D%/chardev-qemu.c %D%/chardev.h \
	%D%/chardev-source.c %D%/chardev-source-qemu.c %D%/chardev-source.h \
	%D%/device.c %D%/device-qemu.c %D%/device.h \
	%D%/disk.c %D%/disk-qemu.c %D%/disk.h \
	%D%/interface.c %D%/interface-qemu.c %D%/interface.h \
	%D%/panic.c %D%/panic-qemu.c %D%/panic.h \
	%D%/registry.c %D%/registry.h
