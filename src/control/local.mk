# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/arguments.c %D%/arguments.h \
	%D%/client.c %D%/client.h \
	%D%/guests.c %D%/guests.h \
	%D%/protocol.h \
	%D%/relay.c %D%/relay.h \
	%D%/server.c %D%/server.h \
	%D%/state.c %D%/state.h
