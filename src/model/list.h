/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_LIST_H
#define KLPSCOPE_LIST_H

#include "target/target.h"

/* The nodes of a list_head list, without the head, in list order. */
struct node_list {
	uint64_t *node;
	unsigned int count;
	/*
	 * Where nodes are missing: after node[gap - 1]. Meaningful when st is
	 * not OK; nodes from `gap` on were found walking backwards from the head.
	 */
	unsigned int gap;
	enum klpscope_status st;	/* not OK: not all, or not all readable, and this is why */
	uint64_t bad;			/* the node that could not be read or is wrong */
	uint64_t expected, found;	/* CORRUPT: the node that `bad` should be linked back to, and is */
	/*
	 * Both ways ended at the same node: node[gap] is it, and it is the only
	 * one that cannot be read.  Otherwise an unknown number is missing.
	 */
	bool only_bad;
};

/*
 * Walks forward; each node's prev must name the node before, so that a bent
 * pointer or a loop shows at its first step.  When that fails the rest is
 * collected backwards from the head.  The target's error text says what was
 * met.  Memory is the target's arena.
 */
struct node_list list_collect(struct target *t, uint64_t head, unsigned int limit);

#endif
