// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts in words: for whom, and why not. */
#include <inttypes.h>
#include <string.h>

#include "analysis/analysis.h"
#include "output/tally.h"
#include "output/text_parts.h"
#include "output/view.h"
#include "output/words.h"

void sentence_count(struct sb *sb, unsigned int n, const char *thing)
{
	sb_add(sb, "%u %s%s", n, thing, n == 1 ? "" : "s");
}

void sentence_unknown(struct sb *sb, enum klpscope_status st)
{
	sb_add(sb, "unknown");
	if (st)
		sb_add(sb, " (%s)", klpscope_strstatus(st));
}

/* --- patches --- */

static bool is_absent(const struct object_rec *obj)
{
	return !obj->st && !obj->loaded.st && !obj->loaded.v;
}

/* "; 1 more for nf_tables, which was not loaded" */
static void add_waiting(struct sb *sb, const struct patch_rec *p, const struct tally *t)
{
	const struct object_rec *obj, *first = NULL;
	unsigned int targets = 0;

	if (!t->waiting)
		return;
	for (obj = p->objects; obj; obj = obj->next) {
		if (!is_absent(obj))
			continue;
		first = first ? first : obj;
		targets++;
	}
	if (targets == 1 && !first->name.st)
		sb_add(sb, "; %u more for %s, which was not loaded", t->waiting, first->name.s);
	else
		sb_add(sb, "; %u more for modules that were not loaded", t->waiting);
}

/* Names the shadowing patch when there is just one. */
static const struct patch_rec *only_shadower(const struct page *pg, const struct patch_rec *p)
{
	const struct patch_rec *by = NULL;

	for (const struct object_rec *obj = p->objects; obj; obj = obj->next) {
		for (const struct func_rec *f = obj->funcs; f; f = f->next) {
			const struct patch_rec *one;

			if (!tally_is_below(f))
				continue;
			one = owners_shadower(&pg->owners, f);
			if (!one || (by && by != one))
				return NULL;
			by = one;
		}
	}
	return by;
}

/* `by`: the patch on top, NULL when it is not one or not known. */
static void add_shadowed(struct sb *sb, const struct patch_rec *by)
{
	char hex[HEX_SIZE];
	const char *name = by ? view_patch_label(by, hex) : NULL;

	sb_add(sb, "shadowed by %s", name ? name : "a newer patch");
}

/* Below a function in transition: whoever does not run that one runs this one. */
static void add_below(struct sb *sb, const struct patch_rec *by)
{
	char hex[HEX_SIZE];
	const char *name = by ? view_patch_label(by, hex) : NULL;

	sb_add(sb, "only for tasks that ");
	if (by && by->state == PATCH_APPLYING)
		sb_add(sb, "had not switched to ");
	else if (by && by->state == PATCH_REVERTING)
		sb_add(sb, "had switched back from ");
	else
		sb_add(sb, "did not run ");
	sb_add(sb, "%s", name ? name : "a newer patch");
}

/* "2 of 3 functions for every task, 1 shadowed by klp_b" */
static void add_list(const struct page *pg, struct sb *sb, const struct patch_rec *p, const struct tally *t)
{
	const struct patch_rec *by = only_shadower(pg, p);
	struct sb shadowed = { 0 }, below = { 0 };

	add_shadowed(&shadowed, by);
	add_below(&below, by);
	tally_list(t, sb_str(&shadowed), sb_str(&below), sb);
	sb->failed |= shadowed.failed || below.failed;
	sb_free(&shadowed);
	sb_free(&below);
}

static void add_nops(struct sb *sb, const struct tally *t)
{
	if (!t->nops)
		return;
	sb_add(sb, "; ");
	sentence_count(sb, t->nops, "nop");
	sb_add(sb, " of its atomic replace, where the original runs");
}

static void patch_yes(struct sb *sb, const struct patch_rec *p, const struct tally *t)
{
	if (t->yes) {
		sb_add(sb, "yes, for every task: ");
		sentence_count(sb, t->yes, "function");
	} else {
		sb_add(sb, "yes, by its state: it has no new function in a loaded target");
	}
	add_nops(sb, t);
	add_waiting(sb, p, t);
}

static void patch_partly(const struct page *pg, struct sb *sb, const struct patch_rec *p,
			 const struct tally *t)
{
	sb_add(sb, "PARTLY: ");
	if (pg->r->transition.of == p && !view_task_by_task(pg->r) && tally_total(t))
		add_list(pg, sb, p, t);
	else if (p->state == PATCH_APPLYING)
		sb_add(sb, "it was being applied%s; tasks that had switched ran it, the others did not yet",
		       !p->replace.st && p->replace.v ? " and was to replace all others" : "");
	else if (p->state == PATCH_REVERTING)
		sb_add(sb, "it was being reverted; tasks that had not switched back yet still ran it");
	else
		add_list(pg, sb, p, t);
	add_nops(sb, t);
	add_waiting(sb, p, t);
}

static void patch_no(const struct page *pg, struct sb *sb, const struct patch_rec *p, const struct tally *t)
{
	sb_add(sb, "no: ");
	if (p->state == PATCH_OFF)
		sb_add(sb, "on klp_patches, but off: not enabled and not in transition");
	else if (tally_total(t))
		add_list(pg, sb, p, t);
	else
		sb_add(sb, "its state is \"%s\"", word_state(p->state));
	add_nops(sb, t);
	add_waiting(sb, p, t);
}

static void patch_unknown(const struct page *pg, struct sb *sb, const struct patch_rec *p,
			  const struct tally *t)
{
	sb_add(sb, "UNKNOWN: ");
	if (p->st) {
		sb_add(sb, "%s", klpscope_strstatus(p->st));
		return;
	}
	if (p->state == PATCH_UNKNOWN)
		sb_add(sb, "its state could not be read");
	else if (t->open)
		sb_add(sb, "its functions could not be read to the end");
	else if (!t->unknown)
		sb_add(sb, "what decides it could not be read");
	if (!t->unknown)
		return;
	if (p->state == PATCH_UNKNOWN || t->open)
		sb_add(sb, "; ");
	add_list(pg, sb, p, t);
}

void sentence_patch(struct page *pg, struct sb *sb, const struct patch_rec *p)
{
	struct tally t = { 0 };

	tally_patch(&t, p);
	switch (p->in_effect) {
	case KLPSCOPE_EFFECT_YES:
		patch_yes(sb, p, &t);
		return;
	case KLPSCOPE_EFFECT_PARTLY:
		patch_partly(pg, sb, p, &t);
		return;
	case KLPSCOPE_EFFECT_NO:
		patch_no(pg, sb, p, &t);
		return;
	case KLPSCOPE_EFFECT_UNKNOWN:
		break;
	}
	patch_unknown(pg, sb, p, &t);
}

/* --- detached modules --- */

static const struct {
	const char *reason, *sentence;
} detached_sentences[] = {
	{ "replaced", "replaced by a newer patch; its module is still loaded" },
	{ "disabled", "disabled; its module is still loaded" },
	{ "failed", "it could not be enabled; its module is loaded" },
	{ "loading", "its module was just being loaded" },
	{ "unloading", "its module was just being unloaded" },
};

static const char *detached_sentence(const char *reason)
{
	for (size_t i = 0; reason && i < sizeof(detached_sentences) / sizeof(detached_sentences[0]); i++)
		if (strcmp(reason, detached_sentences[i].reason) == 0)
			return detached_sentences[i].sentence;
	return reason;
}

static void detached_unknown(const struct page *pg, struct sb *sb)
{
	sb_add(sb, "UNKNOWN: its module is loaded; ");
	if (pg->r->patches_st)
		sb_add(sb, "it may be on the unread rest of klp_patches");
	else if (pg->r->unowned)
		sb_add(sb, "it is on no list, but some function runs a replacement that no listed patch has");
	else
		sb_add(sb, "it is on no list, and why is not known");
}

void sentence_detached(struct page *pg, struct sb *sb, const struct detached_rec *d)
{
	const char *sentence = detached_sentence(d->reason);

	if (d->in_effect != KLPSCOPE_EFFECT_NO)
		detached_unknown(pg, sb);
	else
		sb_add(sb, "no: %s", sentence ? sentence : "its module is loaded, but it is on no list");
}

/* --- functions --- */

static bool is_nop(const struct func_rec *f)
{
	return !f->nop.st && f->nop.v;
}

/* "(59 of 61)": where it depends on the task, and it is known of each; and whether the one that matters most is one. */
static void add_share(const struct report *r, struct sb *sb, const struct func_rec *f)
{
	struct val n = analysis_tasks_of(r, f);
	enum task_runs panic = n.st == KLPSCOPE_NOT_FOUND || is_nop(f) ? RUNS_UNKNOWN : analysis_panic_runs(r, f);

	if (!n.st && !r->tasks.total.st)
		sb_add(sb, " (%" PRIu64 " of %" PRIu64 ")", n.v, r->tasks.total.v);
	if (panic != RUNS_UNKNOWN)
		sb_add(sb, ", the panicking task %samong them", panic == RUNS_NEW ? "" : "not ");
}

static void func_below(struct page *pg, struct sb *sb, const struct func_rec *f)
{
	const struct patch_rec *by = owners_shadower(&pg->owners, f);

	if (f->in_effect == KLPSCOPE_EFFECT_PARTLY)
		add_below(sb, by);
	else
		add_shadowed(sb, by);
	add_share(pg->r, sb, f);
}

static void func_transition(const struct report *r, struct sb *sb, const struct patch_rec *p,
			    const struct func_rec *f)
{
	if (p->state == PATCH_APPLYING)
		sb_add(sb, "only for tasks that had switched to the patch");
	else if (p->state == PATCH_REVERTING)
		sb_add(sb, "only for tasks that had not switched back yet");
	else
		sb_add(sb, "it depends on the task: a transition was under way");
	add_share(r, sb, f);
}

static void func_reason(struct page *pg, struct sb *sb, const struct patch_rec *p,
			const struct object_rec *obj, const struct func_rec *f)
{
	switch (f->reason) {
	case REASON_NONE:
		sb_add(sb, f->in_effect == KLPSCOPE_EFFECT_YES ? "for every task" : "no reason is known");
		return;
	case REASON_SHADOWED:
		func_below(pg, sb, f);
		return;
	case REASON_TRANSITION:
		if (tally_is_below(f))
			func_below(pg, sb, f);
		else
			func_transition(pg->r, sb, p, f);
		return;
	case REASON_NOP:
		sb_add(sb, "a nop of an atomic replace: the original runs");
		return;
	case REASON_TARGET_NOT_LOADED:
		sb_add(sb, "%s was not loaded", obj->name.st || !obj->name.s ? "its target" : obj->name.s);
		return;
	case REASON_NOT_PATCHED:
		sb_add(sb, "it was never put in place");
		return;
	case REASON_PATCH_OFF:
		sb_add(sb, "the patch is off");
		return;
	case REASON_ENTRY_NOT_REDIRECTED:
		sb_add(sb, "it is in place, but the text at the old function's entry goes elsewhere");
		return;
	case REASON_UNREADABLE:
		break;
	}
	sb_add(sb, "what decides it could not be read");
}

void sentence_func(struct page *pg, struct sb *sb, const struct patch_rec *p, const struct object_rec *obj,
		   const struct func_rec *f)
{
	if (f->st) {
		sentence_unknown(sb, f->st);
		return;
	}
	sb_add(sb, "%s, ", word_in_effect(f->in_effect));
	func_reason(pg, sb, p, obj, f);
}
