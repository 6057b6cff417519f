# SPDX-License-Identifier: LGPL-2.1-or-later
#
# hello.xml boots hello.img, which lies next to it: a build outside of the tree gets a copy of the one beside the other.
examplesdir = $(pkgdatadir)/examples
dist_examples_DATA = \
	%D%/examples/arm.xml \
	%D%/examples/bridge.xml \
	%D%/examples/desktop.xml \
	%D%/examples/devices.xml \
	%D%/examples/hello.xml \
	%D%/examples/kernel.xml \
	%D%/examples/server.xml \
	%D%/examples/shared-folder.xml \
	%D%/examples/throw-away.xml \
	%D%/examples/windows-11.xml
jobsdir = $(examplesdir)/jobs
dist_jobs_DATA = \
	%D%/examples/jobs/github-actions.yml \
	%D%/examples/jobs/gitlab-ci.yml \
	%D%/examples/jobs/nomad.hcl
dist_jobs_SCRIPTS = %D%/examples/jobs/slurm.sh
if HAVE_GUEST
nodist_examples_DATA = %D%/examples/hello.img
endif
CLEANFILES += %D%/examples/hello.img
man_pages = domrun.1 domrun-libvirt.1 domrun-security.7
dist_man_MANS += %D%/man/domrun.1 %D%/man/domrun-libvirt.1 %D%/man/domrun-security.7

# `make html`, by mandoc.
html-local:
	$(AM_V_GEN)$(MKDIR_P) %D%/man && for page in $(man_pages); do \
	  mandoc -Thtml -O man=%N.%S.html $(srcdir)/%D%/man/$$page >%D%/man/$$page.html || exit 1; \
	done
CLEANFILES += %D%/man/domrun.1.html %D%/man/domrun-libvirt.1.html %D%/man/domrun-security.7.html

%D%/examples/hello.img: tests/guest/guest.img $(srcdir)/%D%/examples/hello.xml
	$(AM_V_GEN)$(MKDIR_P) %D%/examples && \
	  { test $(srcdir) = . || cp $(srcdir)/%D%/examples/hello.xml %D%/examples/hello.xml; } && \
	  cp tests/guest/guest.img $@
distclean-local:
	test $(srcdir) = . || rm -f %D%/examples/hello.xml

# Completions: what they know is in one script, which reads the program's help.
completiondir = $(pkgdatadir)
dist_completion_SCRIPTS = %D%/completion/complete.sh
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
nodist_bashcompletion_DATA = %D%/completion/domrun
nodist_zshcompletion_DATA = %D%/completion/_domrun
nodist_fishcompletion_DATA = %D%/completion/domrun.fish
EXTRA_DIST += %D%/completion/domrun.bash.in %D%/completion/_domrun.in %D%/completion/domrun.fish.in
CLEANFILES += $(nodist_bashcompletion_DATA) $(nodist_zshcompletion_DATA) $(nodist_fishcompletion_DATA)

put_pkgdatadir = $(AM_V_GEN)$(MKDIR_P) %D%/completion && sed 's|@pkgdatadir[@]|$(pkgdatadir)|g'
%D%/completion/domrun: %D%/completion/domrun.bash.in Makefile
	$(put_pkgdatadir) $(srcdir)/%D%/completion/domrun.bash.in >$@
%D%/completion/_domrun: %D%/completion/_domrun.in Makefile
	$(put_pkgdatadir) $(srcdir)/%D%/completion/_domrun.in >$@
%D%/completion/domrun.fish: %D%/completion/domrun.fish.in Makefile
	$(put_pkgdatadir) $(srcdir)/%D%/completion/domrun.fish.in >$@

# Units of systemd, which finds them below /usr and /usr/local.
if HAVE_SYSTEMD
systemunitdir = $(prefix)/lib/systemd/system
userunitdir = $(prefix)/lib/systemd/user
dist_systemunit_DATA = %D%/systemd/domrun.target %D%/systemd/domrun.slice
nodist_systemunit_DATA = %D%/systemd/domrun@.service
nodist_userunit_DATA = %D%/systemd/user/domrun@.service
endif
EXTRA_DIST += %D%/systemd/domrun@.service.in %D%/systemd/user-domrun@.service.in
CLEANFILES += %D%/systemd/domrun@.service %D%/systemd/user/domrun@.service

put_places = $(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's|@bindir[@]|$(bindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g'
%D%/systemd/domrun@.service: %D%/systemd/domrun@.service.in Makefile
	$(put_places) $(srcdir)/%D%/systemd/domrun@.service.in >$@
%D%/systemd/user/domrun@.service: %D%/systemd/user-domrun@.service.in Makefile
	$(put_places) $(srcdir)/%D%/systemd/user-domrun@.service.in >$@
