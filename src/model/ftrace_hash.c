// SPDX-License-Identifier: GPL-2.0-or-later
/* The hashes of ftrace: struct ftrace_hash and ftrace_func_entry of kernel/trace, 3.18 to 7.3-rc7. */
#include "model/ftrace.h"

#define MAX_BITS 16			/* FTRACE_HASH_MAX_BITS is 12, once it was 10 */
#define FLAG_MOD 1			/* FTRACE_HASH_FL_MOD, 4.12+: it waits for modules, and is not empty */

struct ftrace_hash ftrace_hash_read(struct walk *w, uint64_t hash)
{
	struct ftrace_hash h = { 0 };
	struct val buckets, bits, count, flags;

	if (!hash)
		return h;
	buckets = walk_peek(w, hash, M_ftrace_hash_buckets);
	bits = walk_peek(w, hash, M_ftrace_hash_size_bits);
	count = walk_peek(w, hash, M_ftrace_hash_count);
	flags = walk_peek(w, hash, M_ftrace_hash_flags);
	h.st = buckets.st ? buckets.st : bits.st ? bits.st : count.st;
	if (h.st)
		return h;
	h = (struct ftrace_hash){ .buckets = buckets.v, .size_bits = bits.v, .count = count.v };
	if (h.size_bits > MAX_BITS || (h.count && !h.buckets))
		h.st = KLPSCOPE_CORRUPT;
	/* Of no function, but not of every one. */
	if (!h.count && !flags.st && flags.v & FLAG_MOD)
		h.st = KLPSCOPE_NOT_FOUND;
	return h;
}

struct ftrace_hash ftrace_hash_of(struct walk *w, uint64_t ops, enum member_id which)
{
	struct val hashes = walk_peek(w, ops, M_ftrace_ops_func_hash), hash = hashes;

	if (!hashes.st && hashes.v)
		hash = walk_peek(w, hashes.v, which);
	if (hash.st)
		return (struct ftrace_hash){ .st = hash.st };
	return ftrace_hash_read(w, hash.v);
}

/* Where a hash is looked through: what it has is counted, so that one that loops or shares chains ends. */
struct look {
	struct walk *w;
	const struct ftrace_hash *h;
	uint64_t ip;			/* wanted; 0: any */
	uint64_t seen;
	uint64_t *all;			/* FTRACE_FEW + 1 of them, not NULL: all are wanted, and kept here */
};

static bool step(struct walk *w)
{
	return w->ftrace->steps < FTRACE_STEPS && ++w->ftrace->steps;
}

/* The entry in a bucket; NOT_FOUND: it is not there, or all are kept. */
static struct val in_bucket(struct look *l, uint64_t bucket)
{
	struct walk *w = l->w;
	struct val at = { 0, KLPSCOPE_OK };

	if (!step(w))
		return (struct val){ 0, KLPSCOPE_LIMIT };
	at.st = target_read_ptr(w->t, l->h->buckets + bucket * target_pointer_size(w->t), &at.v);
	while (!at.st && at.v) {
		struct val entry = { at.v - w->layout.member[M_ftrace_func_entry_hlist].offset, KLPSCOPE_OK };
		struct val its_ip = walk_peek(w, entry.v, M_ftrace_func_entry_ip);

		if (its_ip.st || (!l->all && (!l->ip || its_ip.v == l->ip)))
			return its_ip.st ? its_ip : entry;
		/* One joins its bucket before it is counted. */
		if (l->seen > l->h->count)
			return (struct val){ 0, KLPSCOPE_CORRUPT };
		if (!step(w))
			return (struct val){ 0, KLPSCOPE_LIMIT };
		if (l->all)
			l->all[l->seen] = its_ip.v;
		l->seen++;
		at.st = target_read_ptr(w->t, at.v, &at.v);
	}
	return (struct val){ 0, at.st ? at.st : KLPSCOPE_NOT_FOUND };
}

/*
 * hash_long() of 64 bits, include/linux/hash.h since 4.7 (ef703f49a6c5), which
 * also brought module.klp.  In another hash all is looked at, if it is little.
 */
static bool bucket_is_known(const struct walk *w)
{
	return target_pointer_size(w->t) == 8 && walk_has(w, M_module_klp);
}

static uint64_t bucket_of(const struct ftrace_hash *h, uint64_t ip)
{
	return h->size_bits ? (ip * 0x61c8864680b583ebull) >> (64 - h->size_bits) : 0;
}

static struct val in_any_bucket(struct look *l)
{
	struct val found = { 0, KLPSCOPE_NOT_FOUND };

	for (uint64_t i = 0; i < 1ull << l->h->size_bits && found.st == KLPSCOPE_NOT_FOUND; i++)
		found = in_bucket(l, i);
	return found;
}

/* The kernel makes a hash about half as large as what is in it: __ftrace_hash_move(), 3.18 to 7.3-rc7. */
static bool is_small(const struct ftrace_hash *h)
{
	return !h->st && h->count <= FTRACE_FEW && 1ull << h->size_bits <= 2 * FTRACE_FEW;
}

struct val ftrace_lookup(struct walk *w, const struct ftrace_hash *h, uint64_t ip)
{
	struct look look = { .w = w, .h = h, .ip = ip };

	if (h->st || !h->count)
		return (struct val){ 0, h->st ? h->st : KLPSCOPE_NOT_FOUND };
	if (!walk_has(w, M_ftrace_func_entry_hlist))
		return (struct val){ 0, w->layout.member[M_ftrace_func_entry_hlist].st };
	if (bucket_is_known(w))
		return in_bucket(&look, bucket_of(h, ip));
	return is_small(h) ? in_any_bucket(&look) : (struct val){ 0, KLPSCOPE_UNSUPPORTED };
}

bool ftrace_is_few(struct walk *w, const struct ftrace_hash *h, unsigned int sites)
{
	return is_small(h) && h->count && walk_has(w, M_ftrace_func_entry_hlist) &&
	       (!bucket_is_known(w) || h->count + (1ull << h->size_bits) <= sites);
}

enum klpscope_status ftrace_all_ips(struct walk *w, const struct ftrace_hash *h, uint64_t ip[FTRACE_FEW + 1],
				    unsigned int *n)
{
	struct look look = { .w = w, .h = h, .all = ip };
	struct val none = in_any_bucket(&look);

	*n = (unsigned int)look.seen;
	return none.st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_OK : none.st;
}

struct val ftrace_any_ip(struct walk *w, const struct ftrace_hash *h)
{
	struct look look = { .w = w, .h = h };
	struct val entry = { 0, h->st ? h->st : KLPSCOPE_NOT_FOUND };

	if (!h->st && h->count && walk_has(w, M_ftrace_func_entry_hlist))
		entry = in_any_bucket(&look);
	return entry.st ? entry : walk_peek(w, entry.v, M_ftrace_func_entry_ip);
}

static bool is_empty(const struct ftrace_hash *h)
{
	return !h->st && !h->count;
}

struct val ftrace_outside(struct walk *w, const struct ftrace_hash *notrace, uint64_t ip)
{
	struct val in = { 0, KLPSCOPE_NOT_FOUND };

	if (!is_empty(notrace))
		in = ftrace_lookup(w, notrace, ip);
	return (struct val){ in.st == KLPSCOPE_NOT_FOUND, in.st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_OK : in.st };
}

bool ftrace_is_all(const struct ftrace_hash *filter, const struct ftrace_hash *notrace)
{
	return is_empty(filter) && is_empty(notrace);
}

struct val ftrace_covers(struct walk *w, const struct ftrace_hash *filter, const struct ftrace_hash *notrace, uint64_t ip)
{
	struct val in = { 1, KLPSCOPE_OK };

	if (!is_empty(filter))
		in = ftrace_lookup(w, filter, ip);
	if (in.st)
		return (struct val){ 0, in.st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_OK : in.st };
	return ftrace_outside(w, notrace, ip);
}
