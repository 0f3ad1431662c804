// SPDX-License-Identifier: GPL-2.0-or-later
/* Stacks, frame by frame (-b): the panicking task's, and those that pass through patched functions. */
#include <inttypes.h>
#include <stdio.h>

#include "output/table.h"
#include "output/text_parts.h"
#include "output/view.h"
#include "output/words.h"

enum frame_column { F_NUMBER, F_ADDRESS, F_SYMBOL, F_WHAT, F_COUNT };

static const struct table_column frame_columns[F_COUNT] = {
	[F_NUMBER] = { .title = "#", .right = true },
	[F_ADDRESS] = { .title = "ADDRESS", .goes = 1 },
	[F_SYMBOL] = { .title = "FUNCTION", .gives = 2, .least = 24 },
	[F_WHAT] = { .title = "WHAT IT IS", .gives = 1, .least = 20 },
};

void sentence_task(struct sb *sb, const struct task_rec *task)
{
	sb_add(sb, "%s", task->comm ? text_name(task->comm) : "(unreadable)");
	if (task->ids_st)
		sb_add(sb, " (PID unknown)");
	else
		sb_add(sb, " (%" PRIu32 ")", task->pid);
}

static void add_symbol(struct sb *sb, const struct frame_rec *f)
{
	sb_add(sb, "%s%s", f->reliable ? "" : "? ", f->symbol.name ? text_name(f->symbol.name) : "unknown");
	if (f->symbol.name)
		sb_add(sb, "+0x%" PRIx64, f->address - f->symbol.start);
	if (f->symbol.module)
		sb_add(sb, " [%s]", f->symbol.module);
}

static const char *patch_of(const struct frame_rec *f, char buf[HEX_SIZE])
{
	const char *name = f->patch ? view_patch_label(f->patch, buf) : view_module_label(f->module, buf);

	return text_name(name);
}

/* Of a patch that is not, nobody knows which of its code replaced what. */
static bool is_listed(const struct report *r, const struct module_rec *m)
{
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (p->module == m)
			return true;
	return false;
}

static void add_what(const struct report *r, struct sb *sb, const struct frame_rec *f, bool first)
{
	const char *function = f->func && !f->func->name.st ? f->func->name.s : NULL;
	char hex[HEX_SIZE];

	if (f->code == CODE_NEW)
		sb_add(sb, "patch %s: replaces %s", patch_of(f, hex), text_name(function));
	else if (f->code == CODE_OLD)
		sb_add(sb, "the original (patch %s replaces it)", patch_of(f, hex));
	else if (f->code == CODE_ENTRY)
		sb_add(sb, "entry, on the way to patch %s", patch_of(f, hex));
	else if (f->code == CODE_HOTFIX)
		sb_add(sb, "patch %s%s code", patch_of(f, hex), f->patch || is_listed(r, f->module) ? ": other" :
		       r->patches_st ? ": its" : ", which is not listed: its");
	else if (f->code == CODE_SOME_HOTFIX)
		sb_add(sb, "patch %s: its code", patch_of(f, hex));
	if (f->exact && !first)
		sb_add(sb, "%sinterrupted here", sb->len ? "; " : "");
	if (f->through)
		sb_add(sb, "%sthe call returns through %s", sb->len ? "; " : "", f->through);
}

static void frame_row(struct page *pg, struct table *t, const struct stack_rec *stack, unsigned int i)
{
	const struct frame_rec *f = &stack->frame[i];
	struct sb symbol = { 0 }, what = { 0 };
	char number[16], hex[HEX_SIZE];

	snprintf(number, sizeof(number), "%u", i);
	add_symbol(&symbol, f);
	add_what(pg->r, &what, f, i == 0);
	const char *const cells[F_COUNT] = {
		[F_NUMBER] = number,
		[F_ADDRESS] = view_hex(f->address, hex),
		[F_SYMBOL] = sb_str(&symbol),
		[F_WHAT] = sb_str(&what),
	};
	table_row(t, cells, F_SYMBOL, !f->reliable ? TONE_DOUBT : f->code != CODE_OTHER ? TONE_STRONG : TONE_PLAIN);
	pg->out.sb.failed |= symbol.failed | what.failed;
	sb_free(&symbol);
	sb_free(&what);
}

/* Why a stack is not one that can be relied on; NULL: it can. */
static const char *doubt(const struct stack_rec *stack)
{
	if (!stack)
		return klpscope_strstatus(KLPSCOPE_NO_MEMORY);
	if (!stack->st)
		return NULL;
	return stack->why ? stack->why : klpscope_strstatus(stack->st);
}

void sentence_doubt(struct sb *sb, const struct stack_rec *stack)
{
	const char *why = doubt(stack);

	if (why)
		sb_add(sb, "%s", why);
	if (stack && stack->why && stack->st != KLPSCOPE_CORRUPT)
		sb_add(sb, ": %s", klpscope_strstatus(stack->st));
}

static void stack_table(struct page *pg, const struct stack_rec *stack)
{
	struct table *t = table_new(frame_columns, F_COUNT);
	bool what = false;

	for (unsigned int i = 0; stack && i < stack->count; i++) {
		const struct frame_rec *f = &stack->frame[i];

		what |= f->code != CODE_OTHER || (f->exact && i) || f->through;
		frame_row(pg, t, stack, i);
	}
	if (!what)
		table_hide(t, F_WHAT);
	table_print(t, &pg->out, 2);
}

static void say(struct page *pg, unsigned int indent, struct sb *sb)
{
	text_para(pg, indent, indent + 2, TONE_PLAIN, 0, sb);
}

static void stack_notes(struct page *pg, const struct stack_rec *stack)
{
	struct sb sb = { 0 };

	if (stack && stack->user)
		sb_add(&sb, "It was running its program, outside the kernel.");
	else if (doubt(stack)) {
		sb_add(&sb, "Could not be followed to its end (");
		sentence_doubt(&sb, stack);
		sb_add(&sb, ").");
		if (stack && stack->count)
			sb_add(&sb, " Lines with \"?\" may be left over from earlier calls; nothing is concluded from them.");
	} else if (!stack->count) {
		sb_add(&sb, "It had exited and has no stack any more.");
	}
	if (sb.len)
		say(pg, 2, &sb);
}

static void add_runs(const struct report *r, struct sb *sb, enum task_runs runs)
{
	if (!view_task_by_task(r))
		return;
	sb_add(sb, "; ");
	sentence_switched(r, sb, runs);
}

/* `place`: "" in front of the CPU for the one that panicked there. */
static void one_stack(struct page *pg, const char *who, const struct task_rec *task, const char *place, struct val cpu,
		      enum task_runs runs, const struct stack_rec *stack)
{
	struct sb sb = { 0 };
	size_t lead;

	out_blank(&pg->out);
	sb_add(&sb, "%s", who);
	sentence_task(&sb, task);
	lead = sb.len;
	if (!cpu.st)
		sb_add(&sb, ", %sCPU %" PRIu64, place, cpu.v);
	add_runs(pg->r, &sb, runs);
	text_para(pg, 0, 2, TONE_STRONG, lead, &sb);
	stack_notes(pg, stack);
	stack_table(pg, stack);
}

static void panic_stack(struct page *pg)
{
	const struct crash_rec *crash = &pg->r->crash;
	struct sb sb = { 0 };

	if (crash->cpu.st == KLPSCOPE_NOT_FOUND)
		sb_add(&sb, "Nobody had panicked when the dump was made.");
	else if (crash->cpu.st || crash->task_at.st)
		sb_add(&sb, "UNKNOWN which task panicked (%s).",
		       klpscope_strstatus(crash->cpu.st ? crash->cpu.st : crash->task_at.st));
	if (sb.len)
		say(pg, 0, &sb);
	else
		one_stack(pg, "The panicking task: ", &crash->task, "", crash->cpu, crash->runs, crash->stack);
}

static void passing_stacks(struct page *pg)
{
	const struct tasks_rec *tasks = &pg->r->tasks;
	bool other = !pg->r->crash.task_at.st;
	unsigned int all = tasks->count - (other && tasks->count), n = 0;
	struct sb sb = { 0 };

	for (const struct passing_rec *p = tasks->passing; p; p = p->next, n++)
		one_stack(pg, "", p->task, p->running ? "running on " : "last on ", p->cpu, p->runs, p->stack);
	out_blank(&pg->out);
	sb_add(&sb, n ? "%u" : "None", n);
	sb_add(&sb, " of the %s%s%u task%s stacks pass%s through a patched function.", other ? "other " : "",
	       tasks->total.st ? "at least " : "", all, all == 1 ? "'s" : "s'", n == 1 || !n ? "es" : "");
	if (tasks->nr_doubtful)
		sb_add(&sb, " Of %u more it is UNKNOWN (%s).", tasks->nr_doubtful, klpscope_strstatus(tasks->doubtful_st));
	if (tasks->code_unknown)
		sb_add(&sb, " UNKNOWN whether more do: not all hotfixes could be read, and so not all of their code is known.");
	say(pg, 0, &sb);
}

void text_stacks(struct page *pg)
{
	struct sb sb = { 0 };

	text_heading(pg, "Stacks");
	if (!pg->r->want_stacks) {
		sb_add(&sb, "They were not asked for when the dump was read.");
		say(pg, 0, &sb);
		return;
	}
	panic_stack(pg);
	if (pg->r->tasks.stacks_walked) {
		passing_stacks(pg);
	} else if (pg->r->capability != KLP_NOT_BUILT_IN) {
		sb_add(&sb, "Which other stacks pass through patched functions is UNKNOWN (%s).",
		       klpscope_strstatus(pg->r->tasks.threads_st));
		say(pg, 0, &sb);
	}
}
