# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/announce.c %D%/announce.h \
	%D%/console.c %D%/console.h \
	%D%/consoles.c %D%/consoles.h \
	%D%/emulator.c %D%/emulator.h \
	%D%/emulator-log.c %D%/emulator-log.h \
	%D%/memory.c %D%/memory.h \
	%D%/pty.c %D%/pty.h \
	%D%/ring.c %D%/ring.h \
	%D%/signals.c %D%/signals.h \
	%D%/spawn.c %D%/spawn.h \
	%D%/stdio.c %D%/stdio.h \
	%D%/supervisor.c %D%/supervisor.h \
	%D%/terminal.c %D%/terminal.h
