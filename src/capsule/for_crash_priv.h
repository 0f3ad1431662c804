/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of what crash needs, which capsule_read_for_crash() puts in order. */
#ifndef KLPSCOPE_FOR_CRASH_PRIV_H
#define KLPSCOPE_FOR_CRASH_PRIV_H

#include "capsule/taker.h"

/* crash_cpus.c */
void find_cpus(struct taker *tk);
void find_sps(struct taker *tk);
/* Where a CPU was in this stack; 0: none was. */
uint64_t sp_in(const struct taker *tk, uint64_t base, uint64_t size);
/* Before the stacks of interrupts: it finds those of NMIs, which say where these were left. */
void take_exception_stacks(struct taker *tk);
void take_irq_stack(struct taker *tk, const struct cpu *cpu, uint64_t top);

/* crash_memory.c */
void take_sections(struct taker *tk);
void take_nodes(struct taker *tk);
void take_slab(struct taker *tk);

/* crash_log.c */
void take_log(struct taker *tk);

/* crash_modules.c; before any stack, which has addresses in them */
void take_modules(struct taker *tk);

/* crash_stacks.c */
void find_text(struct taker *tk);
/* What of it is above `sp`, and what its addresses need; below, each page is touched. */
void take_stack(struct taker *tk, uint64_t base, uint64_t size, uint64_t sp);

/* crash_tasks.c */
void take_tasks(struct taker *tk);

#endif
