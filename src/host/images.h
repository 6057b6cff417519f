/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What QEMU would find wrong with the images of a plan: one that another guest uses, one that is not in its
 * format, a backing file that is missing, a file that is none of the document's. It opens the images and
 * reads their headers.
 */
#pragma once

#include "base/report.h"
#include "qemu/plan.h"

/* Whether this user can read that file. */
gboolean images_can_read(const char *path);

/* Adds DOMRUN_ERROR_HOST errors and warnings at the images' places, and to the plan what of other files QEMU
 * may open for them (plan_allow()). An image that cannot be opened is requirements.h's. */
void images_check(Plan *plan, Report *report);

/* The same before a start: without the locks, and without a look at raw images. */
void images_follow(Plan *plan, Report *report);

/* For a QEMU that did not start, and whose last words are @words: FALSE, with an error of kind @code in the
 * words of the above, where it could not lock an image. TRUE where something else is wrong. */
gboolean images_explain(const Plan *plan, const char *words, DomrunError code, GError **error);
