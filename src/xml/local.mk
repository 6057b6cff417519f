# SPDX-License-Identifier: LGPL-2.1-or-later
libdomrun_a_SOURCES += \
	%D%/annotate.c %D%/annotate.h \
	%D%/bytes.c %D%/bytes.h \
	%D%/document.c %D%/document.h \
	%D%/element.c %D%/element.h \
	%D%/format.c %D%/format.h %D%/format-names.inc \
	%D%/hide.c %D%/hide.h \
	%D%/marks.c %D%/marks.h \
	%D%/select.c %D%/select.h \
	%D%/syntax-error.c %D%/syntax-error.h \
	%D%/unread.c %D%/unread.h
