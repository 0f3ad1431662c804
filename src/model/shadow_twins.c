// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two shadow variables of one object and id: klp_shadow_get() finds the first,
 * and nobody ever frees the other.  All lists are walked side by side, so of
 * each entry 4 bytes are kept till the end.  Where two of a list agree, which
 * chance does to one in a thousand lists, it is walked again and compared.
 */
#include <stdlib.h>

#include "model/shadow.h"

static uint32_t print_of(const struct entry *e)
{
	uint64_t v = (e->obj * 0x9E3779B97F4A7C15ull) ^ e->id;

	return (uint32_t)(v * 0xC2B2AE3D27D4EB4Full >> 32);
}

bool twins_init(struct shadows *s)
{
	s->prints = calloc(s->buckets, sizeof(*s->prints));
	return s->prints != NULL;
}

void twins_free(struct shadows *s)
{
	for (uint32_t i = 0; s->prints && i < s->buckets; i++)
		free(s->prints[i].print);
	free(s->prints);
}

void twins_add(struct shadows *s, const struct entry *e)
{
	struct prints *p = &s->prints[e->bucket];

	if (p->count == p->room) {
		uint32_t room = p->room ? p->room + p->room / 2 : 16;
		uint32_t *grown = realloc(p->print, room * sizeof(*grown));

		if (!grown) {
			shadows_problem(s, KLPSCOPE_NO_MEMORY, 0, "what is there twice");
			return;
		}
		p->print = grown;
		p->room = room;
	}
	p->print[p->count++] = print_of(e);
}

static int by_print(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool any_twice(struct prints *p)
{
	if (p->count > 1)
		qsort(p->print, p->count, sizeof(*p->print), by_print);
	for (uint32_t i = 1; i < p->count; i++)
		if (p->print[i - 1] == p->print[i])
			return true;
	return false;
}

static int by_object(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->obj != y->obj)
		return x->obj < y->obj ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

/* As many as were counted before; they were all linked back then. */
static uint32_t read_list(struct shadows *s, uint32_t bucket, struct entry *all, uint32_t count)
{
	uint64_t head = s->table + (uint64_t)bucket * target_pointer_size(s->w->t), node;
	uint32_t n = 0;

	if (target_read_ptr(s->w->t, head + s->w->layout.member[M_hlist_head_first].offset, &node))
		return 0;
	for (uint32_t i = 0; i < s->chain[bucket].position && node && n < count; i++) {
		shadows_read(s, node, &all[n]);
		node = all[n].next;
		all[n].bucket = bucket;
		all[n].position = i;
		n += !all[n].st;
	}
	return n;
}

static void look_again(struct shadows *s, uint32_t bucket)
{
	uint32_t count = s->prints[bucket].count, n, first = 0;
	struct entry *all = calloc(count, sizeof(*all));

	if (!all) {
		shadows_problem(s, KLPSCOPE_NO_MEMORY, 0, "what is there twice");
		return;
	}
	n = read_list(s, bucket, all, count);
	if (n < count)
		shadows_problem(s, KLPSCOPE_SYSTEM, 0, "what is there twice in bucket %u", bucket);
	qsort(all, n, sizeof(*all), by_object);
	for (uint32_t i = 1; i < n; i++) {
		if (all[i].obj != all[first].obj || all[i].id != all[first].id)
			first = i;
		else
			shadows_add_misplaced(s, &all[i], bucket, all[first].addr);
	}
	free(all);
}

void twins_find(struct shadows *s)
{
	for (uint32_t i = 0; i < s->buckets; i++)
		if (any_twice(&s->prints[i]))
			look_again(s, i);
}
