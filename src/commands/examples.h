/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How each command is used, for its --help.
 */
#pragma once

typedef struct {
  const char *verb;
  const char *common;   /* of many options those that are used most, "console detach"; NULL: all are shown */
  const char *lines[2]; /* the second may be NULL */
} Example;

/* That of the command "domrun VERB", or NULL. */
const Example *examples_find(const char *command);
