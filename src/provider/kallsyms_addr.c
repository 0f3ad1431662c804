// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The addresses of kallsyms.  Which of four encodings a kernel uses was
 * decided by its configuration and is written nowhere in memory, so each one
 * that has its tables must show that it puts those symbols that VMCOREINFO
 * names where VMCOREINFO has them.
 */
#include <stdio.h>
#include <string.h>

#include "provider/kallsyms_priv.h"

#define SAMPLES 16

/*
 * Global symbols of VMCOREINFO's SYMBOL() lines.  No kernel has them all;
 * swapper_pg_dir, for one, is a macro on x86_64.
 */
static const char *const anchors[] = {
	"_stext", "init_uts_ns", "node_online_map", "swapper_pg_dir", "init_top_pgt", "init_level4_pgt",
	"vmap_area_list", "mem_section", "mem_map", "contig_page_data", "node_data",
};

#define ANCHORS (sizeof(anchors) / sizeof(*anchors))

struct anchor {
	uint64_t addr;		/* of VMCOREINFO */
	uint32_t index;		/* in kallsyms */
};

struct anchors {
	struct anchor a[ANCHORS];
	unsigned int n;		/* those that both know */
	unsigned int named;	/* those that VMCOREINFO knows */
	uint64_t stext;		/* 0: VMCOREINFO has none */
	struct wanted text;	/* _text, which may lie before _stext */
	struct wanted end;	/* _end */
};

static uint64_t wrap(const struct kallsyms *k, uint64_t v)
{
	return target_pointer_size(k->t) == 4 ? (uint32_t)v : v;
}

static bool available(const struct kallsyms *k, enum kallsyms_encoding e)
{
	switch (e) {
	case KALLSYMS_ABSOLUTE:
		return k->addresses;
	case KALLSYMS_BASE_RELATIVE:
	case KALLSYMS_ABSOLUTE_PERCPU:
		return k->offsets && k->relative_base_addr;
	case KALLSYMS_PLACE_RELATIVE:
		return k->offsets;
	default:
		return false;
	}
}

static enum klpscope_status decode(struct kallsyms *k, enum kallsyms_encoding e, uint32_t i, uint64_t *addr)
{
	uint64_t at = k->offsets + (uint64_t)i * 4;
	enum klpscope_status st;
	uint64_t raw;
	int64_t off;

	if (e == KALLSYMS_ABSOLUTE)
		return target_read_ptr(k->t, k->addresses + (uint64_t)i * target_pointer_size(k->t), addr);
	st = target_read_uint(k->t, at, 4, &raw);
	if (st)
		return st;
	off = (int32_t)(uint32_t)raw;
	if (e == KALLSYMS_BASE_RELATIVE)
		*addr = wrap(k, k->relative_base + raw);
	else if (e == KALLSYMS_PLACE_RELATIVE)
		*addr = wrap(k, at + (uint64_t)off);
	else
		*addr = wrap(k, off >= 0 ? (uint64_t)off : k->relative_base - 1 - (uint64_t)off);
	return KLPSCOPE_OK;
}

enum klpscope_status kallsyms_address(struct kallsyms *k, uint32_t i, uint64_t *addr)
{
	enum klpscope_status st;

	*addr = 0;
	if (i >= k->num)
		return target_fail(k->t, KLPSCOPE_INVALID, "kallsyms: no symbol %u", i);
	st = decode(k, k->encoding, i, addr);
	return st ? target_prepend(k->t, st, "kallsyms: address of symbol %u", i) : KLPSCOPE_OK;
}

enum klpscope_status kallsyms_above(struct kallsyms *k, uint64_t addr, bool equal, uint32_t *i)
{
	uint32_t lo = 0, hi = k->num;

	*i = k->num;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		uint64_t v;
		enum klpscope_status st = kallsyms_address(k, mid, &v);

		if (st)
			return st;
		if (v > addr || (equal && v == addr))
			hi = mid;
		else
			lo = mid + 1;
	}
	*i = lo;
	return KLPSCOPE_OK;
}

/* --- the proof --- */

static enum klpscope_status find_anchors(struct kallsyms *k, struct anchors *all)
{
	struct wanted w[ANCHORS + 2] = { { .name = "_text" }, { .name = "_end" } }, *known = w + 2;
	uint64_t addr[ANCHORS];
	enum klpscope_status st;

	memset(all, 0, sizeof(*all));
	for (size_t i = 0; i < ANCHORS; i++) {
		char key[64];

		snprintf(key, sizeof(key), "SYMBOL(%s)", anchors[i]);
		if (target_vmcoreinfo_num(k->t, key, 16, &addr[all->named]))
			continue;
		if (!strcmp(anchors[i], "_stext"))
			all->stext = addr[all->named];
		known[all->named++].name = anchors[i];
	}
	st = kallsyms_find(k, w, all->named + 2);
	if (st)
		return st;
	all->text = w[0];
	all->end = w[1];
	for (unsigned int i = 0; i < all->named; i++)
		if (known[i].found)
			all->a[all->n++] = (struct anchor){ .addr = addr[i], .index = known[i].index };
	return KLPSCOPE_OK;
}

/* The kernel sorts its symbols by address: a wrong reading of the numbers hardly ever is. */
static bool sorted(struct kallsyms *k, enum kallsyms_encoding e)
{
	uint64_t last = 0, v;

	for (uint32_t n = 0; n < SAMPLES; n++) {
		uint32_t i = (uint32_t)((uint64_t)(k->num - 1) * n / (SAMPLES - 1));

		if (decode(k, e, i, &v))
			continue;
		if (v < last)
			return false;
		last = v;
	}
	return true;
}

/*
 * How many anchors this encoding explains more than not: one alone can
 * coincide.  *fail: of the first that could not be read.
 */
static int judge(struct kallsyms *k, enum kallsyms_encoding e, const struct anchors *all,
		 enum klpscope_status *fail)
{
	int hits = 0, misses = 0;

	for (unsigned int i = 0; i < all->n; i++) {
		uint64_t v;
		enum klpscope_status st = decode(k, e, all->a[i].index, &v);

		if (st)
			*fail = *fail ? *fail : st;
		else if (v == all->a[i].addr)
			hits++;
		else
			misses++;
	}
	if (hits <= misses || !sorted(k, e))
		return 0;
	return hits - misses;
}

/* What to say when no encoding holds. */
static enum klpscope_status unproved(struct kallsyms *k, const struct anchors *all, enum klpscope_status fail)
{
	if (!all->named)
		return target_fail(k->t, KLPSCOPE_UNSUPPORTED,
				   "kallsyms: VMCOREINFO names no symbol to prove the table by");
	if (fail)
		return target_prepend(k->t, fail, "kallsyms: addresses");
	if (!all->n && k->rest)
		return target_fail(k->t, k->rest, "kallsyms_names: name %u of %u: %s", k->nr_names, k->num,
				   klpscope_strstatus(k->rest));
	if (!all->n)
		return target_fail(k->t, KLPSCOPE_CORRUPT,
				   "kallsyms: none of %u names is one that VMCOREINFO knows", k->num);
	return target_fail(k->t, KLPSCOPE_CORRUPT,
			   "kallsyms: no known encoding puts the symbols where VMCOREINFO has them");
}

/* Outside of these the kernel's own table is not asked: modules, per-cpu offsets, absolute numbers. */
static void find_bounds(struct kallsyms *k, const struct anchors *all)
{
	uint64_t text;

	k->low = all->stext;
	if (all->text.found && !kallsyms_address(k, all->text.index, &text) && (!k->low || text < k->low))
		k->low = text;
	if (kallsyms_address(k, all->end.found ? all->end.index : k->num - 1, &k->high))
		k->high = UINT64_MAX;
}

enum klpscope_status kallsyms_prove(struct kallsyms *k, int *score)
{
	enum klpscope_status st, fail = KLPSCOPE_OK;
	struct anchors all;
	bool tie = false;

	*score = 0;
	st = find_anchors(k, &all);
	if (st)
		return st;
	for (enum kallsyms_encoding e = 0; e < KALLSYMS_ENCODINGS; e++) {
		int s = available(k, e) ? judge(k, e, &all, &fail) : 0;

		if (s && s == *score)
			tie = true;
		if (s <= *score)
			continue;
		tie = false;
		*score = s;
		k->encoding = e;
	}
	if (!*score)
		return unproved(k, &all, fail);
	if (tie)
		return target_fail(k->t, KLPSCOPE_UNSUPPORTED, "kallsyms: more than one encoding fits");
	find_bounds(k, &all);
	return KLPSCOPE_OK;
}
