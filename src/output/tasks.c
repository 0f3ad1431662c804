// SPDX-License-Identifier: GPL-2.0-or-later
/* The transition task by task: who had not switched, and what became of one task that is asked for (-t). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "output/table.h"
#include "output/text_parts.h"
#include "output/view.h"
#include "output/words.h"

/* As many pending tasks are named on the first screen. */
#define NAMED 4

static void add_names(const struct tasks_rec *tasks, struct sb *sb)
{
	const char *before = ": ";

	if (tasks->nr_pending > NAMED)
		return;
	for (const struct pending_rec *p = tasks->pending; p; p = p->next) {
		sb_add(sb, "%s", before);
		sentence_task(sb, p->task);
		before = ", ";
	}
}

/* --- what held them up --- */

/* As many functions are told apart. */
#define BLOCKERS 3

/* As the stack calls it: of a replacement that has to go, its own name and not that of what it replaces. */
static const char *blocker_name(const struct blocker_rec *b)
{
	if (b->frame->symbol.name)
		return b->frame->symbol.name;
	return b->func->name.st ? NULL : b->func->name.s;
}

struct reasons {
	const struct blocker_rec *first[BLOCKERS];
	unsigned int by_func[BLOCKERS], other_func;
	unsigned int by[HELD_NOTHING + 1];
};

static void count_function(struct reasons *n, const struct blocker_rec *b)
{
	for (unsigned int i = 0; i < BLOCKERS; i++) {
		if (n->first[i] && n->first[i]->func != b->func)
			continue;
		n->first[i] = b;
		n->by_func[i]++;
		return;
	}
	n->other_func++;
}

static void add_reason(struct sb *sb, const char *words, const char *end, unsigned int n, const char **before)
{
	if (!n)
		return;
	sb_add(sb, "%s%s%s: ", *before, words, end);
	sentence_count(sb, n, "task");
	*before = "; by ";
}

static void add_reasons(const struct tasks_rec *tasks, struct sb *sb)
{
	const char *before = " Held up by ";
	struct reasons n = { 0 };

	for (const struct pending_rec *p = tasks->pending; p; p = p->next) {
		n.by[p->held_up]++;
		if (p->held_up == HELD_FUNCTION)
			count_function(&n, p->blockers);
	}
	for (unsigned int i = 0; i < BLOCKERS && n.first[i]; i++)
		add_reason(sb, text_name(blocker_name(n.first[i])), "()", n.by_func[i], &before);
	add_reason(sb, "other functions", "", n.other_func, &before);
	add_reason(sb, "running on a CPU", "", n.by[HELD_RUNNING], &before);
	add_reason(sb, "an unreliable stack", "", n.by[HELD_UNRELIABLE], &before);
	add_reason(sb, "nothing any more", "", n.by[HELD_NOTHING], &before);
	add_reason(sb, "UNKNOWN", "", n.by[HELD_UNKNOWN], &before);
	if (*before == ';')
		sb_add(sb, ".");
}

static void pending_of_all(const struct report *r, struct sb *sb)
{
	const struct tasks_rec *tasks = &r->tasks;
	const char *back = view_reverting(r) ? " back" : "";

	if (!tasks->nr_pending) {
		sb_add(sb, "All %u tasks had switched%s.", tasks->count, back);
		return;
	}
	sb_add(sb, "%u of %u tasks had not switched%s yet", tasks->nr_pending, tasks->count, back);
	add_names(tasks, sb);
	sb_add(sb, tasks->nr_pending > NAMED ? " (-t lists them)." : ".");
	add_reasons(tasks, sb);
}

/* Of those that were seen some are known to be pending, some not to be; what is left is unknown. */
static void pending_of_some(const struct report *r, struct sb *sb)
{
	const struct tasks_rec *tasks = &r->tasks;
	unsigned int judged = tasks->count - tasks->nr_unknown;
	const char *back = view_reverting(r) ? " back" : "";

	sb_add(sb, "Of ");
	sentence_count(sb, judged, "task");
	sb_add(sb, " that could be read, %u had switched%s and %u had not", judged - tasks->nr_pending, back,
	       tasks->nr_pending);
	add_names(tasks, sb);
	sb_add(sb, ".");
	add_reasons(tasks, sb);
	if (tasks->nr_unknown)
		sb_add(sb, " Of %u more it is UNKNOWN.", tasks->nr_unknown);
	if (tasks->total.st)
		sb_add(sb, " How many tasks there were is UNKNOWN (%s).", klpscope_strstatus(tasks->total.st));
}

void sentence_pending(const struct report *r, struct sb *sb)
{
	const struct tasks_rec *tasks = &r->tasks;

	if (!view_task_by_task(r))
		sb_add(sb, "That was just beginning or ending: no task had to switch, and all of them ran the same code.");
	else if (!tasks->walked)
		sb_add(sb, "Which tasks had switched is UNKNOWN (%s).", klpscope_strstatus(tasks->threads_st));
	else if (tasks->total_pending.st)
		pending_of_some(r, sb);
	else
		pending_of_all(r, sb);
}

/* --- the table of those that had not --- */

enum task_column { T_PID, T_TGID, T_COMM, T_CPU, T_KIND, T_STATE, T_SIDE, T_FLAG, T_RUNNING, T_HELD, T_COUNT };

static const struct table_column task_columns[T_COUNT] = {
	[T_PID] = { .title = "PID", .right = true },
	[T_TGID] = { .title = "TGID", .right = true, .goes = 3 },
	[T_COMM] = { .title = "COMM", .gives = 1, .least = 15 },
	[T_CPU] = { .title = "CPU", .right = true },
	[T_KIND] = { .title = "KIND" },
	[T_STATE] = { .title = "STATE" },
	[T_SIDE] = { .title = "PATCH STATE" },
	[T_FLAG] = { .title = "FLAG", .goes = 1 },
	[T_RUNNING] = { .title = "ON CPU", .goes = 2 },
	[T_HELD] = { .title = "HELD UP BY", .gives = 2, .least = 15 },
};

static const char *number(struct val v, char buf[24])
{
	if (v.st)
		return "unknown";
	snprintf(buf, 24, "%" PRIu64, v.v);
	return buf;
}

static const char *yes_no(struct val v)
{
	return v.st ? "unknown" : v.v ? "yes" : "no";
}

static const char *kind(const struct pending_rec *p)
{
	if (p->task->idle)
		return "idle";
	return p->kernel_thread.st ? "unknown" : p->kernel_thread.v ? "kernel" : "user";
}

static void add_held_up(struct sb *sb, const struct pending_rec *p)
{
	static const char *const words[] = {
		[HELD_UNKNOWN] = "unknown", [HELD_RUNNING] = "running", [HELD_UNRELIABLE] = "an unreliable stack",
		[HELD_FUNCTION] = "", [HELD_NOTHING] = "nothing any more",
	};
	const struct func_rec *last = NULL;

	sb_add(sb, "%s", words[p->held_up]);
	for (const struct blocker_rec *b = p->blockers; b; b = b->next) {
		if (b->func != last)
			sb_add(sb, "%s%s()", last ? ", " : sb->len ? ", in " : "", text_name(blocker_name(b)));
		last = b->func;
	}
}

static void task_row(struct table *t, const struct pending_rec *p)
{
	char pid[24], tgid[24], cpu[24];
	struct sb held_up = { 0 };

	add_held_up(&held_up, p);
	const char *const cells[T_COUNT] = {
		[T_PID] = number((struct val){ p->task->pid, p->task->ids_st }, pid),
		[T_TGID] = number((struct val){ p->task->tgid, p->task->ids_st }, tgid),
		[T_COMM] = text_name(p->task->comm),
		[T_CPU] = number(p->cpu, cpu),
		[T_KIND] = kind(p),
		[T_STATE] = p->state_word ? p->state_word : "unknown",
		[T_SIDE] = word_side(p->task->side),
		[T_FLAG] = p->flag_pending.st ? "unknown" : p->flag_pending.v ? "pending" : "clear",
		[T_RUNNING] = yes_no(p->running),
		[T_HELD] = sb_str(&held_up),
	};

	table_row(t, cells, T_HELD, TONE_DOUBT);
	sb_free(&held_up);
}

static bool selected(const struct page *pg, const struct task_rec *task)
{
	if (pg->how->task)
		return task->addr == pg->how->task;
	return !pg->how->one_task || (!task->ids_st && task->pid == pg->how->pid);
}

static void task_table(struct page *pg)
{
	struct table *t = table_new(task_columns, T_COUNT);

	for (const struct pending_rec *p = pg->r->tasks.pending; p; p = p->next)
		if (selected(pg, p->task))
			task_row(t, p);
	table_print(t, &pg->out, 0);
}

static void say(struct page *pg, enum tone tone, struct sb *sb)
{
	text_para(pg, 0, 2, tone, 0, sb);
}

static void every_task(struct page *pg)
{
	const struct tasks_rec *tasks = &pg->r->tasks;
	struct sb sb = { 0 };

	sentence_pending(pg->r, &sb);
	say(pg, TONE_PLAIN, &sb);
	task_table(pg);
	if (!tasks->pending_st)
		return;
	sb_add(&sb, "There are more: %s.", klpscope_strstatus(tasks->pending_st));
	say(pg, TONE_PLAIN, &sb);
}

/* --- one task --- */

static bool is_pending(const struct report *r, const struct task_rec *task)
{
	return task->side != transition_side(&r->transition, r->transition.target.v);
}

static void one_task(struct page *pg, const struct task_rec *task)
{
	struct sb sb = { 0 };

	sb_add(&sb, "Task ");
	sentence_task(&sb, task);
	if (task->tgid != task->pid)
		sb_add(&sb, " of process %" PRIu32, task->tgid);
	if (!view_task_by_task(pg->r))
		sb_add(&sb, ": did not have to switch: the transition was just beginning or ending.");
	else if (task->side_st)
		sb_add(&sb, ": UNKNOWN whether it had switched%s: task not readable (%s).",
		       view_reverting(pg->r) ? " back" : "", klpscope_strstatus((enum klpscope_status)task->side_st));
	else
		sb_add(&sb, ": had %sswitched%s%s: its patch_state was \"%s\".", is_pending(pg->r, task) ? "not " : "",
		       view_reverting(pg->r) ? " back" : "", is_pending(pg->r, task) ? " yet" : "",
		       word_side(task->side));
	say(pg, TONE_PLAIN, &sb);
}

/* A PID that no task has is only known to be none's when every task was seen. */
static bool all_pids_known(const struct tasks_rec *tasks)
{
	for (unsigned int i = 0; i < tasks->count; i++)
		if (tasks->task[i].ids_st)
			return false;
	return !tasks->total.st;
}

/* Not that there is none: the address is the user's, and a task that was read has it or not. */
static void no_task_there(struct page *pg)
{
	const struct tasks_rec *tasks = &pg->r->tasks;
	struct sb sb = { 0 };

	sb_add(&sb, "Task 0x%" PRIx64 ": ", pg->how->task);
	if (!tasks->total.st)
		sb_add(&sb, "there is no task: none of the %u tasks has that address.", tasks->count);
	else
		sb_add(&sb, "UNKNOWN: no task that was found has that address, but not all could be found.");
	say(pg, TONE_PLAIN, &sb);
}

static void no_such_task(struct page *pg)
{
	struct sb sb = { 0 };

	if (pg->how->task) {
		no_task_there(pg);
		return;
	}
	sb_add(&sb, "Task %" PRIu64 ": ", pg->how->pid);
	if (all_pids_known(&pg->r->tasks))
		sb_add(&sb, "there was no such task: none of the %u tasks has that PID.", pg->r->tasks.count);
	else
		sb_add(&sb, "UNKNOWN: no task that could be read has that PID, but others could not be read.");
	say(pg, TONE_PLAIN, &sb);
}

static void the_task(struct page *pg)
{
	const struct tasks_rec *tasks = &pg->r->tasks;
	bool found = false;

	for (unsigned int i = 0; i < tasks->count; i++) {
		if (!selected(pg, &tasks->task[i]))
			continue;
		one_task(pg, &tasks->task[i]);
		found = true;
	}
	if (found)
		task_table(pg);
	else
		no_such_task(pg);
}

void text_transition(struct page *pg)
{
	const struct transition_rec *t = &pg->r->transition;
	struct sb sb = { 0 };

	text_heading(pg, "Transition, task by task");
	if (!view_transition_known(pg->r)) {
		sb_add(&sb, "UNKNOWN whether one was under way (%s).", klpscope_strstatus(t->st));
		say(pg, TONE_PLAIN, &sb);
	} else if (!t->under_way) {
		sb_add(&sb, "None was under way: the answers above are the same for every task.");
		say(pg, TONE_PLAIN, &sb);
	} else if ((pg->how->one_task || pg->how->task) && pg->r->tasks.walked) {
		the_task(pg);
	} else {
		every_task(pg);
	}
}
