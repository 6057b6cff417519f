# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/client.c %D%/client.h \
	%D%/lines.c %D%/lines.h \
	%D%/message.c %D%/message.h
