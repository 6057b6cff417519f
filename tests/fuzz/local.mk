# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each fuzzer is built twice: with a main() of ours, for `make check` and for single files, and, when asked for, with
# libFuzzer's (HACKING.md).
fuzzers = %D%/fuzz-domain %D%/fuzz-image %D%/fuzz-qmp
check_PROGRAMS += $(fuzzers)
TESTS += $(fuzzers)
%C%_fuzz_domain_SOURCES = %D%/fuzz-domain.c %D%/fuzz.h %D%/main.c
%C%_fuzz_image_SOURCES = %D%/fuzz-image.c %D%/fuzz.h %D%/main.c
%C%_fuzz_qmp_SOURCES = %D%/fuzz-qmp.c %D%/fuzz.h %D%/main.c
EXTRA_DIST += %D%/image %D%/qmp

EXTRA_PROGRAMS += %D%/libfuzzer-domain %D%/libfuzzer-image %D%/libfuzzer-qmp
%C%_libfuzzer_domain_SOURCES = %D%/fuzz-domain.c %D%/fuzz.h
%C%_libfuzzer_domain_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_libfuzzer_image_SOURCES = %D%/fuzz-image.c %D%/fuzz.h
%C%_libfuzzer_image_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_libfuzzer_qmp_SOURCES = %D%/fuzz-qmp.c %D%/fuzz.h
%C%_libfuzzer_qmp_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
CLEANFILES += %D%/libfuzzer-domain %D%/libfuzzer-image %D%/libfuzzer-qmp fuzz-find
