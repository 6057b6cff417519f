# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/attachment.c %D%/attachment.h \
	%D%/console.c %D%/console.h \
	%D%/dial.c %D%/dial.h \
	%D%/pty.c %D%/pty.h \
	%D%/ring.c %D%/ring.h \
	%D%/stdio.c %D%/stdio.h \
	%D%/stream.c %D%/stream.h \
	%D%/terminal.c %D%/terminal.h
