# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/bootloader.c %D%/bootloader.h \
	%D%/bridge.c %D%/bridge.h \
	%D%/bridge-helper.c %D%/bridge-helper.h \
	%D%/firmware.c %D%/firmware.h \
	%D%/hugepages.c %D%/hugepages.h \
	%D%/kvm.c %D%/kvm.h \
	%D%/link.c %D%/link.h \
	%D%/listener.c %D%/listener.h \
	%D%/networks.c %D%/networks.h \
	%D%/output-file.c %D%/output-file.h \
	%D%/requirement.c %D%/requirement.h \
	%D%/requirements.c %D%/requirements.h \
	%D%/resources.c %D%/resources.h \
	%D%/runtime-dir.c %D%/runtime-dir.h \
	%D%/state-dir.c %D%/state-dir.h \
	%D%/tap.c %D%/tap.h
