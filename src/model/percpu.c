// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Per-CPU variables, and the idle tasks that only they lead to.  A per-CPU
 * symbol and the CPU's __per_cpu_offset add up to the address, on every
 * architecture that has livepatches (include/asm-generic/percpu.h, and
 * arch/powerpc/kernel/setup_64.c, which fills the same array).
 */
#include "model/walk.h"

/* A kernel for one processor has no offsets: the symbol is the variable. */
static bool uniprocessor(const struct walk *w)
{
	return w->layout.symbol[S___per_cpu_offset].st == KLPSCOPE_NOT_FOUND;
}

struct val percpu_offset(struct walk *w, unsigned int cpu)
{
	struct val offset = w->layout.symbol[S___per_cpu_offset];
	unsigned int size = target_pointer_size(w->t);

	if (uniprocessor(w))
		return (struct val){ 0, KLPSCOPE_OK };
	if (!offset.st)
		offset.st = target_read_uint(w->t, offset.v + (uint64_t)cpu * size, size, &offset.v);
	return offset;
}

static void read_idle(struct walk *w, struct idle_task *idle)
{
	struct val rq = w->layout.symbol[S_runqueues], offset = percpu_offset(w, idle->cpu), task;
	unsigned int bits = 8 * target_pointer_size(w->t);
	uint64_t mask = bits == 64 ? ~0ull : (1ull << bits) - 1;

	idle->st = offset.st ? offset.st : rq.st;
	if (idle->st)
		return;
	task = walk_peek(w, (rq.v + offset.v) & mask, M_rq_idle);
	idle->task = task.v;
	/* fork_idle() has made one for each possible CPU before any other starts. */
	idle->st = task.st ? task.st : task.v ? KLPSCOPE_OK : KLPSCOPE_CORRUPT;
}

static struct val possible_mask(const struct walk *w)
{
	struct val mask = w->layout.symbol[S___cpu_possible_mask];

	return mask.st == KLPSCOPE_NOT_FOUND ? w->layout.symbol[S_cpu_possible_bits] : mask;
}

static bool add_idle(struct walk *w, struct idle_task **idle, unsigned int *n, unsigned int cpu)
{
	if (!(*n & (*n - 1))) {
		struct idle_task *grown = arena_alloc(w->r->arena, (*n ? 2 * *n : 1) * sizeof(*grown));

		if (!grown)
			return false;
		for (unsigned int i = 0; i < *n; i++)
			grown[i] = (*idle)[i];
		*idle = grown;
	}
	(*idle)[*n] = (struct idle_task){ .cpu = cpu };
	read_idle(w, &(*idle)[(*n)++]);
	return true;
}

/* The CPUs of one word of the mask. */
static bool add_word(struct walk *w, struct idle_task **idle, unsigned int *n, unsigned int first, uint64_t word)
{
	for (unsigned int bit = 0; word; bit++, word >>= 1)
		if ((word & 1) && !add_idle(w, idle, n, first + bit))
			return false;
	return true;
}

enum klpscope_status idle_tasks(struct walk *w, struct idle_task **idle, unsigned int *n)
{
	struct val mask = possible_mask(w), bytes = w->layout.type_size[T_cpumask];
	unsigned int word = target_pointer_size(w->t);
	enum klpscope_status st = KLPSCOPE_OK;

	*n = 0;
	*idle = NULL;
	if (w->layout.symbol[S_runqueues].st || w->layout.member[M_rq_idle].st)
		return w->layout.symbol[S_runqueues].st ? w->layout.symbol[S_runqueues].st : w->layout.member[M_rq_idle].st;
	if (uniprocessor(w))
		return add_idle(w, idle, n, 0) ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
	if (mask.st || bytes.st)
		return mask.st ? mask.st : bytes.st;
	for (uint64_t at = 0; at < bytes.v && at < LIMIT_CPUS / 8 && !st; at += word) {
		uint64_t bits;

		st = target_read_uint(w->t, mask.v + at, word, &bits);
		if (!st && !add_word(w, idle, n, (unsigned int)at * 8, bits))
			st = KLPSCOPE_NO_MEMORY;
	}
	/* The CPU that ran all this was possible. */
	return st || *n ? st : KLPSCOPE_CORRUPT;
}
