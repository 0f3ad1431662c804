/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which bytes of physical memory belong into a capsule, and which frames could not be had. */
#ifndef KLPSCOPE_PAGES_H
#define KLPSCOPE_PAGES_H

#include "backend/capsule.h"
#include "target/target.h"

/* Beside the purposes of reads: the page tables that lead to what was read. */
#define PURPOSE_TABLES NR_PURPOSES

struct page_rec {
	uint64_t frame;
	enum klpscope_status st;	/* not OK: the dump does not have it, or not all of it */
	uint8_t purpose;		/* the first that it was read for */
	bool whole;
	uint64_t byte[CAPSULE_FRAME / 64];	/* a bit each: it belongs in */
};

/* Bytes to be blanked: those from `at` on of a longer secret. */
struct secret {
	uint64_t phys;
	uint32_t len, at;
};

/* An `at` that words never reach: zeros alone. */
#define SECRET_NO_WORDS	(1u << 30)

/* Does something of it belong into the capsule? A page whose dump was cut within it has bytes and a status. */
bool page_is_in(const struct page_rec *p);

struct pages;

struct pages *pages_new(void);
void pages_free(struct pages *ps);

/* Within one frame. */
void pages_add(struct pages *ps, uint64_t phys, size_t len, unsigned int purpose);
void pages_add_missing(struct pages *ps, uint64_t phys, enum klpscope_status st);
void pages_add_secret(struct pages *ps, uint64_t phys, size_t len, uint32_t at);

/* OK, or why something that was added is not in it. */
enum klpscope_status pages_status(const struct pages *ps);

/* Puts them in order; nothing is added behind that. */
void pages_settle(struct pages *ps);
size_t pages_count(const struct pages *ps);
struct page_rec *pages_get(const struct pages *ps, size_t i);
size_t pages_secrets(const struct pages *ps, const struct secret **secrets);

#endif
