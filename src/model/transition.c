// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a patch is being applied or removed just now. */
#include <string.h>

#include "model/walk.h"

#define MUTEX_FLAGS 7			/* kernel/locking/mutex.c, 4.10 to 7.3-rc7; an rt_mutex has one */

/*
 * RHEL 7 keeps kABI by counting from 0: undefined 0, unpatched 1, patched 2,
 * so that klp_target_state starts as 0 and lies in .bss; everywhere else it
 * starts as -1 and cannot.
 */
static struct val states_are_shifted(const struct walk *w)
{
	struct val at = w->layout.symbol[S_klp_target_state];
	struct val start = w->layout.symbol[S___bss_start], stop = w->layout.symbol[S___bss_stop];
	struct text release = w->r->system.release;
	struct val shifted = { 0, KLPSCOPE_OK };

	if (!at.st && !start.st && !stop.st)
		shifted.v = at.v >= start.v && at.v < stop.v;
	else if (!release.st)
		shifted.v = strstr(release.s, ".el7") != NULL;
	else if (start.st != KLPSCOPE_NOT_FOUND || stop.st != KLPSCOPE_NOT_FOUND)
		shifted.st = start.st ? start.st : stop.st;
	return shifted;
}

enum patch_side transition_side(const struct transition_rec *tr, uint64_t raw)
{
	int32_t state = (int32_t)(uint32_t)raw;

	/* -1 and 2 are each of one kind of kernel only. */
	if (tr->shifted.st)
		return state == -1 ? SIDE_IDLE : state == 2 ? SIDE_PATCHED : SIDE_UNKNOWN;
	if (tr->shifted.v)
		state--;
	return state == -1 ? SIDE_IDLE : state == 0 ? SIDE_UNPATCHED : state == 1 ? SIDE_PATCHED : SIDE_UNKNOWN;
}

bool transition_pending(const struct transition_rec *tr, enum patch_side side, enum patch_side target)
{
	return side != target && !tr->at_edge.v && !(side == SIDE_IDLE && tr->idle_legal);
}

struct val walk_mutex_held(struct walk *w, struct val mutex)
{
	struct val owner = { 0, mutex.st };

	if (mutex.st)
		return owner;
	if (walk_has(w, M_mutex_owner))
		owner = walk_peek(w, mutex.v, M_mutex_owner);
	else if (walk_has(w, M_mutex_rtmutex))
		owner = walk_peek(w, walk_at(w, mutex.v, M_mutex_rtmutex), M_rt_mutex_base_owner);
	else
		owner.st = w->layout.member[M_mutex_owner].st;
	owner.v = (owner.v & ~(uint64_t)MUTEX_FLAGS) != 0;
	return owner;
}

/* Each change, from the first flag to the last callback, is made with it held. */
static struct val is_changing(struct walk *w)
{
	struct val at = w->layout.symbol[S_klp_mutex], held = walk_mutex_held(w, at);

	if (!at.st && held.st && held.st != KLPSCOPE_NOT_FOUND)
		walk_problem(w, "klp_mutex", held.st, at.v);
	return held;
}

void transition_walk(struct walk *w)
{
	struct transition_rec *tr = &w->r->transition;

	w->where = "transition";
	tr->patch = walk_symbol_value(w, S_klp_transition_patch, target_pointer_size(w->t),
				      "klp_transition_patch");
	/* Before 4.12 there is neither; functions with the flag and no patch that it belongs to contradict that. */
	if (tr->patch.st == KLPSCOPE_NOT_FOUND && walk_has(w, M_klp_func_transition)) {
		tr->patch.st = KLPSCOPE_CORRUPT;
		walk_problem(w, "no symbol klp_transition_patch", KLPSCOPE_CORRUPT, 0);
	}
	tr->target = walk_symbol_value(w, S_klp_target_state, 4, "klp_target_state");
	tr->signal_count = walk_symbol_value(w, S_klp_signals_cnt, 4, "klp_signals_cnt");
	tr->changing = is_changing(w);
	tr->shifted = states_are_shifted(w);
	w->where = NULL;
}

/* 1: some function of it has the flag; not OK: none of those that could be read has. *none: it has no function. */
static struct val any_flag(const struct patch_rec *p, bool *none)
{
	struct val any = { 0, p->st ? p->st : p->objects_st };

	*none = true;
	for (const struct object_rec *o = p->objects; o; o = o->next) {
		any.st = any.st ? any.st : o->st ? o->st : o->funcs_st;
		for (const struct func_rec *f = o->funcs; f; f = f->next) {
			*none = false;
			if (!f->st && !f->transition.st && f->transition.v)
				return (struct val){ 1, KLPSCOPE_OK };
			any.st = any.st ? any.st : f->st ? f->st : f->transition.st;
		}
	}
	return any;
}

/*
 * klp_init_transition() gives each task its side, and only then sets the flags
 * of the functions; klp_complete_transition() clears the flags before the
 * sides, and calls post_patch or post_unpatch after both (4.12 to 7.3-rc7).
 * All of it with klp_mutex held.
 */
void transition_edge_walk(struct walk *w)
{
	struct transition_rec *tr = &w->r->transition;
	struct val any = { 0, w->r->patches_st ? w->r->patches_st : KLPSCOPE_CORRUPT };
	bool none = false;

	if (tr->patch.st || !tr->patch.v || (!tr->changing.st && !tr->changing.v))
		return;
	for (const struct patch_rec *p = w->r->patches; p; p = p->next)
		if (p->addr == tr->patch.v)
			any = any_flag(p, &none);
	tr->at_edge = (struct val){ !any.st && !any.v && !none, any.st };
	tr->idle_legal = !any.st && none && !tr->changing.st;
}
