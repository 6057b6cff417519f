# SPDX-License-Identifier: LGPL-2.1-or-later
#
# hello.xml boots hello.img, which lies next to it: a build outside of the tree gets a copy of the one beside the other.
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = %D%/examples/hello.xml
if HAVE_GUEST
nodist_examples_DATA = %D%/examples/hello.img
endif
CLEANFILES += %D%/examples/hello.img
dist_man_MANS += %D%/man/domrun.1

%D%/examples/hello.img: tests/guest/guest.img $(srcdir)/%D%/examples/hello.xml
	$(AM_V_GEN)$(MKDIR_P) %D%/examples && \
	  { test $(srcdir) = . || cp $(srcdir)/%D%/examples/hello.xml %D%/examples/hello.xml; } && \
	  cp tests/guest/guest.img $@
distclean-local:
	test $(srcdir) = . || rm -f %D%/examples/hello.xml
