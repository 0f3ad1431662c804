// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "model/list.h"

struct run {
	uint64_t *node;
	unsigned int count, room;
	enum klpscope_status st;
	uint64_t bad, expected, found;
};

static void run_add(struct run *run, uint64_t node, unsigned int limit)
{
	if (run->count >= limit) {
		run->st = KLPSCOPE_LIMIT;
		run->bad = node;
		return;
	}
	if (run->count == run->room) {
		unsigned int room = run->room ? 2 * run->room : 64;
		uint64_t *grown = realloc(run->node, room * sizeof(*grown));

		if (!grown) {
			run->st = KLPSCOPE_NO_MEMORY;
			return;
		}
		run->node = grown;
		run->room = room;
	}
	run->node[run->count++] = node;
}

/*
 * One direction: `there` and `back` are the offsets of the pointer to follow
 * and of the one that must point back.
 */
static void run_walk(struct run *run, struct target *t, uint64_t head, unsigned int there, unsigned int back,
		     unsigned int limit)
{
	uint64_t node, from = head, next, reverse;

	run->bad = head;
	run->st = target_read_ptr(t, head + there, &node);
	while (!run->st) {
		run->bad = node;
		run->st = target_read_ptr(t, node + back, &reverse);
		if (!run->st && reverse != from) {
			run->expected = from;
			run->found = reverse;
			run->st = target_fail(t, KLPSCOPE_CORRUPT, "0x%llx: is not linked back to 0x%llx",
					      (unsigned long long)node, (unsigned long long)from);
			return;
		}
		if (run->st || node == head)
			return;
		run_add(run, node, limit);
		if (run->st)
			return;
		run->st = target_read_ptr(t, node + there, &next);
		from = node;
		node = next;
	}
}

/* Beyond a break, and in search of where the two ways met, this many nodes are looked at. */
#define RECOVER 4096

static bool seen_forward(const struct run *forward, uint64_t node)
{
	unsigned int oldest = forward->count > RECOVER ? forward->count - RECOVER : 0;

	for (unsigned int k = forward->count; k > oldest; k--)
		if (forward->node[k - 1] == node)
			return true;
	return false;
}

/* The backward run is in reverse order and may reach nodes that the forward one has. */
static void join(struct node_list *list, const struct run *forward, const struct run *backward)
{
	unsigned int n = 0;

	if (forward->count)
		memcpy(list->node, forward->node, forward->count * sizeof(*list->node));
	list->count = forward->count;
	while (n < backward->count && !seen_forward(forward, backward->node[n]))
		n++;
	list->only_bad = forward->st && forward->bad && forward->st == backward->st && forward->bad == backward->bad &&
			 n == backward->count && forward->st != KLPSCOPE_CORRUPT;
	if (list->only_bad)
		list->node[list->count++] = forward->bad;
	while (n > 0)
		list->node[list->count++] = backward->node[--n];
}

struct node_list list_collect(struct target *t, uint64_t head, unsigned int limit)
{
	unsigned int prev = target_pointer_size(t);
	struct run forward = { 0 }, backward = { 0 };
	struct node_list list = { 0 };

	run_walk(&forward, t, head, 0, prev, limit);
	list.st = forward.st;
	list.bad = forward.bad;
	list.expected = forward.expected;
	list.found = forward.found;
	list.gap = forward.count;
	if (forward.st && forward.st != KLPSCOPE_LIMIT && forward.st != KLPSCOPE_NO_MEMORY && forward.bad != head)
		run_walk(&backward, t, head, prev, 0, RECOVER);
	list.node = arena_alloc(target_arena(t), (forward.count + backward.count + 1) * sizeof(*list.node));
	if (list.node)
		join(&list, &forward, &backward);
	else
		list.st = KLPSCOPE_NO_MEMORY;
	free(forward.node);
	free(backward.node);
	return list;
}
