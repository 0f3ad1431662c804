// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether hotfixes were on the crash path, and which body of a function a task runs. */
#include "analysis/analysis.h"

/* Every function of every patch is known well enough to be recognised on a stack. */
static bool functions_known(const struct report *r)
{
	if (r->patches_st || r->ops_st || r->unowned)
		return false;
	for (const struct patch_rec *p = r->patches; p; p = p->next) {
		if (p->st || p->objects_st)
			return false;
		for (const struct object_rec *o = p->objects; o; o = o->next) {
			if (o->st || o->funcs_st)
				return false;
			for (const struct func_rec *f = o->funcs; f; f = f->next)
				if (f->st || f->old_addr.st || f->old_size.st || (f->ops && (!f->old_addr.v || !f->old_size.v)))
					return false;
		}
	}
	return true;
}

/* Which modules are livepatches is known; their code is the code of hotfixes. */
static enum klpscope_status modules_known(const struct report *r)
{
	for (const struct module_rec *m = r->klp_modules; m; m = m->next)
		if (m->klp.st && m->klp.st != KLPSCOPE_NOT_FOUND)
			return m->klp.st;
	return r->modules_st;
}

bool analysis_is_hotfix(const struct frame_rec *f)
{
	return f->code == CODE_NEW || f->code == CODE_HOTFIX || f->code == CODE_SOME_HOTFIX;
}

bool analysis_is_original(const struct frame_rec *f)
{
	return f->code == CODE_OLD;
}

/* NOT_FOUND is said of a machine on which nobody panicked, and of no other. */
static enum klpscope_status why_unknown(enum klpscope_status st)
{
	return st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_UNSUPPORTED : st;
}

/* `unknown`: why "no" could be wrong even if the stack were whole. */
static struct val on_path(const struct crash_rec *crash, bool (*wanted)(const struct frame_rec *f),
			  enum klpscope_status unknown)
{
	struct val found = { 0, KLPSCOPE_OK };

	if (crash->cpu.st)
		return (struct val){ 0, crash->cpu.st };
	/* Not asked for, and there is no hotfix. */
	if (!crash->stack_needed)
		return found;
	/* Who panicked was in the kernel. */
	if (crash->stack && crash->stack->user)
		return (struct val){ 0, KLPSCOPE_CORRUPT };
	if (!crash->stack)
		return (struct val){ 0, crash->task_at.st ? why_unknown(crash->task_at.st) : KLPSCOPE_NO_MEMORY };
	found.st = why_unknown(crash->stack->st ? crash->stack->st : unknown);
	for (unsigned int i = 0; i < crash->stack->count; i++)
		if (crash->stack->frame[i].reliable && wanted(&crash->stack->frame[i]))
			return (struct val){ 1, KLPSCOPE_OK };
	return found;
}

/* klp_ftrace_handler(): while a transition is under way, any but an unpatched task takes the new one. */
static enum task_runs runs(const struct report *r, const struct task_rec *task)
{
	if (r->transition.st)
		return RUNS_UNKNOWN;
	if (!r->transition.under_way || r->transition.at_edge.v)
		return RUNS_NEW;
	if (task->side_st)
		return RUNS_UNKNOWN;
	return task->side == SIDE_UNPATCHED ? RUNS_OLD : RUNS_NEW;
}

enum task_runs analysis_panic_runs(const struct report *r, const struct func_rec *f)
{
	if (r->crash.cpu.st || r->crash.task_at.st)
		return RUNS_UNKNOWN;
	if (f->in_effect == KLPSCOPE_EFFECT_NO)
		return RUNS_OLD;
	if (f->in_effect == KLPSCOPE_EFFECT_YES)
		return f->reason == REASON_NOP ? RUNS_OLD : RUNS_NEW;
	if (analysis_tasks_of(r, f).st == KLPSCOPE_NOT_FOUND || r->crash.runs == RUNS_UNKNOWN || f->nop.st)
		return RUNS_UNKNOWN;
	/* Below the one in transition it is the other way round. */
	return (r->crash.runs == RUNS_NEW) == (f->stack_position == 0) && !f->nop.v ? RUNS_NEW : RUNS_OLD;
}

void analysis_crash_path(struct report *r)
{
	struct crash_rec *crash = &r->crash;

	enum klpscope_status hotfixes = modules_known(r), originals = functions_known(r) ? KLPSCOPE_OK : KLPSCOPE_CORRUPT;

	/* Their code is where we do not look. */
	if (r->other_hotfix)
		hotfixes = originals = KLPSCOPE_UNSUPPORTED;
	crash->hotfix_on_path = on_path(crash, analysis_is_hotfix, hotfixes);
	crash->old_on_path = on_path(crash, analysis_is_original, originals);
	r->tasks.code_unknown = hotfixes || originals;
	if (!crash->cpu.st && !crash->task_at.st)
		crash->runs = runs(r, &crash->task);
	for (struct passing_rec *p = r->tasks.passing; p; p = p->next)
		p->runs = runs(r, p->task);
}
