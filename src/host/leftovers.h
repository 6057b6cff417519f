/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What does not end with the processes of a guest: a tap device that was there before, which stays in the
 * bridge, and the script for the end of one; a control group; a PCI device that is another driver's; a file
 * that was another user's. It is noted in the guest's runtime directory as long as it is held, so that
 * whoever finds the remains of a killed supervisor gives it up in its place.
 */
#pragma once

#include <glib.h>

#include "host/owner.h"
#include "host/pci.h"
#include "host/tap.h"

/* Notes what giving up that device takes, in a file of that name in the open directory. Where the note cannot
 * be written, nothing but the note is missing. */
void leftovers_note_tap(int directory, const char *file, const TapEnd *end);

/* The note of the guest's control group: it stays as long as the group does. */
#define LEFTOVERS_GROUP_FILE "group.left"

/* The same of a control group; @leaf as control_group_remove() has it. */
void leftovers_note_group(int directory, const char *group, const char *leaf);
void leftovers_forget_group(int directory);

/* The same of a file that was given to another user; FALSE where it could not be noted. Of one file there is
 * one note: the first. */
gboolean leftovers_note_owner(int directory, const OwnerBefore *before);
gboolean leftovers_has_owner(int directory, dev_t device, ino_t inode);

/* Gives such files back, and only these; and takes their notes to another directory. */
void leftovers_release_owners(int directory);
void leftovers_move_owners(int from, int to);

/* The same of a PCI device that is to be given back to the host. */
void leftovers_note_pci(int directory, const char *file, const PciEnd *end);

/* It is given up. */
void leftovers_forget(int directory, const char *file);

/* Whether notes of a killed supervisor are there. */
gboolean leftovers_are_there(int directory);

/* Gives up what the notes of this user say, which takes as long as its scripts, and removes them, but for
 * that of a group which somebody is still in. For whoever holds the directory's lock. */
void leftovers_release(int directory);
