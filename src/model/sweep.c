// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "model/sweep.h"

bool sweep_init(struct sweep *s, uint32_t lists)
{
	memset(s, 0, sizeof(*s));
	s->addr = calloc(lists, sizeof(*s->addr));
	s->heap = calloc(lists, sizeof(*s->heap));
	s->later = calloc(lists, sizeof(*s->later));
	return s->addr && s->heap && s->later;
}

void sweep_free(struct sweep *s)
{
	free(s->addr);
	free(s->heap);
	free(s->later);
}

/* Equal addresses by the number of the list: the same dump is walked in the same order everywhere. */
static bool before(const struct sweep *s, uint32_t a, uint32_t b)
{
	if (s->addr[a] == s->addr[b])
		return a < b;
	return (s->addr[a] < s->addr[b]) != s->down;
}

static void push(struct sweep *s, uint32_t list)
{
	uint32_t i = s->nr_heap++;

	for (; i && before(s, list, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = list;
}

static uint32_t pop(struct sweep *s)
{
	uint32_t first = s->heap[0], last = s->heap[--s->nr_heap], i = 0, child;

	for (; (child = 2 * i + 1) < s->nr_heap; i = child) {
		if (child + 1 < s->nr_heap && before(s, s->heap[child + 1], s->heap[child]))
			child++;
		if (!before(s, s->heap[child], last))
			break;
		s->heap[i] = s->heap[child];
	}
	s->heap[i] = last;
	return first;
}

void sweep_add(struct sweep *s, uint32_t list, uint64_t addr)
{
	s->addr[list] = addr;
	if (s->down ? addr <= s->at : addr >= s->at)
		push(s, list);
	else
		s->later[s->nr_later++] = list;
}

bool sweep_next(struct sweep *s, uint32_t *list)
{
	if (!s->nr_heap) {
		s->down = !s->down;
		while (s->nr_later)
			push(s, s->later[--s->nr_later]);
	}
	if (!s->nr_heap)
		return false;
	*list = pop(s);
	s->at = s->addr[*list];
	return true;
}
