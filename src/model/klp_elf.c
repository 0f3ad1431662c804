// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kernel/module/livepatch.c, copy_module_elf(): the ELF header, the section
 * headers with the addresses that the sections got, and their names.  What
 * lay in memory that was freed since is still described there.
 */
#include <elf.h>
#include <stddef.h>
#include <stdlib.h>

#include "model/klp_elf.h"

#define LIMIT_SYMBOLS (1u << 20)
/* ".klp.sym." and the longest names that the kernel takes, with a position. */
#define LIMIT_SYMBOL_NAME (LIMIT_NAME + 96)
#define LIMIT_SECTION_NAME 1024

static bool is_wide(struct walk *w)
{
	return target_pointer_size(w->t) == 8;
}

static unsigned int header_size(struct walk *w)
{
	return is_wide(w) ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
}

static void find_symbols(struct walk *w, struct klp_elf *elf)
{
	uint64_t at = walk_at(w, elf->module->addr, M_module_core_kallsyms);
	struct val symtab = walk_peek(w, at, M_mod_kallsyms_symtab);
	struct val num = walk_peek(w, at, M_mod_kallsyms_num_symtab);
	struct val strtab = walk_peek(w, at, M_mod_kallsyms_strtab);

	elf->symbols_st = w->layout.member[M_module_core_kallsyms].st;
	if (!elf->symbols_st)
		elf->symbols_st = symtab.st ? symtab.st : num.st ? num.st : strtab.st;
	/* Kept elsewhere, which is not that a symbol is gone. */
	if (elf->symbols_st == KLPSCOPE_NOT_FOUND)
		elf->symbols_st = KLPSCOPE_UNSUPPORTED;
	if (!elf->symbols_st && num.v > LIMIT_SYMBOLS)
		elf->symbols_st = KLPSCOPE_LIMIT;
	elf->symbols = (struct mod_symtab){ symtab.v, num.v, strtab.v,
					    is_wide(w) ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym) };
}

/* Those of one module stand together. */
static void find_ranges(struct walk *w, struct klp_elf *elf)
{
	unsigned int i = 0;

	while (i < w->nr_ranges && w->ranges[i].mod->addr != elf->module->addr)
		i++;
	elf->range = w->ranges + i;
	while (i + elf->nr_ranges < w->nr_ranges && elf->range[elf->nr_ranges].mod == elf->range->mod)
		elf->nr_ranges++;
}

static enum klpscope_status read_headers(struct walk *w, uint64_t sechdrs, struct klp_elf *elf)
{
	size_t size = (size_t)elf->nr_sections * header_size(w);

	elf->headers = malloc(size ? size : 1);
	return elf->headers ? target_read(w->t, sechdrs, elf->headers, size) : KLPSCOPE_NO_MEMORY;
}

enum klpscope_status klp_elf_open(struct walk *w, const struct module_rec *m, unsigned int limit,
				  struct klp_elf *elf)
{
	unsigned int shnum = is_wide(w) ? offsetof(Elf64_Ehdr, e_shnum) : offsetof(Elf32_Ehdr, e_shnum);
	struct val at = walk_peek(w, m->addr, M_module_klp_info);
	struct val sechdrs, names;
	uint64_t count;
	enum klpscope_status st;

	*elf = (struct klp_elf){ .module = m };
	find_ranges(w, elf);
	if (at.st || !at.v)
		return at.st ? at.st : KLPSCOPE_NOT_FOUND;
	sechdrs = walk_peek(w, at.v, M_klp_modinfo_sechdrs);
	names = walk_peek(w, at.v, M_klp_modinfo_secstrings);
	st = w->layout.member[M_klp_modinfo_hdr].st;
	st = st ? st : sechdrs.st ? sechdrs.st : names.st;
	if (!st)
		st = target_read_uint(w->t, walk_at(w, at.v, M_klp_modinfo_hdr) + shnum, 2, &count);
	if (st)
		/* It has one: that its members are not known is not that there is nothing. */
		return st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_UNSUPPORTED : st;
	/* Section 0 is nothing, and without a symbol table no module is loaded: there are more. */
	if (count < 2) {
		elf->expected = "an ELF file's sections";
		elf->found = arena_printf(w->r->arena, "e_shnum %u", (unsigned int)count);
		return KLPSCOPE_CORRUPT;
	}
	if (count > limit)
		return KLPSCOPE_LIMIT;
	elf->nr_sections = (unsigned int)count;
	elf->secstrings = names.v;
	st = read_headers(w, sechdrs.v, elf);
	if (st)
		klp_elf_close(elf);
	else
		find_symbols(w, elf);
	return st;
}

void klp_elf_close(struct klp_elf *elf)
{
	free(elf->headers);
	elf->headers = NULL;
}

/*
 * Elf64_Shdr: name 4, type 4, flags 8, addr 8, offset 8, size 8, link 4, info 4, …
 * Elf32_Shdr: the same, all of 4 bytes.
 */
struct elf_section klp_elf_section(struct walk *w, const struct klp_elf *elf, unsigned int i)
{
	const unsigned char *p = elf->headers + (size_t)i * header_size(w);
	bool wide = is_wide(w);

	return (struct elf_section){
		.name = (uint32_t)target_decode(w->t, p, 4),
		.flags = target_decode(w->t, p + 8, wide ? 8 : 4),
		.addr = target_decode(w->t, p + (wide ? 16 : 12), wide ? 8 : 4),
		.size = target_decode(w->t, p + (wide ? 32 : 20), wide ? 8 : 4),
		.info = (uint32_t)target_decode(w->t, p + (wide ? 44 : 28), 4),
	};
}

struct text klp_elf_section_name(struct walk *w, const struct klp_elf *elf, const struct elf_section *s)
{
	struct text name = { NULL, KLPSCOPE_OK };

	name.st = target_read_string(w->t, elf->secstrings + s->name, LIMIT_SECTION_NAME, &name.s);
	return name;
}

bool klp_elf_keeps(const struct klp_elf *elf, uint64_t addr, uint64_t size)
{
	for (unsigned int i = 0; i < elf->nr_ranges; i++) {
		const struct mod_range *r = &elf->range[i];

		if (addr - r->base < r->size && size <= r->size - (addr - r->base))
			return true;
	}
	return false;
}

unsigned int klp_elf_rela_size(struct walk *w)
{
	return is_wide(w) ? sizeof(Elf64_Rela) : sizeof(Elf32_Rela);
}

struct elf_rela klp_elf_rela(struct walk *w, const unsigned char *raw)
{
	unsigned int size = target_pointer_size(w->t);
	uint64_t info = target_decode(w->t, raw + size, size);

	return (struct elf_rela){
		.offset = target_decode(w->t, raw, size),
		.addend = target_decode(w->t, raw + 2 * size, size),
		.symbol = (uint32_t)(size == 8 ? ELF64_R_SYM(info) : ELF32_R_SYM(info)),
		.type = (uint32_t)(size == 8 ? ELF64_R_TYPE(info) : ELF32_R_TYPE(info)),
	};
}

struct text klp_elf_foreign_symbol(struct walk *w, const struct klp_elf *elf, uint32_t i)
{
	struct text name = { NULL, elf->symbols_st };
	unsigned char raw[sizeof(Elf64_Sym)];
	struct elf_symbol s;

	if (!name.st && i >= elf->symbols.num)
		name.st = KLPSCOPE_CORRUPT;
	if (!name.st)
		name.st = target_read(w->t, elf->symbols.symtab + (uint64_t)i * elf->symbols.entry, raw,
				      elf->symbols.entry);
	if (name.st)
		return name;
	s = module_decode_symbol(w->t, raw);
	name.st = KLPSCOPE_CORRUPT;
	if (s.shndx == SHN_LIVEPATCH)
		name.st = target_read_string(w->t, elf->symbols.strtab + s.name, LIMIT_SYMBOL_NAME, &name.s);
	return name;
}
