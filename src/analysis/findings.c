// SPDX-License-Identifier: GPL-2.0-or-later
/* What the reader must know about the report itself: gaps and contradictions. */
#include <stdarg.h>
#include <stdio.h>

#include "analysis/analysis.h"

struct findings {
	struct report *r;
	struct finding_rec **tail;
};

static void add(struct findings *fs, const char *code, enum finding_severity severity, uint64_t address,
		const char *message)
{
	struct finding_rec *f = arena_alloc(fs->r->arena, sizeof(*f));

	if (!f || !message)
		return;
	*f = (struct finding_rec){ .code = code, .severity = severity, .message = message, .address = address };
	*fs->tail = f;
	fs->tail = &f->next;
}

static const char *patch_name(const struct patch_rec *p)
{
	return p->module && !p->module->name.st ? p->module->name.s : "of unknown name";
}

static void unreadable(struct findings *fs)
{
	const struct problems *ps = &fs->r->problems;

	for (const struct problem *p = ps->first; p; p = p->next)
		add(fs, p->status == KLPSCOPE_CORRUPT || p->status == KLPSCOPE_LIMIT ? "corrupt" : "unreadable",
		    FINDING_WARNING, p->address, p->message);
	if (ps->dropped)
		add(fs, "unreadable", FINDING_WARNING, 0,
		    arena_printf(fs->r->arena, "%u more of these are not listed", ps->dropped));
}

static void entry_of(struct findings *fs, const struct patch_rec *p, const struct func_rec *f)
{
	if (f->reason != REASON_ENTRY_NOT_REDIRECTED)
		return;
	add(fs, "entry-not-redirected", FINDING_ERROR, f->old_addr.v,
	    arena_printf(fs->r->arena, "patch %s: function %s: is on its function stack, but the text at its entry "
			 "%s", patch_name(p), f->name.st ? "?" : f->name.s,
			 f->entry.state == ENTRY_ORIGINAL ? "calls nobody: the original ran" :
			 "does not go to the livepatch handler: what ran is unknown"));
}

static void contradiction_of(struct findings *fs, const struct patch_rec *p, const struct func_rec *f)
{
	if (f->st || f->ops || fs->r->ops_st || f->patched.st || !f->patched.v)
		return;
	add(fs, "not-on-stack", FINDING_ERROR, f->addr,
	    arena_printf(fs->r->arena, "patch %s: function %s: is marked patched, but stands on no function stack",
			 patch_name(p), f->name.st ? "?" : f->name.s));
}

/* The patch's own flag and the stacks, of which the stacks decide. */
static void state_of(struct findings *fs, const struct patch_rec *p, const struct func_rec *f)
{
	if (p->state == PATCH_OFF && f->ops && f->in_effect == KLPSCOPE_EFFECT_YES)
		add(fs, "off-but-on-stack", FINDING_ERROR, f->addr,
		    arena_printf(fs->r->arena, "patch %s: function %s: is in effect, though its patch is not enabled",
				 patch_name(p), f->name.st ? "?" : f->name.s));
}

static void object_of(struct findings *fs, const struct patch_rec *p, const struct object_rec *o)
{
	if (o->patched.st || !o->patched.v || o->funcs_st || fs->r->ops_st)
		return;
	for (const struct func_rec *f = o->funcs; f; f = f->next)
		if (!f->st && !f->ops && !f->patched.st && !f->patched.v)
			add(fs, "not-on-stack", FINDING_ERROR, f->addr,
			    arena_printf(fs->r->arena, "patch %s: function %s: its object is marked patched, but it "
					 "stands on no function stack", patch_name(p), f->name.st ? "?" : f->name.s));
}

static void functions(struct findings *fs)
{
	for (const struct patch_rec *p = fs->r->patches; p; p = p->next)
		for (const struct object_rec *o = p->objects; o; o = o->next) {
			object_of(fs, p, o);
			for (const struct func_rec *f = o->funcs; f; f = f->next) {
				entry_of(fs, p, f);
				contradiction_of(fs, p, f);
				state_of(fs, p, f);
			}
		}
}

/* A replacement may run that no listed patch owns: the list has lost it. */
static void unowned(struct findings *fs)
{
	for (const struct unowned_rec *u = fs->r->unowned; u; u = u->next)
		add(fs, "unlisted-function", FINDING_ERROR, u->func,
		    arena_printf(fs->r->arena, "function %s: a replacement in module %s is on its function stack, "
				 "but no patch that could be read has it", u->name.st ? "?" : u->name.s,
				 u->module ? u->module : "?"));
}

/* All was read, and still it contradicts itself, or does not tell why. */
static void detached(struct findings *fs)
{
	for (const struct detached_rec *d = fs->r->detached; d; d = d->next) {
		const char *name = d->module->name.st ? "?" : d->module->name.s;

		if (!d->enabled.st && d->enabled.v)
			add(fs, "enabled-but-unlisted", FINDING_ERROR, d->patch_addr,
			    arena_printf(fs->r->arena, "module %s: its patch is marked enabled, but not on klp_patches",
					 name));
		else if (!d->reason && d->in_effect == KLPSCOPE_EFFECT_NO)
			add(fs, "reason-unknown", FINDING_INFO, d->patch_addr,
			    arena_printf(fs->r->arena, "module %s: nothing in its patch tells whether it was replaced "
					 "or disabled: none of its targets is loaded", name));
	}
}

static void transition(struct findings *fs)
{
	const struct transition_rec *tr = &fs->r->transition;

	if (tr->under_way && !tr->of)
		add(fs, "transition-unlisted", FINDING_ERROR, tr->patch.v,
		    "the patch in transition is not on klp_patches");
	if (tr->st == KLPSCOPE_CORRUPT && !tr->patch.st && !tr->target.st && !tr->shifted.st)
		add(fs, "corrupt", FINDING_WARNING, 0, "klp_target_state has a value that no kernel gives it");
}

/* Whatever it says, it may be wrong: offsets of another build read other memory. */
static void forced(struct findings *fs)
{
	const char *file = fs->r->system.forced_vmlinux;

	if (file)
		add(fs, "vmlinux-forced", FINDING_WARNING, 0,
		    arena_printf(fs->r->arena, "names and types came from %s, which is not the dump's kernel: do not "
				 "trust this report", file));
}

/* Anything in it may be what it was not. */
static void damaged(struct findings *fs)
{
	const struct capsule_rec *c = fs->r->system.capsule;

	if (c && c->damaged)
		add(fs, "capsule-damaged", FINDING_ERROR, 0,
		    "the capsule is not as it was written, its checksum is wrong: do not trust this report");
}

/* The text stays as it was: what runs is what the entries say, and nothing can change it any more. */
static void ftrace(struct findings *fs)
{
	if (!fs->r->ftrace_disabled.st && fs->r->ftrace_disabled.v)
		add(fs, "ftrace-disabled", FINDING_WARNING, 0,
		    "ftrace had found itself broken and shut down: since then no patch could be enabled or disabled");
}

static void other_technology(struct findings *fs)
{
	for (const char *const *name = fs->r->other_hotfix; name && *name; name++)
		add(fs, "other-hotfix-technology", FINDING_WARNING, 0,
		    arena_printf(fs->r->arena, "%s is loaded: its hotfixes are not in this report", *name));
}

void analysis_findings(struct report *r)
{
	struct findings fs = { .r = r, .tail = &r->findings };

	forced(&fs);
	damaged(&fs);
	unreadable(&fs);
	functions(&fs);
	unowned(&fs);
	detached(&fs);
	transition(&fs);
	ftrace(&fs);
	other_technology(&fs);
}
