// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report for programs.  Keys, their order and their words are a contract:
 * add, never rename.  null is "not known" or "not there in this kernel" and
 * nothing else; a pointer that is known to be NULL is "0x0".
 */
#include <string.h>

#include "analysis/analysis.h"
#include "output/json.h"
#include "output/json_build.h"
#include "output/json_write.h"
#include "output/view.h"
#include "output/words.h"

#define SCHEMA "klpscope-1"

/* --- dump --- */

static json *taint_list(struct build *b, struct val taints)
{
	json *list;

	if (taints.st)
		return NULL;
	list = json_array_of(b);
	for (unsigned int bit = 0; bit < TAINT_BITS; bit++) {
		char word[TAINT_WORD_SIZE];

		if (taints.v >> bit & 1)
			json_append(b, list, json_string_of(b, word_taint(bit, word)));
	}
	return list;
}

/* null: nobody panicked, or who did is not known; then so is the CPU. */
/* By a pointer that stands in one place only: when nothing of the task can be read, it may be none. */
static void put_task_address(struct build *b, json *o, const struct task_rec *task)
{
	json_put_address(b, o, "address", task->ids_st ? 0 : task->addr);
}

static json *panic_task(struct build *b)
{
	const struct crash_rec *crash = &b->r->crash;
	json *o;

	if (crash->cpu.st || crash->task_at.st)
		return NULL;
	o = json_object_of(b);
	json_put_number(b, o, "pid", (struct val){ crash->task.pid, crash->task.ids_st });
	json_put_number(b, o, "tgid", (struct val){ crash->task.tgid, crash->task.ids_st });
	json_put_string(b, o, "comm", crash->task.comm);
	put_task_address(b, o, &crash->task);
	json_put_string(b, o, "runs", word_runs(crash->runs));
	return o;
}

/* null: the dump is none. */
static json *capsule(struct build *b)
{
	const struct capsule_rec *c = b->r->system.capsule;
	json *o;

	if (!c)
		return NULL;
	o = json_object_of(b);
	json_put_text(b, o, "generator", c->generator);
	json_put_text(b, o, "format", c->format);
	json_put_number(b, o, "size", c->size);
	json_put_bool(b, o, "redacted", (struct val){ .v = c->redacted });
	return o;
}

static json *dump(struct build *b)
{
	const struct system_rec *s = &b->r->system;
	/* Known to be false only when the kernel says that nobody has. */
	struct val panicked = { b->r->crash.cpu.st != KLPSCOPE_NOT_FOUND,
				b->r->crash.cpu.st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_OK : b->r->crash.cpu.st };
	json *o = json_object_of(b);
	struct val livepatch = { .v = s->taints.v >> TAINT_LIVEPATCH & 1, .st = s->taints.st };

	json_put_text(b, o, "path", s->path);
	json_put_text(b, o, "format", s->format);
	json_put_text(b, o, "architecture", s->architecture);
	json_put_string(b, o, "byte_order", s->big_endian ? "big" : "little");
	json_put_text(b, o, "release", s->release);
	json_put_text(b, o, "version", s->version);
	json_put_text(b, o, "nodename", s->nodename);
	json_put_text(b, o, "build_id", s->build_id);
	json_put(b, o, "taints", taint_list(b, s->taints));
	json_put_bool(b, o, "livepatch_taint", livepatch);
	json_put_number(b, o, "panic_cpu", b->r->crash.cpu);
	json_put(b, o, "panic_task", panic_task(b));
	json_put_bool(b, o, "panicked", panicked);
	json_put(b, o, "capsule", capsule(b));
	return o;
}

/* --- summary --- */

enum summary_list { SUM_IN_EFFECT, SUM_APPLYING, SUM_REVERTING, SUM_NOT_IN_EFFECT, SUM_UNKNOWN, SUM_COUNT };

/* By its verdict, and besides by its state while it is in transition. */
static void summarize_patch(struct build *b, json *list[SUM_COUNT], const struct patch_rec *p)
{
	char hex[HEX_SIZE];
	const char *name = view_patch_label(p, hex);

	if (p->in_effect == KLPSCOPE_EFFECT_YES || p->in_effect == KLPSCOPE_EFFECT_PARTLY)
		json_append(b, list[SUM_IN_EFFECT], json_string_of(b, name));
	if (p->in_effect == KLPSCOPE_EFFECT_NO)
		json_append(b, list[SUM_NOT_IN_EFFECT], json_string_of(b, name));
	if (p->state == PATCH_APPLYING)
		json_append(b, list[SUM_APPLYING], json_string_of(b, name));
	if (p->state == PATCH_REVERTING)
		json_append(b, list[SUM_REVERTING], json_string_of(b, name));
	if (p->in_effect == KLPSCOPE_EFFECT_UNKNOWN || p->state == PATCH_UNKNOWN)
		json_append(b, list[SUM_UNKNOWN], json_string_of(b, name));
}

static void summarize_detached(struct build *b, json *list[SUM_COUNT], const struct detached_rec *d)
{
	char hex[HEX_SIZE];
	enum summary_list which = d->in_effect == KLPSCOPE_EFFECT_NO ? SUM_NOT_IN_EFFECT : SUM_UNKNOWN;

	json_append(b, list[which], json_string_of(b, view_module_label(d->module, hex)));
}

/* An empty list would say "none" where there may be one. */
static json *list_or_null(json *list, bool doubtful)
{
	if (!doubtful || (list && json_object_array_length(list)))
		return list;
	json_object_put(list);
	return NULL;
}

/* The functions' own names, innermost first; null when there is no crash path, or it is not known. */
static json *crash_path(struct build *b, struct val on_path, bool (*wanted)(const struct frame_rec *f))
{
	const struct stack_rec *stack = b->r->crash.stack;
	json *list;

	if (on_path.st)
		return NULL;
	list = json_array_of(b);
	for (unsigned int i = 0; stack && i < stack->count; i++)
		if (stack->frame[i].reliable && wanted(&stack->frame[i]))
			json_append(b, list, json_string_of(b, stack->frame[i].symbol.name));
	return list;
}

static json *summary(struct build *b)
{
	const struct report *r = b->r;
	json *o = json_object_of(b), *list[SUM_COUNT];
	/* One transition at most: when it is known, or that there is none, so are these two lists. */
	bool moving = !view_transition_known(r) || analysis_transition_lost(r);
	bool doubtful = view_patches_doubtful(r);

	for (int i = 0; i < SUM_COUNT; i++)
		list[i] = json_array_of(b);
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		summarize_patch(b, list, p);
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		summarize_detached(b, list, d);
	json_put_string(b, o, "livepatch", word_capability(r->capability));
	json_put(b, o, "in_effect", list_or_null(list[SUM_IN_EFFECT], doubtful));
	json_put(b, o, "applying", list_or_null(list[SUM_APPLYING], moving));
	json_put(b, o, "reverting", list_or_null(list[SUM_REVERTING], moving));
	json_put(b, o, "not_in_effect", list_or_null(list[SUM_NOT_IN_EFFECT], doubtful));
	json_put_string(b, o, "kernel_identity", r->kernel_identity);
	json_put(b, o, "crash_path", crash_path(b, r->crash.hotfix_on_path, analysis_is_hotfix));
	json_put_true(b, o, "complete", r->complete);
	json_put(b, o, "unknown", list[SUM_UNKNOWN]);
	json_put(b, o, "crash_path_originals", crash_path(b, r->crash.old_on_path, analysis_is_original));
	return o;
}

/* --- patches --- */

static json *module_taints(struct build *b, struct val taints)
{
	char all[TAINT_BITS * TAINT_WORD_SIZE] = "";
	size_t len = 0;

	if (taints.st)
		return NULL;
	for (unsigned int bit = 0; bit < TAINT_BITS; bit++) {
		if (!(taints.v >> bit & 1))
			continue;
		word_taint(bit, all + len);
		len += strlen(all + len);
	}
	return json_string_of(b, all);
}

static json *module(struct build *b, const struct module_rec *m)
{
	json *o;

	if (!m)
		return NULL;
	o = json_object_of(b);
	json_put_text(b, o, "name", m->name);
	json_put_address(b, o, "address", m->addr);
	json_put_pointer(b, o, "base", m->base);
	json_put_number(b, o, "size", m->size);
	json_put_text(b, o, "version", m->version);
	json_put_text(b, o, "srcversion", m->srcversion);
	json_put_text(b, o, "build_id", m->build_id);
	json_put(b, o, "taints", module_taints(b, m->taints));
	json_put_number(b, o, "refcount", m->refcount);
	return o;
}

/* NOT_FOUND: a kernel without states has none, and that is known. */
static json *states(struct build *b, const struct patch_rec *p)
{
	json *list;

	if (p->st || (p->states_st && p->states_st != KLPSCOPE_NOT_FOUND && !p->states))
		return NULL;
	list = json_array_of(b);
	for (const struct state_rec *s = p->states; s; s = s->next) {
		json *o = json_object_of(b);

		json_put_number(b, o, "id", s->id);
		json_put_number(b, o, "version", s->version);
		json_put_pointer(b, o, "data", s->data);
		json_append(b, list, o);
	}
	return list;
}

/* No function has size 0: the kernel has looked up neither size while the target is not loaded. */
static json *code(struct build *b, struct val addr, struct val size, const char *symbol)
{
	json *o = json_object_of(b);

	if (!size.st && !size.v)
		size.st = KLPSCOPE_NOT_FOUND;
	json_put_pointer(b, o, "address", addr);
	json_put_number(b, o, "size", size);
	json_put_string(b, o, "symbol", symbol);
	return o;
}

/* Counted from 1, the newest, which is the one that the ftrace handler looks at. */
static void put_stack(struct build *b, json *o, const struct func_rec *f)
{
	struct val position = { .st = KLPSCOPE_NOT_FOUND }, depth = position;

	if (f->ops) {
		position = (struct val){ .v = (uint64_t)f->stack_position + 1 };
		depth = (struct val){ .v = f->ops->depth, .st = f->ops->stack_st };
	}
	json_put_number(b, o, "stack_position", position);
	json_put_number(b, o, "stack_depth", depth);
}

/* null: it is not decided task by task, or not known of each. */
static json *function_tasks(struct build *b, const struct func_rec *f)
{
	const struct tasks_rec *t = &b->r->tasks;
	struct val runs = analysis_tasks_of(b->r, f);
	json *o;

	if (runs.st == KLPSCOPE_NOT_FOUND)
		return NULL;
	o = json_object_of(b);
	json_put_number(b, o, "new", runs);
	json_put_number(b, o, "old", f->stack_position ? t->new_side : t->old_side);
	return o;
}

static json *function(struct build *b, const struct func_rec *f)
{
	json *o = json_object_of(b);

	b->gap = f->st != KLPSCOPE_OK;
	json_put_text(b, o, "name", f->name);
	json_put_number(b, o, "sympos", f->sympos);
	json_put(b, o, "old", code(b, f->old_addr, f->old_size, f->old_symbol.name));
	json_put(b, o, "new", code(b, f->new_addr, f->new_size, f->new_symbol.name));
	json_put_bool(b, o, "nop", f->nop);
	json_put_bool(b, o, "patched", f->patched);
	json_put_bool(b, o, "transition", f->transition);
	put_stack(b, o, f);
	b->gap = false;
	json_put_string(b, o, "entry", word_entry(f->entry.state));
	json_put_string(b, o, "in_effect", word_in_effect(f->in_effect));
	json_put_string(b, o, "reason", word_reason(f->reason));
	json_put(b, o, "tasks", function_tasks(b, f));
	/* Nobody runs anything of a target that is not loaded. */
	json_put_string(b, o, "runs", b->r->crash.task_at.st || f->reason == REASON_TARGET_NOT_LOADED ? NULL :
					word_runs(analysis_panic_runs(b->r, f)));
	return o;
}

static json *functions(struct build *b, const struct object_rec *obj)
{
	json *list;

	if ((obj->st || obj->funcs_st) && !obj->funcs)
		return NULL;
	list = json_array_of(b);
	for (const struct func_rec *f = obj->funcs; f; f = f->next)
		json_append(b, list, function(b, f));
	return list;
}

static json *one_object(struct build *b, const struct object_rec *obj)
{
	json *o = json_object_of(b);

	b->gap = obj->st != KLPSCOPE_OK;
	json_put_text(b, o, "name", obj->name);
	json_put_bool(b, o, "loaded", obj->loaded);
	json_put_bool(b, o, "patched", obj->patched);
	json_put_bool(b, o, "dynamic", obj->dynamic);
	json_put(b, o, "callbacks", json_callbacks(b, &obj->callbacks));
	b->gap = false;
	json_put(b, o, "functions", functions(b, obj));
	json_put_string(b, o, "in_effect", word_in_effect(obj->in_effect));
	return o;
}

static json *objects(struct build *b, const struct patch_rec *p)
{
	json *list;

	if ((p->st || p->objects_st) && !p->objects)
		return NULL;
	list = json_array_of(b);
	for (const struct object_rec *obj = p->objects; obj; obj = obj->next)
		json_append(b, list, one_object(b, obj));
	return list;
}

static json *patch(struct build *b, const struct patch_rec *p)
{
	struct val order = { .v = p->order, .st = p->order ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND };
	json *o = json_object_of(b);

	json_put_string(b, o, "name", view_module_name(p->module));
	json_put_address(b, o, "address", p->addr);
	json_put_number(b, o, "order", order);
	json_put_string(b, o, "state", word_state(p->state));
	json_put_string(b, o, "in_effect", word_in_effect(p->in_effect));
	b->gap = p->st != KLPSCOPE_OK;
	json_put_bool(b, o, "enabled", p->enabled);
	json_put_bool(b, o, "replace", p->replace);
	json_put_bool(b, o, "forced", p->forced);
	b->gap = false;
	json_put(b, o, "module", module(b, p->module));
	json_put(b, o, "states", states(b, p));
	json_put(b, o, "objects", objects(b, p));
	return o;
}

static json *patches(struct build *b, const char *filter)
{
	json *list;

	if (view_patches_unknown(b->r) && !b->r->patches)
		return NULL;
	list = json_array_of(b);
	for (const struct patch_rec *p = b->r->patches; p; p = p->next)
		if (view_patch_selected(p, filter))
			json_append(b, list, patch(b, p));
	return list;
}

static json *detached_module(struct build *b, const struct module_rec *m, const char *reason)
{
	json *o = json_object_of(b);

	json_put_string(b, o, "name", view_module_name(m));
	json_put(b, o, "module", module(b, m));
	json_put_string(b, o, "reason", reason);
	return o;
}

static json *detached(struct build *b, const char *filter)
{
	json *list;

	if (b->r->modules_st && !b->r->detached && b->r->capability != KLP_NOT_BUILT_IN)
		return NULL;
	list = json_array_of(b);
	for (const struct detached_rec *d = b->r->detached; d; d = d->next)
		if (view_detached_selected(d, filter))
			json_append(b, list, detached_module(b, d->module, d->reason));
	/* Stands for those that the part of the module list which could not be read may hold. */
	if (b->r->modules_st && b->r->capability != KLP_NOT_BUILT_IN && !filter)
		json_append(b, list, detached_module(b, NULL, NULL));
	return list;
}

/* --- the rest --- */

/* A kernel function is vmlinux's when it is no module's. */
static const char *frame_module(const struct frame_rec *f)
{
	return !f->symbol.name ? NULL : f->symbol.module ? f->symbol.module : "vmlinux";
}

static const char *frame_patch(const struct frame_rec *f, char hex[HEX_SIZE])
{
	if (f->code == CODE_OTHER)
		return NULL;
	return f->patch ? view_patch_label(f->patch, hex) : view_module_label(f->module, hex);
}

static json *frame(struct build *b, const struct frame_rec *f, unsigned int number)
{
	struct val offset = { f->address - f->symbol.start, f->symbol.name ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND };
	json *o = json_object_of(b);
	char hex[HEX_SIZE];

	json_put_number(b, o, "frame", (struct val){ .v = number });
	json_put_pointer(b, o, "address", (struct val){ .v = f->address });
	json_put_string(b, o, "symbol", f->symbol.name);
	json_put_number(b, o, "offset", offset);
	json_put_string(b, o, "module", frame_module(f));
	json_put_string(b, o, "patch", frame_patch(f, hex));
	json_put_string(b, o, "function", f->func && !f->func->name.st ? f->func->name.s : NULL);
	json_put_true(b, o, "reliable", f->reliable);
	json_put_string(b, o, "code", word_code((enum code_kind)f->code));
	json_put_true(b, o, "interrupted", f->exact && number);
	json_put_string(b, o, "through", f->through);
	return o;
}

/* Only when asked for; null otherwise, and when nothing of it is known. */
static json *stack(struct build *b, const struct stack_rec *s)
{
	json *list;

	if (!b->r->want_stacks || !s || (s->st && !s->count))
		return NULL;
	list = json_array_of(b);
	for (unsigned int i = 0; i < s->count; i++)
		json_append(b, list, frame(b, &s->frame[i], i));
	return list;
}

/* [] only when it is known that nothing on its stack does. */
static json *blocked_by(struct build *b, const struct pending_rec *p)
{
	json *list;

	if (!p->blockers && p->blockers_st)
		return NULL;
	list = json_array_of(b);
	for (const struct blocker_rec *blocker = p->blockers; blocker; blocker = blocker->next) {
		json *o = json_object_of(b);

		json_put_text(b, o, "function", blocker->func->name);
		json_put_string(b, o, "symbol", blocker->frame->symbol.name);
		json_put_pointer(b, o, "address", (struct val){ .v = blocker->frame->address });
		json_append(b, list, o);
	}
	return list;
}

static json *pending_task(struct build *b, const struct pending_rec *p)
{
	const struct task_rec *task = p->task;
	json *o = json_object_of(b);

	json_put_number(b, o, "pid", (struct val){ task->pid, task->ids_st });
	json_put_number(b, o, "tgid", (struct val){ task->tgid, task->ids_st });
	json_put_string(b, o, "comm", task->comm);
	json_put_number(b, o, "cpu", p->cpu);
	json_put_bool(b, o, "kernel_thread", p->kernel_thread);
	json_put_string(b, o, "state", p->state_word);
	json_put_string(b, o, "patch_state", word_side(task->side));
	json_put_bool(b, o, "flag_pending", p->flag_pending);
	json_put_bool(b, o, "running", p->running);
	json_put(b, o, "blocked_by", blocked_by(b, p));
	json_put(b, o, "stack", stack(b, p->stack));
	json_put_string(b, o, "held_up", word_held_up(p->held_up));
	json_put_address(b, o, "address", task->addr);
	return o;
}

/* Stands for those that are pending, too, or may be. */
static json *pending_others(struct build *b)
{
	static const struct task_rec task = { .ids_st = KLPSCOPE_NOT_FOUND };
	const struct val nothing = { .st = KLPSCOPE_NOT_FOUND };
	const struct pending_rec others = {
		.task = &task, .cpu = nothing, .kernel_thread = nothing, .flag_pending = nothing, .running = nothing,
		.blockers_st = KLPSCOPE_NOT_FOUND,
	};

	return pending_task(b, &others);
}

static json *pending(struct build *b)
{
	const struct tasks_rec *tasks = &b->r->tasks;
	json *list;

	if (!tasks->walked)
		return NULL;
	list = json_array_of(b);
	for (const struct pending_rec *p = tasks->pending; p; p = p->next)
		json_append(b, list, pending_task(b, p));
	if (tasks->total_pending.st || tasks->pending_st)
		json_append(b, list, pending_others(b));
	return list;
}

static json *patched_stack(struct build *b, const struct task_rec *task, struct val cpu, struct val panic,
			   enum task_runs runs, const struct stack_rec *s)
{
	json *o = json_object_of(b);

	json_put_number(b, o, "pid", (struct val){ task->pid, task->ids_st });
	json_put_number(b, o, "tgid", (struct val){ task->tgid, task->ids_st });
	json_put_string(b, o, "comm", task->comm);
	json_put_number(b, o, "cpu", cpu);
	json_put_bool(b, o, "panic", panic);
	json_put_string(b, o, "runs", word_runs(runs));
	json_put(b, o, "stack", stack(b, s));
	put_task_address(b, o, task);
	return o;
}

static json *patched_stacks(struct build *b)
{
	static const struct task_rec others = { .ids_st = KLPSCOPE_NOT_FOUND };
	const struct crash_rec *crash = &b->r->crash;
	const struct val yes = { .v = 1 }, none = { .st = KLPSCOPE_NOT_FOUND };
	/* While nobody knows who panicked it may be any of them. */
	struct val other = { .st = crash->cpu.st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_OK : crash->task_at.st };
	json *list;

	if (!b->r->tasks.stacks_walked)
		return NULL;
	list = json_array_of(b);
	if (!crash->task_at.st)
		json_append(b, list, patched_stack(b, &crash->task, crash->cpu, yes, crash->runs, crash->stack));
	else if (crash->cpu.st != KLPSCOPE_NOT_FOUND)
		json_append(b, list, patched_stack(b, &others, crash->cpu, yes, RUNS_UNKNOWN, NULL));
	for (const struct passing_rec *p = b->r->tasks.passing; p; p = p->next)
		json_append(b, list, patched_stack(b, p->task, p->cpu, other, p->runs, p->stack));
	/* Stands for those that may be, too. */
	if (b->r->tasks.nr_doubtful || b->r->tasks.total.st || b->r->tasks.code_unknown)
		json_append(b, list, patched_stack(b, &others, none, other, RUNS_UNKNOWN, NULL));
	return list;
}

static json *tasks(struct build *b)
{
	const struct tasks_rec *t = &b->r->tasks;
	json *o;

	if (!t->walked)
		return NULL;
	o = json_object_of(b);
	json_put_number(b, o, "total", t->total);
	json_put_number(b, o, "threads", (struct val){ t->threads, t->threads_st });
	json_put_number(b, o, "idle", (struct val){ t->idle, t->idle_st });
	json_put(b, o, "patched_stacks", patched_stacks(b));
	return o;
}

/* null would say that none was under way; an object of nulls says that nobody knows. */
static json *transition(struct build *b)
{
	const struct transition_rec *t = &b->r->transition;
	const struct val nothing = { .st = KLPSCOPE_NOT_FOUND };
	bool known = view_transition_known(b->r);
	char hex[HEX_SIZE];
	json *o;

	if (known && !t->under_way)
		return NULL;
	o = json_object_of(b);
	json_put_string(b, o, "patch", known ? view_transition_label(t, hex) : NULL);
	json_put_string(b, o, "target", known ? t->direction : NULL);
	json_put_number(b, o, "tasks_total", known && b->r->tasks.walked ? b->r->tasks.total : nothing);
	json_put_number(b, o, "tasks_pending", known && b->r->tasks.walked ? b->r->tasks.total_pending : nothing);
	json_put_number(b, o, "signal_count", known ? t->signal_count : nothing);
	json_put(b, o, "pending", known ? pending(b) : NULL);
	return o;
}

static json *findings(struct build *b)
{
	json *list = json_array_of(b);

	for (const struct finding_rec *f = b->r->findings; f; f = f->next) {
		json *o = json_object_of(b);

		json_put_string(b, o, "code", f->code);
		json_put_string(b, o, "severity", word_severity(f->severity));
		json_put_string(b, o, "message", f->message);
		json_put_address(b, o, "address", f->address);
		json_put_string(b, o, "expected", f->expected);
		json_put_string(b, o, "found", f->found);
		json_append(b, list, o);
	}
	return list;
}

static json *report(struct build *b, const char *filter)
{
	json *o = json_object_of(b);

	json_put_string(b, o, "schema", SCHEMA);
	json_put_string(b, o, "generator", "klpscope " KLPSCOPE_VERSION);
	json_put(b, o, "dump", dump(b));
	json_put(b, o, "summary", summary(b));
	json_put(b, o, "patches", patches(b, filter));
	json_put(b, o, "detached_modules", detached(b, filter));
	json_put(b, o, "transition", transition(b));
	json_put(b, o, "tasks", tasks(b));
	json_put(b, o, "shadow_variables", json_shadows(b));
	json_put(b, o, "relocations", json_relocations(b, filter));
	json_put(b, o, "findings", findings(b));
	return o;
}

enum klpscope_status json_render(const struct report *r, const char *filter, char **text, size_t *length)
{
	struct build b = { .r = r };
	struct sb sb = { 0 };
	json *o;

	*text = NULL;
	*length = 0;
	if (!view_has(r, filter))
		return KLPSCOPE_NOT_FOUND;
	o = report(&b, filter);
	if (b.failed)
		sb.failed = true;
	else
		json_write(&sb, o);
	json_object_put(o);
	*text = sb_take(&sb, length);
	return *text ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
}
