// SPDX-License-Identifier: GPL-2.0-or-later
/* Modules: each with its symbols, what it exports, and where its text and ORC entries are. */
#include "capsule/for_crash_priv.h"

#define MAX_MODULES 4096u
#define MAX_MODULE_SYMS ((uint64_t)24 << 20)	/* bytes of symbols of all modules */
#define MAX_MODULE_MEM ((uint64_t)256 << 20)	/* bytes of modules, of which each page is touched */

/* What a module's memory is called in this kernel; crash reads it in one piece, to find the symbols there. */
static void touch_module(struct taker *tk, uint64_t base, uint64_t size)
{
	if (!base || size > MAX_MODULE_MEM - tk->module_mem)
		return;
	tk->module_mem += size;
	tk_touch(tk, base, size);
}

/* Since 6.4 one piece for each kind of memory; before, one. */
static void touch_module_memory(struct taker *tk, uint64_t mod)
{
	struct member_info mem, base, size;
	uint64_t each = tk_type_size(tk, "module_memory");
	const char *type = each ? "module_memory" : "module_layout";

	if (!tk_member(tk, "module", each ? "mem" : "core_layout", &mem) || !tk_member(tk, type, "base", &base) ||
	    !tk_member(tk, type, "size", &size))
		return;
	if (!each)
		each = mem.size;
	for (uint64_t i = 0; each && i + each <= mem.size; i += each)
		touch_module(tk, tk_pointer(tk, mod + mem.offset + i + base.offset),
			     tk_number(tk, mod + mem.offset + i + size.offset, 4));
}

/* Elf64_Sym starts with st_name, Elf32_Sym too. */
static uint64_t last_name(struct taker *tk, uint64_t symtab, uint64_t n, unsigned int each)
{
	uint64_t last = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t name = tk_number(tk, symtab + i * each, 4);

		last = name > last ? name : last;
	}
	return last;
}

static void take_module_symtab(struct taker *tk, uint64_t mod)
{
	unsigned int each = target_pointer_size(tk->t) == 8 ? 24 : 16;
	uint64_t ks = tk_member_pointer(tk, mod, "module", "kallsyms");
	uint64_t symtab = tk_member_pointer(tk, ks, "mod_kallsyms", "symtab");
	uint64_t strtab = tk_member_pointer(tk, ks, "mod_kallsyms", "strtab"), n, last;
	struct member_info m;

	if (!symtab || !strtab || !tk_member(tk, "mod_kallsyms", "num_symtab", &m))
		return;
	n = tk_number(tk, ks + m.offset, 4);
	if (n * each > MAX_MODULE_SYMS - tk->module_syms)
		return;
	tk->module_syms += n * each;
	tk_take(tk, symtab, n * each);
	last = last_name(tk, symtab, n, each);
	if (last > MAX_MODULE_SYMS - tk->module_syms)
		return;
	tk->module_syms += last;
	tk_take(tk, strtab, last);
	tk_take_string(tk, strtab + last);
}

/* The name that a kernel_symbol has: by a pointer, or, since 4.19, by its distance. */
static uint64_t export_name(struct taker *tk, uint64_t sym)
{
	struct member_info m;

	if (tk_member(tk, "kernel_symbol", "name_offset", &m))
		return sym + m.offset + (uint64_t)(int64_t)(int32_t)tk_number(tk, sym + m.offset, 4);
	return tk_member_pointer(tk, sym, "kernel_symbol", "name");
}

/* What it exports, by this pair of members; fatal. */
static void take_exports(struct taker *tk, uint64_t mod, const char *syms, const char *count)
{
	uint64_t table = tk_member_pointer(tk, mod, "module", syms), each = tk_type_size(tk, "kernel_symbol"), n;
	struct member_info m;

	if (!table || !each || !tk_member(tk, "module", count, &m))
		return;
	n = tk_number(tk, mod + m.offset, 4);
	if (n * each > MAX_MODULE_SYMS - tk->module_syms)
		return;
	tk->module_syms += n * each;
	tk_take(tk, table, n * each);
	for (uint64_t i = 0; i < n; i++)
		tk_take_string(tk, export_name(tk, table + i * each));
}

static void add_module_text(struct taker *tk, uint64_t mod)
{
	struct member_info mem, base, size, arch, m;
	const char *type = tk_type_size(tk, "module_memory") ? "module_memory" : "module_layout";
	struct text_of text = { 0 };

	if ((!tk_member(tk, "module", "core_layout", &mem) && !tk_member(tk, "module", "mem", &mem)) ||
	    !tk_member(tk, type, "base", &base) || !tk_member(tk, type, "size", &size))
		return;
	text.base = tk_pointer(tk, mod + mem.offset + base.offset);
	text.size = tk_number(tk, mod + mem.offset + size.offset, 4);
	if (tk_member(tk, "module", "arch", &arch) && tk_member(tk, "mod_arch_specific", "num_orcs", &m)) {
		text.count = tk_number(tk, mod + arch.offset + m.offset, 4);
		text.ips = tk_member_pointer(tk, mod + arch.offset, "mod_arch_specific", "orc_unwind_ip");
		text.entries = tk_member_pointer(tk, mod + arch.offset, "mod_arch_specific", "orc_unwind");
	}
	if (tk->module && tk->modules < MAX_MODULES)
		tk->module[tk->modules++] = text;
}

static void take_module(struct taker *tk, uint64_t mod)
{
	if (!tk_take(tk, mod, tk_type_size(tk, "module")))
		return;
	add_module_text(tk, mod);
	take_exports(tk, mod, "syms", "num_syms");
	take_exports(tk, mod, "gpl_syms", "num_gpl_syms");
	take_module_symtab(tk, mod);
	touch_module_memory(tk, mod);
}

/* fatal */
void take_modules(struct taker *tk)
{
	uint64_t head = tk_symbol(tk, "modules"), node = head;
	struct member_info list;

	if (!head || !tk_member(tk, "module", "list", &list))
		return;
	tk->module = arena_alloc(target_arena(tk->t), MAX_MODULES * sizeof(*tk->module));
	/* A loop ends at the limit: what it leads to was taken, and costs nothing twice. */
	for (unsigned int i = 0; i < MAX_MODULES; i++) {
		node = tk_pointer(tk, node);
		if (!node || node == head)
			return;
		take_module(tk, node - list.offset);
	}
}
