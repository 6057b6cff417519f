/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether another QEMU uses an image in a way that bars ours: QEMU locks bytes of an image for what it does
 * with it, and for what it lets nobody else do.
 *
 * Facts: QEMU's block/file-posix.c (RAW_LOCK_PERM_BASE, RAW_LOCK_SHARED_BASE), and BlockPermission of its
 * block-core.json; the kernel's Documentation/filesystems/proc.rst for who holds a lock.
 */
#pragma once

#include <glib.h>

typedef enum {
  IMAGE_USE_READ,
  IMAGE_USE_WRITE,
  IMAGE_USE_SHARED_WRITE, /* <shareable/>: others may write, too */
} ImageUse;

/* NULL: nobody bars it, as far as can be told. Otherwise who does, which the caller frees: "process 123
 * (qemu-system-x86, guest 'web')", or "another process" where this user cannot see it. Locks nothing. @fd is
 * the image, open for reading. */
char *image_lock_find_holder(int fd, ImageUse use);
