// SPDX-License-Identifier: GPL-2.0-or-later
/* What the reader must know about the report itself: gaps and contradictions. */
#include "analysis/analysis.h"

static const char *patch_name(const struct patch_rec *p)
{
	return p->module && !p->module->name.st ? p->module->name.s : "of unknown name";
}

static void unreadable(struct report *r)
{
	const struct problems *ps = &r->problems;

	for (const struct problem *p = ps->first; p; p = p->next)
		finding_add(r, p->status == KLPSCOPE_CORRUPT || p->status == KLPSCOPE_LIMIT ? "corrupt" : "unreadable", FINDING_WARNING, p->address, NULL, NULL,
			    "%s", p->message);
	if (ps->dropped)
		finding_add(r, "unreadable", FINDING_WARNING, 0, NULL, NULL,
			    "%u more of these are not listed", ps->dropped);
}

static void entry_of(struct report *r, const struct patch_rec *p, const struct func_rec *f)
{
	if (f->reason != REASON_ENTRY_NOT_REDIRECTED)
		return;
	finding_add(r, "entry-not-redirected", FINDING_ERROR, f->old_addr.v, NULL, NULL,
		    "patch %s: function %s: is on its function stack, but the text at its entry %s", patch_name(p), f->name.st ? "?" : f->name.s, f->entry.state == ENTRY_ORIGINAL ? "calls nobody: the original ran" : "does not go to the livepatch handler: what ran is unknown");
}

static void contradiction_of(struct report *r, const struct patch_rec *p, const struct func_rec *f)
{
	if (f->st || f->ops || r->ops_st || f->patched.st || !f->patched.v)
		return;
	finding_add(r, "not-on-stack", FINDING_ERROR, f->addr, NULL, NULL,
		    "patch %s: function %s: is marked patched, but stands on no function stack", patch_name(p), f->name.st ? "?" : f->name.s);
}

/* The patch's own flag and the stacks, of which the stacks decide. */
static void state_of(struct report *r, const struct patch_rec *p, const struct func_rec *f)
{
	if (p->state == PATCH_OFF && f->ops && f->in_effect == KLPSCOPE_EFFECT_YES)
		finding_add(r, "off-but-on-stack", FINDING_ERROR, f->addr, NULL, NULL,
			    "patch %s: function %s: is in effect, though its patch is not enabled", patch_name(p), f->name.st ? "?" : f->name.s);
}

static void object_of(struct report *r, const struct patch_rec *p, const struct object_rec *o)
{
	if (o->patched.st || !o->patched.v || o->funcs_st || r->ops_st)
		return;
	for (const struct func_rec *f = o->funcs; f; f = f->next)
		if (!f->st && !f->ops && !f->patched.st && !f->patched.v)
			finding_add(r, "not-on-stack", FINDING_ERROR, f->addr, NULL, NULL,
				    "patch %s: function %s: its object is marked patched, but it stands on no function stack", patch_name(p), f->name.st ? "?" : f->name.s);
}

static void functions(struct report *r)
{
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		for (const struct object_rec *o = p->objects; o; o = o->next) {
			object_of(r, p, o);
			for (const struct func_rec *f = o->funcs; f; f = f->next) {
				entry_of(r, p, f);
				contradiction_of(r, p, f);
				state_of(r, p, f);
			}
		}
}

/* A replacement may run that no listed patch owns: the list has lost it. */
static void unowned(struct report *r)
{
	for (const struct unowned_rec *u = r->unowned; u; u = u->next)
		finding_add(r, "unlisted-function", FINDING_ERROR, u->func, NULL, NULL,
			    "function %s: a replacement in module %s is on its function stack, but no patch that could be read has it", u->name.st ? "?" : u->name.s, u->module ? u->module : "?");
}

/* All was read, and still it contradicts itself, or does not tell why. */
static void detached(struct report *r)
{
	for (const struct detached_rec *d = r->detached; d; d = d->next) {
		const char *name = d->module->name.st ? "?" : d->module->name.s;

		if (!d->enabled.st && d->enabled.v)
			finding_add(r, "enabled-but-unlisted", FINDING_ERROR, d->patch_addr, NULL, NULL,
				    "module %s: its patch is marked enabled, but not on klp_patches", name);
		else if (!d->reason && d->in_effect == KLPSCOPE_EFFECT_NO)
			finding_add(r, "reason-unknown", FINDING_INFO, d->patch_addr, NULL, NULL,
				    "module %s: nothing in its patch tells whether it was replaced or disabled: none of its targets is loaded", name);
	}
}

static void transition(struct report *r)
{
	const struct transition_rec *tr = &r->transition;

	if (tr->under_way && !tr->of)
		finding_add(r, "transition-unlisted", FINDING_ERROR, tr->patch.v, NULL, NULL,
			    "the patch in transition is not on klp_patches");
	if (tr->st == KLPSCOPE_CORRUPT && !tr->patch.st && !tr->target.st && !tr->shifted.st)
		finding_add(r, "corrupt", FINDING_WARNING, 0, NULL, NULL,
			    "klp_target_state has a value that no kernel gives it");
}

/* Whatever it says, it may be wrong: offsets of another build read other memory. */
static void forced(struct report *r)
{
	const char *file = r->system.forced_vmlinux;

	if (file)
		finding_add(r, "vmlinux-forced", FINDING_WARNING, 0, NULL, NULL,
			    "names and types came from %s, which is not the dump's kernel: do not trust this report", file);
}

/* Anything in it may be what it was not. */
static void damaged(struct report *r)
{
	const struct capsule_rec *c = r->system.capsule;

	if (c && c->damaged)
		finding_add(r, "capsule-damaged", FINDING_ERROR, 0, NULL, NULL,
			    "the capsule is not as it was written, its checksum is wrong: do not trust this report");
}

/* The text stays as it was: what runs is what the entries say, and nothing can change it any more. */
static void ftrace(struct report *r)
{
	if (!r->ftrace_disabled.st && r->ftrace_disabled.v)
		finding_add(r, "ftrace-disabled", FINDING_WARNING, 0, NULL, NULL,
			    "ftrace had found itself broken and shut down: since then no patch could be enabled or disabled");
}

static void other_technology(struct report *r)
{
	for (const char *const *name = r->other_hotfix; name && *name; name++)
		finding_add(r, "other-hotfix-technology", FINDING_WARNING, 0, NULL, NULL,
			    "%s is loaded: its hotfixes are not in this report", *name);
}

void analysis_findings(struct report *r)
{
	forced(r);
	damaged(r);
	unreadable(r);
	functions(r);
	unowned(r);
	detached(r);
	transition(r);
	ftrace(r);
	other_technology(r);
}
