/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The exit codes of domrun: the one table, told to users in domrun(1) and README.md.
 * They are kept: a code never changes its meaning.
 */
#pragma once

typedef enum {
  EXIT_CODE_OK = 0,          /* the guest powered off, or the command did what it was asked */
  EXIT_CODE_INTERNAL = 1,    /* domrun itself failed: out of memory, a defect */
  EXIT_CODE_USAGE = 2,       /* the command line makes no sense */
  EXIT_CODE_DOCUMENT = 3,    /* the XML is unreadable or invalid */
  EXIT_CODE_HOST = 4,        /* something on the host is missing or denied */
  EXIT_CODE_QEMU_START = 5,  /* QEMU failed before the guest ran */
  EXIT_CODE_GUEST_PANIC = 6, /* the guest reported a panic */
  EXIT_CODE_QEMU_DIED = 7,   /* QEMU died by itself, or was killed by somebody else */
  EXIT_CODE_STOPPED = 8,   /* stopped by SIGINT, SIGTERM or a command, in whatever way the guest then ended */
  EXIT_CODE_REBOOT = 9,    /* the guest asked for a reboot and on_reboot makes that the end */
  EXIT_CODE_NO_GUEST = 10, /* there is no such guest */
  EXIT_CODE_NO_ANSWER = 11, /* QEMU or the supervisor did not answer in time, or a state did not come */
  EXIT_CODE_REFUSED = 12,   /* the guest, or its QEMU, refused what the command asked for */
  EXIT_CODE_WATCHDOG = 13,  /* the guest's watchdog switched it off */
  EXIT_CODE_RESTARTS = 14,  /* the guest powered off or rebooted so often that it is not started again */
} ExitCode;
