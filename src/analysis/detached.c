// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a livepatch module is loaded while its patch is on no list, and whether that is sure. */
#include "analysis/analysis.h"

static const char *why(const struct detached_rec *d)
{
	struct val state = d->module->state;

	if (!state.st && (state.v == MODULE_COMING || state.v == MODULE_UNFORMED))
		return "loading";
	if (d->listed_once.st)
		return NULL;
	if (!d->listed_once.v)
		return "failed";
	if (!state.st && state.v == MODULE_GOING)
		return "unloading";
	if (d->unpatch_pending.st == KLPSCOPE_NOT_FOUND)
		return "disabled";	/* before 4.15 there is no replace */
	if (d->unpatch_pending.st)
		return NULL;
	return d->unpatch_pending.v ? "replaced" : "disabled";
}

/* A listed patch that no module could be put to may be any module's. */
static bool all_patches_known(const struct report *r)
{
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (!p->module)
			return false;
	return true;
}

/* Off the list, not enabled, not in transition, and no stack holds code that nobody owns. */
static bool surely_off(const struct report *r, const struct detached_rec *d)
{
	const struct transition_rec *tr = &r->transition;

	if (d->module->klp.st || d->enabled.st || d->enabled.v || r->unowned)
		return false;
	return !tr->st && tr->patch.v != d->patch_addr && all_patches_known(r) && analysis_stacks_known(r);
}

void analysis_detached(struct report *r)
{
	for (struct detached_rec *d = r->detached; d; d = d->next) {
		bool off = surely_off(r, d);

		d->in_effect = off ? KLPSCOPE_EFFECT_NO : KLPSCOPE_EFFECT_UNKNOWN;
		d->reason = off ? why(d) : NULL;
	}
}
