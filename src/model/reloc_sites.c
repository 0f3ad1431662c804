// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Code and tables that the kernel changes once they are relocated: calls that
 * it makes direct, instructions that it replaces for this processor, tables
 * that it sorts.  A relocation that is not found there any more is none that
 * went wrong.  Read only when there is a difference to explain.
 */
#include <stdlib.h>
#include <string.h>

#include "model/reloc_sites.h"

/* call and jmp with a prefix, and jcc */
#define LONGEST_CALL 6

/* Sorted when the module was loaded, so that an entry lies elsewhere; keys in them also get flags. */
static bool is_sorted_table(const char *section)
{
	static const char *const tables[] = {
		"__jump_table", ".static_call_sites", "__ex_table", ".orc_unwind", ".orc_unwind_ip",
		"__mcount_loc", "__patchable_function_entries",
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (!strcmp(section, tables[i]))
			return true;
	return false;
}

/* A table of places in code. */
struct sites {
	const char *section;
	unsigned int entry;		/* bytes; 0: those of `type` */
	enum type_id type;
	enum member_id length;		/* of the code there, a byte; otherwise LONGEST_CALL */
	bool has_length;
	bool pointer;			/* the place comes first: as a pointer, otherwise as 4 bytes relative to themselves */
};

/* arch/x86/kernel/module.c, module_finalize(); kernel/static_call_inline.c */
static const struct sites tables[] = {
	{ .section = ".static_call_sites", .entry = 8 },
	{ .section = ".retpoline_sites", .entry = 4 },
	{ .section = ".return_sites", .entry = 4 },
	{ .section = ".call_sites", .entry = 4 },
	{ .section = ".altinstructions", .type = T_alt_instr, .length = M_alt_instr_instrlen, .has_length = true },
	{ .section = ".parainstructions", .type = T_paravirt_patch_site, .length = M_paravirt_patch_site_len,
	  .has_length = true, .pointer = true },
};

static enum klpscope_status read_site(struct walk *w, const struct sites *s, uint64_t at, uint64_t *place,
				      uint64_t *length)
{
	enum klpscope_status st = target_read_uint(w->t, at, s->pointer ? target_pointer_size(w->t) : 4, place);
	struct val stored;

	*length = LONGEST_CALL;
	if (!st && !s->pointer)
		*place = at + (uint64_t)(int64_t)(int32_t)(uint32_t)*place;
	if (st || !s->has_length)
		return st;
	stored = walk_peek(w, at, s->length);
	*length = stored.v;
	return stored.st;
}

static bool add_site(struct reloc_sites *sites, struct code_site site)
{
	if (!*sites->left)
		return false;
	if (sites->count == sites->room) {
		unsigned int room = sites->room ? 2 * sites->room : 64;
		struct code_site *grown = realloc(sites->site, room * sizeof(*grown));

		if (!grown)
			return false;
		sites->site = grown;
		sites->room = room;
	}
	sites->site[sites->count++] = site;
	--*sites->left;
	return true;
}

/* False: not all of them. */
static bool read_table(struct walk *w, const struct klp_elf *elf, const struct elf_section *section,
		       const struct sites *s, struct reloc_sites *sites)
{
	uint64_t entry = s->entry ? s->entry : w->layout.type_size[s->type].v;

	if ((!s->entry && w->layout.type_size[s->type].st) || !entry ||
	    !klp_elf_keeps(elf, section->addr, section->size))
		return false;
	for (uint64_t i = 0; i < section->size / entry; i++) {
		struct code_site site;

		if (read_site(w, s, section->addr + i * entry, &site.from, &site.length) || !add_site(sites, site))
			return false;
	}
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct code_site *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static void read_section(struct walk *w, const struct klp_elf *elf, unsigned int i, struct reloc_sites *sites)
{
	struct elf_section s = klp_elf_section(w, elf, i);
	struct text name;

	if (!s.size)
		return;
	name = klp_elf_section_name(w, elf, &s);
	sites->incomplete |= name.st != KLPSCOPE_OK;
	for (size_t k = 0; !name.st && k < sizeof(tables) / sizeof(*tables); k++)
		if (!strcmp(name.s, tables[k].section) && !read_table(w, elf, &s, &tables[k], sites))
			sites->incomplete = true;
}

/* Sites that touch or cover one another become one: what is asked is answered by one of them. */
static void merge(struct reloc_sites *sites)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < sites->count; i++) {
		struct code_site *s = &sites->site[i], *last = n ? &sites->site[n - 1] : NULL;

		if (!s->length)
			continue;
		if (!last || s->from - last->from > last->length)
			sites->site[n++] = *s;
		else if (s->length > last->length - (s->from - last->from))
			last->length = s->from - last->from + s->length;
	}
	sites->count = n;
}

static void read_sites(struct walk *w, const struct klp_elf *elf, struct reloc_sites *sites)
{
	sites->read = true;
	for (unsigned int i = 1; i < elf->nr_sections && !sites->incomplete; i++)
		read_section(w, elf, i, sites);
	if (sites->count)
		qsort(sites->site, sites->count, sizeof(*sites->site), by_address);
	merge(sites);
}

/* The last one that begins before `end`, or NULL. */
static const struct code_site *last_before(const struct reloc_sites *sites, uint64_t end)
{
	unsigned int low = 0, high = sites->count;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (sites->site[mid].from < end)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &sites->site[low - 1] : NULL;
}

bool reloc_site_rewritten(struct walk *w, const struct klp_elf *elf, struct reloc_sites *sites, const char *section,
			  uint64_t place, unsigned int size)
{
	const struct code_site *site;

	if (is_sorted_table(section))
		return true;
	if (!sites->read)
		read_sites(w, elf, sites);
	site = last_before(sites, place + size);
	return (site && (site->from >= place || place - site->from < site->length)) || sites->incomplete;
}

void reloc_sites_free(struct reloc_sites *sites)
{
	free(sites->site);
	*sites = (struct reloc_sites){ 0 };
}
