// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The name of a livepatch module is a second time in memory, by which sysfs
 * shows it: the kobjects of its patch and of itself each have a copy, made
 * when they were added.  Where it cannot be read nothing is missed.
 */
#include <string.h>

#include "model/module.h"

static struct text kobject_name(struct walk *w, uint64_t kobject)
{
	struct val at = walk_peek(w, kobject, M_kobject_name);
	struct text name = { NULL, at.st };

	if (!name.st && !at.v)
		name.st = KLPSCOPE_NOT_FOUND;
	if (!name.st)
		name.st = target_read_string(w->t, at.v, LIMIT_NAME, &name.s);
	if (!name.st && !*name.s)
		name.st = KLPSCOPE_NOT_FOUND;
	return name;
}

/* A patch that is on klp_patches: its kobject is added before, and released after. */
static struct text name_by_patch(struct walk *w, uint64_t patch)
{
	if (!patch || !walk_has(w, M_klp_patch_kobj))
		return (struct text){ NULL, KLPSCOPE_NOT_FOUND };
	return kobject_name(w, walk_at(w, patch, M_klp_patch_kobj));
}

/* While it is loaded or unloaded there may be no kobject yet, or no more: then the pointer may be stale. */
static struct text name_by_module(struct walk *w, const struct module_rec *m)
{
	if (m->state.st || m->state.v != MODULE_LIVE || !walk_has(w, M_module_mkobj) ||
	    !walk_has(w, M_module_kobject_kobj))
		return (struct text){ NULL, KLPSCOPE_NOT_FOUND };
	return kobject_name(w, walk_at(w, walk_at(w, m->addr, M_module_mkobj), M_module_kobject_kobj));
}

/* patch: 0, where none is listed. */
static void compare(struct walk *w, struct module_rec *m, uint64_t patch)
{
	struct text name;

	if (!m || m->name.st || m->other_name)
		return;
	name = name_by_patch(w, patch);
	if (name.st)
		name = name_by_module(w, m);
	if (name.st || !strcmp(name.s, m->name.s))
		return;
	m->other_name = name.s;
	w->where = arena_printf(w->r->arena, "module %s", m->name.s);
	walk_problem(w, "name, which is not that in sysfs", KLPSCOPE_CORRUPT, walk_at(w, m->addr, M_module_name));
	walk_contradiction(w, name.s, m->name.s);
	w->where = NULL;
}

void kobject_names_walk(struct walk *w)
{
	if (w->layout.st)
		return;
	for (struct patch_rec *p = w->r->patches; p; p = p->next)
		compare(w, p->module, p->st ? 0 : p->addr);
	for (struct detached_rec *d = w->r->detached; d; d = d->next)
		compare(w, d->module, 0);
}
