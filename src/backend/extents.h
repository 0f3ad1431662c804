/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sparse map: which ranges of one address space lie where in another.  It
 * serves the records of a flattened file (offset in the dump -> offset in the
 * file) and the segments of an ELF dump (physical address -> offset).
 */
#ifndef KLPSCOPE_EXTENTS_H
#define KLPSCOPE_EXTENTS_H

#include "klpscope.h"

struct extent {
	uint64_t at, len;
	uint64_t pos;		/* where `at` lies on the other side */
};

struct extents {
	struct extent *v;
	size_t n, room;
};

/*
 * Any order, overlaps allowed.  CORRUPT when it does not fit into 64 bits,
 * LIMIT when there are more than anybody needs.
 */
KLPSCOPE_MUST_CHECK
enum klpscope_status extents_add(struct extents *x, uint64_t at, uint64_t len, uint64_t pos);

/* After the last one: sorts, and where two overlap the one with the higher pos wins. */
KLPSCOPE_MUST_CHECK
enum klpscope_status extents_settle(struct extents *x);

/* The extent that holds `at`, or else the next one above it, or NULL. */
const struct extent *extents_find(const struct extents *x, uint64_t at);

/* Is every byte of the range in the map? */
bool extents_cover(const struct extents *x, uint64_t at, uint64_t len);

void extents_free(struct extents *x);

#endif
