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

/* False: no memory. */
static bool look_at(struct tasks_walk *tw, struct unwinder *u, const struct task_rec *task, struct passing_rec ***tail)
{
	struct tasks_rec *out = tw->out;
	bool running = walk_one(u, task->addr);

	if (u->passes) {
		**tail = keep(tw, u, task, running);
		if (!**tail)
			return false;
		*tail = &(**tail)->next;
	} else if (u->stack_st) {
		if (!out->nr_doubtful++)
			out->doubtful_st = u->stack_st;
		task_gap(tw, GAP_STACK, u->stack_st, task->addr);
	}
	return true;
}

static bool is_panicking(const struct tasks_walk *tw, uint64_t task)
{
	const struct crash_rec *crash = &tw->w->r->crash;

	return !crash->task_at.st && task == crash->task_at.v;
}

static bool is_listed(const struct tasks_rec *tasks, uint64_t addr)
{
	for (unsigned int i = 0; i < tasks->count; i++)
		if (tasks->task[i].addr == addr)
			return true;
	return false;
}

/* On a CPU and on no list: one that is just made, or past release_task(). */
static bool look_at_unlisted(struct tasks_walk *tw, struct unwinder *u, struct passing_rec ***tail)
{
	const struct cpu_rec *cpus;
	unsigned int n;

	/* That there may be more CPUs was told with their idle tasks. */
	if (cpus_read(tw->w, &cpus, &n) && !n)
		return true;
	for (unsigned int i = 0; i < n; i++) {
		struct task_rec *task;

		if (cpus[i].task.st || is_panicking(tw, cpus[i].task.v) || is_listed(tw->out, cpus[i].task.v))
			continue;
		task = arena_alloc(tw->w->r->arena, sizeof(*task));
		if (!task)
			return false;
		task->addr = cpus[i].task.v;
		task_read(tw, task);
		if (!look_at(tw, u, task, tail))
			return false;
	}
	return true;
}

void stacks_collect(struct tasks_walk *tw)
{
	struct tasks_rec *out = tw->out;
	struct passing_rec **tail = &out->passing;
	struct unwinder *u = walk_unwinder(tw->w);
	bool room = u != NULL;

	for (unsigned int i = 0; room && i < out->count; i++)
		if (out->task[i].addr && !is_panicking(tw, out->task[i].addr))
			room = look_at(tw, u, &out->task[i], &tail);
	room = room && look_at_unlisted(tw, u, &tail);
	out->stacks_walked = true;
	if (!room) {
		out->doubtful_st = KLPSCOPE_NO_MEMORY;
		out->nr_doubtful++;
		walk_problem(tw->w, "more stacks", KLPSCOPE_NO_MEMORY, 0);
	}
}
