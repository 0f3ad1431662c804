// SPDX-License-Identifier: GPL-2.0-or-later
/* vmlinux symbols out of dump memory: where the tables are, and the questions. */
#include <stdlib.h>
#include <string.h>

#include "provider/kallsyms.h"
#include "provider/kallsyms_priv.h"
#include "util/str.h"

#define HELP "; --vmlinux FILE helps"

static struct kallsyms *of(struct provider *p)
{
	return (struct kallsyms *)p;
}

/* --- where the tables are --- */

static enum klpscope_status table(struct target *t, const char *name, uint64_t *addr)
{
	char key[64] = "SYMBOL(";
	enum klpscope_status st;

	strcat(strcat(key, name), ")");
	st = target_vmcoreinfo_num(t, key, 16, addr);
	if (st == KLPSCOPE_NOT_FOUND)
		return target_fail(t, KLPSCOPE_UNSUPPORTED,
				   "VMCOREINFO does not say where kallsyms is (no %s)" HELP, key);
	return st;
}

/* 0 when VMCOREINFO has no such line: not every kernel has every table. */
static uint64_t optional_table(struct target *t, const char *name)
{
	uint64_t addr;

	return table(t, name, &addr) ? 0 : addr;
}

static enum klpscope_status read_count(struct kallsyms *k, uint64_t addr)
{
	uint64_t n;
	enum klpscope_status st = target_read_uint(k->t, addr, 4, &n);

	/* An unsigned long before 4.20: on big endian the upper half comes first. */
	if (!st && !n && target_pointer_size(k->t) == 8)
		st = target_read_uint(k->t, addr, 8, &n);
	if (st)
		return target_prepend(k->t, st, "kallsyms_num_syms");
	if (!n || n > KALLSYMS_SYMS_MAX)
		return target_fail(k->t, KLPSCOPE_CORRUPT, "kallsyms_num_syms: %llu symbols",
				   (unsigned long long)n);
	k->num = (uint32_t)n;
	return KLPSCOPE_OK;
}

static enum klpscope_status find_addresses(struct kallsyms *k)
{
	enum klpscope_status st;

	k->addresses = optional_table(k->t, "kallsyms_addresses");
	k->offsets = optional_table(k->t, "kallsyms_offsets");
	k->relative_base_addr = optional_table(k->t, "kallsyms_relative_base");
	if (!k->addresses && !k->offsets)
		return target_fail(k->t, KLPSCOPE_UNSUPPORTED,
				   "VMCOREINFO has neither kallsyms_addresses nor kallsyms_offsets" HELP);
	if (!k->relative_base_addr)
		return KLPSCOPE_OK;
	st = target_read_ptr(k->t, k->relative_base_addr, &k->relative_base);
	return st ? target_prepend(k->t, st, "kallsyms_relative_base") : KLPSCOPE_OK;
}

static enum klpscope_status find_tables(struct kallsyms *k)
{
	uint64_t num = 0, tokens = 0, index = 0;
	enum klpscope_status st = table(k->t, "kallsyms_names", &k->names_addr);

	if (!st)
		st = table(k->t, "kallsyms_num_syms", &num);
	if (!st)
		st = table(k->t, "kallsyms_token_table", &tokens);
	if (!st)
		st = table(k->t, "kallsyms_token_index", &index);
	if (!st)
		st = find_addresses(k);
	if (!st)
		st = read_count(k, num);
	return st ? st : kallsyms_load_tokens(k, tokens, index);
}

/* --- the names, and how long they are --- */

/* What speaks for a walk, beside the anchors: that it got to the end, and the kernel's own markers. */
#define SCORE_WHOLE 1000
#define SCORE_MARKERS 100

static enum klpscope_status rate(struct kallsyms *k, bool long_lengths, int *score)
{
	enum klpscope_status st = kallsyms_walk(k, long_lengths);

	if (!st)
		st = kallsyms_prove(k, score);
	if (!st && k->saw_long && kallsyms_markers_agree(k))
		*score += SCORE_MARKERS;
	if (!st && !k->rest)
		*score += SCORE_WHOLE;
	return st;
}

/*
 * A length byte of 0x80 and more is the first of two from 6.1 on, and was
 * just a length before.  Not every kernel has such a name; where one does, and
 * the markers do not settle it, both readings are walked and the one that
 * explains more is taken.
 */
static enum klpscope_status load(struct kallsyms *k)
{
	int two = 0, one = 0;
	enum klpscope_status st = rate(k, true, &two);

	if (!k->saw_long || two >= SCORE_WHOLE + SCORE_MARKERS || st == KLPSCOPE_NO_MEMORY)
		return st;
	if (rate(k, false, &one))
		one = 0;
	if (one > two)
		return KLPSCOPE_OK;
	return rate(k, true, &two);
}

/* --- the questions --- */

static enum klpscope_status answer(struct kallsyms *k, const struct wanted *w, uint64_t *addr)
{
	if (!w->found)
		return k->rest ? k->rest : KLPSCOPE_NOT_FOUND;
	return kallsyms_address(k, w->index, addr);
}

static void kallsyms_symbols(struct provider *p, struct symbol_query *q, size_t n)
{
	struct wanted *w = calloc(n ? n : 1, sizeof(*w));
	enum klpscope_status st = w ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
	size_t wanted = 0;

	for (size_t i = 0; i < n && !st; i++)
		if (q[i].st)
			w[wanted++] = (struct wanted){ .name = q[i].name, .sympos = q[i].sympos };
	if (!st && wanted)
		st = kallsyms_find(of(p), w, wanted);
	wanted = 0;
	for (size_t i = 0; i < n; i++)
		if (q[i].st)
			q[i].st = st ? st : answer(of(p), &w[wanted++], &q[i].addr);
	free(w);
}

/* The first of those that share the address, as the kernel itself names it. */
static enum klpscope_status locate(struct kallsyms *k, uint64_t addr, uint32_t *first,
				   struct symbol_name *out)
{
	uint64_t next;
	uint32_t i;
	enum klpscope_status st = kallsyms_above(k, addr, false, &i);

	if (!st && !i)
		return KLPSCOPE_NOT_FOUND;
	if (!st)
		st = kallsyms_address(k, i - 1, &out->start);
	if (!st && i < k->num && !kallsyms_address(k, i, &next))
		out->size = next - out->start;
	if (!st)
		st = kallsyms_above(k, out->start, true, first);
	return st;
}

static enum klpscope_status kallsyms_name_address(struct provider *p, uint64_t addr, struct symbol_name *out)
{
	struct kallsyms *k = of(p);
	char raw[KALLSYMS_NAME_MAX + 1], clean[4 * sizeof(raw)];
	enum klpscope_status st;
	uint32_t i;

	if (addr < k->low || addr > k->high)
		return KLPSCOPE_NOT_FOUND;
	st = locate(k, addr, &i, out);
	if (!st)
		st = kallsyms_name(k, i, raw, sizeof(raw));
	if (st)
		return st;
	str_sanitize(clean, sizeof(clean), raw, strlen(raw));
	out->name = arena_strdup(target_arena(k->t), clean);
	return out->name ? KLPSCOPE_OK : target_fail(k->t, KLPSCOPE_NO_MEMORY, "out of memory");
}

static void kallsyms_destroy(struct provider *p)
{
	kallsyms_free_names(of(p));
	free(p);
}

enum klpscope_status kallsyms_provider_new(struct target *t, struct provider **out)
{
	struct kallsyms *k = calloc(1, sizeof(*k));
	enum klpscope_status st;

	*out = NULL;
	if (!k)
		return target_fail(t, KLPSCOPE_NO_MEMORY, "out of memory");
	k->t = t;
	k->p = (struct provider){
		.name = "kallsyms",
		.symbols = kallsyms_symbols,
		.name_address = kallsyms_name_address,
		.destroy = kallsyms_destroy,
	};
	st = find_tables(k);
	if (!st)
		st = load(k);
	if (st) {
		kallsyms_destroy(&k->p);
		return st;
	}
	*out = &k->p;
	return KLPSCOPE_OK;
}
