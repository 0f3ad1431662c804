// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "util/keys.h"

struct key_node **keys_find(struct key_node **root, uint64_t key)
{
	/* The low bits first: it is they that small numbers and neighbours differ in. */
	for (uint64_t bits = key; *root && (*root)->key != key; bits >>= 1)
		root = &(*root)->child[bits & 1];
	return root;
}
