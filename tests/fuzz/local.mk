# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each fuzzer is built twice: with a main() of ours, for `make check` and for single files, and, when asked for, with
# libFuzzer's (HACKING.md).
check_PROGRAMS += %D%/fuzz-domain
TESTS += %D%/fuzz-domain
%C%_fuzz_domain_SOURCES = %D%/fuzz-domain.c %D%/fuzz.h %D%/main.c

EXTRA_PROGRAMS += %D%/libfuzzer-domain
%C%_libfuzzer_domain_SOURCES = %D%/fuzz-domain.c %D%/fuzz.h
%C%_libfuzzer_domain_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
CLEANFILES += %D%/libfuzzer-domain fuzz-find.xml
