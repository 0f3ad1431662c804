/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is taken for crash goes through this: it is read and thrown away, and is
 * in the capsule then.  What is not there, or cannot be read, is 0 or false.
 */
#ifndef KLPSCOPE_TAKER_H
#define KLPSCOPE_TAKER_H

#include "target/target.h"

#define PAGE 4096u
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Where things stop that grow with the machine: here what several files go by. */
#define MAX_LOG ((uint64_t)32 << 20)
#define MAX_STACK ((uint64_t)256 << 10)
#define MAX_FUNCTION 16384u
#define MAX_INSTRUCTION 15	/* bytes; code[] in for_crash.c says what for */

struct cpu {
	uint64_t offset;	/* of its per-CPU variables */
	uint64_t nmi, nmi_size;	/* its stack of NMIs; 0: not known */
};

/* A module's text, and its own table of ORC entries. */
struct text_of {
	uint64_t base, size, ips, entries, count;
};

struct taker {
	struct target *t;
	unsigned char page[PAGE];
	struct cpu *cpu;
	unsigned int cpus;
	uint64_t *sp;		/* the CPUs' stack pointers at the crash */
	unsigned int sps;
	/* What is in many objects. */
	uint64_t task_size;	/* bytes that crash reads of a task */
	uint64_t task_known;	/* of these, without the FPU registers */
	uint64_t stack_size;
	uint64_t tasks;
	uint64_t pids, pid_nodes;
	uint64_t module_syms, module_mem;
	/* Where addresses on stacks may lie; what was seen of them. */
	struct text_of kernel;
	struct text_of *module;
	unsigned int modules;
	uint64_t lookup, orc_size;
	uint64_t *seen;
	unsigned int seens;
};

/* Bytes from here to its end. */
uint64_t rest_of_page(uint64_t addr);

/* Page by page: one that the dump lacks does not take the others with it. false: some are missing. */
bool tk_take(struct taker *tk, uint64_t addr, uint64_t len);
/* The last byte of each page: mostly padding, or a stack's unused end. */
void tk_touch(struct taker *tk, uint64_t addr, uint64_t len);
void tk_take_string(struct taker *tk, uint64_t addr);

uint64_t tk_symbol(struct taker *tk, const char *name);
/* Up to the next symbol, which may be a few bytes of padding further. */
uint64_t tk_symbol_size(struct taker *tk, uint64_t addr);
uint64_t tk_type_size(struct taker *tk, const char *type);
bool tk_member(struct taker *tk, const char *type, const char *name, struct member_info *out);

/* 0 as well when it cannot be read: nothing lies there. */
uint64_t tk_pointer(struct taker *tk, uint64_t addr);
uint64_t tk_number(struct taker *tk, uint64_t addr, unsigned int size);
/* The pointer in a member; 0: no such member, or not readable. */
uint64_t tk_member_pointer(struct taker *tk, uint64_t addr, const char *type, const char *name);

#endif
