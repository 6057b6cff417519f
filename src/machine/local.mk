# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/address-others.c %D%/address-others.h \
	%D%/address-usb.c %D%/address-usb.h \
	%D%/address-zpci.c %D%/address-zpci.h \
	%D%/boot.c %D%/boot.h \
	%D%/implied.c %D%/implied.h \
	%D%/live.c %D%/live.h \
	%D%/machine.c %D%/machine-qemu.c %D%/machine.h \
	%D%/pci-map.c %D%/pci-map.h \
	%D%/unread.c %D%/unread.h \
	%D%/without-spice.c %D%/without-spice.h
