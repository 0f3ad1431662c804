// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shadow variables: what livepatches attach to objects of the kernel
 * (kernel/livepatch/shadow.c, 4.15 to 7.2, never changed).  They are entries
 * of klp_shadow_hash, by the address of their object.  There may be millions:
 * nothing is kept of one but 4 bytes as long as the walk lasts, see twins.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/shadow.h"

#define BUCKETS 4096			/* DEFINE_HASHTABLE(klp_shadow_hash, 12) in every version so far */
#define BUCKETS_MAX 65536
#define SPAN_MAX 128
#define PROBLEMS 16
#define MISPLACED 16

void shadows_problem(struct shadows *s, enum klpscope_status st, uint64_t address, const char *fmt, ...)
{
	char what[128];
	va_list ap;

	if (s->problems == PROBLEMS) {
		s->more_problems++;
		s->more_st = st;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	walk_problem(s->w, what, st, address);
	s->problems++;
}

static void tell_more_problems(struct shadows *s)
{
	char what[64];

	if (!s->more_problems)
		return;
	snprintf(what, sizeof(what), "and %u more", s->more_problems);
	walk_problem(s->w, what, s->more_st, 0);
}

/* --- the layout --- */

/* A symbol ends where the next one starts, so a size that is no power of two says nothing. */
static uint32_t count_buckets(struct walk *w, uint64_t table)
{
	unsigned int pointer = target_pointer_size(w->t);
	struct symbol_name name;

	if (target_name_address(w->t, table, &name) || name.start != table || name.size % pointer)
		return BUCKETS;
	if (name.size / pointer < 16 || name.size / pointer > BUCKETS_MAX || (name.size & (name.size - 1)))
		return BUCKETS;
	return (uint32_t)(name.size / pointer);
}

static void add_field(struct shadows *s, struct field *f, uint64_t base, enum member_id id)
{
	f->offset = base + s->w->layout.member[id].offset;
	f->size = (unsigned int)s->w->layout.member[id].size;
	if (f->offset + f->size > s->span)
		s->span = f->offset + f->size;
}

static enum klpscope_status find_fields(struct shadows *s)
{
	static const enum member_id needed[] = {
		M_hlist_head_first, M_hlist_node_next, M_hlist_node_pprev, M_klp_shadow_node, M_klp_shadow_obj,
		M_klp_shadow_id, M_klp_shadow_data,
	};
	uint64_t node = s->w->layout.member[M_klp_shadow_node].offset;

	for (unsigned int i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		enum klpscope_status st = s->w->layout.member[needed[i]].st;

		if (st)
			return st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_UNSUPPORTED : st;
	}
	add_field(s, &s->next, node, M_hlist_node_next);
	add_field(s, &s->pprev, node, M_hlist_node_pprev);
	add_field(s, &s->obj, 0, M_klp_shadow_obj);
	add_field(s, &s->id, 0, M_klp_shadow_id);
	return KLPSCOPE_OK;
}

static enum klpscope_status prepare(struct shadows *s, struct walk *w)
{
	struct val table = w->layout.symbol[S_klp_shadow_hash];
	enum klpscope_status st;

	s->w = w;
	s->misplaced = &w->r->shadows.misplaced;
	if (table.st)
		return table.st;
	st = find_fields(s);
	if (st)
		return st;
	s->table = table.v;
	s->buckets = count_buckets(w, table.v);
	while (1u << s->bits < s->buckets)
		s->bits++;
	s->slabs = slabs_new(w);
	s->chain = calloc(s->buckets, sizeof(*s->chain));
	return sweep_init(&s->sweep, s->buckets) && s->chain && s->slabs && twins_init(s) ? KLPSCOPE_OK :
											    KLPSCOPE_NO_MEMORY;
}

/* --- an entry --- */

/* hash_min() of linux/hashtable.h, which is hash_32() or hash_64() of linux/hash.h. */
uint32_t shadows_bucket_of(const struct shadows *s, uint64_t obj)
{
	if (target_pointer_size(s->w->t) == 4)
		return (uint32_t)obj * 0x61C88647u >> (32 - s->bits);
	return (uint32_t)(obj * 0x61C8864680B583EBull >> (64 - s->bits));
}

static struct val decode(const struct shadows *s, const unsigned char *raw, uint64_t addr, const struct field *f)
{
	struct val v = { 0, KLPSCOPE_OK };

	if (raw)
		v.v = target_decode(s->w->t, raw + f->offset, f->size);
	else
		v.st = target_read_uint(s->w->t, addr + f->offset, f->size, &v.v);
	return v;
}

/* In one piece; where that fails, it may cross into a page that is gone, and not all be lost. */
void shadows_read(struct shadows *s, uint64_t node, struct entry *e)
{
	uint64_t addr = node - s->w->layout.member[M_klp_shadow_node].offset;
	unsigned char piece[SPAN_MAX], *raw = NULL;
	struct val next, pprev, obj, id;

	if (s->span <= sizeof(piece) && !target_read(s->w->t, addr, piece, (size_t)s->span))
		raw = piece;
	next = decode(s, raw, addr, &s->next);
	pprev = decode(s, raw, addr, &s->pprev);
	obj = decode(s, raw, addr, &s->obj);
	id = decode(s, raw, addr, &s->id);
	*e = (struct entry){
		.addr = addr, .node = node, .next = next.v, .pprev = pprev.v, .obj = obj.v, .id = id.v,
		.links_st = next.st ? next.st : pprev.st, .st = obj.st ? obj.st : id.st,
	};
}

void shadows_add_misplaced(struct shadows *s, const struct entry *e, uint32_t expected, uint64_t twin)
{
	struct shadow_misplaced_rec *m;

	s->w->r->shadows.nr_misplaced += !twin;
	s->w->r->shadows.nr_twins += twin != 0;
	if (s->nr_kept_misplaced == MISPLACED)
		return;
	m = arena_alloc(s->w->r->arena, sizeof(*m));
	if (!m)
		return;
	*m = (struct shadow_misplaced_rec){ .addr = e->addr, .obj = e->obj, .id = e->id, .bucket = e->bucket,
					    .expected = expected, .twin = twin };
	*s->misplaced = m;
	s->misplaced = &m->next;
	s->nr_kept_misplaced++;
}

static void add_entry(struct shadows *s, const struct entry *e)
{
	s->w->r->shadows.seen++;
	if (e->st) {
		s->w->r->shadows.st = e->st;
		shadows_problem(s, e->st, e->addr, "klp_shadow 0x%llx", (unsigned long long)e->addr);
		return;
	}
	if (shadows_bucket_of(s, e->obj) != e->bucket)
		shadows_add_misplaced(s, e, shadows_bucket_of(s, e->obj), 0);
	twins_add(s, e);
	shadow_ids_count(s, e);
}

/* --- the table --- */

/* What lies behind in that list is lost: it leads one way only. */
static void broken(struct shadows *s, enum klpscope_status st, uint32_t bucket, uint64_t node)
{
	s->chains_st = st;
	shadows_problem(s, st, node, "bucket %u", bucket);
}

/*
 * Each node must point back to where the pointer to it lies: so a bent pointer
 * or a loop shows at its first step, and no node can be reached twice.
 */
static void step(struct shadows *s, uint32_t bucket)
{
	struct chain *chain = &s->chain[bucket];
	struct entry e;

	shadows_read(s, s->sweep.at, &e);
	if (e.links_st || e.pprev != chain->link) {
		broken(s, e.links_st ? e.links_st : KLPSCOPE_CORRUPT, bucket, e.node);
		return;
	}
	e.bucket = bucket;
	e.position = chain->position++;
	add_entry(s, &e);
	chain->link = e.addr + s->next.offset;
	if (e.next)
		sweep_add(&s->sweep, bucket, e.next);
}

static void add_heads(struct shadows *s, uint32_t bucket, uint64_t at, const unsigned char *raw, uint32_t n)
{
	unsigned int pointer = target_pointer_size(s->w->t);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t first = target_decode(s->w->t, raw + i * pointer, pointer);

		s->chain[bucket + i].link = at + i * pointer + s->w->layout.member[M_hlist_head_first].offset;
		if (first)
			sweep_add(&s->sweep, bucket + i, first);
	}
}

static void read_table(struct shadows *s)
{
	unsigned int pointer = target_pointer_size(s->w->t);
	unsigned char raw[4096];
	uint32_t n;

	for (uint32_t bucket = 0; bucket < s->buckets; bucket += n) {
		uint64_t at = s->table + (uint64_t)bucket * pointer;
		enum klpscope_status st;

		n = (uint32_t)(sizeof(raw) - at % sizeof(raw)) / pointer;
		n = !n ? 1 : n > s->buckets - bucket ? s->buckets - bucket : n;
		st = target_read(s->w->t, at, raw, (size_t)n * pointer);
		if (!st) {
			add_heads(s, bucket, at, raw, n);
			continue;
		}
		s->chains_st = st;
		shadows_problem(s, st, at, "buckets %u to %u", bucket, bucket + n - 1);
	}
}

static void walk_all(struct shadows *s)
{
	struct shadows_rec *out = &s->w->r->shadows;
	uint32_t bucket;

	read_table(s);
	while (sweep_next(&s->sweep, &bucket)) {
		if (out->seen == LIMIT_SHADOWS) {
			broken(s, KLPSCOPE_LIMIT, bucket, 0);
			break;
		}
		step(s, bucket);
	}
	twins_find(s);
	shadow_ids_settle(s);
	if (s->chains_st)
		out->st = s->chains_st;
	out->total = (struct val){ out->seen, s->chains_st };
}

void shadows_walk(struct walk *w)
{
	enum target_purpose before = target_purpose(w->t, PURPOSE_SHADOW);
	struct shadows s = { 0 };

	w->where = "klp_shadow_hash";
	w->r->shadows.st = prepare(&s, w);
	if (!w->r->shadows.st) {
		walk_all(&s);
	} else {
		w->r->shadows.total.st = w->r->shadows.bytes.st = w->r->shadows.st;
		/* That a symbol or a type could not be looked for is told once for all of them. */
		if (!w->layout.symbol[S_klp_shadow_hash].st)
			walk_problem(w, "shadow variables", w->r->shadows.st, w->layout.symbol[S_klp_shadow_hash].v);
	}
	tell_more_problems(&s);
	twins_free(&s);
	sweep_free(&s.sweep);
	free(s.chain);
	w->where = NULL;
	target_purpose(w->t, before);
}
