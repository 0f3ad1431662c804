/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_PROVIDER_WANTED_H
#define KLPSCOPE_PROVIDER_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A batch of names that are looked for while a table of symbols is walked
 * once, in its own order.
 */
struct wanted {
	const char *name;
	unsigned int sympos;	/* 0 and 1: the first; n: the n-th of that name */
	bool found;
	uint32_t index;		/* in the table */
	/* internal */
	size_t len;
	struct wanted *chain;
	unsigned int seen, alt_seen;
	bool alt_found;
	uint32_t alt_index;
};

#define WANTED_BUCKETS 256

struct wanted_set {
	struct wanted *bucket[WANTED_BUCKETS];
	size_t pending;		/* 0: the walk may stop */
};

/* Sets what is internal; w must stay where it is. */
void wanted_begin(struct wanted_set *s, struct wanted *w, size_t n);
/* Symbol i of the table is called so. */
void wanted_offer(struct wanted_set *s, const char *name, size_t len, uint32_t i);
/* `whole`: the walk has seen all that could matter. */
void wanted_end(struct wanted *w, size_t n, bool whole);

#endif
