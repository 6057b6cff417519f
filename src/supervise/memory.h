/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory that a supervisor keeps while its guest runs.
 */
#pragma once

/* Gives back what only the start needed. What of it is needed again comes back by itself. */
void memory_give_back(void);
