/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each CPU was at when the dump was made: which task, on which stacks, with which registers. x86_64. */
#ifndef KLPSCOPE_CPU_H
#define KLPSCOPE_CPU_H

#include "arch/x86_regs.h"
#include "model/walk.h"

struct region {
	uint64_t low, high;		/* low <= address < high; both 0: not known, or there is none */
};

struct cpu_rec {
	unsigned int cpu;
	struct val task;		/* rq->curr */
	struct region irq, exceptions;	/* stacks of its own */
	struct x86_regs regs;
	enum klpscope_status regs_st;	/* not OK: nobody knows; NOT_FOUND: nobody saved them */
};

static inline bool region_has(const struct region *r, uint64_t addr, uint64_t size)
{
	return addr >= r->low && addr < r->high && size <= r->high - addr;
}

/* The only architecture whose registers and stacks we know. */
bool is_x86_64(const struct walk *w);

/* All possible CPUs, read once. Not OK: there may be more. */
enum klpscope_status cpus_read(struct walk *w, const struct cpu_rec **cpus, unsigned int *n) MUST_CHECK;
/* The CPU of that number. */
enum klpscope_status cpu_find(struct walk *w, uint64_t number, const struct cpu_rec **out) MUST_CHECK;
/* The one that runs the task, or NULL. */
const struct cpu_rec *cpu_of_task(struct walk *w, uint64_t task);

/* Bytes of a kernel stack: THREAD_SIZE, a macro. */
struct val stack_size(struct walk *w);
/* The stack of a task. */
enum klpscope_status stack_of_task(struct walk *w, uint64_t task, struct region *out) MUST_CHECK;

#endif
