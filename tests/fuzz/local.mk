# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each fuzzer is built twice: with a main() of ours, for `make check` and for single files, and, when asked for, with
# libFuzzer's (HACKING.md, scripts/fuzz).
fuzzers = \
	%D%/fuzz-bootloader \
	%D%/fuzz-control \
	%D%/fuzz-domain \
	%D%/fuzz-firmware \
	%D%/fuzz-host-xml \
	%D%/fuzz-image \
	%D%/fuzz-libvirt \
	%D%/fuzz-qmp \
	%D%/fuzz-text
check_PROGRAMS += $(fuzzers)
TESTS += $(fuzzers)
EXTRA_DIST += %D%/bootloader %D%/control %D%/finds %D%/firmware %D%/host-xml %D%/image %D%/libvirt %D%/qmp %D%/text

fuzz_common = %D%/fuzz.h %D%/init.c %D%/reader.c %D%/reader.h
%C%_fuzz_bootloader_SOURCES = %D%/fuzz-bootloader.c %D%/main.c $(fuzz_common)
%C%_fuzz_control_SOURCES = %D%/fuzz-control.c %D%/main.c $(fuzz_common)
%C%_fuzz_domain_SOURCES = %D%/fuzz-domain.c %D%/main.c $(fuzz_common)
%C%_fuzz_firmware_SOURCES = %D%/fuzz-firmware.c %D%/main.c $(fuzz_common)
%C%_fuzz_host_xml_SOURCES = %D%/fuzz-host-xml.c %D%/main.c $(fuzz_common)
%C%_fuzz_image_SOURCES = %D%/fuzz-image.c %D%/main.c $(fuzz_common)
%C%_fuzz_libvirt_SOURCES = %D%/fuzz-libvirt.c %D%/main.c $(fuzz_common)
%C%_fuzz_libvirt_LDADD = libdomrun-libvirt.a $(LDADD)
%C%_fuzz_qmp_SOURCES = %D%/fuzz-qmp.c %D%/main.c $(fuzz_common)
%C%_fuzz_text_SOURCES = %D%/fuzz-text.c %D%/main.c $(fuzz_common)

libfuzzers = \
	%D%/libfuzzer-bootloader \
	%D%/libfuzzer-control \
	%D%/libfuzzer-domain \
	%D%/libfuzzer-firmware \
	%D%/libfuzzer-host-xml \
	%D%/libfuzzer-image \
	%D%/libfuzzer-libvirt \
	%D%/libfuzzer-qmp \
	%D%/libfuzzer-text
EXTRA_PROGRAMS += $(libfuzzers)
CLEANFILES += $(libfuzzers) fuzz-find
%C%_libfuzzer_bootloader_SOURCES = %D%/fuzz-bootloader.c $(fuzz_common)
%C%_libfuzzer_bootloader_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_libfuzzer_control_SOURCES = %D%/fuzz-control.c $(fuzz_common)
%C%_libfuzzer_control_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_libfuzzer_domain_SOURCES = %D%/fuzz-domain.c $(fuzz_common)
%C%_libfuzzer_domain_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_libfuzzer_firmware_SOURCES = %D%/fuzz-firmware.c $(fuzz_common)
%C%_libfuzzer_firmware_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_libfuzzer_host_xml_SOURCES = %D%/fuzz-host-xml.c $(fuzz_common)
%C%_libfuzzer_host_xml_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_libfuzzer_image_SOURCES = %D%/fuzz-image.c $(fuzz_common)
%C%_libfuzzer_image_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_libfuzzer_libvirt_SOURCES = %D%/fuzz-libvirt.c $(fuzz_common)
%C%_libfuzzer_libvirt_LDADD = libdomrun-libvirt.a $(LDADD)
%C%_libfuzzer_libvirt_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_libfuzzer_qmp_SOURCES = %D%/fuzz-qmp.c $(fuzz_common)
%C%_libfuzzer_qmp_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_libfuzzer_text_SOURCES = %D%/fuzz-text.c $(fuzz_common)
%C%_libfuzzer_text_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
