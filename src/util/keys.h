/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of numbers from a dump.  Neither a hostile choice of them nor its
 * order makes it slow: the way to each is decided by its own bits, so none is
 * longer than 64 steps.
 */
#ifndef KLPSCOPE_KEYS_H
#define KLPSCOPE_KEYS_H

#include <stdint.h>

/* At the start of what is kept under the key. */
struct key_node {
	uint64_t key;
	struct key_node *child[2];
};

/* The link to the node of that key; one to NULL is where such a node belongs. */
struct key_node **keys_find(struct key_node **root, uint64_t key);

#endif
