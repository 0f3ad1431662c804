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

#define LIMIT_SITES (1u << 18)
/* call and jmp with a prefix, and jcc */
#define LONGEST_CALL 6
/* What a byte can say. */
#define LONGEST_SITE 255

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
	if (sites->count == sites->room) {
		unsigned int room = sites->room ? 2 * sites->room : 64;
		struct code_site *grown = room <= LIMIT_SITES ? realloc(sites->site, room * sizeof(*grown)) : NULL;

		if (!grown)
			return false;
		sites->site = grown;
		sites->room = room;
	}
	sites->site[sites->count++] = site;
	return true;
}

/* False: not all of them. */
static bool read_table(struct walk *w, const struct klp_elf *elf, const struct elf_section *section,
		       const struct sites *s, struct reloc_sites *sites)
{
	uint64_t entry = s->entry ? s->entry : w->layout.type_size[s->type].v;

	if ((!s->entry && w->layout.type_size[s->type].st) || !entry ||
	    !klp_elf_keeps(w, elf, section->addr, section->size))
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

static void read_sites(struct walk *w, const struct klp_elf *elf, struct reloc_sites *sites)
{
	sites->read = true;
	for (unsigned int i = 1; i < elf->nr_sections && !sites->incomplete; i++) {
		struct elf_section s = klp_elf_section(w, elf, i);
		struct text name = { NULL, KLPSCOPE_NOT_FOUND };

		if (!s.size)
			continue;
		name = klp_elf_section_name(w, elf, &s);
		sites->incomplete = name.st != KLPSCOPE_OK;
		for (size_t k = 0; !name.st && k < sizeof(tables) / sizeof(*tables); k++)
			if (!strcmp(name.s, tables[k].section) && !read_table(w, elf, &s, &tables[k], sites))
				sites->incomplete = true;
	}
	if (sites->count)
		qsort(sites->site, sites->count, sizeof(*sites->site), by_address);
}

/* The first site that is long enough to reach `addr`, if it is as long as can be. */
static unsigned int first_near(const struct reloc_sites *sites, uint64_t addr)
{
	unsigned int low = 0, high = sites->count;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (sites->site[mid].from + LONGEST_SITE <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool reloc_site_rewritten(struct walk *w, const struct klp_elf *elf, struct reloc_sites *sites, const char *section,
			  uint64_t place, unsigned int size)
{
	if (is_sorted_table(section))
		return true;
	if (!sites->read)
		read_sites(w, elf, sites);
	for (unsigned int i = first_near(sites, place); i < sites->count && sites->site[i].from < place + size; i++)
		if (sites->site[i].from + sites->site[i].length > place)
			return true;
	return sites->incomplete;
}

void reloc_sites_free(struct reloc_sites *sites)
{
	free(sites->site);
	*sites = (struct reloc_sites){ 0 };
}
