/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target: what the engine sees of a dump.  Memory comes from a backend,
 * names and layouts from an ordered list of providers (resolve.c); everything
 * above reads only through this file.
 *
 * Error text: a function that fails has set the target's error, and each
 * caller may put its own words in front with target_prepend(), so that the
 * user reads a path: "patch 0xffff…: objects: node 3: page excluded".
 * The words for a failed read depend on nothing but status and address: the
 * same dump must give the same report through every backend.
 */
#ifndef KLPSCOPE_TARGET_H
#define KLPSCOPE_TARGET_H

#include "klpscope.h"
#include "util/arena.h"

struct target;

#define MUST_CHECK __attribute__((warn_unused_result))

/* A number or a string of the dump, or why there is none. Never look at v or s unless st is OK. */
struct val {
	uint64_t v;
	enum klpscope_status st;
};

struct text {
	const char *s;		/* sanitized */
	enum klpscope_status st;
};

/* What one symbol is asked for by, and the answer. */
struct symbol_query {
	const char *name;
	unsigned int sympos;	/* 0: the first; n: the n-th of that name in kallsyms order */
	uint64_t addr;
	enum klpscope_status st; /* set to NOT_FOUND before the call: providers fill what they know */
};

/* The symbol that covers an address; strings live as long as the target. */
struct symbol_name {
	const char *name;	/* sanitized */
	const char *module;	/* NULL: vmlinux */
	uint64_t start;
	uint64_t size;		/* 0: unknown */
};

struct member_info {
	uint64_t offset;	/* bytes from the start of the type */
	uint64_t size;		/* bytes of the member */
	bool bitfield;		/* with UNSUPPORTED: it is there, and no number of bytes */
};

/*
 * Who knows names and layouts.  Every callback may be NULL.  NOT_FOUND from a
 * provider means that its whole table was searched; anything else that is not
 * OK means that it cannot tell.
 */
struct provider {
	const char *name;
	struct provider *next;
	/*
	 * Fills those of q[0..n) whose st is not OK.  Entries that the provider could not
	 * search for completely get the reason as their st instead of NOT_FOUND.
	 * One pass for all: that is what makes kallsyms cheap.
	 */
	void (*symbols)(struct provider *p, struct symbol_query *q, size_t n);
	enum klpscope_status (*name_address)(struct provider *p, uint64_t addr, struct symbol_name *out);
	enum klpscope_status (*member)(struct provider *p, const char *type, const char *member,
				       struct member_info *out);
	enum klpscope_status (*type_size)(struct provider *p, const char *type, uint64_t *size);
	void (*destroy)(struct provider *p);
};

/* What memory is read for; the words are target_purpose_name()'s. */
enum target_purpose {
	PURPOSE_SYSTEM,		/* the kernel's release, version, taints */
	PURPOSE_NAMES,		/* kallsyms and types */
	PURPOSE_MODULES,
	PURPOSE_PATCHES,	/* patches, their functions, ftrace, the code at the functions' entries */
	PURPOSE_TASKS,		/* tasks, CPUs, and their stacks */
	PURPOSE_SHADOW,		/* shadow variables */
	PURPOSE_TOOL,		/* what another tool needs to open a capsule */
	NR_PURPOSES
};

/* Told what a report rests on, as it is read. */
struct target_observer {
	void *arg;
	/*
	 * These bytes were read, could be read, and may have decided something: also those before the page
	 * that made a read fail.
	 */
	void (*used)(void *arg, uint64_t addr, size_t len, enum target_purpose purpose);
	/* These are about whom the machine belongs to: a name of a task or of the machine. */
	void (*secret)(void *arg, uint64_t addr, size_t len);
};

/* ops are copied; the callbacks' arg must outlive the target. */
struct target *target_new(const struct klpscope_target_ops *ops, bool big_endian, unsigned int pointer_size);
void target_free(struct target *t);	/* destroys the providers, too */

bool target_big_endian(const struct target *t);
unsigned int target_pointer_size(const struct target *t);
struct arena *target_arena(struct target *t);

/* From now on; copied. */
void target_observe(struct target *t, const struct target_observer *observer);
/* From now on memory is read for this; returns what it was read for. */
enum target_purpose target_purpose(struct target *t, enum target_purpose purpose);
enum target_purpose target_reads_for(const struct target *t);
const char *target_purpose_name(enum target_purpose purpose);
/* Tells the observer. */
void target_secret(struct target *t, uint64_t addr, size_t len);

/*
 * The backend has only the bytes that a report needs (a capsule): none are read that were not asked for, and
 * `answers` come before what providers say.
 */
struct answers;
void target_set_capsule(struct target *t, struct answers *answers);
/* A file of names was given, too: what the capsule's maker could not find out is asked of that. */
void target_has_others(struct target *t);
/* Collects what is asked of providers in `answers`. */
void target_keep_answers(struct target *t, struct answers *answers);

/* Asked in the order of addition; the host's own callbacks always come last. */
void target_add_provider(struct target *t, struct provider *p);

/* --- errors --- */
const char *target_error(const struct target *t);
/* Sets the error text and returns st. */
enum klpscope_status target_fail(struct target *t, enum klpscope_status st, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts "words: " before the error text and returns st. */
enum klpscope_status target_prepend(struct target *t, enum klpscope_status st, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* --- memory --- */
/* Through a page cache: right for structures. On failure nothing in buf counts. */
enum klpscope_status target_read(struct target *t, uint64_t addr, void *buf, size_t len) MUST_CHECK;
/* Past the cache: right for tables of megabytes, each byte of which is looked at once. */
enum klpscope_status target_read_bulk(struct target *t, uint64_t addr, void *buf, size_t len) MUST_CHECK;
/* `size` is 1, 2, 4 or 8; zero-extended. */
enum klpscope_status target_read_uint(struct target *t, uint64_t addr, unsigned int size, uint64_t *out) MUST_CHECK;
enum klpscope_status target_read_ptr(struct target *t, uint64_t addr, uint64_t *out) MUST_CHECK;
/*
 * A string of at most `max` bytes without the NUL, sanitized, from the arena.
 * CORRUPT when no NUL comes within max + 1 bytes.
 */
enum klpscope_status target_read_string(struct target *t, uint64_t addr, size_t max, const char **out) MUST_CHECK;

/* Decodes a number of `size` bytes at p in the dump's byte order. */
uint64_t target_decode(const struct target *t, const void *p, unsigned int size);

/* Distinct pages asked of the backend so far, for benchmarks and tests. */
uint64_t target_pages_read(const struct target *t);

/* --- the CPUs --- */
/* As klpscope_target_ops.prstatus, in any order; a host that has none has no notes. */
enum klpscope_status target_prstatus(struct target *t, unsigned int n, void *buf, size_t size, size_t *len) MUST_CHECK;

/* --- names and layouts (resolve.c) --- */
enum klpscope_status target_vmcoreinfo(struct target *t, const char *key, const char **value) MUST_CHECK;
/* The same, the value parsed as a number of base 16 or 10. */
enum klpscope_status target_vmcoreinfo_num(struct target *t, const char *key, int base, uint64_t *value) MUST_CHECK;
/*
 * A batch: each q[i].st says what became of it.  NOT_FOUND only when every
 * provider that has symbols has searched its whole table.
 */
void target_symbols(struct target *t, struct symbol_query *q, size_t n);
enum klpscope_status target_symbol(struct target *t, const char *name, uint64_t *addr) MUST_CHECK;
enum klpscope_status target_name_address(struct target *t, uint64_t addr, struct symbol_name *out) MUST_CHECK;
enum klpscope_status target_member(struct target *t, const char *type, const char *member,
				   struct member_info *out) MUST_CHECK;
enum klpscope_status target_type_size(struct target *t, const char *type, uint64_t *size) MUST_CHECK;

#endif
