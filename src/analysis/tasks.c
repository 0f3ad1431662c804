// SPDX-License-Identifier: GPL-2.0-or-later
/* Who had switched, counted, and what those who had not were doing. */
#include "analysis/analysis.h"

#define PF_KTHREAD 0x00200000u		/* include/linux/sched.h, 2.6.27 to 7.3 */

/* include/linux/sched.h. Until 4.13 those from 0x40 to 0x200 were one place lower, except PARKED, 0x200. */
enum {
	TASK_INTERRUPTIBLE = 0x1, TASK_UNINTERRUPTIBLE = 0x2, TASK_STOPPED = 0x4, TASK_TRACED = 0x8,
	EXIT_DEAD = 0x10, EXIT_ZOMBIE = 0x20, TASK_PARKED = 0x40, TASK_WAKING = 0x200, TASK_NOLOAD = 0x400,
	TASK_RTLOCK_WAIT = 0x1000, TASK_FROZEN = 0x8000,
};

/* As /proc shows it: task_state_index(), include/linux/sched.h, 4.14 to 7.3. */
static const char *running_state(uint64_t state)
{
	if ((state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == (TASK_UNINTERRUPTIBLE | TASK_NOLOAD))
		return "I (idle)";
	/* TASK_DEAD, which this once was, comes with an exit state. */
	if (state & TASK_PARKED)
		return "P (parked)";
	if (state & TASK_TRACED)
		return "t (tracing stop)";
	if (state & TASK_STOPPED)
		return "T (stopped)";
	if (state & (TASK_UNINTERRUPTIBLE | TASK_RTLOCK_WAIT | TASK_FROZEN))
		return "D (disk sleep)";
	return state & TASK_INTERRUPTIBLE ? "S (sleeping)" : "R (running)";
}

static const char *state_word(const struct pending_rec *p)
{
	if (p->state.st || p->exit_state.st)
		return NULL;
	if (p->exit_state.v & EXIT_ZOMBIE)
		return "Z (zombie)";
	if (p->exit_state.v & EXIT_DEAD)
		return "X (dead)";
	/* Being woken, or parked: 4.14 gave the bit another meaning, and no type tells which it has. */
	if (p->old_state && p->state.v & TASK_WAKING)
		return NULL;
	return running_state(p->state.v);
}

static enum klpscope_status unseen(const struct tasks_rec *tasks)
{
	return tasks->threads_st ? tasks->threads_st : tasks->idle_st;
}

/* A count is known when all tasks were seen, and it is known of each where it belongs. */
static struct val counted(const struct tasks_rec *tasks, unsigned int n, enum klpscope_status unknown)
{
	return (struct val){ n, unseen(tasks) ? unseen(tasks) : unknown };
}

void analysis_tasks(struct report *r)
{
	struct tasks_rec *tasks = &r->tasks;
	enum patch_side target = r->transition.under_way ? transition_side(&r->transition, r->transition.target.v) :
							   SIDE_UNKNOWN;
	enum klpscope_status unknown = KLPSCOPE_OK;
	unsigned int old_side = 0;

	for (unsigned int i = 0; i < tasks->count; i++) {
		const struct task_rec *task = &tasks->task[i];

		if (task->side_st) {
			unknown = (enum klpscope_status)task->side_st;
			tasks->nr_unknown++;
			continue;
		}
		tasks->nr_pending += target && transition_pending(&r->transition, task->side, target);
		/* klp_ftrace_handler(): any other than unpatched takes the new function. */
		old_side += task->side == SIDE_UNPATCHED;
	}
	if (!target && !unknown)
		unknown = r->transition.st ? r->transition.st : KLPSCOPE_NOT_FOUND;
	tasks->total = counted(tasks, tasks->count, KLPSCOPE_OK);
	tasks->total_pending = counted(tasks, tasks->nr_pending, unknown);
	tasks->old_side = counted(tasks, old_side, unknown);
	tasks->new_side = counted(tasks, tasks->count - tasks->nr_unknown - old_side, unknown);
	for (struct pending_rec *p = tasks->pending; p; p = p->next) {
		p->kernel_thread = (struct val){ (p->flags.v & PF_KTHREAD) != 0, p->flags.st };
		p->state_word = state_word(p);
	}
}

struct val analysis_tasks_of(const struct report *r, const struct func_rec *f)
{
	const struct val undecided = { 0, KLPSCOPE_NOT_FOUND };

	if (!r->transition.under_way || f->in_effect != KLPSCOPE_EFFECT_PARTLY || f->reason != REASON_TRANSITION ||
	    !f->ops || f->stack_position > 1)
		return undecided;
	return f->stack_position ? r->tasks.old_side : r->tasks.new_side;
}
