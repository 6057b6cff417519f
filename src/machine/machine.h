/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way from a document to a plan:
 *
 *     machine_parse()      every element goes to its part (domain/) or its room (devices/)
 *                          what nobody read is reported
 *                          passes that need all devices: implied, complete, address, alias, boot order
 *                          validation
 *     machine_translate()  parts and rooms fill the plan
 *
 * Both are pure: they read nothing but the document. All findings of a step are collected, not only the
 * first.
 */
#pragma once

#include <glib.h>

#include "base/report.h"
#include "domain/domain.h"
#include "domain/live-facts.h"
#include "qemu/plan.h"

/* NULL where the report has errors. The document must outlive the domain. */
Domain *machine_parse(XmlDocument *document, const DomainOptions *options, Report *report);
void machine_free(Domain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Domain, machine_free)

/* NULL where the report has errors. The domain must outlive the plan. */
Plan *machine_translate(const Domain *domain, Report *report);

/* For the next start of a guest that has run: @plan's arguments are translated again, for the time @now (as
 * in DomainOptions) and with what @facts tells of the last start. The devices and resources stay. */
void machine_translate_again(Domain *domain, const LiveFacts *facts, gint64 now, Plan *plan);
