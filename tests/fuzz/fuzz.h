/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A fuzzer is a function that takes untrusted bytes through one parser and all that follows. libFuzzer drives
 * it (libfuzzer-*), and so does main.c, on files, or on documents changed by chance.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Called once, before all. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where its first inputs are, below the source directory, and how their names end. */
extern const char fuzz_folder[];
extern const char fuzz_suffix[];
