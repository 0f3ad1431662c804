// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ftrace_ops_list: who is called by ftrace at all.  A klp_ops that is not on
 * it redirects nothing, whatever its flags say, unless the entry calls its own
 * trampoline.
 */
#include <stdlib.h>
#include <string.h>

#include "model/ftrace.h"

static bool add_ops(struct walk *w, struct ftrace_list *list, uint64_t ops)
{
	if (list->count == list->room) {
		unsigned int room = list->room ? 2 * list->room : 16;
		uint64_t *grown = arena_alloc(w->r->arena, room * sizeof(*grown));

		if (!grown)
			return false;
		if (list->count)
			memcpy(grown, list->ops, list->count * sizeof(*grown));
		list->ops = grown;
		list->room = room;
	}
	list->ops[list->count++] = ops;
	return true;
}

/* Singly linked: a loop shows when an ops comes again (Brent: a remembered one). */
static enum klpscope_status read_list(struct walk *w, struct ftrace_list *list, struct val at, uint64_t *bad)
{
	struct val end = w->layout.symbol[S_ftrace_list_end];
	uint64_t remembered = 0;

	while (!at.st && at.v && (end.st || at.v != end.v)) {
		*bad = at.v;
		if (at.v == remembered)
			return KLPSCOPE_CORRUPT;
		if (list->count == LIMIT_FTRACE_OPS)
			return KLPSCOPE_LIMIT;
		if (!(list->count & (list->count + 1)))
			remembered = at.v;
		at = walk_peek(w, at.v, M_ftrace_ops_next);
		if (!at.st && !add_ops(w, list, *bad))
			return KLPSCOPE_NO_MEMORY;
	}
	/* It ends at a static ftrace_ops, and nowhere else. */
	if (at.st || at.v || end.st)
		return at.st;
	*bad = 0;
	return KLPSCOPE_CORRUPT;
}

static int by_address(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A loop has some of them twice. */
static void sort(struct ftrace_list *list)
{
	unsigned int kept = 0;

	if (list->count)
		qsort(list->ops, list->count, sizeof(*list->ops), by_address);
	for (unsigned int i = 0; i < list->count; i++)
		if (!kept || list->ops[kept - 1] != list->ops[i])
			list->ops[kept++] = list->ops[i];
	list->count = kept;
}

static void mark_registered(struct walk *w, struct ftrace_list *list)
{
	list->klp = arena_alloc(w->r->arena, list->count * sizeof(*list->klp));
	for (struct ops_rec *ops = w->r->ops; ops; ops = ops->next) {
		uint64_t fops = walk_at(w, ops->addr, M_klp_ops_fops);
		const uint64_t *found = list->count ? bsearch(&fops, list->ops, list->count, sizeof(fops), by_address) :
						      NULL;

		if (found && list->klp)
			list->klp[found - list->ops] = true;
		ops->registered.v = found != NULL;
		ops->registered.st = ops->registered.v ? KLPSCOPE_OK : w->r->ftrace.st;
	}
}

static struct val list_start(struct walk *w)
{
	struct val at = w->layout.symbol[S_ftrace_ops_list];

	if (!at.st)
		at.st = target_read_ptr(w->t, at.v, &at.v);
	if (!at.st && !walk_has(w, M_ftrace_ops_next))
		at.st = w->layout.member[M_ftrace_ops_next].st;
	return at;
}

void ftrace_list_walk(struct walk *w)
{
	struct ftrace_rec *f = &w->r->ftrace;
	struct val at = list_start(w);
	uint64_t bad = at.st ? w->layout.symbol[S_ftrace_ops_list].v : at.v;

	f->handler = w->layout.symbol[S_klp_ftrace_handler];
	w->where = "ftrace";
	f->last_enabled = walk_symbol_value(w, S_last_ftrace_enabled, 4, "last_ftrace_enabled");
	w->ftrace = arena_alloc(w->r->arena, sizeof(*w->ftrace));
	f->st = !w->ftrace ? KLPSCOPE_NO_MEMORY : at.st ? at.st : read_list(w, w->ftrace, at, &bad);
	if (f->st && f->st != KLPSCOPE_NOT_FOUND)
		walk_problem(w, "ftrace_ops_list", f->st, bad);
	if (f->st == KLPSCOPE_CORRUPT)
		walk_contradiction(w, "ftrace_list_end at its end",
				   bad ? arena_printf(w->r->arena, "0x%llx again", (unsigned long long)bad) : "NULL");
	w->where = NULL;
	if (!w->ftrace)
		return;
	sort(w->ftrace);
	f->nr_ops = w->ftrace->count;
	mark_registered(w, w->ftrace);
}
