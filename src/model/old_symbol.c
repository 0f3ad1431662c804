// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the function that a klp_func replaces is the one that it names, by
 * old_name and old_sympos: what klp_find_object_symbol() would find
 * (kernel/livepatch/core.c, 4.0 to 7.3-rc7).
 */
#include <stdlib.h>
#include <string.h>

#include "model/module.h"

/* 6.12+ keeps what LTO appends to names of static functions, earlier ones leave it out. */
static bool is_name(const char *symbol, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(symbol, name, n) && (!symbol[n] || !strncmp(symbol + n, ".llvm.", strlen(".llvm.")));
}

/* The symbol at its address is of that name, and no other of that name is meant. */
static bool is_plain(const struct func_rec *f)
{
	if (!f->old_symbol.name || f->old_symbol.start != f->old_addr.v || !is_name(f->old_symbol.name, f->name.s))
		return false;
	return f->sympos.st == KLPSCOPE_NOT_FOUND || (!f->sympos.st && f->sympos.v <= 1);
}

static bool can_be_asked(const struct object_rec *o, const struct func_rec *f)
{
	if (o->name.st || o->loaded.st || !o->loaded.v || f->st || f->name.st || f->old_addr.st || !f->old_addr.v)
		return false;
	return !f->sympos.st || f->sympos.st == KLPSCOPE_NOT_FOUND;
}

struct asked {
	struct symbol_query *query;
	struct func_rec **func;
	unsigned int count;
};

static void visit(struct walk *w, const struct object_rec *o, struct func_rec *f, struct asked *out)
{
	f->symbol_addr.st = KLPSCOPE_UNSUPPORTED;
	if (!can_be_asked(o, f))
		return;
	if (is_plain(f)) {
		f->symbol_addr = f->old_addr;
		return;
	}
	/* Of the kernel's own they are asked for together: each time costs a pass over all names. */
	if (!o->is_vmlinux)
		return;
	if (out->query) {
		out->query[out->count] = (struct symbol_query){
			.name = f->name.s, .sympos = f->sympos.st ? 0 : (unsigned int)f->sympos.v,
		};
		out->func[out->count] = f;
	}
	out->count++;
	(void)w;
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
	asked.query = arena_alloc(w->r->arena, n * sizeof(*asked.query));
	asked.func = arena_alloc(w->r->arena, n * sizeof(*asked.func));
	if (!asked.query || !asked.func)
		return;
	visit_all(w, &asked);
	target_symbols(w->t, asked.query, n);
	for (unsigned int i = 0; i < n; i++)
		asked.func[i]->symbol_addr = (struct val){ asked.query[i].addr, asked.query[i].st };
}
