/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every walker has at hand, and how it says that something could not be
 * read: the record gets the status, the report gets a problem that names the
 * path to it.
 */
#ifndef KLPSCOPE_WALK_H
#define KLPSCOPE_WALK_H

#include "model/layout.h"
#include "model/record.h"

struct walk {
	struct target *t;
	struct report *r;
	struct layout layout;
	const char *where;		/* "patch klp_a: object vmlinux" */
	struct mod_range *ranges;	/* of every module, for names; see module.c */
	unsigned int nr_ranges;
	enum klpscope_status ranges_st;	/* not OK: there may be more of them */
	struct slot_index {
		struct stack_slot *slot;
		unsigned int count;
	} by_func, by_old_addr;		/* sorted; see ops.c */
	/* Not OK: some klp_ops could not be read as far as to know whose it is. */
	enum klpscope_status owners_st;
	struct cpu_rec *cpus;		/* NULL: not read yet; see cpu.h */
	unsigned int nr_cpus;
	enum klpscope_status cpus_st;
	struct unwinder *unwinder;	/* NULL: not needed yet; see unwind.h */
	struct ftrace_list *ftrace;	/* NULL: not read; see ftrace_users.c */
};

/*
 * Longer than any kernel's; a list that exceeds one is reported as LIMIT, with
 * what came before kept.
 */
enum {
	LIMIT_PATCHES = 4096,
	LIMIT_OBJECTS = 16384,
	LIMIT_FUNCS = 65536,
	LIMIT_OPS = 65536,
	LIMIT_FTRACE_OPS = 65536,	/* since 6.0 each BPF trampoline is one */
	LIMIT_STACK = 4096,
	LIMIT_MODULES = 65536,
	LIMIT_STATES = 65536,
	LIMIT_FTRACE_PAGES = 16384,
	LIMIT_PROBLEMS = 256,
	LIMIT_OTHER_HOTFIX = 65,
	LIMIT_TASKS = 1 << 20,
	LIMIT_CPUS = 65536,
	LIMIT_PENDING = 65536,		/* of those, how many are described */
	LIMIT_NAME = 512,		/* KSYM_NAME_LEN since 6.1 */
	LIMIT_RELOC_HEADERS = 1 << 20,	/* section headers of all livepatch modules */
	LIMIT_RELOCS = 1 << 20,		/* of all of them */
	LIMIT_RELOC_SYMBOLS = 65536,
	LIMIT_RELOC_SITES = 1 << 18,	/* places in code that may have been rewritten */
	LIMIT_RELOC_MISMATCHES = 64,	/* of a section, how many are described */
	LIMIT_RELOC_DESCRIBED = 4096,	/* … of all */
	LIMIT_SHADOWS = 4 << 20,
	LIMIT_SHADOW_IDS = 65536,
	LIMIT_SHADOWS_KEPT = 65536,	/* of the id that is asked for */
	LIMIT_SHADOWS_RECORDED = 256,	/* of each id, with all that is said of one: for a capsule */
};

/* Notes that `what` under w->where is not known, and why. Fields of one record share a line. */
void walk_problem(struct walk *w, const char *what, enum klpscope_status st, uint64_t address);

/* What the one that was noted last should be, and is; from the arena. */
void walk_contradiction(struct walk *w, const char *expected, const char *found);
/* The same of a list, with what it contradicts itself in. */
struct node_list;
void walk_list_problem(struct walk *w, const char *what, const struct node_list *list);

/* s, or, when that is an empty string where none may be, CORRUPT and noted. */
struct text walk_not_empty(struct walk *w, struct text s, const char *what, uint64_t address);

/*
 * The number that a member of the structure at `base` holds, 1 to 8 bytes.
 * A failed read is noted as a problem; a member that the kernel lacks is
 * NOT_FOUND and no problem.
 */
struct val walk_field(struct walk *w, uint64_t base, enum member_id id);
/* The same without noting a problem, for the caller who has a better name for it. */
struct val walk_peek(struct walk *w, uint64_t base, enum member_id id);
/* The same for a kernel variable. */
struct val walk_symbol_value(struct walk *w, enum symbol_id id, unsigned int size, const char *name);

/* The string that the pointer in that member points to. NOT_FOUND for a NULL pointer. */
struct text walk_string(struct walk *w, uint64_t base, enum member_id id);
/* The string in a char array member. */
struct text walk_char_array(struct walk *w, uint64_t base, enum member_id id);

/* Address of a member; only for members that are known to be there. */
uint64_t walk_at(const struct walk *w, uint64_t base, enum member_id id);
bool walk_has(const struct walk *w, enum member_id id);
/* Between two symbols of which both are known. */
bool walk_within(const struct walk *w, enum symbol_id low, enum symbol_id high, uint64_t addr);

/* 1: somebody holds the struct mutex at that address, an rt_mutex with PREEMPT_RT. Notes no problem. */
struct val walk_mutex_held(struct walk *w, struct val mutex);

/* What a CPU's variables lie above their symbols; percpu.c. */
struct val percpu_offset(struct walk *w, unsigned int cpu);

/* The idle task of a CPU, or why it is not known which. */
struct idle_task {
	unsigned int cpu;
	uint64_t task;
	enum klpscope_status st;
};

/* Idle tasks are on no list. *n of them, one a possible CPU; not OK: there may be more. See percpu.c. */
enum klpscope_status idle_tasks(struct walk *w, struct idle_task **idle, unsigned int *n);

struct stack_slot {
	uint64_t key;			/* address of a klp_func, or of an old function */
	struct ops_rec *ops;
	unsigned int position;
};

/* Where a klp_func stands on a function stack, or NULL. */
const struct stack_slot *ops_find(const struct walk *w, uint64_t func);
/* The klp_ops that redirects the function at old_addr, or NULL. */
const struct ops_rec *ops_of_function(const struct walk *w, uint64_t old_addr);

/* The walkers, in the order in which they are called. */
void system_walk(struct walk *w);
void modules_walk(struct walk *w);
void transition_walk(struct walk *w);
void ops_walk(struct walk *w);
void ftrace_list_walk(struct walk *w);
void patches_walk(struct walk *w);
void unowned_walk(struct walk *w);
void transition_edge_walk(struct walk *w);
void detached_walk(struct walk *w);
void kobject_names_walk(struct walk *w);
void old_symbols_walk(struct walk *w);
void entries_walk(struct walk *w);
void shadows_walk(struct walk *w);
void relocs_walk(struct walk *w);
void ftrace_users_walk(struct walk *w);
void crash_walk(struct walk *w);
void tasks_walk(struct walk *w);

/* Names an address in vmlinux or in any module. out->name is NULL unless OK; NOT_FOUND: no symbol covers it. */
enum klpscope_status walk_name_address(struct walk *w, uint64_t addr, struct symbol_name *out);

#endif
