# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/detach.c %D%/detach.h \
	%D%/environment.c %D%/environment.h \
	%D%/helper.c %D%/helper.h \
	%D%/program.c %D%/program.h \
	%D%/reaper.c %D%/reaper.h \
	%D%/signals.c %D%/signals.h \
	%D%/spawn.c %D%/spawn.h
