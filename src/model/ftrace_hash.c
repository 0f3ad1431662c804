// SPDX-License-Identifier: GPL-2.0-or-later
/* The hashes of ftrace: struct ftrace_hash and ftrace_func_entry of kernel/trace, 3.18 to 7.3-rc7. */
#include "model/ftrace.h"

#define MAX_BITS 16			/* FTRACE_HASH_MAX_BITS is 12, once it was 10 */
#define MAX_CHAIN 4096			/* entries of a bucket */
#define FEW 64				/* entries */
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

/* The entry for `ip` in a bucket, or any when ip is 0. */
static struct val in_bucket(struct walk *w, const struct ftrace_hash *h, uint64_t bucket, uint64_t ip)
{
	struct val at = { 0, KLPSCOPE_OK };

	at.st = target_read_ptr(w->t, h->buckets + bucket * target_pointer_size(w->t), &at.v);
	for (unsigned int i = 0; !at.st && at.v; i++) {
		struct val entry = { at.v - w->layout.member[M_ftrace_func_entry_hlist].offset, KLPSCOPE_OK };
		struct val its_ip = walk_peek(w, entry.v, M_ftrace_func_entry_ip);

		if (its_ip.st || !ip || its_ip.v == ip)
			return its_ip.st ? its_ip : entry;
		if (i == MAX_CHAIN)
			return (struct val){ 0, KLPSCOPE_LIMIT };
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

static struct val in_any_bucket(struct walk *w, const struct ftrace_hash *h, uint64_t ip)
{
	struct val found = { 0, KLPSCOPE_NOT_FOUND };

	for (uint64_t i = 0; i < 1ull << h->size_bits && found.st == KLPSCOPE_NOT_FOUND; i++)
		found = in_bucket(w, h, i, ip);
	return found;
}

struct val ftrace_lookup(struct walk *w, const struct ftrace_hash *h, uint64_t ip)
{
	if (h->st || !h->count)
		return (struct val){ 0, h->st ? h->st : KLPSCOPE_NOT_FOUND };
	if (!walk_has(w, M_ftrace_func_entry_hlist))
		return (struct val){ 0, w->layout.member[M_ftrace_func_entry_hlist].st };
	if (bucket_is_known(w))
		return in_bucket(w, h, bucket_of(h, ip), ip);
	return h->count <= FEW ? in_any_bucket(w, h, ip) : (struct val){ 0, KLPSCOPE_UNSUPPORTED };
}

struct val ftrace_any_ip(struct walk *w, const struct ftrace_hash *h)
{
	struct val entry = { 0, h->st ? h->st : KLPSCOPE_NOT_FOUND };

	if (!h->st && h->count && walk_has(w, M_ftrace_func_entry_hlist))
		entry = in_any_bucket(w, h, 0);
	return entry.st ? entry : walk_peek(w, entry.v, M_ftrace_func_entry_ip);
}

static bool is_empty(const struct ftrace_hash *h)
{
	return !h->st && !h->count;
}

struct val ftrace_covers(struct walk *w, const struct ftrace_hash *filter, const struct ftrace_hash *notrace,
			 uint64_t ip)
{
	struct val in = { 1, KLPSCOPE_OK }, out = { 0, KLPSCOPE_NOT_FOUND };

	if (!is_empty(filter))
		in = ftrace_lookup(w, filter, ip);
	if (in.st)
		return (struct val){ 0, in.st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_OK : in.st };
	if (!is_empty(notrace))
		out = ftrace_lookup(w, notrace, ip);
	return (struct val){ out.st == KLPSCOPE_NOT_FOUND, out.st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_OK : out.st };
}
