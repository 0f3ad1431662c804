/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel stacks out of the dump alone, as the kernel's own unwinder walks them
 * (arch/x86/kernel/unwind_orc.c and unwind_frame.c, 4.14 to 7.3).  x86_64.
 */
#ifndef KLPSCOPE_UNWIND_H
#define KLPSCOPE_UNWIND_H

#include "arch/orc.h"
#include "arch/x86_regs.h"
#include "model/module.h"
#include "model/walk.h"

#define LIMIT_FRAMES 512

/* Code that ftrace made for one user of it: a copy of ftrace_caller or ftrace_regs_caller. */
struct trampoline {
	uint64_t start, size, original;
};

/* What an address of code is known to be; kept, for most stacks share most of theirs. */
struct code_info {
	uint64_t addr;
	bool known;
	bool text;			/* the kernel takes it for code, too */
	enum klpscope_status text_st;	/* not OK: it may be text of a module that could not be read */
	enum klpscope_status orc_st;	/* NOT_FOUND: no unwind information */
	struct orc_entry orc;
	enum code_kind kind;
	const struct func_rec *func;
	const struct patch_rec *patch;
	const struct module_rec *module;
};

struct code_range {
	uint64_t low, high;
	enum code_kind kind;
	const struct func_rec *func;
	const struct patch_rec *patch;
};

#define CODE_SLOTS 4096

struct unwinder {
	struct walk *w;
	enum klpscope_status st;	/* not OK: no stack can be walked, for `why` */
	const char *why;
	/* ORC: orc.c. */
	bool has_orc;
	enum klpscope_status orc_st;	/* not OK: whether it has, or where, is not known */
	enum orc_format format;
	bool renumbered;		/* its registers have the new numbers */
	struct trampoline *trampoline;
	unsigned int nr_trampolines;
	/* Livepatches' code, sorted: code.c. */
	bool functions_known;		/* of all patches: what is not among these ranges replaces nothing */
	struct code_range *range;
	unsigned int nr_ranges;
	uint64_t budget;		/* a hostile dump has a million stacks of nothing */
	struct code_info code[CODE_SLOTS];
	bool nameless;			/* a name that could not be read was told of */
	/* The stack that was walked last. */
	struct raw_frame {
		uint64_t address;
		const char *through;
		bool exact, reliable;
	} frame[LIMIT_FRAMES];
	unsigned int count;
	bool user;
	enum klpscope_status stack_st;	/* as in struct stack_rec */
	const char *stack_why;
	struct x86_regs odd_regs;	/* x86_odd_mode(), where that is why; otherwise zeros */
	bool passes;			/* some frame of it is in code of hotfixes */
};

/* NULL: no memory. */
struct unwinder *unwinder_new(struct walk *w);
/* The one of this walk, made at first need. */
struct unwinder *walk_unwinder(struct walk *w);

/* Where a task stood: in registers that were saved at the crash, or where it had left the CPU. */
struct stack_start {
	uint64_t task;
	bool running;
	const struct cpu_rec *cpu;	/* of a running one; NULL: not known */
};

/* Walks it into u->frame. */
void unwind_task(struct unwinder *u, const struct stack_start *start);
/* A record of the stack that was walked last, with names; NULL: no memory. */
struct stack_rec *unwind_keep(struct unwinder *u);

/* --- its parts --- */

/* orc.c: the entry for the code at `addr`. NOT_FOUND: there is none. */
void orc_init(struct unwinder *u);
enum klpscope_status orc_find(struct unwinder *u, uint64_t addr, struct orc_entry *out) MUST_CHECK;

/* code.c: whether there is code of hotfixes in the kernel, or may be: if not, no stack need be looked at for it. */
bool code_any_hotfix(const struct report *r);
void code_init(struct unwinder *u);
const struct code_info *code_at(struct unwinder *u, uint64_t addr);
const struct trampoline *code_trampoline(const struct unwinder *u, uint64_t addr);

/*
 * returns.c: `addr` was read as the return address at `slot` of a stack. *through is set when it is a
 * trampoline that something put there, and the address that belongs there returned; NOT_FOUND: nobody says which.
 */
enum klpscope_status returns_resolve(struct unwinder *u, uint64_t task, uint64_t slot, uint64_t *addr,
				     const char **through) MUST_CHECK;

/*
 * callers.c: where, from `sp` up to `high`, the return address of the function at `addr` lies, when a call
 * instruction proves it.
 */
enum klpscope_status caller_find(struct unwinder *u, uint64_t addr, uint64_t sp, uint64_t high, uint64_t *slot) MUST_CHECK;
/* The return address at `slot` lies behind a call of the function at `addr`. */
bool caller_proved(struct unwinder *u, uint64_t addr, uint64_t slot);

/* scan.c: what comes before `addr` looks like a call, as it does before a return address. */
bool behind_a_call(struct walk *w, uint64_t addr);
/* A word of a stack that may be a return address, for all that can be seen. */
bool looks_like_return(struct unwinder *u, uint64_t word);
/* What looks like return addresses between two addresses of a stack. */
void scan_stack(struct unwinder *u, uint64_t low, uint64_t high);
/* False: all is spent that may be, over all stacks. */
bool unwind_spend(struct unwinder *u, uint64_t n);
void unwind_push(struct unwinder *u, uint64_t address, bool exact, bool reliable, const char *through);

#endif
