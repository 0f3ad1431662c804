// SPDX-License-Identifier: GPL-2.0-or-later
/* The second answer of the first screen: was a hotfix on the crash path? */
#include <inttypes.h>
#include <string.h>

#include "analysis/analysis.h"
#include "output/text_parts.h"
#include "output/view.h"

/* As many functions are named. */
#define NAMED 4

static bool is_off(const struct report *r, const struct module_rec *m)
{
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		if (m && d->module == m)
			return true;
	return false;
}

/* Without symbols the patch still knows what its functions are called. */
static const char *func_name(const struct frame_rec *f)
{
	return f->func && !f->func->name.st ? text_name(f->func->name.s) : NULL;
}

/* "livepatch_foo() of patch bar"; one that is off may have been replaced, or never been on. */
static void add_hotfix(const struct report *r, struct sb *sb, const struct frame_rec *f)
{
	char hex[HEX_SIZE];
	const char *patch = f->patch ? view_patch_label(f->patch, hex) : view_module_label(f->module, hex);

	if (f->symbol.name)
		sb_add(sb, "%s()", text_name(f->symbol.name));
	else if (func_name(f))
		sb_add(sb, "the replacement of %s()", func_name(f));
	else
		sb_add(sb, "code at 0x%" PRIx64, f->address);
	sb_add(sb, " of patch %s", text_name(patch));
	if (is_off(r, f->module))
		sb_add(sb, ", which was not in effect");
}

/* "the original foo(), which bar replaces" */
static void add_old(const struct report *r, struct sb *sb, const struct frame_rec *f)
{
	char hex[HEX_SIZE];

	(void)r;
	sb_add(sb, "the original %s(), which patch %s replaces",
	       f->symbol.name || !func_name(f) ? text_name(f->symbol.name) : func_name(f),
	       text_name(f->patch ? view_patch_label(f->patch, hex) : NULL));
}

/* How the crash came about from the innermost of them: what a reader asks next. */
static void add_how(const struct stack_rec *stack, struct sb *sb)
{
	for (unsigned int i = 0, interrupts = 0; i < stack->count; i++) {
		const struct frame_rec *f = &stack->frame[i];

		interrupts += i && f->exact;
		if (!f->reliable || !analysis_is_hotfix(f))
			continue;
		sb_add(sb, !i ? "; it crashed itself" : interrupts ? "; the crash came in an interrupt of it" :
								     "; the crash came in a call from it");
		return;
	}
}

static bool same_function(const struct frame_rec *a, const struct frame_rec *b)
{
	if (a->func || b->func)
		return a->func == b->func;
	return a->symbol.name && b->symbol.name ? a->symbol.start == b->symbol.start : a->address == b->address;
}

/* A function that calls itself is named once. */
static bool named_before(const struct stack_rec *stack, unsigned int i, bool (*wanted)(const struct frame_rec *))
{
	for (unsigned int k = 0; k < i; k++)
		if (wanted(&stack->frame[k]) && stack->frame[k].reliable == stack->frame[i].reliable &&
		    same_function(&stack->frame[k], &stack->frame[i]))
			return true;
	return false;
}

static unsigned int add_frames(const struct report *r, struct sb *sb, bool (*wanted)(const struct frame_rec *),
			       void (*add)(const struct report *, struct sb *, const struct frame_rec *), bool reliable)
{
	const struct stack_rec *stack = r->crash.stack;
	unsigned int n = 0;

	for (unsigned int i = 0; stack && i < stack->count; i++) {
		if (!wanted(&stack->frame[i]) || stack->frame[i].reliable != reliable || named_before(stack, i, wanted))
			continue;
		if (n < NAMED) {
			sb_add(sb, n ? "; further out " : "");
			add(r, sb, &stack->frame[i]);
		}
		n++;
	}
	if (n > NAMED)
		sb_add(sb, " and %u more", n - NAMED);
	return n;
}

/* "had switched to the new code", "had not switched back to the old code yet" */
void sentence_switched(const struct report *r, struct sb *sb, enum task_runs runs)
{
	bool back = view_reverting(r);
	const char *to = back ? "switched back to the old code" : "switched to the new code";

	if (runs == RUNS_UNKNOWN)
		sb_add(sb, "UNKNOWN whether it had %s", to);
	else if ((runs == RUNS_OLD) == back)
		sb_add(sb, "had %s", to);
	else
		sb_add(sb, "had not %s yet", to);
}

static void add_who(const struct report *r, struct sb *sb)
{
	const struct crash_rec *crash = &r->crash;

	sb_add(sb, " ");
	sentence_task(sb, &crash->task);
	sb_add(sb, " panicked on CPU %" PRIu64, crash->cpu.v);
	if (view_task_by_task(r)) {
		sb_add(sb, crash->runs == RUNS_UNKNOWN ? "; " : "; it ");
		sentence_switched(r, sb, crash->runs);
	}
	sb_add(sb, ".");
}

static enum tone unknown_path(const struct report *r, struct sb *sb)
{
	const struct crash_rec *crash = &r->crash;
	struct sb maybe = { 0 };

	sb_add(sb, "UNKNOWN: ");
	if (crash->cpu.st || crash->task_at.st) {
		sb_add(sb, "who panicked could not be found out (%s).",
		       klpscope_strstatus(crash->cpu.st ? crash->cpu.st : crash->task_at.st));
		return TONE_ALARM;
	}
	if (!crash->stack || crash->stack->st) {
		sb_add(sb, "the stack could be followed only in part (");
		sentence_doubt(sb, crash->stack);
		sb_add(sb, "); no hotfix on that part.");
	} else {
		sb_add(sb, "no hotfix that could be read is on the stack, but not all could be read.");
	}
	if (add_frames(r, &maybe, analysis_is_hotfix, add_hotfix, false))
		sb_add(sb, " It may have run %s.", sb_str(&maybe));
	sb->failed |= maybe.failed;
	sb_free(&maybe);
	add_who(r, sb);
	return TONE_ALARM;
}

static enum tone known_path(const struct report *r, struct sb *sb)
{
	const struct crash_rec *crash = &r->crash;
	struct sb old = { 0 };
	unsigned int olds = add_frames(r, &old, analysis_is_original, add_old, true);

	if (crash->hotfix_on_path.v) {
		sb_add(sb, "ran ");
		if (add_frames(r, sb, analysis_is_hotfix, add_hotfix, true) == 1)
			add_how(crash->stack, sb);
		sb_add(sb, ".");
		if (olds)
			sb_add(sb, " It also ran %s.", sb_str(&old));
	} else if (olds) {
		sb_add(sb, "no hotfix on it, but it ran %s.", sb_str(&old));
	} else {
		sb_add(sb, crash->old_on_path.st ? "no hotfix on it." : "no patched function on it.");
	}
	if (crash->stack && crash->stack->st) {
		sb_add(sb, " Further out the stack could not be followed (");
		sentence_doubt(sb, crash->stack);
		sb_add(sb, ").");
	} else if (!olds && crash->old_on_path.st) {
		/* Known of hotfixes, whose modules are, and not of what they replace. */
		sb_add(sb, " UNKNOWN whether it ran the original of a function that a hotfix replaces.");
	}
	sb->failed |= old.failed;
	sb_free(&old);
	if (!crash->task_at.st)
		add_who(r, sb);
	return crash->hotfix_on_path.v || olds ? TONE_DOUBT : TONE_STRONG;
}

enum tone sentence_crash_path(const struct report *r, struct sb *sb)
{
	const struct crash_rec *crash = &r->crash;

	if (crash->cpu.st == KLPSCOPE_NOT_FOUND) {
		sb_add(sb, "there is none: nobody had panicked when the dump was made.");
		return TONE_STRONG;
	}
	if (!crash->stack_needed && crash->cpu.st) {
		sb_add(sb, "no patched function on it: the kernel had no hotfix.");
		return TONE_STRONG;
	}
	return crash->hotfix_on_path.st ? unknown_path(r, sb) : known_path(r, sb);
}
