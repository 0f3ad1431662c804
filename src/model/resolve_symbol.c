// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The address of a symbol by object, name and position, without a look at what
 * a livepatch module keeps of it: that is what is to be checked.
 */
#include <stdlib.h>

#include "model/resolve_symbol.h"

static struct val only_one(struct val first, struct val second)
{
	if (first.st)
		return first;
	if (!second.st)
		return (struct val){ 0, KLPSCOPE_UNSUPPORTED };
	if (second.st != KLPSCOPE_NOT_FOUND)
		first.st = second.st;
	return first;
}

static struct val in_module(struct walk *w, const struct object_symbol *s)
{
	if (s->sympos)
		return module_symbol_at_position(w, s->object, s->name, s->sympos);
	return only_one(module_symbol_at_position(w, s->object, s->name, 1),
			module_symbol_at_position(w, s->object, s->name, 2));
}

/* The first of each, and behind it the second where there must be none. */
static size_t ask(const struct object_symbol *symbols, size_t n, struct symbol_query *q)
{
	size_t asked = 0;

	for (size_t i = 0; i < n; i++) {
		if (symbols[i].object)
			continue;
		q[asked++] = (struct symbol_query){ .name = symbols[i].name, .sympos = symbols[i].sympos };
		if (!symbols[i].sympos)
			q[asked++] = (struct symbol_query){ .name = symbols[i].name, .sympos = 2 };
	}
	return asked;
}

static void take(struct object_symbol *symbols, size_t n, const struct symbol_query *q)
{
	for (size_t i = 0; i < n; i++) {
		struct val first;

		if (symbols[i].object)
			continue;
		first = (struct val){ q->addr, q->st };
		q++;
		symbols[i].addr = symbols[i].sympos ? first : only_one(first, (struct val){ q->addr, q->st });
		q += !symbols[i].sympos;
	}
}

static void in_vmlinux(struct walk *w, struct object_symbol *symbols, size_t n)
{
	struct symbol_query *q = calloc(n ? 2 * n : 1, sizeof(*q));
	size_t asked = q ? ask(symbols, n, q) : 0;

	for (size_t i = 0; !q && i < n; i++)
		if (!symbols[i].object)
			symbols[i].addr = (struct val){ 0, KLPSCOPE_NO_MEMORY };
	if (asked) {
		target_symbols(w->t, q, asked);
		take(symbols, n, q);
	}
	free(q);
}

void walk_object_symbols(struct walk *w, struct object_symbol *symbols, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (symbols[i].object)
			symbols[i].addr = in_module(w, &symbols[i]);
	in_vmlinux(w, symbols, n);
}

struct val walk_object_symbol(struct walk *w, struct mod_info *object, const char *name, unsigned int sympos)
{
	struct object_symbol s = { .object = object, .name = name, .sympos = sympos };

	walk_object_symbols(w, &s, 1);
	return s.addr;
}
