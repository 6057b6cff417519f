# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/change.c %D%/change.h \
	%D%/cloud-init.c \
	%D%/disk.c \
	%D%/graphics.c \
	%D%/interface.c %D%/interface.h \
	%D%/part.c %D%/part.h \
	%D%/set.c \
	%D%/size.c
