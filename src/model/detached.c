// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Livepatch modules that are loaded while their patch is on no list, and what
 * their memory tells of why.
 */
#include "model/detached.h"
#include "model/module.h"

static enum member_id enabled_member(const struct walk *w)
{
	return walk_has(w, M_klp_patch_enabled) ? M_klp_patch_enabled : M_klp_patch_state;
}

/*
 * Other structures begin with their module, too (file_operations does): what
 * follows must be a flag that is one, and an object with readable functions.
 */
static enum klpscope_status is_patch_of(struct walk *w, uint64_t addr, const struct module_rec *m)
{
	struct val mod = walk_peek(w, addr, M_klp_patch_mod);
	struct val objs = walk_peek(w, addr, M_klp_patch_objs);
	struct val enabled = walk_peek(w, addr, enabled_member(w));
	struct val funcs, name;
	const char *ignored;

	if (mod.st || objs.st || enabled.st)
		return mod.st ? mod.st : objs.st ? objs.st : enabled.st;
	if (mod.v != m->addr || !objs.v || enabled.v > 1)
		return KLPSCOPE_NOT_FOUND;
	funcs = walk_peek(w, objs.v, M_klp_object_funcs);
	if (!funcs.st && funcs.v)
		funcs = walk_peek(w, funcs.v, M_klp_func_old_name);
	if (!funcs.st && funcs.v)
		funcs.st = target_read_string(w->t, funcs.v, LIMIT_NAME, &ignored);
	name = walk_peek(w, objs.v, M_klp_object_name);
	if (!name.st && name.v)
		name.st = target_read_string(w->t, name.v, LIMIT_NAME, &ignored);
	if (funcs.st || name.st)
		return funcs.st ? funcs.st : name.st;
	return KLPSCOPE_OK;
}

static struct mod_info *info_of(struct walk *w, const struct module_rec *m)
{
	return m->base.st ? NULL : module_at(w, m->base.v);
}

/* A variable of the type itself. */
static enum klpscope_status variable(struct walk *w, const struct module_symbol *s, const struct module_rec *m,
				     uint64_t *patch)
{
	struct val size = w->layout.type_size[T_klp_patch];

	*patch = s->addr;
	return !size.st && s->size == size.v ? is_patch_of(w, *patch, m) : KLPSCOPE_NOT_FOUND;
}

/* kpatch-build and klp-build allocate theirs and keep a pointer. */
static enum klpscope_status pointer(struct walk *w, const struct module_symbol *s, const struct module_rec *m,
				    uint64_t *patch)
{
	enum klpscope_status st;

	if (s->size != target_pointer_size(w->t))
		return KLPSCOPE_NOT_FOUND;
	st = target_read_ptr(w->t, s->addr, patch);
	if (st || !*patch)
		return st ? st : KLPSCOPE_NOT_FOUND;
	st = is_patch_of(w, *patch, m);
	/* Any variable of that size: what it holds need not be an address, or one of text. */
	return st == KLPSCOPE_FAULT || st == KLPSCOPE_CORRUPT ? KLPSCOPE_NOT_FOUND : st;
}

struct val patch_in_module(struct walk *w, const struct module_rec *m)
{
	struct mod_info *info = info_of(w, m);
	const struct mod_symbols *s = info ? module_symbols(w, info) : NULL;
	struct val found = { 0, s ? s->st ? s->st : KLPSCOPE_NOT_FOUND : m->base.st ? m->base.st : KLPSCOPE_CORRUPT };

	for (unsigned int i = 0; s && i < 2 * s->count; i++) {
		const struct module_symbol *symbol = &s->symbol[i % s->count];
		uint64_t patch;
		enum klpscope_status st = i < s->count ? variable(w, symbol, m, &patch) :
							 pointer(w, symbol, m, &patch);

		if (!st)
			return (struct val){ patch, KLPSCOPE_OK };
		/* It would be this one, if it could be read. */
		if (st != KLPSCOPE_NOT_FOUND)
			found = (struct val){ patch, st };
	}
	return found;
}

/* What list_del() leaves: 0x100 over the architecture's offset (include/linux/poison.h). */
static bool is_poison(uint64_t next, uint64_t prev)
{
	return (next & 0xffff) == 0x100 && ((prev & 0xffff) == 0x122 || (prev & 0xffff) == 0x200) &&
	       next >> 16 == prev >> 16;
}

enum patch_link patch_link(struct walk *w, uint64_t patch)
{
	uint64_t node = walk_at(w, patch, M_klp_patch_list);
	unsigned int size = target_pointer_size(w->t);
	uint64_t next, prev, back;

	if (target_read_ptr(w->t, node, &next) || target_read_ptr(w->t, node + size, &prev))
		return PATCH_LINK_UNKNOWN;
	if (!next || next == node || is_poison(next, prev))
		return PATCH_UNLINKED;
	if (next == w->layout.symbol[S_klp_patches].v || prev == w->layout.symbol[S_klp_patches].v)
		return PATCH_LINKED;
	if (!target_read_ptr(w->t, next + size, &back) && back == node)
		return PATCH_LINKED;
	return !target_read_ptr(w->t, prev, &back) && back == node ? PATCH_LINKED : PATCH_LINK_UNKNOWN;
}

/*
 * 1 as soon as one object still has it, 0 when all could be read and none has.
 * Only a loaded object tells: of others the kernel never sets it, or has
 * cleared it when the target went (klp_module_going).
 */
static struct val any_unpatch_pending(struct walk *w, uint64_t patch)
{
	struct val objs = walk_peek(w, patch, M_klp_patch_objs);
	struct val size = w->layout.type_size[T_klp_object];
	struct val any = { 0, objs.st ? objs.st : size.st };
	bool tells = false;

	if (!walk_has(w, M_klp_object_callbacks))
		any.st = w->layout.member[M_klp_object_callbacks].st;
	for (unsigned int i = 0; !any.st && i < LIMIT_OBJECTS; i++, objs.v += size.v) {
		struct val name = walk_peek(w, objs.v, M_klp_object_name);
		struct val funcs = walk_peek(w, objs.v, M_klp_object_funcs);
		struct val mod = walk_peek(w, objs.v, M_klp_object_mod);
		struct val pending = walk_peek(w, walk_at(w, objs.v, M_klp_object_callbacks),
					       M_klp_callbacks_post_unpatch_enabled);

		any.st = name.st ? name.st : funcs.st ? funcs.st : mod.st ? mod.st : pending.st;
		if (!any.st && !name.v && !funcs.v)
			break;
		tells |= !any.st && (!name.v || mod.v);
		if (!any.st && pending.v)
			return (struct val){ 1, KLPSCOPE_OK };
	}
	if (!any.st && !tells)
		any.st = KLPSCOPE_UNSUPPORTED;
	return any;
}

static void read_evidence(struct walk *w, struct detached_rec *d)
{
	struct val patch = patch_in_module(w, d->module);
	uint64_t next = 0;

	d->patch_st = patch.st;
	d->patch_addr = patch.st ? 0 : patch.v;
	d->enabled = d->listed_once = d->unpatch_pending = d->forced = (struct val){ 0, patch.st };
	if (patch.st) {
		/* That none was found is a finding of its own. */
		if (patch.st != KLPSCOPE_NOT_FOUND)
			walk_problem(w, "klp_patch in its memory", patch.st, d->module->addr);
		return;
	}
	d->forced = walk_field(w, patch.v, M_klp_patch_forced);
	d->enabled = walk_field(w, patch.v, enabled_member(w));
	d->listed_once.st = target_read_ptr(w->t, walk_at(w, patch.v, M_klp_patch_list), &next);
	/* An initialised list that was never joined points to itself. */
	d->listed_once.v = next && next != walk_at(w, patch.v, M_klp_patch_list);
	d->unpatch_pending = any_unpatch_pending(w, patch.v);
	if (d->listed_once.st)
		walk_problem(w, "list", d->listed_once.st, patch.v);
	if (d->unpatch_pending.st && d->unpatch_pending.st != KLPSCOPE_NOT_FOUND &&
	    d->unpatch_pending.st != KLPSCOPE_UNSUPPORTED)
		walk_problem(w, "post_unpatch_enabled", d->unpatch_pending.st, patch.v);
}

static struct detached_rec *read_detached(struct walk *w, struct module_rec *m)
{
	struct detached_rec *d = arena_alloc(w->r->arena, sizeof(*d));

	if (!d)
		return NULL;
	d->module = m;
	w->where = arena_printf(w->r->arena, "module %s", m->name.st ? "?" : m->name.s);
	read_evidence(w, d);
	w->where = NULL;
	return d;
}

void detached_walk(struct walk *w)
{
	struct detached_rec **tail = &w->r->detached;

	if (w->layout.st)
		return;
	for (struct module_rec *m = w->r->klp_modules; m; m = m->next) {
		struct detached_rec *d = patch_is_listed(w->r, m) ? NULL : read_detached(w, m);

		if (!d || patch_adopt(w->r, d->patch_addr, m))
			continue;
		*tail = d;
		tail = &d->next;
	}
}
