/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the kallsyms_*.c files only: one table, its names (names.c) and its addresses (addr.c). */
#ifndef KLPSCOPE_PROVIDER_KALLSYMS_PRIV_H
#define KLPSCOPE_PROVIDER_KALLSYMS_PRIV_H

#include "provider/wanted.h"
#include "target/target.h"

#define KALLSYMS_TOKENS 256
#define KALLSYMS_STRIDE 256		/* a mark at every so many names */
#define KALLSYMS_SYMS_MAX (16u << 20)
#define KALLSYMS_NAMES_MAX ((size_t)64 << 20)
/* The kernel's own limit is 512 with NUL (128 before 6.1). */
#define KALLSYMS_NAME_MAX 1023

enum kallsyms_encoding {
	KALLSYMS_ABSOLUTE,		/* kallsyms_addresses[i] */
	KALLSYMS_BASE_RELATIVE,		/* relative_base + (u32)offset */
	KALLSYMS_ABSOLUTE_PERCPU,	/* offset >= 0: offset itself, otherwise relative_base - 1 - offset */
	KALLSYMS_PLACE_RELATIVE,	/* &kallsyms_offsets[i] + (s32)offset */
	KALLSYMS_ENCODINGS,
};

struct kallsyms_token {
	const char *s;
	size_t len;
};

struct kallsyms {
	struct provider p;
	struct target *t;
	uint32_t num;

	/* names.c */
	uint64_t names_addr;
	unsigned char *names;		/* compressed, as far as it could be read */
	size_t names_len, names_room;
	enum klpscope_status read_st;	/* why names_len does not grow any more */
	bool long_lengths;		/* a length byte of 0x80 and more is the first of two */
	bool saw_long;			/* there was one: long_lengths makes a difference */
	uint32_t *marks;		/* where in names[] every 256th name begins */
	uint32_t nr_names;		/* those that could be walked */
	size_t walked;			/* where the walk ended */
	enum klpscope_status rest;	/* OK when nr_names == num, otherwise what is with the others */
	struct kallsyms_token tokens[KALLSYMS_TOKENS];
	char *token_bytes;

	/* addr.c; an address of 0: this kernel has no such table */
	uint64_t addresses, offsets, relative_base_addr, relative_base;
	enum kallsyms_encoding encoding;
	uint64_t low, high;		/* what lies outside is not named by this table */
};

/* --- names --- */
enum klpscope_status kallsyms_load_tokens(struct kallsyms *k, uint64_t table, uint64_t index) MUST_CHECK;
/* Walks the names, reading them as far as needed; damage ends up in k->rest. */
enum klpscope_status kallsyms_walk(struct kallsyms *k, bool long_lengths) MUST_CHECK;
/* Whether the kernel's own markers lie behind the names and agree with the walk. */
bool kallsyms_markers_agree(struct kallsyms *k);
enum klpscope_status kallsyms_find(struct kallsyms *k, struct wanted *w, size_t n) MUST_CHECK;
/* Without the type; not sanitized; out_size bytes are enough with KALLSYMS_NAME_MAX + 1. */
enum klpscope_status kallsyms_name(struct kallsyms *k, uint32_t i, char *out, size_t out_size) MUST_CHECK;
void kallsyms_free_names(struct kallsyms *k);

/* --- addresses --- */
/*
 * Chooses the encoding that VMCOREINFO's own symbols prove; *score says how
 * many of them it explains.
 */
enum klpscope_status kallsyms_prove(struct kallsyms *k, int *score) MUST_CHECK;
enum klpscope_status kallsyms_address(struct kallsyms *k, uint32_t i, uint64_t *addr) MUST_CHECK;
/* The first symbol at an address above `addr` (k->num: none), or with `equal` at or above it. */
enum klpscope_status kallsyms_above(struct kallsyms *k, uint64_t addr, bool equal, uint32_t *i) MUST_CHECK;

#endif
