// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why a task had not switched, by the rules of klp_check_stack() and
 * klp_try_switch_task() (kernel/livepatch/transition.c, 4.12 to 7.3-rc7): one
 * that runs is not looked at, one whose stack cannot be trusted neither, and
 * the others must not be in the function that they would leave: the new one
 * when it is taken away, otherwise what runs before it, the next one on the
 * function stack or the original.
 */
#include <stdlib.h>

#include "analysis/analysis.h"

#define MAX_STACK_ENTRIES 100		/* kernel/livepatch/transition.c, 4.12 to 7.3-rc7 */
/* Frames times functions: a hostile dump has thousands of each. */
#define LIMIT_WORK (1u << 28)

struct range {
	uint64_t low, high;
	const struct func_rec *func;
};

struct held_up {
	struct report *r;
	struct range *range;		/* that must not be on a stack */
	unsigned int count;
	enum klpscope_status st;	/* not OK: there are more of them */
	uint64_t work;
	const struct func_rec **by_addr; /* every klp_func */
	unsigned int nr_funcs;
};

static int by_addr(const void *a, const void *b)
{
	const struct func_rec *const *x = a, *const *y = b;

	return (*x)->addr < (*y)->addr ? -1 : (*x)->addr > (*y)->addr;
}

static unsigned int count_funcs(const struct report *r)
{
	unsigned int n = 0;

	for (const struct patch_rec *p = r->patches; p; p = p->next)
		for (const struct object_rec *o = p->objects; o; o = o->next)
			for (const struct func_rec *f = o->funcs; f; f = f->next)
				n++;
	return n;
}

static bool index_funcs(struct held_up *h)
{
	unsigned int n = count_funcs(h->r);

	h->by_addr = arena_alloc(h->r->arena, (n + 1) * sizeof(const struct func_rec *));
	h->range = arena_alloc(h->r->arena, (n + 1) * sizeof(*h->range));
	if (!h->by_addr || !h->range)
		return false;
	for (const struct patch_rec *p = h->r->patches; p; p = p->next)
		for (const struct object_rec *o = p->objects; o; o = o->next)
			for (const struct func_rec *f = o->funcs; f; f = f->next)
				h->by_addr[h->nr_funcs++] = f;
	qsort(h->by_addr, h->nr_funcs, sizeof(const struct func_rec *), by_addr);
	return true;
}

static const struct func_rec *func_at(const struct held_up *h, uint64_t addr)
{
	const struct func_rec key = { .addr = addr }, *wanted = &key, *const *found;

	found = bsearch(&wanted, h->by_addr, h->nr_funcs, sizeof(const struct func_rec *), by_addr);
	return found ? *found : NULL;
}

/* What ran before: the next one on the function stack, or the original. */
static bool previous(const struct held_up *h, const struct func_rec *f, struct val *addr, struct val *size)
{
	const struct func_rec *below;

	if (!f->ops || f->ops->stack_st)
		return false;
	if (f->stack_position + 1 == f->ops->depth) {
		*addr = f->old_addr;
		*size = f->old_size;
		return true;
	}
	below = func_at(h, f->ops->stack[f->stack_position + 1]);
	if (!below)
		return false;
	*addr = below->new_addr;
	*size = below->new_size;
	return true;
}

static void add_func(struct held_up *h, const struct func_rec *f, bool patching)
{
	struct val addr = f->new_addr, size = f->new_size;

	if (patching && !previous(h, f, &addr, &size)) {
		h->st = f->ops && f->ops->stack_st ? f->ops->stack_st : KLPSCOPE_CORRUPT;
		return;
	}
	if (addr.st || size.st)
		h->st = addr.st ? addr.st : size.st;
	else if (!addr.v || !size.v || addr.v + size.v < addr.v)
		h->st = KLPSCOPE_CORRUPT;	/* no function is like this */
	else
		h->range[h->count++] = (struct range){ addr.v, addr.v + size.v, f };
}

static void add_patch(struct held_up *h, const struct patch_rec *p, bool patching)
{
	if (p->objects_st)
		h->st = p->objects_st;
	for (const struct object_rec *o = p->objects; o; o = o->next) {
		if (o->patched.st)
			h->st = o->patched.st;
		if (o->patched.st || !o->patched.v)
			continue;
		if (o->funcs_st)
			h->st = o->funcs_st;
		for (const struct func_rec *f = o->funcs; f; f = f->next)
			add_func(h, f, patching);
	}
}

static void find_blockers(struct held_up *h, struct pending_rec *p)
{
	struct blocker_rec **tail = &p->blockers;

	p->blockers_st = !p->stack ? KLPSCOPE_NO_MEMORY : p->stack->st ? p->stack->st : h->st;
	h->work += p->stack ? (uint64_t)p->stack->count * h->count : 0;
	if (h->work > LIMIT_WORK) {
		p->blockers_st = KLPSCOPE_LIMIT;
		return;
	}
	for (unsigned int i = 0; p->stack && i < p->stack->count; i++) {
		const struct frame_rec *frame = &p->stack->frame[i];

		for (unsigned int k = 0; k < h->count && frame->reliable; k++) {
			if (frame->address < h->range[k].low || frame->address >= h->range[k].high)
				continue;
			*tail = arena_alloc(h->r->arena, sizeof(**tail));
			if (!*tail) {
				p->blockers_st = KLPSCOPE_NO_MEMORY;
				return;
			}
			**tail = (struct blocker_rec){ .func = h->range[k].func, .frame = frame };
			tail = &(*tail)->next;
		}
	}
}

static enum held_up_by reason(const struct pending_rec *p)
{
	const struct stack_rec *stack = p->stack;

	if (!p->running.st && p->running.v)
		return HELD_RUNNING;
	if (p->running.st && p->running.st != KLPSCOPE_NOT_FOUND)
		return HELD_UNKNOWN;
	/* stack_trace_save_tsk_reliable() has no room for more, and takes that for unreliable. */
	if (stack && stack->count > MAX_STACK_ENTRIES)
		return HELD_UNRELIABLE;
	if (!stack || stack_unknown(stack))
		return HELD_UNKNOWN;
	if (stack->st)
		return HELD_UNRELIABLE;
	if (p->blockers)
		return HELD_FUNCTION;
	return p->blockers_st ? HELD_UNKNOWN : HELD_NOTHING;
}

void analysis_held_up(struct report *r)
{
	struct held_up h = { .r = r };

	if (!r->transition.under_way || !r->tasks.pending)
		return;
	if (!index_funcs(&h))
		h.st = KLPSCOPE_NO_MEMORY;
	else if (!r->transition.of)
		h.st = KLPSCOPE_NOT_FOUND;
	else
		add_patch(&h, r->transition.of, r->transition.direction[0] == 'p');
	for (struct pending_rec *p = r->tasks.pending; p; p = p->next) {
		find_blockers(&h, p);
		p->held_up = reason(p);
	}
}
