// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Symbols of modules, out of the tables that the kernel keeps for kallsyms.
 * For a livepatch module the kernel keeps all of them, also those that
 * stand for another object's function: an address is never named by those.
 */
#include <elf.h>
#include <stdlib.h>

#include "model/module.h"

#define LIMIT_SYMBOLS (1u << 20)

enum klpscope_status module_symtab(struct walk *w, uint64_t addr, struct mod_symtab *table)
{
	struct val symtab, num, strtab;

	if (walk_has(w, M_module_kallsyms)) {
		struct val kallsyms = walk_peek(w, addr, M_module_kallsyms);

		if (kallsyms.st || !kallsyms.v)
			return kallsyms.st ? kallsyms.st : KLPSCOPE_NOT_FOUND;
		symtab = walk_peek(w, kallsyms.v, M_mod_kallsyms_symtab);
		num = walk_peek(w, kallsyms.v, M_mod_kallsyms_num_symtab);
		strtab = walk_peek(w, kallsyms.v, M_mod_kallsyms_strtab);
	} else {
		symtab = walk_peek(w, addr, M_module_symtab);
		num = walk_peek(w, addr, M_module_num_symtab);
		strtab = walk_peek(w, addr, M_module_strtab);
	}
	if (symtab.st || num.st || strtab.st)
		return symtab.st ? symtab.st : num.st ? num.st : strtab.st;
	if (num.v > LIMIT_SYMBOLS)
		return KLPSCOPE_LIMIT;
	table->symtab = symtab.v;
	table->num = num.v;
	table->strtab = strtab.v;
	table->entry = target_pointer_size(w->t) == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	return KLPSCOPE_OK;
}

/* Elf64_Sym: name 4, info 1, other 1, shndx 2, value 8, size 8; Elf32_Sym: name, value, size, info, other, shndx. */
struct elf_symbol module_decode_symbol(const struct target *t, const unsigned char *p)
{
	bool wide = target_pointer_size(t) == 8;

	return (struct elf_symbol){
		.name = (uint32_t)target_decode(t, p, 4),
		.info = p[wide ? 4 : 12],
		.shndx = (uint16_t)target_decode(t, p + (wide ? 6 : 14), 2),
		.value = target_decode(t, p + (wide ? 8 : 4), wide ? 8 : 4),
		.size = target_decode(t, p + (wide ? 16 : 8), wide ? 8 : 4),
	};
}

static bool decode_symbol(const struct target *t, const unsigned char *p, uint64_t strtab, struct module_symbol *out)
{
	struct elf_symbol s = module_decode_symbol(t, p);

	if (s.shndx == SHN_UNDEF || s.shndx == SHN_LIVEPATCH || !s.name)
		return false;
	out->addr = s.value;
	out->size = s.size;
	/*
	 * Since 5.2 (kernel/module.c, add_kallsyms) st_info may hold an nm-like
	 * letter on kernels without typetab: then every type counts as a function.
	 */
	out->type = s.info & 0xf;
	out->local = s.info >> 4 == STB_LOCAL;
	out->name_at = strtab + s.name;
	return out->addr != 0 && out->type != STT_SECTION && out->type != STT_FILE;
}

static int by_address(const void *a, const void *b)
{
	const struct module_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	/* Of several at one address: a function, the larger one, a global one, table order. */
	if ((x->type == STT_FUNC) != (y->type == STT_FUNC))
		return x->type == STT_FUNC ? -1 : 1;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	if (x->local != y->local)
		return x->local ? 1 : -1;
	return x->name_at < y->name_at ? -1 : x->name_at > y->name_at;
}

/* The first at each address is the one to name it by. */
static void keep_one_each(struct mod_symbols *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->count; i++)
		if (!n || s->symbol[n - 1].addr != s->symbol[i].addr)
			s->symbol[n++] = s->symbol[i];
	s->count = n;
}

static void read_symbols(struct walk *w, uint64_t addr, struct mod_symbols *s)
{
	struct mod_symtab table = { 0 };
	unsigned char *raw;

	s->st = module_symtab(w, addr, &table);
	if (s->st || !table.num)
		return;
	raw = malloc(table.num * table.entry);
	s->symbol = arena_alloc(w->r->arena, table.num * sizeof(*s->symbol));
	s->st = raw && s->symbol ? target_read_bulk(w->t, table.symtab, raw, table.num * table.entry) :
				   KLPSCOPE_NO_MEMORY;
	for (uint64_t i = 0; !s->st && i < table.num; i++)
		s->count += decode_symbol(w->t, raw + i * table.entry, table.strtab, &s->symbol[s->count]);
	free(raw);
	if (s->count)
		qsort(s->symbol, s->count, sizeof(*s->symbol), by_address);
	keep_one_each(s);
}

const struct mod_symbols *module_symbols(struct walk *w, struct mod_info *m)
{
	if (!m->symbols) {
		m->symbols = arena_alloc(w->r->arena, sizeof(*m->symbols));
		if (m->symbols)
			read_symbols(w, m->addr, m->symbols);
	}
	return m->symbols;
}

/* The one at the greatest address that is not above addr. */
static const struct module_symbol *covering(const struct mod_symbols *s, uint64_t addr)
{
	unsigned int low = 0, high = s->count;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (s->symbol[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &s->symbol[low - 1] : NULL;
}

static enum klpscope_status name_in_module(struct walk *w, struct mod_info *m, uint64_t addr,
					   struct symbol_name *out)
{
	const struct mod_symbols *s = module_symbols(w, m);
	const struct module_symbol *sym;
	enum klpscope_status st = s ? s->st : KLPSCOPE_NO_MEMORY;

	if (st)
		return st;
	sym = covering(s, addr);
	if (!sym)
		return KLPSCOPE_NOT_FOUND;
	st = target_read_string(w->t, sym->name_at, LIMIT_NAME, &out->name);
	if (st)
		return st;
	out->module = m->name;
	out->start = sym->addr;
	out->size = sym->size;
	return KLPSCOPE_OK;
}

enum klpscope_status walk_name_address(struct walk *w, uint64_t addr, struct symbol_name *out)
{
	struct mod_info *m = module_at(w, addr);
	enum klpscope_status st;

	*out = (struct symbol_name){ 0 };
	st = m ? name_in_module(w, m, addr, out) : target_name_address(w->t, addr, out);
	if (st)
		*out = (struct symbol_name){ 0 };
	return st;
}
