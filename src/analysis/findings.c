// SPDX-License-Identifier: GPL-2.0-or-later
/* What the reader must know about the report itself: gaps, and whether to trust it. */
#include "analysis/analysis.h"

static void unreadable(struct report *r)
{
	const struct problems *ps = &r->problems;

	for (const struct problem *p = ps->first; p; p = p->next) {
		bool corrupt = p->status == KLPSCOPE_CORRUPT || p->status == KLPSCOPE_LIMIT;

		finding_add(r, corrupt ? "corrupt" : "unreadable", FINDING_WARNING, p->address, p->expected, p->found,
			    "%s", p->message);
	}
	if (ps->dropped)
		finding_add(r, "unreadable", FINDING_WARNING, 0, NULL, NULL, "%u more of these are not listed",
			    ps->dropped);
}

/* Whatever it says, it may be wrong: offsets of another build read other memory. */
static void forced(struct report *r)
{
	const char *file = r->system.forced_vmlinux;

	if (file)
		finding_add(r, "vmlinux-forced", FINDING_WARNING, 0, NULL, NULL,
			    "names and types came from %s, which is not the dump's kernel: do not trust this report",
			    file);
}

/* Anything in it may be what it was not. */
static void damaged(struct report *r)
{
	const struct capsule_rec *c = r->system.capsule;

	if (c && c->damaged)
		finding_add(r, "capsule-damaged", FINDING_ERROR, 0, NULL, NULL,
			    "the capsule is not as it was written, its checksum is wrong: do not trust this report");
}

static void other_technology(struct report *r)
{
	for (const char *const *name = r->other_hotfix; name && *name; name++)
		finding_add(r, "other-hotfix-technology", FINDING_WARNING, 0, NULL, NULL,
			    "%s is loaded: its hotfixes are not in this report", *name);
}

void analysis_findings(struct report *r)
{
	forced(r);
	damaged(r);
	unreadable(r);
	other_technology(r);
}
