// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "capsule/pages.h"

/* 1 GiB of a dump: nobody could mail that. */
#define PAGES_MAX	(1u << 18)
#define SECRETS_MAX	(1u << 22)

struct pages {
	struct page_rec **slot;		/* a hash set */
	size_t n, room;
	struct secret *secret;
	size_t nr_secrets, secrets_room;
	enum klpscope_status st;
};

bool page_is_in(const struct page_rec *p)
{
	bool any = p->whole;

	for (size_t i = 0; !any && i < CAPSULE_FRAME / 64; i++)
		any = p->byte[i];
	return any;
}

struct pages *pages_new(void)
{
	return calloc(1, sizeof(struct pages));
}

void pages_free(struct pages *ps)
{
	if (!ps)
		return;
	for (size_t i = 0; i < ps->room; i++)
		free(ps->slot[i]);
	free(ps->slot);
	free(ps->secret);
	free(ps);
}

static size_t place(const struct pages *ps, uint64_t frame)
{
	size_t i = (size_t)((frame * 0x9e3779b97f4a7c15u) >> 20) & (ps->room - 1);

	while (ps->slot[i] && ps->slot[i]->frame != frame)
		i = (i + 1) & (ps->room - 1);
	return i;
}

/* Never more than half full. */
static bool make_room(struct pages *ps)
{
	struct pages old = *ps;

	if (2 * (ps->n + 1) <= ps->room)
		return true;
	ps->room = old.room ? 2 * old.room : 4096;
	ps->slot = calloc(ps->room, sizeof(*ps->slot));
	if (!ps->slot) {
		*ps = old;
		return false;
	}
	for (size_t i = 0; i < old.room; i++)
		if (old.slot[i])
			ps->slot[place(ps, old.slot[i]->frame)] = old.slot[i];
	free(old.slot);
	return true;
}

static struct page_rec *page_of(struct pages *ps, uint64_t phys)
{
	uint64_t frame = phys / CAPSULE_FRAME;
	struct page_rec **slot, *p;

	if (ps->n == PAGES_MAX || !make_room(ps)) {
		ps->st = ps->n == PAGES_MAX ? KLPSCOPE_LIMIT : KLPSCOPE_NO_MEMORY;
		return NULL;
	}
	slot = &ps->slot[place(ps, frame)];
	p = *slot;
	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p) {
		ps->st = KLPSCOPE_NO_MEMORY;
		return NULL;
	}
	p->frame = frame;
	p->purpose = UINT8_MAX;
	*slot = p;
	ps->n++;
	return p;
}

void pages_add(struct pages *ps, uint64_t phys, size_t len, unsigned int purpose)
{
	struct page_rec *p = page_of(ps, phys);
	size_t from = phys % CAPSULE_FRAME;

	if (!p)
		return;
	if (p->purpose == UINT8_MAX)
		p->purpose = (uint8_t)purpose;
	p->whole |= len == CAPSULE_FRAME;
	for (size_t i = from; !p->whole && i < from + len; i++)
		p->byte[i / 64] |= (uint64_t)1 << i % 64;
}

void pages_add_missing(struct pages *ps, uint64_t phys, enum klpscope_status st)
{
	struct page_rec *p = page_of(ps, phys);

	if (p)
		p->st = st;
}

void pages_add_secret(struct pages *ps, uint64_t phys, size_t len, uint32_t at)
{
	if (ps->nr_secrets == ps->secrets_room) {
		size_t room = ps->secrets_room ? 2 * ps->secrets_room : 256;
		struct secret *grown = room > SECRETS_MAX ? NULL : reallocarray(ps->secret, room, sizeof(*grown));

		if (!grown) {
			ps->st = room > SECRETS_MAX ? KLPSCOPE_LIMIT : KLPSCOPE_NO_MEMORY;
			return;
		}
		ps->secret = grown;
		ps->secrets_room = room;
	}
	ps->secret[ps->nr_secrets++] = (struct secret){ phys, (uint32_t)len, at };
}

enum klpscope_status pages_status(const struct pages *ps)
{
	return ps->st;
}

/* --- in order --- */

static int by_frame(const void *a, const void *b)
{
	const struct page_rec *x = *(struct page_rec *const *)a, *y = *(struct page_rec *const *)b;

	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

static int by_address(const void *a, const void *b)
{
	const struct secret *x = a, *y = b;

	return x->phys < y->phys ? -1 : x->phys > y->phys;
}

void pages_settle(struct pages *ps)
{
	size_t n = 0;

	for (size_t i = 0; i < ps->room; i++) {
		struct page_rec *p = ps->slot[i];

		ps->slot[i] = NULL;
		if (p)
			ps->slot[n++] = p;
	}
	if (n)
		qsort(ps->slot, n, sizeof(*ps->slot), by_frame);
	if (ps->nr_secrets)
		qsort(ps->secret, ps->nr_secrets, sizeof(*ps->secret), by_address);
}

size_t pages_count(const struct pages *ps)
{
	return ps->n;
}

struct page_rec *pages_get(const struct pages *ps, size_t i)
{
	return ps->slot[i];
}

size_t pages_secrets(const struct pages *ps, const struct secret **secrets)
{
	*secrets = ps->secret;
	return ps->nr_secrets;
}
