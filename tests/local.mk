# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A program in C is a test when it stands in check_PROGRAMS and TESTS; it is linked with libdomrun.a and run with
# --tap. Tests in Python and shell print TAP by themselves. tests/lib/run-test.sh runs all three.
LDADD = $(domrun_LDADD)
EXTRA_PROGRAMS =

TEST_EXTENSIONS = .py .sh
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
PY_LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_DRIVER = $(TAP_DRIVER)
LOG_COMPILER = $(SHELL) $(top_srcdir)/%D%/lib/run-test.sh
PY_LOG_COMPILER = $(LOG_COMPILER)
SH_LOG_COMPILER = $(LOG_COMPILER)
# The sanitizers' own exit code is none of domrun's.
AM_TESTS_ENVIRONMENT = \
	DOMRUN='$(abs_top_builddir)/domrun$(EXEEXT)'; export DOMRUN; \
	DOMRUN_BUILDDIR='$(abs_top_builddir)'; export DOMRUN_BUILDDIR; \
	DOMRUN_SRCDIR='$(abs_top_srcdir)'; export DOMRUN_SRCDIR; \
	DOMRUN_HARDENING='$(enable_hardening)'; export DOMRUN_HARDENING; \
	DOMRUN_SANITIZERS='$(enable_sanitizers)'; export DOMRUN_SANITIZERS; \
	DOMRUN_CFLAGS='$(CFLAGS)'; export DOMRUN_CFLAGS; \
	PYTHON='$(PYTHON)'; export PYTHON; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
	PYTHONPATH='$(abs_top_srcdir)/tests/lib'; export PYTHONPATH; \
	ASAN_OPTIONS=exitcode=99:detect_leaks=1:$$ASAN_OPTIONS; export ASAN_OPTIONS; \
	LSAN_OPTIONS=exitcode=99:$$LSAN_OPTIONS; export LSAN_OPTIONS; \
	UBSAN_OPTIONS=exitcode=99:print_stacktrace=1:$$UBSAN_OPTIONS; export UBSAN_OPTIONS;

check_PROGRAMS += \
	%D%/confined-emulator \
	%D%/inject-fault \
	%D%/quick-emulator \
	%D%/test-base \
	%D%/test-console \
	%D%/test-control \
	%D%/test-files \
	%D%/test-json \
	%D%/test-firmware \
	%D%/test-host \
	%D%/test-host-devices \
	%D%/test-live \
	%D%/test-machine-id \
	%D%/test-qemu \
	%D%/test-qmp \
	%D%/test-registry \
	%D%/test-restarts \
	%D%/test-strings \
	%D%/test-sysinfo \
	%D%/test-xml

TESTS += \
	%D%/test-base \
	%D%/test-console \
	%D%/test-control \
	%D%/test-files \
	%D%/test-json \
	%D%/test-firmware \
	%D%/test-host \
	%D%/test-host-devices \
	%D%/test-live \
	%D%/test-machine-id \
	%D%/test-qemu \
	%D%/test-qmp \
	%D%/test-registry \
	%D%/test-restarts \
	%D%/test-strings \
	%D%/test-sysinfo \
	%D%/test-xml \
	%D%/test-source-rules.sh \
	%D%/test-hardening.sh \
	%D%/test-install.sh \
	%D%/test-packaging.sh \
	%D%/test-house.py \
	%D%/test-growth.py \
	%D%/test-instructions.py \
	%D%/test-man.py \
	%D%/test-security.py \
	%D%/golden.py \
	%D%/golden-start.py

EXTRA_DIST += \
	%D%/golden.py \
	%D%/golden-start.py \
	%D%/test-growth.py \
	%D%/test-hardening.sh \
	%D%/test-instructions.py \
	%D%/test-man.py \
	%D%/test-security.py \
	%D%/test-house.py \
	%D%/test-install.sh \
	%D%/test-packaging.sh \
	%D%/test-source-rules.sh

EXTRA_DIST += \
	%D%/golden \
	%D%/live \
	%D%/parity-differences.txt \
	%D%/lib/attempts.py \
	%D%/lib/confined.py \
	%D%/lib/control.py \
	%D%/lib/documents.py \
	%D%/lib/faults.py \
	%D%/lib/growth.py \
	%D%/lib/guest.py \
	%D%/lib/linux.py \
	%D%/lib/certificates.py \
	%D%/lib/network.py \
	%D%/lib/run-test.sh \
	%D%/lib/tap.py

include tests/guest/local.mk
include tests/fuzz/local.mk
include tests/system/local.mk
