# SPDX-License-Identifier: LGPL-2.1-or-later
bin_PROGRAMS += domrun-libvirt
noinst_LIBRARIES += libdomrun-libvirt.a
libdomrun_libvirt_a_SOURCES = \
	%D%/call.h \
	%D%/connection.c %D%/connection.h \
	%D%/console.c \
	%D%/error.c %D%/error.h \
	%D%/find.c \
	%D%/guests.c \
	%D%/host.c \
	%D%/life.c \
	%D%/packet.c %D%/packet.h \
	%D%/procedures.c %D%/procedures.h \
	%D%/session.c \
	%D%/stream.c %D%/stream.h \
	%D%/xdr.c %D%/xdr.h
domrun_libvirt_SOURCES = %D%/main.c
domrun_libvirt_LDFLAGS = $(AM_LDFLAGS) $(RELR_LDFLAGS)
domrun_libvirt_LDADD = libdomrun-libvirt.a libdomrun.a $(LIBXML_LIBS) $(GLIB_LIBS) $(JSON_C_LIBS)
