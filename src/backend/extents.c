// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "backend/extents.h"

/* 400 MB of them: a flattened dump of more than a terabyte. */
#define EXTENTS_MAX ((size_t)1 << 24)

static uint64_t end_of(const struct extent *e)
{
	return e->at + e->len;
}

enum klpscope_status extents_add(struct extents *x, uint64_t at, uint64_t len, uint64_t pos)
{
	if (!len)
		return KLPSCOPE_OK;
	if (at + len < at || pos + len < pos)
		return KLPSCOPE_CORRUPT;
	if (x->n == EXTENTS_MAX)
		return KLPSCOPE_LIMIT;
	if (x->n == x->room) {
		size_t room = x->room ? 2 * x->room : 64;
		struct extent *v = reallocarray(x->v, room, sizeof(*v));

		if (!v)
			return KLPSCOPE_NO_MEMORY;
		x->v = v;
		x->room = room;
	}
	x->v[x->n++] = (struct extent){ at, len, pos };
	return KLPSCOPE_OK;
}

static int by_place(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->pos < y->pos ? -1 : x->pos > y->pos;
}

static bool overlapping(const struct extents *x)
{
	for (size_t i = 1; i < x->n; i++)
		if (end_of(&x->v[i - 1]) > x->v[i].at)
			return true;
	return false;
}

/* A heap of the extents that reach over the point of the sweep, highest pos on top. */
static void heap_push(const struct extent **heap, size_t *n, const struct extent *e)
{
	size_t i = (*n)++;

	for (; i && heap[(i - 1) / 2]->pos < e->pos; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = e;
}

static void heap_pop(const struct extent **heap, size_t *n)
{
	const struct extent *last = heap[--*n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < *n) {
		if (child + 1 < *n && heap[child + 1]->pos > heap[child]->pos)
			child++;
		if (heap[child]->pos <= last->pos)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
}

static enum klpscope_status emit(struct extents *out, const struct extent *from, uint64_t at, uint64_t end)
{
	struct extent *last = out->n ? &out->v[out->n - 1] : NULL;
	uint64_t pos = from->pos + (at - from->at);

	if (last && end_of(last) == at && last->pos + last->len == pos) {
		last->len += end - at;
		return KLPSCOPE_OK;
	}
	return extents_add(out, at, end - at, pos);
}

/* Walks upwards over sorted extents; what is on top of the heap owns the bytes up to the next event. */
static enum klpscope_status sweep(const struct extents *x, const struct extent **heap, struct extents *out)
{
	enum klpscope_status st = KLPSCOPE_OK;
	uint64_t at = 0;
	size_t n = 0, i = 0;

	while (!st && (i < x->n || n)) {
		uint64_t end;

		if (!n && x->v[i].at > at)
			at = x->v[i].at;
		while (i < x->n && x->v[i].at <= at)
			heap_push(heap, &n, &x->v[i++]);
		while (n && end_of(heap[0]) <= at)
			heap_pop(heap, &n);
		if (!n)
			continue;
		end = end_of(heap[0]);
		if (i < x->n && x->v[i].at < end)
			end = x->v[i].at;
		st = emit(out, heap[0], at, end);
		at = end;
	}
	return st;
}

enum klpscope_status extents_settle(struct extents *x)
{
	struct extents out = { 0 };
	const struct extent **heap;
	enum klpscope_status st;

	if (!x->n)
		return KLPSCOPE_OK;
	qsort(x->v, x->n, sizeof(*x->v), by_place);
	if (!overlapping(x))
		return KLPSCOPE_OK;
	heap = calloc(x->n, sizeof(*heap));
	st = heap ? sweep(x, heap, &out) : KLPSCOPE_NO_MEMORY;
	free(heap);
	if (st) {
		extents_free(&out);
		return st;
	}
	free(x->v);
	*x = out;
	return KLPSCOPE_OK;
}

const struct extent *extents_find(const struct extents *x, uint64_t at)
{
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (end_of(&x->v[mid]) <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low < x->n ? &x->v[low] : NULL;
}

bool extents_cover(const struct extents *x, uint64_t at, uint64_t len)
{
	while (len) {
		const struct extent *e = extents_find(x, at);
		uint64_t n;

		if (!e || e->at > at)
			return false;
		n = end_of(e) - at;
		if (n >= len)
			return true;
		at += n;
		len -= n;
	}
	return true;
}

void extents_free(struct extents *x)
{
	free(x->v);
	memset(x, 0, sizeof(*x));
}
