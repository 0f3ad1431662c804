// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/tally.h"

bool tally_is_below(const struct func_rec *f)
{
	return f->reason == REASON_SHADOWED ||
	       (f->reason == REASON_TRANSITION && f->ops && f->stack_position > 0);
}

static void tally_func(struct tally *t, const struct func_rec *f)
{
	if (f->in_effect == KLPSCOPE_EFFECT_UNKNOWN || f->st) {
		t->unknown++;
		return;
	}
	if (f->reason == REASON_TARGET_NOT_LOADED) {
		t->waiting++;
		return;
	}
	if (f->reason == REASON_NOP || (!f->nop.st && f->nop.v)) {
		t->nops++;
		return;
	}
	if (f->in_effect == KLPSCOPE_EFFECT_YES) {
		t->yes++;
		return;
	}
	if (f->in_effect == KLPSCOPE_EFFECT_PARTLY) {
		t->partly++;
		t->partly_by[tally_is_below(f) ? REASON_SHADOWED : f->reason]++;
	} else {
		t->no++;
		t->no_by[f->reason]++;
	}
}

void tally_object(struct tally *t, const struct object_rec *obj)
{
	if (obj->st || obj->funcs_st)
		t->open = true;
	for (const struct func_rec *f = obj->funcs; f; f = f->next)
		tally_func(t, f);
}

void tally_patch(struct tally *t, const struct patch_rec *p)
{
	if (p->st || p->objects_st)
		t->open = true;
	for (const struct object_rec *obj = p->objects; obj; obj = obj->next)
		tally_object(t, obj);
}

unsigned int tally_total(const struct tally *t)
{
	return t->yes + t->partly + t->no + t->unknown;
}

void tally_ratio(const struct tally *t, struct sb *sb)
{
	sb_add(sb, "%u/", t->yes + t->partly);
	if (t->open)
		sb_add(sb, "?");
	else
		sb_add(sb, "%u", tally_total(t));
	if (t->unknown)
		sb_add(sb, " %u unknown", t->unknown);
}

static const char *no_phrase(enum effect_reason r)
{
	switch (r) {
	case REASON_TRANSITION:
		return "not yet, in transition";
	case REASON_NOT_PATCHED:
		return "not put in place";
	case REASON_PATCH_OFF:
		return "off with the patch";
	case REASON_ENTRY_NOT_REDIRECTED:
		return "not called by the old function's entry";
	case REASON_NONE:
	case REASON_SHADOWED:
	case REASON_NOP:
	case REASON_TARGET_NOT_LOADED:
	case REASON_UNREADABLE:
		break;
	}
	return "not in effect";
}

static const char *partly_phrase(enum effect_reason r)
{
	return r == REASON_TRANSITION ? "only for some tasks (transition)" : "only for some tasks";
}

/* "2 of 3 functions " for the first number, "1 " for the others. */
static void add_number(const struct tally *t, unsigned int n, bool *first, struct sb *sb)
{
	unsigned int total = tally_total(t);

	if (*first)
		sb_add(sb, "%u of %s%u function%s ", n, t->open ? "at least " : "", total,
		       total == 1 ? "" : "s");
	else
		sb_add(sb, ", %u ", n);
	*first = false;
}

static void add_reason(const struct tally *t, enum effect_reason r, const char *shadowed, const char *below,
		       bool *first, struct sb *sb)
{
	if (t->partly_by[r]) {
		add_number(t, t->partly_by[r], first, sb);
		sb_add(sb, "%s", r == REASON_SHADOWED ? below : partly_phrase(r));
	}
	if (t->no_by[r]) {
		add_number(t, t->no_by[r], first, sb);
		sb_add(sb, "%s", r == REASON_SHADOWED ? shadowed : no_phrase(r));
	}
}

void tally_list(const struct tally *t, const char *shadowed, const char *below, struct sb *sb)
{
	bool first = true;

	if (t->yes) {
		add_number(t, t->yes, &first, sb);
		sb_add(sb, "for every task");
	}
	for (enum effect_reason r = REASON_NONE; r <= REASON_UNREADABLE; r++)
		add_reason(t, r, shadowed, below, &first, sb);
	if (t->unknown) {
		add_number(t, t->unknown, &first, sb);
		sb_add(sb, "unknown");
	}
}
