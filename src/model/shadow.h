/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For shadow*.c only: the walk of klp_shadow_hash, what is counted of an id, and what is there twice. */
#ifndef KLPSCOPE_SHADOW_H
#define KLPSCOPE_SHADOW_H

#include "model/slab.h"
#include "model/sweep.h"
#include "util/keys.h"

/* One klp_shadow. */
struct entry {
	uint64_t addr;			/* of the klp_shadow */
	uint64_t node, next, pprev;	/* of the list; `node` is its address in it */
	uint64_t obj, id;
	enum klpscope_status links_st, st;	/* of next and pprev; of obj and id */
	uint32_t bucket, position;
};

/* What was seen in a list so far, in 4 bytes each, to find out what may be there twice. */
struct prints {
	uint32_t *print;
	uint32_t count, room;
};

struct shadows {
	struct walk *w;
	struct slabs *slabs;
	uint64_t table;			/* klp_shadow_hash */
	uint32_t buckets;		/* a power of two */
	unsigned int bits;
	struct field {
		uint64_t offset;	/* within a klp_shadow */
		unsigned int size;
	} next, pprev, obj, id;
	uint64_t span;			/* bytes that hold all four */
	struct chain {
		uint64_t link;		/* where the pointer to the next node lies */
		uint32_t position;
	} *chain;
	struct sweep sweep;
	struct prints *prints;		/* of each list; NULL: there was no memory */
	enum klpscope_status chains_st;	/* not OK: there may be more entries */
	struct key_node *ids;
	struct shadow_misplaced_rec **misplaced;	/* where the next one goes */
	unsigned int nr_kept_misplaced;
	unsigned int problems, more_problems;
	enum klpscope_status more_st;
};

/* Notes a problem, "klp_shadow_hash: <what>: <status>"; of many the first ones, and how many more. */
void shadows_problem(struct shadows *s, enum klpscope_status st, uint64_t address, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* shadow.c: the entry at a node, as far as it can be read. */
void shadows_read(struct shadows *s, uint64_t node, struct entry *e);
/* The list that an entry belongs into, by its object. */
uint32_t shadows_bucket_of(const struct shadows *s, uint64_t obj);
void shadows_add_misplaced(struct shadows *s, const struct entry *e, uint32_t expected, uint64_t twin);

/* shadow_ids.c: counts an entry whose id is known; puts all in order at the end. */
void shadow_ids_count(struct shadows *s, const struct entry *e);
void shadow_ids_settle(struct shadows *s);

/* shadow_twins.c */
bool twins_init(struct shadows *s);
void twins_free(struct shadows *s);
void twins_add(struct shadows *s, const struct entry *e);
/* Behind the last of them: looks again at the lists that may have one. */
void twins_find(struct shadows *s);

#endif
