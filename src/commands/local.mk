# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/argv.c \
	%D%/check.c \
	%D%/command.c %D%/command.h \
	%D%/run.c
