// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a patch is being applied or removed just now. */
#include "model/walk.h"

/*
 * RHEL 7 keeps kABI by counting from 0: undefined 0, unpatched 1, patched 2,
 * so that klp_target_state starts as 0 and lies in .bss; everywhere else it
 * starts as -1 and cannot.
 */
static bool states_are_shifted(const struct layout *l)
{
	struct val at = l->symbol[S_klp_target_state];
	struct val start = l->symbol[S___bss_start], stop = l->symbol[S___bss_stop];

	return !at.st && !start.st && !stop.st && at.v >= start.v && at.v < stop.v;
}

void transition_walk(struct walk *w)
{
	struct transition_rec *tr = &w->r->transition;

	w->where = "transition";
	tr->patch = walk_symbol_value(w, S_klp_transition_patch, target_pointer_size(w->t),
				      "klp_transition_patch");
	tr->target = walk_symbol_value(w, S_klp_target_state, 4, "klp_target_state");
	tr->signal_count = walk_symbol_value(w, S_klp_signals_cnt, 4, "klp_signals_cnt");
	tr->shifted_states = states_are_shifted(&w->layout);
	w->where = NULL;
}
