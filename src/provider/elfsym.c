// SPDX-License-Identifier: GPL-2.0-or-later
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "provider/elfsym.h"
#include "provider/wanted.h"
#include "util/str.h"

#define SYMS_MAX (16u << 20)
#define NAME_MAX_LEN 1023

struct esym {
	uint64_t addr;
	const char *name;
	unsigned int rank;	/* among those of one address: the lowest is the one to show */
};

struct elfsym {
	struct target *t;
	struct esym *syms;
	uint32_t n;
	uint64_t low, high;	/* of the kernel's image */
};

/* --- reading --- */

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && !strcmp(s + n - m, with);
}

/* Bounds that the linker script may or may not provide: kallsyms shows them last. */
static bool is_bound(const char *name)
{
	if (!starts(name, "__") || strlen(name) < 8)
		return false;
	return starts(name, "__start_") || starts(name, "__stop_") || starts(name, "__end_") ||
	       ends(name, "_start") || ends(name, "_end");
}

/*
 * What scripts/kallsyms.c prefers among aliases: strong, not a bound, fewer
 * underscores.  A number that happens to be an address comes last.
 */
static unsigned int rank_of(const GElf_Sym *sym, const char *name)
{
	size_t underscores = strspn(name, "_");

	return (sym->st_shndx == SHN_ABS ? 0x400u : 0) |
	       (GELF_ST_BIND(sym->st_info) == STB_WEAK ? 0x200u : 0) | (is_bound(name) ? 0x100u : 0) |
	       (underscores < 0xff ? (unsigned int)underscores : 0xff);
}

static bool is_listed(const GElf_Sym *sym, const char *name)
{
	unsigned int type = GELF_ST_TYPE(sym->st_info);

	if (sym->st_shndx == SHN_UNDEF || type == STT_SECTION || type == STT_FILE)
		return false;
	/* scripts/kallsyms.c leaves out mapping symbols, local labels, export tables, EFI stub aliases. */
	return *name && *name != '$' && !starts(name, ".L") && !starts(name, "__crc_") &&
	       !starts(name, "__kstrtab_") && !starts(name, "__kstrtabns_") && !starts(name, "__efistub_");
}

static Elf_Scn *symbol_section(Elf *elf, GElf_Shdr *sh)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, sh) && sh->sh_type == SHT_SYMTAB)
			return scn;
	return NULL;
}

static void read_symbols(struct elfsym *s, Elf *elf, Elf_Data *data, size_t count, size_t strings)
{
	for (size_t i = 1; i < count; i++) {
		struct esym *e = &s->syms[s->n];
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym))
			return;
		name = elf_strptr(elf, strings, sym.st_name);
		if (!name || !is_listed(&sym, name))
			continue;
		e->addr = sym.st_value;
		e->name = name;
		e->rank = rank_of(&sym, name);
		s->n++;
	}
}

enum klpscope_status elfsym_new(struct target *t, Elf *elf, struct elfsym **out)
{
	struct elfsym *s;
	Elf_Data *data;
	GElf_Shdr sh;
	Elf_Scn *scn = symbol_section(elf, &sh);
	size_t count;

	*out = NULL;
	data = scn ? elf_getdata(scn, NULL) : NULL;
	count = data && sh.sh_entsize ? data->d_size / sh.sh_entsize : 0;
	if (count < 2)
		return target_fail(t, KLPSCOPE_NOT_FOUND, "no symbol table");
	if (count > SYMS_MAX)
		return target_fail(t, KLPSCOPE_LIMIT, "%zu symbols", count);
	s = calloc(1, sizeof(*s));
	if (s)
		s->syms = calloc(count, sizeof(*s->syms));
	if (!s || !s->syms) {
		free(s);
		return target_fail(t, KLPSCOPE_NO_MEMORY, "out of memory");
	}
	s->t = t;
	read_symbols(s, elf, data, count, sh.sh_link);
	*out = s;
	return KLPSCOPE_OK;
}

void elfsym_free(struct elfsym *s)
{
	if (!s)
		return;
	free(s->syms);
	free(s);
}

bool elfsym_find(const struct elfsym *s, const char *name, uint64_t *addr)
{
	for (uint32_t i = 0; i < s->n; i++) {
		if (strcmp(s->syms[i].name, name))
			continue;
		*addr = s->syms[i].addr;
		return true;
	}
	return false;
}

/* --- order --- */

static int in_kallsyms_order(const void *pa, const void *pb)
{
	const struct esym *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Where the kernel's image begins; 0: nobody says. */
static uint64_t image_start(const struct elfsym *s)
{
	uint64_t stext = 0, text = 0;
	bool has_stext = elfsym_find(s, "_stext", &stext);
	bool has_text = elfsym_find(s, "_text", &text);

	return has_text && (!has_stext || text < stext) ? text : stext;
}

void elfsym_place(struct elfsym *s, uint64_t offset)
{
	uint64_t mask = target_pointer_size(s->t) == 4 ? UINT32_MAX : UINT64_MAX;
	uint64_t start = image_start(s);

	for (uint32_t i = 0; i < s->n; i++) {
		struct esym *e = &s->syms[i];

		/* Per-cpu offsets (x86_64 up to 6.14) and plain numbers: KASLR does not move them. */
		if (e->addr >= start)
			e->addr = (e->addr + offset) & mask;
	}
	qsort(s->syms, s->n, sizeof(*s->syms), in_kallsyms_order);
	s->low = (start + offset) & mask;
	if (!elfsym_find(s, "_end", &s->high))
		s->high = s->n ? s->syms[s->n - 1].addr : 0;
}

/* --- questions --- */

static void fill(struct elfsym *s, struct symbol_query *q, struct wanted *w, size_t n)
{
	struct wanted_set set;

	wanted_begin(&set, w, n);
	for (uint32_t i = 0; i < s->n && set.pending; i++)
		wanted_offer(&set, s->syms[i].name, strlen(s->syms[i].name), i);
	wanted_end(w, n, true);
	for (size_t i = 0; i < n; q++) {
		if (!q->st)
			continue;
		q->st = w[i].found ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND;
		q->addr = w[i].found ? s->syms[w[i].index].addr : 0;
		i++;
	}
}

void elfsym_symbols(struct elfsym *s, struct symbol_query *q, size_t n)
{
	struct wanted *w = calloc(n ? n : 1, sizeof(*w));
	size_t wanted = 0;

	for (size_t i = 0; i < n; i++) {
		if (!q[i].st)
			continue;
		if (w)
			w[wanted++] = (struct wanted){ .name = q[i].name, .sympos = q[i].sympos };
		else
			q[i].st = KLPSCOPE_NO_MEMORY;
	}
	if (w)
		fill(s, q, w, wanted);
	free(w);
}

/* The first symbol at an address above `addr`, or with `equal` at or above it. */
static uint32_t above(const struct elfsym *s, uint64_t addr, bool equal)
{
	uint32_t lo = 0, hi = s->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		uint64_t v = s->syms[mid].addr;

		if (v > addr || (equal && v == addr))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

enum klpscope_status elfsym_name_address(struct elfsym *s, uint64_t addr, struct symbol_name *out)
{
	char clean[4 * NAME_MAX_LEN + 1];
	const struct esym *e;
	uint32_t next;

	if (addr < s->low || addr > s->high)
		return KLPSCOPE_NOT_FOUND;
	next = above(s, addr, false);
	if (!next)
		return KLPSCOPE_NOT_FOUND;
	e = &s->syms[above(s, s->syms[next - 1].addr, true)];
	out->start = e->addr;
	out->size = next < s->n ? s->syms[next].addr - e->addr : 0;
	str_sanitize(clean, sizeof(clean), e->name, strnlen(e->name, NAME_MAX_LEN));
	out->name = arena_strdup(target_arena(s->t), clean);
	return out->name ? KLPSCOPE_OK : target_fail(s->t, KLPSCOPE_NO_MEMORY, "out of memory");
}
