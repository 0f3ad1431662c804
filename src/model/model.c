// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "model/model.h"
#include "model/walk.h"

/*
 * A kernel without klp_patches has no livepatch support only if somebody read
 * its whole symbol table, for livepatch needs KALLSYMS_ALL, so it would be
 * there; and if nothing else speaks of livepatches.
 */
static enum klp_capability capability(const struct layout *l)
{
	static const enum symbol_id others[] = {
		S_klp_ops, S_klp_transition_patch, S_klp_target_state, S_klp_signals_cnt, S_klp_ftrace_handler,
	};

	if (!l->symbol[S_klp_patches].st)
		return KLP_CAPABLE;
	if (l->symbol[S_klp_patches].st != KLPSCOPE_NOT_FOUND || l->symbol[S_init_task].st)
		return KLP_UNKNOWN;
	for (unsigned int i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (l->symbol[others[i]].st != KLPSCOPE_NOT_FOUND)
			return KLP_UNKNOWN;
	return KLP_NOT_BUILT_IN;
}

static bool any_symbol(const struct layout *l)
{
	for (unsigned int i = 0; i < NR_SYMBOLS; i++)
		if (!l->symbol[i].st)
			return true;
	return false;
}

/* What every kernel with livepatches has: without one of these its table of symbols is not whole. */
static bool is_missed(const struct walk *w, enum symbol_id id)
{
	if (w->r->capability == KLP_NOT_BUILT_IN)
		return false;
	return id == S_klp_patches || id == S_klp_ops || id == S_klp_ftrace_handler || id == S_modules;
}

/* A symbol that could not be looked for may be there: what hangs on it is not known. */
static void note_unknown_symbols(struct walk *w)
{
	w->where = "symbols";
	for (unsigned int i = 0; i < NR_SYMBOLS; i++) {
		enum klpscope_status st = w->layout.symbol[i].st;

		if (st && (st != KLPSCOPE_NOT_FOUND || is_missed(w, i)))
			walk_problem(w, layout_symbol_name(i), st, 0);
	}
	w->where = NULL;
}

/* A kernel without livepatches has no types of them either: that is no gap. */
static void note_unknown_types(struct walk *w)
{
	if (w->layout.st && w->r->capability == KLP_NOT_BUILT_IN)
		return;
	w->where = "types";
	if (w->layout.st) {
		walk_problem(w, w->layout.why, w->layout.st, 0);
		return;
	}
	/* Optional: "the kernel has none" is an answer, "nobody can tell" is not. */
	for (unsigned int i = 0; i < NR_MEMBERS; i++) {
		const char *witness = w->layout.member[i].witness;

		if (w->layout.member[i].st && w->layout.member[i].st != KLPSCOPE_NOT_FOUND && !layout_is_copy(i))
			walk_problem(w, layout_member_path(i), w->layout.member[i].st, 0);
		if (witness)
			walk_contradiction(w, arena_printf(w->r->arena, "a member, as there is %s", witness), "none");
	}
	for (unsigned int i = 0; i < NR_TYPES; i++)
		if (w->layout.type_size[i].st && w->layout.type_size[i].st != KLPSCOPE_NOT_FOUND)
			walk_problem(w, layout_type_name(i), w->layout.type_size[i].st, 0);
	w->where = NULL;
}

static void walk_livepatches(struct walk *w)
{
	transition_walk(w);
	ops_walk(w);
	ftrace_list_walk(w);
	patches_walk(w);
	transition_edge_walk(w);
	unowned_walk(w);
	detached_walk(w);
	kobject_names_walk(w);
	old_symbols_walk(w);
	entries_walk(w);
	ftrace_users_walk(w);
	relocs_walk(w);
	shadows_walk(w);
}

static bool is_listed_name(const struct report *r, const char *name)
{
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (p->module && !p->module->name.st && !strcmp(p->module->name.s, name))
			return true;
	return false;
}

/* By their names alone: one that stands on klp_patches after all is none. */
static void drop_listed(struct report *r)
{
	const char **names = arena_alloc(r->arena, (LIMIT_OTHER_HOTFIX + 1) * sizeof(*names));
	unsigned int n = 0;

	for (const char *const *name = r->other_hotfix; names && name && *name && n < LIMIT_OTHER_HOTFIX; name++)
		if (!is_listed_name(r, *name))
			names[n++] = *name;
	if (names)
		r->other_hotfix = n ? names : NULL;
}

static void note_other_technology(struct walk *w)
{
	static const char *const kgraft[] = { "kGraft (built in)", NULL };

	drop_listed(w->r);
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
	note_unknown_types(w);
	system_walk(w);
	/* Only a livepatch sets this bit. */
	if (r->capability == KLP_NOT_BUILT_IN && !r->system.taints.st && r->system.taints.v >> TAINT_LIVEPATCH & 1) {
		r->capability = KLP_UNKNOWN;
		walk_problem(w, "klp_patches, though the livepatch taint is set", KLPSCOPE_NOT_FOUND, 0);
	}
	target_purpose(t, PURPOSE_MODULES);
	modules_walk(w);
	target_purpose(t, PURPOSE_PATCHES);
	/* Not to know where klp_patches is leaves the modules, whose patches name themselves. */
	if (r->capability != KLP_NOT_BUILT_IN)
		walk_livepatches(w);
	note_other_technology(w);
	target_purpose(t, PURPOSE_TASKS);
	crash_walk(w);
	/* The last: the only one that a big machine can make big. */
	if (r->capability != KLP_NOT_BUILT_IN)
		tasks_walk(w);
	return KLPSCOPE_OK;
}
