// SPDX-License-Identifier: GPL-2.0-or-later
/* The stacks of tasks: of those that have not switched, and, when asked for, of all. */
#include "model/cpu.h"
#include "model/task.h"
#include "model/unwind.h"

struct unwinder *walk_unwinder(struct walk *w)
{
	if (!w->unwinder)
		w->unwinder = unwinder_new(w);
	return w->unwinder;
}

/* True: it was running. on_cpu is set from before a task is rq->curr until it has left its stack. */
static bool walk_one(struct unwinder *u, uint64_t task)
{
	struct val on_cpu = walk_peek(u->w, task, M_task_struct_on_cpu);
	struct stack_start start = { .task = task };

	if (on_cpu.st || on_cpu.v)
		start.cpu = cpu_of_task(u->w, task);
	/* A kernel for one processor has no such member. */
	start.running = on_cpu.st ? start.cpu != NULL : on_cpu.v != 0;
	unwind_task(u, &start);
	return start.running;
}

struct stack_rec *stack_of_pending(struct walk *w, uint64_t task)
{
	struct unwinder *u = walk_unwinder(w);

	if (!u)
		return NULL;
	walk_one(u, task);
	return unwind_keep(u);
}

static struct passing_rec *keep(struct tasks_walk *tw, struct unwinder *u, const struct task_rec *task, bool running)
{
	struct passing_rec *p = arena_alloc(tw->w->r->arena, sizeof(*p));

	if (!p)
		return NULL;
	p->task = task;
	p->running = running;
	p->cpu = task_cpu(tw->w, task->addr);
	p->stack = unwind_keep(u);
	return p->stack ? p : NULL;
}

void stacks_collect(struct tasks_walk *tw)
{
	struct tasks_rec *out = tw->out;
	struct passing_rec **tail = &out->passing;
	struct unwinder *u = walk_unwinder(tw->w);

	for (unsigned int i = 0; u && i < out->count; i++) {
		const struct task_rec *task = &out->task[i];
		bool running;

		if (!task->addr || (!tw->w->r->crash.task_at.st && task->addr == tw->w->r->crash.task_at.v))
			continue;
		running = walk_one(u, task->addr);
		if (u->passes) {
			*tail = keep(tw, u, task, running);
			if (!*tail) {
				u = NULL;
				break;
			}
			tail = &(*tail)->next;
		} else if (u->stack_st) {
			if (!out->nr_doubtful++)
				out->doubtful_st = u->stack_st;
			task_gap(tw, GAP_STACK, u->stack_st, task->addr);
		}
	}
	out->stacks_walked = true;
	if (!u) {
		out->doubtful_st = KLPSCOPE_NO_MEMORY;
		out->nr_doubtful++;
		walk_problem(tw->w, "more stacks", KLPSCOPE_NO_MEMORY, 0);
	}
}
