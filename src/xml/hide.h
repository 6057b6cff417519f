/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of a domain's document only its owner may see.
 */
#pragma once

#include "xml/document.h"

/* Takes passwords of displays and cookies of disks out of @document. */
void xml_hide_secrets(const XmlDocument *document);
