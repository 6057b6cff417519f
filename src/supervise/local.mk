# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/adoption.c %D%/adoption.h \
	%D%/consoles.c %D%/consoles.h \
	%D%/core-dump.c %D%/core-dump.h \
	%D%/directory.c %D%/directory.h \
	%D%/emulator.c %D%/emulator.h \
	%D%/emulator-log.c %D%/emulator-log.h \
	%D%/events.c %D%/events.h \
	%D%/life.c %D%/life.h \
	%D%/memory.c %D%/memory.h \
	%D%/notify.c %D%/notify.h \
	%D%/outcome.c %D%/outcome.h \
	%D%/publish.c %D%/publish.h \
	%D%/requests.c %D%/requests.h \
	%D%/requests-emulator.c %D%/requests-emulator.h \
	%D%/restarts.c %D%/restarts.h \
	%D%/states.c %D%/states.h \
	%D%/stopping.c %D%/stopping.h \
	%D%/supervisor.h \
	%D%/tuning.c %D%/tuning.h
