// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task_struct.patch_state outside a transition.  klp_complete_transition()
 * clears all of them before it clears klp_transition_patch, and a new task
 * takes its parent's (4.12 to 7.3-rc7).
 */
#include <stdio.h>

#include "analysis/integrity.h"

/* As many are named. */
#define NAMED 4

static bool is_left(const struct task_rec *task)
{
	if (task->side_st)
		return task->odd;
	return task->side != SIDE_IDLE;
}

static const char *name_of(struct report *r, const struct task_rec *task)
{
	const char *comm = task->comm ? task->comm : "?";

	if (task->ids_st)
		return arena_printf(r->arena, "0x%llx", (unsigned long long)task->addr);
	return arena_printf(r->arena, "%s (%u)", comm, task->pid);
}

static const char *side(const struct task_rec *task)
{
	if (task->side_st)
		return "no state at all";
	return task->side == SIDE_PATCHED ? "patched" : "unpatched";
}

void integrity_tasks(struct report *r)
{
	const struct transition_rec *tr = &r->transition;
	const struct task_rec *first = NULL;
	const char *names = "";
	unsigned int n = 0;

	/* What a transition that contradicts itself leaves is its own. */
	if (!r->tasks.walked || tr->patch.st || tr->patch.v || tr->st || integrity_transition_broken(r))
		return;
	for (unsigned int i = 0; i < r->tasks.count; i++) {
		const struct task_rec *task = &r->tasks.task[i];

		if (!is_left(task))
			continue;
		first = first ? first : task;
		if (n++ < NAMED && names)
			names = arena_printf(r->arena, "%s%s%s", names, *names ? ", " : "", name_of(r, task));
	}
	if (!n || !names)
		return;
	finding_add(r, "task-state-left", integrity_severity(r) == FINDING_INFO ? FINDING_INFO : FINDING_WARNING,
		    first->addr, "none", side(first),
		    "no transition is under way, but %u task%s a patch_state: %s%s%s", n,
		    n == 1 ? " has" : "s have", names, n > NAMED ? " and others" : "", integrity_excuse(r));
}
