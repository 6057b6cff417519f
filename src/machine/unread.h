/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of elements and attributes that nobody read: which may never be dropped with a mere warning,
 * since they protect data or the guest, and what the guest is without the others.
 */
#pragma once

#include "xml/unread.h"

extern const XmlUnreadRules unread_rules;
