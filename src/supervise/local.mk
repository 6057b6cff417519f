# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/announce.c %D%/announce.h \
	%D%/attachment.c %D%/attachment.h \
	%D%/console.c %D%/console.h \
	%D%/consoles.c %D%/consoles.h \
	%D%/core-dump.c %D%/core-dump.h \
	%D%/detach.c %D%/detach.h \
	%D%/emulator.c %D%/emulator.h \
	%D%/emulator-log.c %D%/emulator-log.h \
	%D%/memory.c %D%/memory.h \
	%D%/notify.c %D%/notify.h \
	%D%/outcome.c %D%/outcome.h \
	%D%/pty.c %D%/pty.h \
	%D%/publish.c %D%/publish.h \
	%D%/reaper.c %D%/reaper.h \
	%D%/requests.c %D%/requests.h \
	%D%/requests-emulator.c %D%/requests-emulator.h \
	%D%/restarts.c %D%/restarts.h \
	%D%/ring.c %D%/ring.h \
	%D%/signals.c %D%/signals.h \
	%D%/spawn.c %D%/spawn.h \
	%D%/stdio.c %D%/stdio.h \
	%D%/stopping.c %D%/stopping.h \
	%D%/supervisor.c %D%/supervisor.h %D%/supervisor-parts.h \
	%D%/terminal.c %D%/terminal.h
