// SPDX-License-Identifier: GPL-2.0-or-later
/* The tasks that have not switched: who they are, and what they were doing. */
#include "model/task.h"

/* Embedded in the task, or at the lowest address of its stack. */
static struct val thread_info(struct walk *w, uint64_t task)
{
	if (walk_has(w, M_task_struct_thread_info))
		return (struct val){ walk_at(w, task, M_task_struct_thread_info), KLPSCOPE_OK };
	return walk_peek(w, task, M_task_struct_stack);
}

static struct val thread_info_field(struct walk *w, uint64_t task, enum member_id id)
{
	struct val info = thread_info(w, task);

	return info.st ? info : walk_peek(w, info.v, id);
}

/* While a transition is under way the flag is set for those who have not switched, and for nobody else. */
void pending_compare_flag(struct tasks_walk *tw, const struct task_rec *task)
{
	struct val flags;

	if (!tw->tif || task->side_st)
		return;
	flags = thread_info_field(tw->w, task->addr, M_thread_info_flags);
	if (flags.st)
		return;
	tw->compared = true;
	for (unsigned int i = 0; i < tw->tif->count; i++)
		tw->refuted[i] |= (flags.v >> tw->tif->bit[i] & 1) != task_is_pending(tw, task);
}

/* The bit, when there is but one that no task contradicts. */
static struct val pending_bit(const struct tasks_walk *tw)
{
	struct val bit = { 0, KLPSCOPE_NOT_FOUND };

	if (!tw->tif)
		return bit;
	if (tw->tif->count == 1)
		return (struct val){ tw->tif->bit[0], KLPSCOPE_OK };
	for (unsigned int i = 0; i < tw->tif->count && tw->compared; i++) {
		if (tw->refuted[i])
			continue;
		if (!bit.st)
			return (struct val){ 0, KLPSCOPE_NOT_FOUND };
		bit = (struct val){ tw->tif->bit[i], KLPSCOPE_OK };
	}
	return bit;
}

static struct val read_flag(struct tasks_walk *tw, const struct task_rec *task)
{
	struct val bit = pending_bit(tw), flags = thread_info_field(tw->w, task->addr, M_thread_info_flags);

	if (bit.st || flags.st)
		return (struct val){ 0, flags.st ? flags.st : bit.st };
	return (struct val){ flags.v >> bit.v & 1, KLPSCOPE_OK };
}

struct val task_cpu(struct walk *w, uint64_t task)
{
	struct val cpu = walk_has(w, M_task_struct_cpu) ? walk_peek(w, task, M_task_struct_cpu) :
							  thread_info_field(w, task, M_thread_info_cpu);

	/* A kernel for one processor need not keep its number. */
	if (cpu.st == KLPSCOPE_NOT_FOUND && w->layout.symbol[S___per_cpu_offset].st == KLPSCOPE_NOT_FOUND)
		return (struct val){ 0, KLPSCOPE_OK };
	return cpu;
}

static void read_details(struct tasks_walk *tw, struct pending_rec *p)
{
	struct walk *w = tw->w;
	const struct val *const read[] = { &p->cpu, &p->flags, &p->state, &p->exit_state, &p->running, &p->flag_pending };
	uint64_t addr = p->task->addr;

	p->cpu = task_cpu(w, addr);
	p->flags = walk_peek(w, addr, M_task_struct_flags);
	p->old_state = !walk_has(w, M_task_struct___state);
	p->state = walk_peek(w, addr, p->old_state ? M_task_struct_state : M_task_struct___state);
	p->exit_state = walk_peek(w, addr, M_task_struct_exit_state);
	p->running = walk_peek(w, addr, M_task_struct_on_cpu);
	p->flag_pending = read_flag(tw, p->task);
	p->stack = addr ? stack_of_pending(w, addr) : NULL;
	/* That the kernel would not have trusted it is an answer. */
	if (p->stack && stack_unknown(p->stack))
		task_gap(tw, GAP_STACK, p->stack->st, addr);
	for (unsigned int i = 0; i < sizeof(read) / sizeof(*read); i++)
		if (read[i]->st && read[i]->st != KLPSCOPE_NOT_FOUND) {
			task_gap(tw, GAP_DETAILS, read[i]->st, addr);
			return;
		}
}

void pending_collect(struct tasks_walk *tw)
{
	struct pending_rec **tail = &tw->out->pending;
	unsigned int n = 0;

	for (unsigned int i = 0; i < tw->out->count && tw->target; i++) {
		if (!task_is_pending(tw, &tw->out->task[i]))
			continue;
		*tail = n++ < LIMIT_PENDING ? arena_alloc(tw->w->r->arena, sizeof(**tail)) : NULL;
		if (!*tail) {
			tw->out->pending_st = n > LIMIT_PENDING ? KLPSCOPE_LIMIT : KLPSCOPE_NO_MEMORY;
			walk_problem(tw->w, "more pending tasks", tw->out->pending_st, 0);
			return;
		}
		(*tail)->task = &tw->out->task[i];
		read_details(tw, *tail);
		tail = &(*tail)->next;
	}
}
