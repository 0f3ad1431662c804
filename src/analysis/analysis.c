// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/analysis.h"

bool analysis_stacks_known(const struct report *r)
{
	if (r->ops_st)
		return false;
	for (const struct ops_rec *ops = r->ops; ops; ops = ops->next)
		if (ops->stack_st)
			return false;
	return true;
}

bool analysis_transition_lost(const struct report *r)
{
	return r->transition.under_way && !r->transition.of;
}

/* Not known; that nobody panicked is an answer, too. */
static bool is_open(struct val on_path)
{
	return on_path.st && on_path.st != KLPSCOPE_NOT_FOUND;
}

/* That the kernel or the architecture is none whose relocations are understood is no problem, but no knowledge either. */
static bool relocs_known(const struct report *r)
{
	const struct reloc_section_rec *s = r->relocs;

	while (s && !s->st)
		s = s->next;
	return !s && !r->relocs_st;
}

/* Complete: every verdict is known, and nothing that the report shows failed to be read. */
static bool complete(const struct report *r)
{
	if (r->capability == KLP_UNKNOWN || r->patches_st || r->ops_st || r->modules_st || r->transition.st ||
	    r->problems.count || r->problems.dropped)
		return false;
	if (!relocs_known(r))
		return false;
	if (r->transition.under_way && r->tasks.total_pending.st)
		return false;
	for (const struct pending_rec *p = r->tasks.pending; p; p = p->next)
		if (p->held_up == HELD_UNKNOWN)
			return false;
	if (r->tasks.nr_doubtful || (r->want_stacks && r->tasks.total.st))
		return false;
	if (r->want_stacks && r->tasks.code_unknown)
		return false;
	/* Without livepatch only another technology, which we do not look into, could be on it: that is said. */
	if (r->capability != KLP_NOT_BUILT_IN && r->crash.stack_needed && (is_open(r->crash.hotfix_on_path) || is_open(r->crash.old_on_path)))
		return false;
	if (r->system.forced_vmlinux || (r->system.capsule && r->system.capsule->damaged) || r->unowned ||
	    analysis_transition_lost(r))
		return false;
	for (const struct patch_rec *p = r->patches; p; p = p->next) {
		if (p->state == PATCH_UNKNOWN || p->in_effect == KLPSCOPE_EFFECT_UNKNOWN)
			return false;
		for (const struct object_rec *o = p->objects; o; o = o->next)
			for (const struct func_rec *f = o->funcs; f; f = f->next)
				if (f->in_effect == KLPSCOPE_EFFECT_UNKNOWN)
					return false;
	}
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		if (d->in_effect == KLPSCOPE_EFFECT_UNKNOWN || !d->reason)
			return false;
	return true;
}

/* Known only when it is known of each patch whether it belongs in. */
static const char *kernel_identity(struct report *r)
{
	const char *identity = r->system.release.st || r->system.release_doubtful ? NULL : r->system.release.s;

	if (r->capability == KLP_UNKNOWN || r->patches_st || r->unowned || analysis_transition_lost(r))
		return NULL;
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		if (d->in_effect == KLPSCOPE_EFFECT_UNKNOWN)
			return NULL;
	for (const struct patch_rec *p = r->patches; p && identity; p = p->next) {
		if (p->in_effect == KLPSCOPE_EFFECT_NO)
			continue;
		if (p->in_effect == KLPSCOPE_EFFECT_UNKNOWN || !p->module || p->module->name.st ||
		    p->module->other_name)
			return NULL;
		identity = arena_printf(r->arena, "%s+%s", identity, p->module->name.s);
	}
	return identity;
}

enum klpscope_status analysis_run(struct report *r)
{
	analysis_effect(r);
	analysis_tasks(r);
	analysis_held_up(r);
	analysis_crash_path(r);
	analysis_detached(r);
	analysis_callbacks(r);
	analysis_findings(r);
	analysis_states(r);
	analysis_relocs(r);
	analysis_shadows(r);
	analysis_integrity(r);
	r->kernel_identity = kernel_identity(r);
	r->complete = complete(r);
	return KLPSCOPE_OK;
}
