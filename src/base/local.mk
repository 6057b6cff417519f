# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/announce.c %D%/announce.h \
	%D%/compat.h \
	%D%/enum.c %D%/enum.h \
	%D%/error.c %D%/error.h \
	%D%/exit-code.h \
	%D%/fd.c %D%/fd.h \
	%D%/fd-watch.c %D%/fd-watch.h \
	%D%/file-name.c %D%/file-name.h \
	%D%/json-gate.c %D%/json-gate.h \
	%D%/json.c %D%/json.h \
	%D%/nearest.c %D%/nearest.h \
	%D%/patience.c %D%/patience.h \
	%D%/quote.c %D%/quote.h \
	%D%/report.c %D%/report.h \
	%D%/size.c %D%/size.h
