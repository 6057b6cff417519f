/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Distributions cut QEMU into packages, and a device that lies in another one is as unknown to it as one that
 * does not exist. Facts: the packages of Debian 13, Fedora, Arch, openSUSE and Alpine.
 */
#pragma once

#include <glib.h>

/* What QEMU's @words mean where they say that it does not know a device that it has as a module: which
 * packages have that; or an object or a property: which QEMUs have it. Newly allocated; NULL where that is
 * not what they say.
 */
char *qemu_module_explain(const char *words);
