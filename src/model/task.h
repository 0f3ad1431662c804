/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For task.c and pending.c: the walk over all tasks, and what is kept of those that have not switched. */
#ifndef KLPSCOPE_TASK_H
#define KLPSCOPE_TASK_H

#include "arch/arch.h"
#include "model/list.h"
#include "model/walk.h"

/* What could not be read, counted: a dump may lack thousands of tasks, and one line must do for them. */
enum gap { GAP_STATE, GAP_THREADS, GAP_IDS, GAP_TWICE, GAP_DETAILS, GAP_STACK, GAP_COUNT };

#define NR_STATUS (KLPSCOPE_INVALID + 1)

struct tasks_walk {
	struct walk *w;
	struct tasks_rec *out;
	unsigned int room;
	bool under_way;			/* a transition is, or may be */
	enum patch_side target;		/* of it; SIDE_UNKNOWN: nobody knows who is pending */
	struct {
		unsigned int count;
		uint64_t first;
		struct node_list list;	/* of the first, where it is one */
	} gap[GAP_COUNT][NR_STATUS];
	/* Which of the candidates for TIF_PATCH_PENDING some task contradicts. */
	const struct tif *tif;
	bool refuted[TIF_CANDIDATES];
	bool compared;
};

void task_gap(struct tasks_walk *tw, enum gap kind, enum klpscope_status st, uint64_t address);
/* What is under way, from the transition's record. */
void tasks_aim(struct tasks_walk *tw);
/* Its side, and who it is; task->addr is set. */
void task_read(struct tasks_walk *tw, struct task_rec *task);
/* The CPU that it is on, or was on last. */
struct val task_cpu(struct walk *w, uint64_t task);

bool task_is_pending(const struct tasks_walk *tw, const struct task_rec *task);

/* Shows each task to the candidates for TIF_PATCH_PENDING. */
void pending_compare_flag(struct tasks_walk *tw, const struct task_rec *task);
/* Describes those of the sorted tasks that are pending. */
void pending_collect(struct tasks_walk *tw);

/* stacks.c: of a task that is pending; NULL: no memory. */
struct stack_rec *stack_of_pending(struct walk *w, uint64_t task);
/* Every stack: those that pass through patched code are kept. */
void stacks_collect(struct tasks_walk *tw);

#endif
