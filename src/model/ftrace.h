/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For ftrace_list.c and ftrace_users.c: every registered ftrace_ops, and which functions one is on. */
#ifndef KLPSCOPE_FTRACE_H
#define KLPSCOPE_FTRACE_H

#include "model/walk.h"

/* The ftrace_ops on ftrace_ops_list, as far as it could be walked. */
struct ftrace_list {
	uint64_t *ops;
	bool *klp;			/* of each: it is that of a klp_ops; NULL: nobody knows */
	unsigned int count, room;
	unsigned int steps;		/* taken in hashes of functions so far: FTRACE_STEPS at most */
};

/* On a host with thousands of tracers and patched functions far fewer are taken. */
#define FTRACE_STEPS (8u << 20)

/* What tells whether an ftrace_ops is on a function, read once. */
struct ftrace_hash {
	uint64_t buckets, size_bits, count;
	enum klpscope_status st;
};

/* 1: it is on the function whose site is at `ip`; kernel/trace/ftrace.c, hash_contains_ip(), 3.18 to 7.3-rc7. */
struct val ftrace_covers(struct walk *w, const struct ftrace_hash *filter, const struct ftrace_hash *notrace, uint64_t ip);
/* 1: its notrace_hash has it not. */
struct val ftrace_outside(struct walk *w, const struct ftrace_hash *notrace, uint64_t ip);
/* On everything: nothing need be looked up. */
bool ftrace_is_all(const struct ftrace_hash *filter, const struct ftrace_hash *notrace);
/* The filter_hash or notrace_hash of an ftrace_ops. */
struct ftrace_hash ftrace_hash_of(struct walk *w, uint64_t ops, enum member_id which);
struct ftrace_hash ftrace_hash_read(struct walk *w, uint64_t hash);
/* The address of the entry for `ip`; NOT_FOUND: there is none. */
struct val ftrace_lookup(struct walk *w, const struct ftrace_hash *hash, uint64_t ip);
/* A hash of few functions: all of them, which is less to read than to look up `sites` of them. */
#define FTRACE_FEW 64
bool ftrace_is_few(struct walk *w, const struct ftrace_hash *hash, unsigned int sites);
enum klpscope_status ftrace_all_ips(struct walk *w, const struct ftrace_hash *hash, uint64_t ip[FTRACE_FEW + 1],
				    unsigned int *n) MUST_CHECK;
/* The site of some function in it; NOT_FOUND: it is empty. */
struct val ftrace_any_ip(struct walk *w, const struct ftrace_hash *hash);

#endif
