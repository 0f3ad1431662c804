// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_transition_patch and klp_target_state (kernel/livepatch/transition.c, 4.12 to 7.3-rc7): the patch is set
 * first and cleared last, so that a target without a patch never is.
 */
#include "analysis/integrity.h"

static bool target_is_set(const struct transition_rec *tr)
{
	enum patch_side side = tr->target.st ? SIDE_UNKNOWN : transition_side(tr, tr->target.v);

	return side == SIDE_PATCHED || side == SIDE_UNPATCHED;
}

static bool patch_is_null(const struct transition_rec *tr)
{
	return !tr->patch.st && !tr->patch.v;
}

static bool no_such_target(const struct transition_rec *tr)
{
	return !tr->target.st && !tr->shifted.st && transition_side(tr, tr->target.v) == SIDE_UNKNOWN;
}

static bool only_patch_is_set(const struct report *r)
{
	const struct transition_rec *tr = &r->transition;

	return !tr->patch.st && tr->patch.v && !tr->target.st && transition_side(tr, tr->target.v) == SIDE_IDLE;
}

bool integrity_transition_broken(const struct report *r)
{
	const struct transition_rec *tr = &r->transition;

	return (patch_is_null(tr) && target_is_set(tr)) || no_such_target(tr) || only_patch_is_set(r);
}

static const char *states(const struct report *r)
{
	return r->transition.shifted.v ? "0, 1 or 2" : "-1, 0 or 1";
}

void integrity_transition(struct report *r)
{
	const struct transition_rec *tr = &r->transition;
	const char *found = tr->target.st ? NULL : arena_printf(r->arena, "%d", (int)(int32_t)(uint32_t)tr->target.v);

	if (tr->under_way && !tr->of && !r->patches_st)
		finding_add(r, "transition-unlisted", FINDING_ERROR, tr->patch.v, "a patch on klp_patches",
			    integrity_hex(r, tr->patch.v), "the patch in transition is not on klp_patches");
	if (no_such_target(tr))
		finding_add(r, "corrupt", FINDING_WARNING, 0, states(r), found,
			    "klp_target_state has a value that no kernel gives it");
	else if (patch_is_null(tr) && target_is_set(tr))
		finding_add(r, "flags-contradict", FINDING_ERROR, 0, "a patch in klp_transition_patch", "NULL",
			    "klp_target_state says that a transition is under way, but of no patch");
	else if (only_patch_is_set(r))
		finding_add(r, "flags-contradict", integrity_severity(r), tr->patch.v,
			    "a direction in klp_target_state", found,
			    "klp_transition_patch is set, but towards nothing%s", integrity_excuse(r));
}
