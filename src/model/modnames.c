// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a name to the symbols of a module: in the order of its table, which is
 * the order that sympos counts in (kernel/module/kallsyms.c,
 * module_kallsyms_on_each_symbol).  Symbols that share an address count each.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "model/module.h"

#define LIMIT_STRTAB (16u << 20)
#define PAGE 4096u

struct named {
	uint32_t hash, order, name;	/* name: in the strings */
	uint64_t addr;
};

struct mod_names {
	struct named *symbol;		/* by hash and name, then as in the table */
	unsigned int count;
	char *strings;			/* as long as the module's, and a NUL */
	enum klpscope_status st;
};

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h;
}

/* Of two names; those at one place are the same without a look. */
static int compare(const char *strings, uint32_t hash, uint32_t name, const struct named *with)
{
	if (hash != with->hash)
		return hash < with->hash ? -1 : 1;
	return name == with->name ? 0 : strcmp(strings + name, strings + with->name);
}

static int by_name(const void *a, const void *b, void *strings)
{
	const struct named *x = a, *y = b;
	int order = compare(strings, x->hash, x->name, y);

	return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

static void decode(struct walk *w, const struct mod_symtab *table, const unsigned char *raw, struct mod_names *n)
{
	for (uint64_t i = 0; i < table->num; i++) {
		struct elf_symbol s = module_decode_symbol(w->t, raw + i * table->entry);

		if (s.shndx != SHN_UNDEF)
			n->symbol[n->count++] = (struct named){ .order = (uint32_t)i, .name = s.name, .addr = s.value };
	}
}

static enum klpscope_status read_symbols(struct walk *w, const struct mod_symtab *table, struct mod_names *n)
{
	unsigned char *raw = malloc(table->num * table->entry);
	enum klpscope_status st = KLPSCOPE_NO_MEMORY;

	n->symbol = arena_alloc(w->r->arena, table->num * sizeof(*n->symbol));
	if (raw && n->symbol)
		st = target_read(w->t, table->symtab, raw, table->num * table->entry);
	if (!st)
		decode(w, table, raw, n);
	free(raw);
	return st;
}

/* Where a table ends is nowhere said: it ends with the last name, in a page that is there. */
static enum klpscope_status read_strings(struct walk *w, uint64_t strtab, struct mod_names *n)
{
	uint32_t last = 0;
	uint64_t size;
	enum klpscope_status st;

	for (unsigned int i = 0; i < n->count; i++)
		if (n->symbol[i].name > last)
			last = n->symbol[i].name;
	if (last > LIMIT_STRTAB)
		return KLPSCOPE_LIMIT;
	n->strings = arena_alloc(w->r->arena, last + LIMIT_NAME + 1);
	if (!n->strings)
		return KLPSCOPE_NO_MEMORY;
	st = target_read(w->t, strtab, n->strings, last);
	for (size = last; !st && size < last + LIMIT_NAME; size += PAGE - (strtab + size) % PAGE) {
		size_t part = PAGE - (strtab + size) % PAGE;

		if (part > last + LIMIT_NAME - size)
			part = last + LIMIT_NAME - size;
		st = target_read(w->t, strtab + size, n->strings + size, part);
		if (!st && memchr(n->strings + size, '\0', part))
			break;
	}
	return st;
}

static void read_names(struct walk *w, uint64_t addr, struct mod_names *n)
{
	struct mod_symtab table = { 0 };

	n->st = module_symtab(w, addr, &table);
	if (n->st || !table.num)
		return;
	n->st = read_symbols(w, &table, n);
	if (!n->st)
		n->st = read_strings(w, table.strtab, n);
	if (n->st)
		return;
	for (unsigned int i = 0; i < n->count; i++)
		n->symbol[i].hash = hash_of(n->strings + n->symbol[i].name);
	if (n->count)
		qsort_r(n->symbol, n->count, sizeof(*n->symbol), by_name, n->strings);
}

static const struct mod_names *names_of(struct walk *w, struct mod_info *m)
{
	if (!m->names) {
		m->names = arena_alloc(w->r->arena, sizeof(*m->names));
		if (m->names)
			read_names(w, m->addr, m->names);
	}
	return m->names;
}

static bool is_before(const struct mod_names *n, const struct named *s, uint32_t hash, const char *name)
{
	return s->hash != hash ? s->hash < hash : strcmp(n->strings + s->name, name) < 0;
}

static unsigned int first_of(const struct mod_names *n, uint32_t hash, const char *name)
{
	unsigned int low = 0, high = n->count;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (is_before(n, &n->symbol[mid], hash, name))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct val module_symbol_at_position(struct walk *w, struct mod_info *m, const char *name, unsigned int pos)
{
	const struct mod_names *n = names_of(w, m);
	struct val none = { 0, n ? n->st : KLPSCOPE_NO_MEMORY };
	uint32_t hash = hash_of(name);
	const struct named *s;
	uint64_t i;

	/* A module that has no table of its own does not say that it has no such symbol. */
	if (none.st)
		return none.st == KLPSCOPE_NOT_FOUND ? (struct val){ 0, KLPSCOPE_UNSUPPORTED } : none;
	i = (uint64_t)first_of(n, hash, name) + pos - 1;
	s = i < n->count ? &n->symbol[i] : NULL;
	if (!s || s->hash != hash || strcmp(n->strings + s->name, name))
		return (struct val){ 0, KLPSCOPE_NOT_FOUND };
	return (struct val){ s->addr, KLPSCOPE_OK };
}
