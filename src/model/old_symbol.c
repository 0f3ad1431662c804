// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the function that a klp_func replaces is the one that it names, by
 * old_name and old_sympos: what klp_find_object_symbol() would find
 * (kernel/livepatch/core.c, 4.0 to 7.3-rc7).
 */
#include <string.h>

#include "model/resolve_symbol.h"

/* 6.12+ keeps what LTO appends to names of static functions, earlier ones leave it out. */
static bool is_name(const char *symbol, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(symbol, name, n) && (!symbol[n] || !strncmp(symbol + n, ".llvm.", strlen(".llvm.")));
}

static bool is_named(const struct func_rec *f)
{
	return f->old_symbol.name && f->old_symbol.start == f->old_addr.v && is_name(f->old_symbol.name, f->name.s);
}

/* The symbol at its address is of that name, and the only one: the kernel would not have taken it otherwise. */
static bool is_plain(const struct func_rec *f)
{
	if (!is_named(f))
		return false;
	return f->sympos.st == KLPSCOPE_NOT_FOUND || !f->sympos.v;
}

static bool is_known(const struct object_rec *o, const struct func_rec *f)
{
	if (o->name.st || o->loaded.st || !o->loaded.v || f->st || f->name.st || f->old_addr.st || !f->old_addr.v)
		return false;
	return !f->sympos.st || f->sympos.st == KLPSCOPE_NOT_FOUND;
}

/* Under another spelling of its name it is found at its address, and its position is not known. */
static void take(struct func_rec *f, struct val addr)
{
	if (addr.st == KLPSCOPE_NOT_FOUND && is_named(f))
		addr.st = KLPSCOPE_UNSUPPORTED;
	f->symbol_addr = addr;
}

/* Those that have to be looked for, all together: each time costs a pass over all names. */
struct asked {
	struct object_symbol *symbol;	/* NULL: they are only counted */
	struct func_rec **func;
	unsigned int count;
};

static void visit(struct walk *w, const struct object_rec *o, struct func_rec *f, struct asked *out)
{
	struct mod_info *object = o->is_vmlinux ? NULL : module_info_at(w, o->mod.v);

	f->symbol_addr.st = KLPSCOPE_UNSUPPORTED;
	if (!is_known(o, f) || (!o->is_vmlinux && !object))
		return;
	if (is_plain(f)) {
		f->symbol_addr = f->old_addr;
		return;
	}
	if (out->symbol) {
		out->symbol[out->count] = (struct object_symbol){
			.object = object, .name = f->name.s, .sympos = f->sympos.st ? 0 : (unsigned int)f->sympos.v,
		};
		out->func[out->count] = f;
	}
	out->count++;
}

static unsigned int visit_all(struct walk *w, struct asked *out)
{
	out->count = 0;
	for (struct patch_rec *p = w->r->patches; p; p = p->next)
		for (struct object_rec *o = p->objects; o; o = o->next)
			for (struct func_rec *f = o->funcs; f; f = f->next)
				visit(w, o, f, out);
	return out->count;
}

void old_symbols_walk(struct walk *w)
{
	struct asked asked = { 0 };
	unsigned int n = visit_all(w, &asked);

	if (!n)
		return;
	asked.symbol = arena_alloc(w->r->arena, n * sizeof(*asked.symbol));
	asked.func = arena_alloc(w->r->arena, n * sizeof(*asked.func));
	if (!asked.symbol || !asked.func)
		return;
	visit_all(w, &asked);
	walk_object_symbols(w, asked.symbol, n);
	for (unsigned int i = 0; i < n; i++)
		take(asked.func[i], asked.symbol[i].addr);
}
