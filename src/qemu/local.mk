# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/access.c %D%/access.h \
	%D%/module.c %D%/module.h \
	%D%/plan.c %D%/plan.h \
	%D%/plan-devices.c %D%/plan-devices.h \
	%D%/port.h \
	%D%/props.c %D%/props.h
