// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which function was in effect, for whom: the rules of klp_ftrace_handler()
 * (kernel/livepatch/patch.c, 4.0 to 7.3-rc7), applied to what could be read.
 *
 * The first entry of a function's stack decides.  While it is in transition
 * each task decides for itself between it and the next one; only one level
 * is ever skipped, and only the first entry's flag is consulted.
 *
 * "No" is said only when all that could say otherwise was read.
 */
#include "analysis/analysis.h"

static bool known(struct val v)
{
	return v.st == KLPSCOPE_OK;
}

static bool is(struct val v, uint64_t x)
{
	return known(v) && v.v == x;
}

static void judge_transition(struct report *r)
{
	struct transition_rec *tr = &r->transition;
	enum patch_side target;

	/* Kernels before 4.12 have no transitions: a change is made in one go. */
	if (tr->patch.st == KLPSCOPE_NOT_FOUND || is(tr->patch, 0))
		return;
	tr->st = tr->patch.st ? tr->patch.st : tr->target.st;
	if (tr->st)
		return;
	target = transition_side(tr, tr->target.v);
	if (target == SIDE_UNKNOWN) {
		tr->st = tr->shifted.st ? tr->shifted.st : KLPSCOPE_CORRUPT;
		return;
	}
	for (struct patch_rec *p = r->patches; p; p = p->next)
		if (p->addr == tr->patch.v)
			tr->of = p;
	/*
	 * klp_init_transition() sets the patch before the target and completion
	 * clears the target before the patch: between, nothing is under way.
	 */
	tr->under_way = target != SIDE_IDLE;
	if (tr->under_way)
		tr->direction = target == SIDE_PATCHED ? "patched" : "unpatched";
}

static void judge_state(const struct report *r, struct patch_rec *p)
{
	const struct transition_rec *tr = &r->transition;

	p->state = PATCH_UNKNOWN;
	if (p->st || !p->addr || (tr->st && (!known(tr->patch) || tr->patch.v == p->addr)))
		return;
	if (tr->under_way && tr->of == p)
		p->state = tr->direction[0] == 'p' ? PATCH_APPLYING : PATCH_REVERTING;
	else if (known(p->enabled))
		p->state = p->enabled.v ? PATCH_APPLIED : PATCH_OFF;
}

static void verdict(struct func_rec *f, enum klpscope_in_effect in_effect, enum effect_reason reason)
{
	f->in_effect = in_effect;
	f->reason = reason;
}

/* By the function stack alone: what klp_ftrace_handler() would do once it is called. */
static void judge_on_stack(struct func_rec *f)
{
	struct val transition = f->ops->top_transition;

	if (transition.st == KLPSCOPE_NOT_FOUND)	/* before 4.12: the first entry always wins */
		transition = (struct val){ 0, KLPSCOPE_OK };
	if (f->ops->mixed)
		verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	else if (f->stack_position > 1)
		verdict(f, KLPSCOPE_EFFECT_NO, REASON_SHADOWED);
	else if (!known(transition))
		verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	else if (transition.v)
		verdict(f, KLPSCOPE_EFFECT_PARTLY, REASON_TRANSITION);
	else if (f->stack_position == 1)
		verdict(f, KLPSCOPE_EFFECT_NO, REASON_SHADOWED);
	else if (f->nop.st && f->nop.st != KLPSCOPE_NOT_FOUND)
		verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	else
		verdict(f, KLPSCOPE_EFFECT_YES, is(f->nop, 1) ? REASON_NOP : REASON_NONE);
}

/* The stack says that it runs; the text at the function's entry has the last word. */
static void judge_entry(struct func_rec *f)
{
	if (f->in_effect != KLPSCOPE_EFFECT_YES && f->in_effect != KLPSCOPE_EFFECT_PARTLY)
		return;
	switch (f->entry.state) {
	case ENTRY_REDIRECTED:
		return;
	case ENTRY_ORIGINAL:
		verdict(f, KLPSCOPE_EFFECT_NO, REASON_ENTRY_NOT_REDIRECTED);
		return;
	case ENTRY_OTHER:
		/* A breakpoint in the middle of a change, a direct call: it may still get there. */
		verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_ENTRY_NOT_REDIRECTED);
		return;
	case ENTRY_UNKNOWN:
		verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
		return;
	}
}

/*
 * On no stack.  The flags of object and function must agree, or the text must
 * prove it: an entry as compiled calls no handler, whatever the lists say.
 */
static void judge_off_stack(const struct patch_rec *p, const struct object_rec *o, struct func_rec *f,
			    bool complete)
{
	enum effect_reason reason = p->state == PATCH_OFF ? REASON_PATCH_OFF : REASON_NOT_PATCHED;
	bool says_patched = !known(f->patched) || f->patched.v || !known(o->patched) || o->patched.v;

	if (f->entry.state == ENTRY_ORIGINAL || (complete && !says_patched))
		verdict(f, KLPSCOPE_EFFECT_NO, reason);
	else
		verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
}

static void judge_function(const struct patch_rec *p, const struct object_rec *o, struct func_rec *f,
			   bool complete)
{
	if (f->st)
		verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	else if (f->ops)
		judge_on_stack(f);
	else if (is(o->loaded, 0))
		verdict(f, KLPSCOPE_EFFECT_NO, REASON_TARGET_NOT_LOADED);
	else if (!known(o->loaded))
		verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	else
		judge_off_stack(p, o, f, complete);
	judge_entry(f);
}

/* What a set of parts allows to be said of the whole. */
struct tally {
	unsigned int yes, partly, no, unknown;
};

static void count(struct tally *t, enum klpscope_in_effect e)
{
	if (e == KLPSCOPE_EFFECT_YES)
		t->yes++;
	else if (e == KLPSCOPE_EFFECT_PARTLY)
		t->partly++;
	else if (e == KLPSCOPE_EFFECT_NO)
		t->no++;
	else
		t->unknown++;
}

/* "Partly" stays true whatever the unknown parts are, once both kinds were seen. */
static enum klpscope_in_effect sum(const struct tally *t)
{
	if (t->partly || (t->yes && t->no))
		return KLPSCOPE_EFFECT_PARTLY;
	if (t->unknown)
		return KLPSCOPE_EFFECT_UNKNOWN;
	return t->yes ? KLPSCOPE_EFFECT_YES : KLPSCOPE_EFFECT_NO;
}

static bool empty(const struct tally *t)
{
	return !t->yes && !t->partly && !t->no && !t->unknown;
}

static enum klpscope_in_effect by_state(enum patch_state state)
{
	switch (state) {
	case PATCH_APPLIED:
		return KLPSCOPE_EFFECT_YES;
	case PATCH_APPLYING:
	case PATCH_REVERTING:
		return KLPSCOPE_EFFECT_PARTLY;
	case PATCH_OFF:
	case PATCH_DETACHED:
		return KLPSCOPE_EFFECT_NO;
	case PATCH_UNKNOWN:
		break;
	}
	return KLPSCOPE_EFFECT_UNKNOWN;
}

static void judge_object(const struct patch_rec *p, struct object_rec *o, bool complete, struct tally *patch)
{
	struct tally t = { 0 };

	for (struct func_rec *f = o->funcs; f; f = f->next) {
		judge_function(p, o, f, complete);
		count(&t, f->in_effect);
	}
	if (o->st || (o->funcs_st && !is(o->loaded, 0)))
		t.unknown++;
	/* A target that is not loaded has nothing to run, and does not count against the patch. */
	if (is(o->loaded, 0) && !t.yes && !t.partly && !t.unknown) {
		o->in_effect = KLPSCOPE_EFFECT_NO;
		return;
	}
	o->in_effect = empty(&t) ? by_state(p->state) : sum(&t);
	patch->yes += t.yes;
	patch->partly += t.partly;
	patch->no += t.no;
	patch->unknown += t.unknown;
}

static void judge_patch(struct report *r, struct patch_rec *p, bool complete)
{
	struct tally t = { 0 };

	judge_state(r, p);
	for (struct object_rec *o = p->objects; o; o = o->next)
		judge_object(p, o, complete, &t);
	if (p->objects_st)
		t.unknown++;
	p->in_effect = empty(&t) ? by_state(p->state) : sum(&t);
}

void analysis_effect(struct report *r)
{
	bool complete = analysis_stacks_known(r);

	judge_transition(r);
	for (struct patch_rec *p = r->patches; p; p = p->next)
		judge_patch(r, p, complete);
}
