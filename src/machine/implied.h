/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The devices that a machine has although the document does not name them: those that libvirt would add, so
 * that the guest sees the same hardware.
 */
#pragma once

#include "domain/domain.h"

/* Adds them, before the devices are completed: the new ones are completed with the others. Refuses what the
 * document names and cannot be without another device. */
gboolean implied_add(Domain *domain, GError **error);
