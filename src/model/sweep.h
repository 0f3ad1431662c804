/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many lists, one node of each known at a time: which to go on with?  Taken as
 * a lift takes its passengers, upwards through memory and down again, lists
 * that were made side by side pass through each page together, and it is read
 * once.  List by list each node would cost a page: 10 µs where it is packed.
 */
#ifndef KLPSCOPE_SWEEP_H
#define KLPSCOPE_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

struct sweep {
	uint64_t *addr;			/* of the next node of each list */
	uint32_t *heap, *later;		/* lists: of nodes ahead, in order; of those that were passed */
	uint32_t nr_heap, nr_later;
	uint64_t at;
	bool down;
};

/* For `lists` of them; false: no memory. */
bool sweep_init(struct sweep *s, uint32_t lists);
void sweep_free(struct sweep *s);

/* The next node of a list, of which none is waiting. */
void sweep_add(struct sweep *s, uint32_t list, uint64_t addr);
/* The list whose node is next; its address is s->at. False: none is waiting. */
bool sweep_next(struct sweep *s, uint32_t *list);

#endif
