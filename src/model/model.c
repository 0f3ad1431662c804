// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/model.h"
#include "model/walk.h"

/*
 * A kernel without klp_patches has no livepatch support only if somebody read
 * its whole symbol table: livepatch needs KALLSYMS_ALL, so it would be there.
 */
static enum klp_capability capability(const struct layout *l)
{
	if (!l->symbol[S_klp_patches].st)
		return KLP_CAPABLE;
	if (l->symbol[S_klp_patches].st == KLPSCOPE_NOT_FOUND && !l->symbol[S_init_task].st)
		return KLP_NOT_BUILT_IN;
	return KLP_UNKNOWN;
}

static bool any_symbol(const struct layout *l)
{
	for (unsigned int i = 0; i < NR_SYMBOLS; i++)
		if (!l->symbol[i].st)
			return true;
	return false;
}

/* A symbol that could not be looked for may be there: what hangs on it is not known. */
static void note_unknown_symbols(struct walk *w)
{
	w->where = "symbols";
	for (unsigned int i = 0; i < NR_SYMBOLS; i++) {
		enum klpscope_status st = w->layout.symbol[i].st;

		if (st && st != KLPSCOPE_NOT_FOUND)
			walk_problem(w, layout_symbol_name(i), st, 0);
	}
	w->where = NULL;
}

static void walk_livepatches(struct walk *w)
{
	transition_walk(w);
	ops_walk(w);
	patches_walk(w);
	unowned_walk(w);
	detached_walk(w);
	entries_walk(w);
}

static void note_other_technology(struct walk *w)
{
	static const char *const kgraft[] = { "kGraft (built in)", NULL };

	if (!w->layout.symbol[S_kgr_patches].st && !w->r->other_hotfix)
		w->r->other_hotfix = kgraft;
}

enum klpscope_status model_collect(struct target *t, struct report *r)
{
	struct walk *w = arena_alloc(r->arena, sizeof(*w));

	if (!w)
		return target_fail(t, KLPSCOPE_NO_MEMORY, "out of memory");
	w->t = t;
	w->r = r;
	layout_symbols(&w->layout, t);
	r->capability = capability(&w->layout);
	if (!any_symbol(&w->layout)) {
		uint64_t ignored;

		/* Asked once more for its error text. */
		return target_prepend(t, target_symbol(t, "klp_patches", &ignored), "no kernel symbols");
	}
	note_unknown_symbols(w);
	layout_types(&w->layout, t);
	if (w->layout.st)
		walk_problem(w, target_error(t), w->layout.st, 0);
	system_walk(w);
	modules_walk(w);
	note_other_technology(w);
	if (r->capability == KLP_CAPABLE) {
		walk_livepatches(w);
	} else {
		enum klpscope_status st = w->layout.symbol[S_klp_patches].st;

		r->patches_st = r->ops_st = r->capability == KLP_UNKNOWN ? st : KLPSCOPE_OK;
		r->transition.st = r->patches_st;
	}
	return KLPSCOPE_OK;
}
