// SPDX-License-Identifier: GPL-2.0-or-later
/* What is told of the shadow variables of an id; and each of them, where that is asked for. */
#include <stdlib.h>

#include "model/shadow.h"

struct id_node {
	struct key_node node;
	struct shadow_id_rec rec;
};

static struct shadow_id_rec *id_of(struct shadows *s, uint64_t id)
{
	struct key_node **link = keys_find(&s->ids, id);
	struct shadows_rec *out = &s->w->r->shadows;
	struct id_node *n = (struct id_node *)*link;

	if (n)
		return &n->rec;
	if (out->nr_ids < LIMIT_SHADOW_IDS)
		n = arena_alloc(s->w->r->arena, sizeof(*n));
	if (!n) {
		enum klpscope_status st = out->nr_ids < LIMIT_SHADOW_IDS ? KLPSCOPE_NO_MEMORY : KLPSCOPE_LIMIT;

		if (!out->ids_st)
			shadows_problem(s, st, 0, "ids beyond %u", out->nr_ids);
		out->ids_st = st;
		return NULL;
	}
	n->node.key = n->rec.id = id;
	*link = &n->node;
	n->rec.next = out->id;
	out->id = &n->rec;
	out->nr_ids++;
	return &n->rec;
}

/* --- one of them --- */

/* No more than there is: behind the object lies another's. */
static void read_data(struct shadows *s, struct shadow_rec *rec)
{
	uint64_t before = rec->data - rec->addr;

	rec->bytes_st = rec->slab.size.st;
	if (rec->bytes_st || rec->slab.size.v <= before)
		return;
	rec->nr_bytes = rec->slab.size.v - before < SHADOW_BYTES ? (unsigned int)(rec->slab.size.v - before) : SHADOW_BYTES;
	/* Whatever a hotfix has put there. */
	target_secret(s->w->t, rec->data, rec->nr_bytes);
	rec->bytes_st = target_read(s->w->t, rec->data, rec->bytes, rec->nr_bytes);
	if (!rec->bytes_st)
		return;
	rec->nr_bytes = 0;
	shadows_problem(s, rec->bytes_st, rec->data, "data of klp_shadow 0x%llx", (unsigned long long)rec->addr);
}

/* A variable of the kernel or of a module is no slab object, but it has a name. */
static void read_object(struct shadows *s, struct shadow_rec *rec)
{
	rec->obj_slab = slab_of(s->slabs, rec->obj);
	if (rec->obj_slab.cache.st)
		walk_name_address(s->w, rec->obj, &rec->obj_symbol);
	if (rec->obj_slab.cache.st && rec->obj_slab.cache.st != KLPSCOPE_NOT_FOUND && !rec->obj_symbol.name)
		shadows_problem(s, rec->obj_slab.cache.st, rec->obj, "slab cache of object 0x%llx",
				(unsigned long long)rec->obj);
}

static void describe(struct shadows *s, const struct entry *e, struct slab_rec slab, struct shadow_rec *rec)
{
	*rec = (struct shadow_rec){
		.addr = e->addr, .obj = e->obj, .data = walk_at(s->w, e->addr, M_klp_shadow_data),
		.bucket = e->bucket, .position = e->position, .slab = slab,
	};
	read_object(s, rec);
	read_data(s, rec);
}

static void keep(struct shadows *s, struct shadow_id_rec *id, const struct entry *e, struct slab_rec slab)
{
	struct shadows_rec *out = &s->w->r->shadows;
	struct shadow_rec *rec = NULL;

	if (id->nr_kept < LIMIT_SHADOWS_KEPT)
		rec = arena_alloc(s->w->r->arena, sizeof(*rec));
	if (!rec) {
		enum klpscope_status st = id->nr_kept < LIMIT_SHADOWS_KEPT ? KLPSCOPE_NO_MEMORY : KLPSCOPE_LIMIT;

		if (!out->kept_st)
			shadows_problem(s, st, 0, "shadow variables of id %llu beyond %u", (unsigned long long)id->id,
					id->nr_kept);
		out->kept_st = st;
		return;
	}
	describe(s, e, slab, rec);
	rec->next = id->shadow;
	id->shadow = rec;
	id->nr_kept++;
}

/* --- all of them --- */

/* The kernel has them from kmalloc(): what it did not come from there is no klp_shadow. */
static void add_bytes(struct shadows *s, struct val *bytes, const struct entry *e, struct val size)
{
	if (size.st == KLPSCOPE_NOT_FOUND)
		size.st = KLPSCOPE_CORRUPT;
	if (!size.st) {
		bytes->v += size.v;
		return;
	}
	/* Of each that it is unknown of, for the same reason: once. */
	if (size.st != KLPSCOPE_UNSUPPORTED || !s->w->r->shadows.bytes.st)
		shadows_problem(s, size.st, e->addr, "size of klp_shadow 0x%llx", (unsigned long long)e->addr);
	bytes->st = size.st;
	s->w->r->shadows.bytes.st = size.st;
}

void shadow_ids_count(struct shadows *s, const struct entry *e)
{
	const struct report *r = s->w->r;
	struct slab_rec slab = slab_of(s->slabs, e->addr);
	struct shadow_id_rec *id = id_of(s, e->id);
	struct shadow_rec passing;

	if (!id) {
		add_bytes(s, &s->w->r->shadows.bytes, e, slab.size);
		return;
	}
	id->seen++;
	add_bytes(s, &id->bytes, e, slab.size);
	if (r->want_shadow && r->shadow_id == e->id)
		keep(s, id, e, slab);
	else if (r->recording && id->seen <= LIMIT_SHADOWS_RECORDED)
		describe(s, e, slab, &passing);
}

/* --- in order --- */

static int by_id(const void *a, const void *b)
{
	const struct shadow_id_rec *x = *(struct shadow_id_rec *const *)a, *y = *(struct shadow_id_rec *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int by_place(const void *a, const void *b)
{
	const struct shadow_rec *x = *(struct shadow_rec *const *)a, *y = *(struct shadow_rec *const *)b;

	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

static void sort_ids(struct shadows_rec *out)
{
	struct shadow_id_rec **all = calloc(out->nr_ids, sizeof(*all)), **tail = &out->id;
	unsigned int n = 0;

	if (!all) {
		out->ids_st = KLPSCOPE_NO_MEMORY;
		return;
	}
	for (struct shadow_id_rec *id = out->id; id; id = id->next)
		all[n++] = id;
	qsort(all, n, sizeof(*all), by_id);
	for (unsigned int i = 0; i < n; i++, tail = &(*tail)->next)
		*tail = all[i];
	*tail = NULL;
	free(all);
}

static void sort_kept(struct shadows_rec *out, struct shadow_id_rec *id)
{
	struct shadow_rec **all = calloc(id->nr_kept, sizeof(*all)), **tail = &id->shadow;
	unsigned int n = 0;

	if (!all) {
		out->kept_st = KLPSCOPE_NO_MEMORY;
		return;
	}
	for (struct shadow_rec *rec = id->shadow; rec; rec = rec->next)
		all[n++] = rec;
	qsort(all, n, sizeof(*all), by_place);
	for (unsigned int i = 0; i < n; i++, tail = &(*tail)->next)
		*tail = all[i];
	*tail = NULL;
	free(all);
}

void shadow_ids_settle(struct shadows *s)
{
	struct shadows_rec *out = &s->w->r->shadows;

	if (out->nr_ids)
		sort_ids(out);
	for (struct shadow_id_rec *id = out->id; id; id = id->next) {
		out->bytes.v += id->bytes.v;
		if (id->nr_kept)
			sort_kept(out, id);
	}
}
