// SPDX-License-Identifier: GPL-2.0-or-later
/* klp_patches, and under each patch its states, objects and functions. */
#include <string.h>

#include "model/detached.h"
#include "model/list.h"
#include "model/module.h"

static struct val nonzero(struct val v)
{
	v.v = v.v != 0;
	return v;
}

/* Kernels before 4.12 keep an enum klp_state (ENABLED 1) where later ones keep flags. */
static struct val flag_or_state(struct walk *w, uint64_t base, enum member_id flag, enum member_id state)
{
	return nonzero(walk_field(w, base, w->layout.member[flag].st == KLPSCOPE_NOT_FOUND ? state : flag));
}

static struct val old_address(struct walk *w, uint64_t addr)
{
	return walk_field(w, addr, walk_has(w, M_klp_func_old_func) ? M_klp_func_old_func : M_klp_func_old_addr);
}

static void name_function(struct walk *w, struct val addr, const char *what, struct symbol_name *out)
{
	enum klpscope_status st;

	if (addr.st || !addr.v)
		return;
	st = walk_name_address(w, addr.v, out);
	if (st && st != KLPSCOPE_NOT_FOUND)
		walk_problem(w, what, st, addr.v);
}

static struct func_rec *read_func(struct walk *w, uint64_t addr)
{
	struct func_rec *f = arena_alloc(w->r->arena, sizeof(*f));
	const char *outside = w->where;
	const struct stack_slot *slot;

	if (!f)
		return NULL;
	f->addr = addr;
	w->where = arena_printf(w->r->arena, "%s: klp_func 0x%llx", outside, (unsigned long long)addr);
	f->name = walk_string(w, addr, M_klp_func_old_name);
	if (!f->name.st)
		w->where = arena_printf(w->r->arena, "%s: function %s", outside, f->name.s);
	f->sympos = walk_field(w, addr, M_klp_func_old_sympos);
	f->old_addr = old_address(w, addr);
	f->old_size = walk_field(w, addr, M_klp_func_old_size);
	f->new_addr = walk_field(w, addr, M_klp_func_new_func);
	f->new_size = walk_field(w, addr, M_klp_func_new_size);
	f->nop = nonzero(walk_field(w, addr, M_klp_func_nop));
	f->patched = flag_or_state(w, addr, M_klp_func_patched, M_klp_func_state);
	f->transition = nonzero(walk_field(w, addr, M_klp_func_transition));
	slot = ops_find(w, addr);
	if (slot) {
		f->ops = slot->ops;
		if (!f->ops->of)
			f->ops->of = f;
		f->stack_position = slot->position;
		slot->ops->owned[slot->position] = true;
		if (!f->old_addr.st && !slot->ops->old_addr.st && f->old_addr.v != slot->ops->old_addr.v)
			slot->ops->mixed = true;
	}
	name_function(w, f->old_addr, "name of old function", &f->old_symbol);
	name_function(w, f->new_addr, "name of new function", &f->new_symbol);
	w->where = outside;
	return f;
}

static struct func_rec *missing_func(struct walk *w, enum klpscope_status st)
{
	struct func_rec *f = arena_alloc(w->r->arena, sizeof(*f));
	struct val unknown = { 0, st };

	if (!f)
		return NULL;
	*f = (struct func_rec){
		.st = st, .name = { NULL, st }, .sympos = unknown, .old_addr = unknown, .old_size = unknown,
		.new_addr = unknown, .new_size = unknown, .nop = unknown, .patched = unknown,
		.transition = unknown, .entry = { .record_flags = unknown, .st = st },
	};
	return f;
}

/* Running out of memory must not look like the end of a list. */
static bool append_func(struct object_rec *o, struct func_rec ***tail, struct func_rec *f)
{
	if (!f) {
		o->funcs_st = KLPSCOPE_NO_MEMORY;
		return false;
	}
	**tail = f;
	*tail = &f->next;
	o->nr_funcs++;
	return true;
}

static void funcs_by_list(struct walk *w, struct object_rec *o)
{
	struct node_list list = list_collect(w->t, walk_at(w, o->addr, M_klp_object_func_list), LIMIT_FUNCS);
	struct func_rec **tail = &o->funcs;

	o->funcs_st = list.st;
	if (list.st)
		walk_list_problem(w, "func_list", &list);
	for (unsigned int i = 0; i <= list.count; i++) {
		if (list.st && !list.only_bad && i == list.gap && !append_func(o, &tail, missing_func(w, list.st)))
			return;
		if (i < list.count &&
		    !append_func(o, &tail, read_func(w, list.node[i] - w->layout.member[M_klp_func_node].offset)))
			return;
	}
}

/* klp_for_each_func_static: ends at an entry without old_name, new_func and old_sympos. */
static bool func_is_last(struct walk *w, uint64_t addr, enum klpscope_status *st)
{
	struct val name = walk_peek(w, addr, M_klp_func_old_name);
	struct val new_func = walk_peek(w, addr, M_klp_func_new_func);
	struct val sympos = walk_peek(w, addr, M_klp_func_old_sympos);

	*st = name.st ? name.st : new_func.st;
	return !*st && !name.v && !new_func.v && (sympos.st || !sympos.v);
}

static void funcs_by_array(struct walk *w, struct object_rec *o)
{
	struct val at = walk_field(w, o->addr, M_klp_object_funcs);
	struct val size = w->layout.type_size[T_klp_func];
	struct func_rec **tail = &o->funcs;
	enum klpscope_status st = at.st ? at.st : size.st;

	for (unsigned int i = 0; !st && at.v && !func_is_last(w, at.v, &st); i++, at.v += size.v) {
		if (!st && i == LIMIT_FUNCS)
			st = KLPSCOPE_LIMIT;
		if (st || !append_func(o, &tail, read_func(w, at.v)))
			break;
	}
	o->funcs_st = st;
	if (st) {
		walk_problem(w, "funcs", st, at.v);
		append_func(o, &tail, missing_func(w, st));
	}
}

static void no_callbacks(struct callbacks_rec *cb, enum klpscope_status st)
{
	for (unsigned int i = 0; i < CB_COUNT; i++)
		cb->cb[i].addr.st = st;
	cb->post_unpatch_enabled.st = st;
}

static void read_callbacks(struct walk *w, struct object_rec *o)
{
	static const enum member_id member[CB_COUNT] = {
		[CB_PRE_PATCH] = M_klp_callbacks_pre_patch, [CB_POST_PATCH] = M_klp_callbacks_post_patch,
		[CB_PRE_UNPATCH] = M_klp_callbacks_pre_unpatch, [CB_POST_UNPATCH] = M_klp_callbacks_post_unpatch,
	};
	uint64_t at = walk_at(w, o->addr, M_klp_object_callbacks);
	struct callbacks_rec *cb = &o->callbacks;

	if (!walk_has(w, M_klp_object_callbacks)) {
		no_callbacks(cb, w->layout.member[M_klp_object_callbacks].st);
		return;
	}
	for (unsigned int i = 0; i < CB_COUNT; i++) {
		cb->cb[i].addr = walk_field(w, at, member[i]);
		name_function(w, cb->cb[i].addr, "name of a callback", &cb->cb[i].symbol);
	}
	cb->post_unpatch_enabled = nonzero(walk_field(w, at, M_klp_callbacks_post_unpatch_enabled));
}

static uint64_t name_at(struct walk *w, const struct object_rec *o)
{
	return walk_at(w, o->addr, M_klp_object_name);
}

/* What the module that klp_object.mod points to is called. */
static const char *name_by_mod(struct walk *w, uint64_t mod)
{
	const struct mod_info *m = module_info_at(w, mod);

	return m && m->name ? m->name : arena_printf(w->r->arena, "that of the module at 0x%llx", (unsigned long long)mod);
}

static void wrong_name(struct walk *w, const struct object_rec *o, const char *expected, const char *found)
{
	walk_problem(w, "name, which is not that of its module", KLPSCOPE_CORRUPT, name_at(w, o));
	walk_contradiction(w, expected, found);
}

/* NULL names the kernel itself, which has no module; a name that cannot be read is neither. */
static void read_object_name(struct walk *w, struct object_rec *o)
{
	struct val mod = walk_peek(w, o->addr, M_klp_object_mod);

	o->name = walk_not_empty(w, walk_string(w, o->addr, M_klp_object_name), "name", name_at(w, o));
	if (o->name.st != KLPSCOPE_NOT_FOUND)
		return;
	if (!mod.st && mod.v) {
		o->name.st = KLPSCOPE_CORRUPT;
		wrong_name(w, o, name_by_mod(w, mod.v), "NULL, the kernel itself");
		return;
	}
	o->name = (struct text){ "vmlinux", KLPSCOPE_OK };
	o->is_vmlinux = true;
}

/* The kernel finds mod by name, and clears it before the module goes. */
static void check_object_module(struct walk *w, struct object_rec *o)
{
	const struct mod_info *m;

	if (o->mod.st || !o->mod.v)
		return;
	m = module_info_at(w, o->mod.v);
	if (m) {
		if (!o->name.st && m->name && strcmp(m->name, o->name.s))
			wrong_name(w, o, m->name, o->name.s);
		return;
	}
	if (w->ranges_st)
		return;
	o->loaded.st = KLPSCOPE_CORRUPT;
	if (o->name.st)
		return;
	walk_problem(w, "mod, which is no module", KLPSCOPE_CORRUPT, walk_at(w, o->addr, M_klp_object_mod));
	walk_contradiction(w, "a module on the list", arena_printf(w->r->arena, "0x%llx", (unsigned long long)o->mod.v));
}

static struct object_rec *read_object(struct walk *w, uint64_t addr)
{
	struct object_rec *o = arena_alloc(w->r->arena, sizeof(*o));
	const char *outside = w->where;

	if (!o)
		return NULL;
	o->addr = addr;
	w->where = arena_printf(w->r->arena, "%s: klp_object 0x%llx", outside, (unsigned long long)addr);
	read_object_name(w, o);
	if (!o->name.st)
		w->where = arena_printf(w->r->arena, "%s: object %s", outside, o->name.s);
	o->mod = walk_field(w, addr, M_klp_object_mod);
	o->loaded = o->is_vmlinux ? (struct val){ 1, KLPSCOPE_OK } : nonzero(o->mod);
	/* A target that is not loaded has no address; without the name we cannot know that it is a module. */
	if (o->name.st && !o->loaded.st && !o->loaded.v)
		o->loaded.st = o->name.st;
	check_object_module(w, o);
	o->patched = flag_or_state(w, addr, M_klp_object_patched, M_klp_object_state);
	o->dynamic = nonzero(walk_field(w, addr, M_klp_object_dynamic));
	read_callbacks(w, o);
	if (walk_has(w, M_klp_object_func_list) && walk_has(w, M_klp_func_node))
		funcs_by_list(w, o);
	else
		funcs_by_array(w, o);
	w->where = outside;
	return o;
}

static struct object_rec *missing_object(struct walk *w, enum klpscope_status st)
{
	struct object_rec *o = arena_alloc(w->r->arena, sizeof(*o));
	struct val unknown = { 0, st };

	if (!o)
		return NULL;
	*o = (struct object_rec){
		.st = st, .name = { NULL, st }, .mod = unknown, .loaded = unknown, .patched = unknown,
		.dynamic = unknown, .funcs_st = st,
	};
	no_callbacks(&o->callbacks, st);
	return o;
}

static bool append_object(struct patch_rec *p, struct object_rec ***tail, struct object_rec *o)
{
	if (!o) {
		p->objects_st = KLPSCOPE_NO_MEMORY;
		return false;
	}
	**tail = o;
	*tail = &o->next;
	p->nr_objects++;
	return true;
}

static void objects_by_list(struct walk *w, struct patch_rec *p)
{
	struct node_list list = list_collect(w->t, walk_at(w, p->addr, M_klp_patch_obj_list), LIMIT_OBJECTS);
	struct object_rec **tail = &p->objects;

	p->objects_st = list.st;
	if (list.st)
		walk_list_problem(w, "obj_list", &list);
	for (unsigned int i = 0; i <= list.count; i++) {
		if (list.st && !list.only_bad && i == list.gap &&
		    !append_object(p, &tail, missing_object(w, list.st)))
			return;
		if (i < list.count && !append_object(p, &tail, read_object(w, list.node[i] -
								w->layout.member[M_klp_object_node].offset)))
			return;
	}
}

/* klp_for_each_object_static: ends at an entry without funcs and name. */
static bool object_is_last(struct walk *w, uint64_t addr, enum klpscope_status *st)
{
	struct val name = walk_peek(w, addr, M_klp_object_name);
	struct val funcs = walk_peek(w, addr, M_klp_object_funcs);

	*st = name.st ? name.st : funcs.st;
	return !*st && !name.v && !funcs.v;
}

static void objects_by_array(struct walk *w, struct patch_rec *p)
{
	struct val at = walk_field(w, p->addr, M_klp_patch_objs);
	struct val size = w->layout.type_size[T_klp_object];
	struct object_rec **tail = &p->objects;
	enum klpscope_status st = at.st ? at.st : size.st;

	for (unsigned int i = 0; !st && at.v && !object_is_last(w, at.v, &st); i++, at.v += size.v) {
		if (!st && i == LIMIT_OBJECTS)
			st = KLPSCOPE_LIMIT;
		if (st || !append_object(p, &tail, read_object(w, at.v)))
			break;
	}
	p->objects_st = st;
	if (st) {
		walk_problem(w, "objs", st, at.v);
		append_object(p, &tail, missing_object(w, st));
	}
}

static void read_states(struct walk *w, struct patch_rec *p)
{
	struct val at = walk_field(w, p->addr, M_klp_patch_states);
	struct val size = w->layout.type_size[T_klp_state];
	struct state_rec **tail = &p->states;

	p->states_st = at.st ? at.st : at.v ? size.st : KLPSCOPE_OK;
	for (unsigned int i = 0; !p->states_st && at.v; i++, at.v += size.v) {
		struct val id = walk_field(w, at.v, M_klp_state_id);
		struct state_rec *s;

		if (!id.st && !id.v)
			break;
		p->states_st = id.st ? id.st : i == LIMIT_STATES ? KLPSCOPE_LIMIT : KLPSCOPE_OK;
		s = p->states_st ? NULL : arena_alloc(w->r->arena, sizeof(*s));
		if (!s) {
			p->states_st = p->states_st ? p->states_st : KLPSCOPE_NO_MEMORY;
			break;
		}
		s->id = id;
		s->version = walk_field(w, at.v, M_klp_state_version);
		s->data = walk_field(w, at.v, M_klp_state_data);
		*tail = s;
		tail = &s->next;
	}
	if (p->states_st && p->states_st != KLPSCOPE_NOT_FOUND)
		walk_problem(w, "states", p->states_st, at.v);
}

/* Kernels without module.klp: what a listed patch points to is a livepatch module. */
static struct module_rec *module_of(struct walk *w, uint64_t patch)
{
	struct val mod = walk_field(w, patch, M_klp_patch_mod);
	struct module_rec *m, **tail = &w->r->klp_modules;

	if (mod.st || !mod.v)
		return NULL;
	m = module_rec_at(w, mod.v);
	if (m)
		return m;
	m = module_read(w, mod.v);
	while (*tail)
		tail = &(*tail)->next;
	*tail = m;
	return m;
}

static struct patch_rec *read_patch(struct walk *w, uint64_t addr)
{
	struct patch_rec *p = arena_alloc(w->r->arena, sizeof(*p));

	if (!p)
		return NULL;
	p->addr = addr;
	w->where = arena_printf(w->r->arena, "patch 0x%llx", (unsigned long long)addr);
	p->module = module_of(w, addr);
	if (p->module && !p->module->name.st)
		w->where = arena_printf(w->r->arena, "patch %s", p->module->name.s);
	p->enabled = flag_or_state(w, addr, M_klp_patch_enabled, M_klp_patch_state);
	p->replace = nonzero(walk_field(w, addr, M_klp_patch_replace));
	p->forced = nonzero(walk_field(w, addr, M_klp_patch_forced));
	read_states(w, p);
	if (walk_has(w, M_klp_patch_obj_list) && walk_has(w, M_klp_object_node))
		objects_by_list(w, p);
	else
		objects_by_array(w, p);
	w->where = NULL;
	return p;
}

static struct patch_rec *missing_patch(struct walk *w, enum klpscope_status st)
{
	struct patch_rec *p = arena_alloc(w->r->arena, sizeof(*p));
	struct val unknown = { 0, st };

	if (p)
		*p = (struct patch_rec){
			.st = st, .enabled = unknown, .replace = unknown, .forced = unknown,
			.states_st = st, .objects_st = st,
		};
	return p;
}

static bool append_patch(struct report *r, struct patch_rec *p)
{
	struct patch_rec **tail = &r->patches;

	if (!p) {
		r->patches_st = KLPSCOPE_NO_MEMORY;
		return false;
	}
	while (*tail)
		tail = &(*tail)->next;
	*tail = p;
	r->nr_patches++;
	return true;
}

bool patch_is_listed(const struct report *r, const struct module_rec *m)
{
	const struct patch_rec *p;

	for (p = r->patches; p; p = p->next)
		if (p->module == m)
			return true;
	return false;
}

bool patch_adopt(struct report *r, uint64_t addr, struct module_rec *m)
{
	for (struct patch_rec *p = r->patches; addr && p; p = p->next)
		if (p->addr == addr && !p->module) {
			p->module = m;
			return true;
		}
	return false;
}

/*
 * klp_patches is broken, but a livepatch module's own memory still holds its
 * patch: that one is on the list when it is linked to a neighbour.  Whose
 * state cannot be told that way is named all the same.
 */
static void recover_from_modules(struct walk *w)
{
	for (struct module_rec *m = w->r->klp_modules; m; m = m->next) {
		enum patch_link link = PATCH_LINK_UNKNOWN;
		struct patch_rec *p;
		struct val patch;

		if (patch_is_listed(w->r, m))
			continue;
		patch = patch_in_module(w, m);
		if (patch_adopt(w->r, patch.v, m))
			continue;
		if (!patch.st)
			link = patch_link(w, patch.v);
		if (link == PATCH_UNLINKED)
			continue;
		p = link == PATCH_LINKED ? read_patch(w, patch.v) : missing_patch(w, w->r->patches_st);
		if (p)
			p->module = m;
		if (!append_patch(w->r, p))
			return;
	}
}

/* What the list itself does not give: patches that name themselves, and one for all the others. */
static void patches_beyond(struct walk *w, bool others)
{
	recover_from_modules(w);
	if (others)
		append_patch(w->r, missing_patch(w, w->r->patches_st));
}

void patches_walk(struct walk *w)
{
	struct val head = w->layout.symbol[S_klp_patches];
	struct node_list list;
	bool gap = false;

	w->r->patches_st = w->layout.st ? w->layout.st : head.st;
	if (w->layout.st)
		return;
	if (head.st) {
		patches_beyond(w, true);
		return;
	}
	w->where = "klp_patches";
	list = list_collect(w->t, head.v, LIMIT_PATCHES);
	w->r->patches_st = list.st;
	if (list.st)
		walk_list_problem(w, "node", &list);
	for (unsigned int i = 0; i < list.count; i++) {
		struct patch_rec *p = read_patch(w, list.node[i] - w->layout.member[M_klp_patch_list].offset);

		/* How many are missing is not known, so neither is the place of those behind. */
		gap |= list.st && !list.only_bad && i == list.gap;
		if (p)
			p->order = gap ? 0 : i + 1;
		if (!append_patch(w->r, p))
			return;
	}
	if (list.st)
		patches_beyond(w, !list.only_bad);
}
