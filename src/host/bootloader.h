/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running the <bootloader> of a document: it is given the guest's first disk, and says what to boot.
 *
 * It is called as Xen's tools call theirs when nobody is there to be asked: PROGRAM -q ARGUMENTS DISK. What
 * it prints is one of the forms of pygrub, the first being its default:
 *
 *     linux (kernel /path)(ramdisk /path)(args "root=/dev/xvda1 ro")
 *
 *     kernel /path
 *     ramdisk /path
 *     args root=/dev/xvda1 ro
 *
 * (--output-format=simple; with simple0, NULs take the place of the line ends). "kernel=/path" and the names
 * initrd and extra are understood as well, and other lines, before and after, are not minded. The files are
 * the bootloader's: they are left where they are.
 */
#pragma once

#include <glib.h>

#include "host/beside.h"
#include "qemu/plan.h"

/* How long it may take, unless the user says otherwise. */
enum { BOOTLOADER_SECONDS = 60 };

typedef struct {
  char *kernel;  /* NULL: the text names none */
  char *ramdisk; /* or NULL, as the next */
  char *arguments;
} BootloaderChoice;

void bootloader_choice_clear(BootloaderChoice *choice);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BootloaderChoice, bootloader_choice_clear)

/* Reads what a bootloader printed, @length bytes that a NUL follows. FALSE where it names no kernel. */
gboolean bootloader_choice_parse(const char *output, gsize length, BootloaderChoice *ret_choice);

/* Runs the plan's bootloader, if it has one, and adds what it chose to the plan. A DOMRUN_ERROR_HOST error
 * with the document's line where it fails, says nothing or nothing sensible, or does not end within @seconds.
 */
gboolean bootloader_run(Plan *plan, const Beside *beside, guint seconds, GError **error);
