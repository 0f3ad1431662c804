// SPDX-License-Identifier: GPL-2.0-or-later
/* Modules of patches: what they are, whether they are there, taints, and what was forced. */
#include <string.h>

#include "analysis/integrity.h"

static const char *state_word(struct report *r, uint64_t state)
{
	static const char *const words[] = { "live", "coming", "going", "unformed" };

	return state < sizeof(words) / sizeof(*words) ? words[state] : integrity_hex(r, state);
}

/*
 * A patch enables itself in its module's init, and holds a reference until it
 * is off the list again.  Up to 5.0 one that is disabled stays on the list
 * without, until its module's exit takes it off.
 */
static void state_of(struct report *r, const struct patch_rec *p)
{
	const struct module_rec *m = p->module;
	bool legal;

	if (!m || m->state.st || m->state.v == MODULE_LIVE)
		return;
	legal = m->state.v == MODULE_COMING || (m->state.v == MODULE_GOING && p->state == PATCH_OFF);
	finding_add(r, "module-not-live", legal ? FINDING_INFO : FINDING_ERROR, m->addr, "live",
		    state_word(r, m->state.v), "patch %s: is on klp_patches, and its module %s", integrity_patch(p),
		    m->state.v == MODULE_COMING ? "has not left its init yet" : "is not live");
}

static void klp_of(struct report *r, const struct patch_rec *p)
{
	if (p->module && !p->module->klp.st && !p->module->klp.v)
		finding_add(r, "patch-without-klp", FINDING_ERROR, p->module->addr, "module.klp 1", "0",
			    "patch %s: is on klp_patches, but its module is not marked as a livepatch",
			    integrity_patch(p));
}

static void forced(struct report *r, struct val flag, uint64_t addr, const char *name)
{
	if (!flag.st && flag.v)
		finding_add(r, "forced-transition", FINDING_WARNING, addr, "klp_patch.forced 0", "1",
			    "patch %s: a transition was forced while it was listed: tasks may have been inside code "
			    "that was taken out; -b shows which still were", name);
}

/* It may be part of a larger structure, or have lost its symbols. */
static void without_patch(struct report *r, const struct detached_rec *d)
{
	const struct module_rec *m = d->module;

	if (d->patch_st == KLPSCOPE_NOT_FOUND && !m->klp.st && m->klp.v && !m->state.st && m->state.v == MODULE_LIVE)
		finding_add(r, "klp-without-patch", FINDING_INFO, m->addr, NULL, NULL,
			    "module %s: is marked as a livepatch, but no symbol of it is a klp_patch, or a pointer to one",
			    integrity_module(m));
}

/* What of it is on function stacks all the same. */
static unsigned int on_stacks(const struct report *r, const char *module)
{
	unsigned int n = 0;

	for (const struct unowned_rec *u = r->unowned; u; u = u->next)
		n += u->module && !strcmp(u->module, module);
	return n;
}

static bool is_lost(const struct detached_rec *d)
{
	return !d->enabled.st && d->enabled.v;
}

bool integrity_is_lost(const struct report *r, const char *module)
{
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		if (is_lost(d) && !d->module->name.st && !strcmp(d->module->name.s, module))
			return true;
	return false;
}

static void off_the_list(struct report *r, const struct detached_rec *d)
{
	const char *name = integrity_module(d->module);

	if (is_lost(d))
		finding_add(r, "enabled-but-unlisted", FINDING_ERROR, d->patch_addr, "klp_patch.enabled 0", "1",
			    "module %s: its patch is marked enabled, but not on klp_patches; %u of its functions are "
			    "on function stacks", name, on_stacks(r, name));
	else if (!d->reason && d->in_effect == KLPSCOPE_EFFECT_NO)
		finding_add(r, "reason-unknown", FINDING_INFO, d->patch_addr, NULL, NULL,
			    "module %s: nothing in its patch tells whether it was replaced or disabled: none of its "
			    "targets is loaded", name);
}

static bool is_whole(const struct patch_rec *p)
{
	bool whole = !p->st && !p->objects_st;

	for (const struct object_rec *o = p->objects; o; o = o->next) {
		whole = whole && !o->st && !o->funcs_st;
		for (const struct func_rec *f = o->funcs; f; f = f->next)
			whole = whole && f->addr;
	}
	return whole;
}

/* A patch that could not be read to its end has it, perhaps. */
static bool may_be_owned(const struct report *r, const struct unowned_rec *u)
{
	if (r->patches_st || u->st)
		return true;
	for (const struct patch_rec *p = r->patches; p; p = p->next) {
		bool others = u->module && p->module && !p->module->name.st && strcmp(u->module, p->module->name.s);

		if (!others && !p->whole)
			return true;
	}
	return false;
}

/* A replacement may run that no listed patch owns: the list has lost it. */
static void unowned(struct report *r, const struct unowned_rec *u)
{
	if (u->module && integrity_is_lost(r, u->module))
		return;
	if (may_be_owned(r, u)) {
		finding_add(r, "unlisted-function", FINDING_INFO, u->func, NULL, NULL,
			    "function %s: which patch has the replacement on its function stack is not known: not all could be read",
			    u->name.st ? "?" : u->name.s);
		return;
	}
	finding_add(r, "unlisted-function", FINDING_ERROR, u->func, "a function of a patch on klp_patches", "none",
		    "function %s: a replacement in module %s is on its function stack, but no patch that could be "
		    "read has it", u->name.st ? "?" : u->name.s, u->module ? u->module : "?");
}

/* Each enabled patch has set it (4.0+), each livepatch module together with its own (4.13+). */
static const char *who_tainted(const struct report *r)
{
	for (const struct module_rec *m = r->klp_modules; m; m = m->next)
		if (!m->taints.st && m->taints.v >> TAINT_LIVEPATCH & 1)
			return integrity_module(m);
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (!p->enabled.st && p->enabled.v)
			return integrity_patch(p);
	return NULL;
}

static void taint(struct report *r)
{
	const struct val taints = r->system.taints;
	bool is_set = taints.v >> TAINT_LIVEPATCH & 1;
	const char *who = who_tainted(r);

	if (taints.st)
		return;
	if (!is_set && who)
		finding_add(r, "patch-without-taint", FINDING_ERROR, 0, "bit 15 of tainted_mask set", "clear",
			    "the livepatch taint is not set, though %s must have set it", who);
	if (is_set && !r->patches && !r->klp_modules && !r->patches_st && !r->modules_st && !r->unowned)
		finding_add(r, "taint-without-patch", FINDING_INFO, 0, NULL, NULL,
			    "the livepatch taint is set, and nothing is left of any patch: it was disabled, and its "
			    "module removed");
}

void integrity_modules(struct report *r)
{
	for (struct patch_rec *p = r->patches; p; p = p->next) {
		p->whole = is_whole(p);
		state_of(r, p);
		klp_of(r, p);
		forced(r, p->forced, p->addr, integrity_patch(p));
	}
	for (const struct unowned_rec *u = r->unowned; u; u = u->next)
		unowned(r, u);
	for (const struct detached_rec *d = r->detached; d; d = d->next) {
		without_patch(r, d);
		off_the_list(r, d);
		forced(r, d->forced, d->patch_addr, integrity_module(d->module));
	}
	taint(r);
}
