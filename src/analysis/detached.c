// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a livepatch module is loaded while its patch is on no list. */
#include "analysis/analysis.h"

enum { MODULE_LIVE = 0, MODULE_COMING = 1, MODULE_GOING = 2, MODULE_UNFORMED = 3 };

static const char *why(const struct detached_rec *d)
{
	struct val state = d->module->state;

	if (!state.st && (state.v == MODULE_COMING || state.v == MODULE_UNFORMED))
		return "loading";
	if (!d->listed_once.st && !d->listed_once.v)
		return "failed";
	if (!state.st && state.v == MODULE_GOING)
		return "unloading";
	/* Still enabled and yet on no list contradicts itself: say nothing. */
	if (d->enabled.st || d->enabled.v)
		return NULL;
	if (d->unpatch_pending.st == KLPSCOPE_NOT_FOUND)
		return "disabled";	/* before 4.15 there is no replace */
	if (d->unpatch_pending.st)
		return NULL;
	return d->unpatch_pending.v ? "replaced" : "disabled";
}

void analysis_detached(struct report *r)
{
	for (struct detached_rec *d = r->detached; d; d = d->next) {
		d->reason = why(d);
		/* Code that some stack still holds, and nobody owns, could be this module's. */
		d->in_effect = d->reason && !r->unowned ? KLPSCOPE_EFFECT_NO : KLPSCOPE_EFFECT_UNKNOWN;
	}
}
