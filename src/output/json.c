// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report for programs.  Keys, their order and their words are a contract:
 * add, never rename.  null is "not known" or "not there in this kernel" and
 * nothing else; a pointer that is known to be NULL is "0x0".
 */
#include <json-c/json.h>
#include <string.h>

#include "analysis/analysis.h"
#include "output/json.h"
#include "output/json_write.h"
#include "output/view.h"
#include "output/words.h"

#define SCHEMA "klpscope-1"

/*
 * json-c says "null" by NULL and "no memory" by NULL: `failed` keeps them apart.
 * `gap`: the record being written is a placeholder; its zeros are no knowledge.
 */
struct build {
	const struct report *r;
	bool failed, gap;
};

typedef struct json_object json;

/* --- putting values under keys --- */

static json *made(struct build *b, json *o)
{
	if (!o)
		b->failed = true;
	return o;
}

static json *object(struct build *b)
{
	return made(b, json_object_new_object());
}

static json *array(struct build *b)
{
	return made(b, json_object_new_array());
}

/* `key` must be a literal. Takes over `value`. */
static void put(struct build *b, json *to, const char *key, json *value)
{
	const unsigned int flags = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT;

	if (to && !json_object_object_add_ex(to, key, value, flags))
		return;
	b->failed = true;
	json_object_put(value);
}

static void append(struct build *b, json *to, json *value)
{
	if (to && !json_object_array_add(to, value))
		return;
	b->failed = true;
	json_object_put(value);
}

static json *string(struct build *b, const char *s)
{
	return s ? made(b, json_object_new_string(s)) : NULL;
}

static void put_null(struct build *b, json *to, const char *key)
{
	put(b, to, key, NULL);
}

static void put_string(struct build *b, json *to, const char *key, const char *s)
{
	put(b, to, key, string(b, s));
}

static void put_text(struct build *b, json *to, const char *key, struct text t)
{
	put_string(b, to, key, t.st || b->gap ? NULL : t.s);
}

static void put_number(struct build *b, json *to, const char *key, struct val v)
{
	put(b, to, key, v.st || b->gap ? NULL : made(b, json_object_new_uint64(v.v)));
}

static void put_true(struct build *b, json *to, const char *key, bool v)
{
	put(b, to, key, made(b, json_object_new_boolean(v)));
}

static void put_bool(struct build *b, json *to, const char *key, struct val v)
{
	put(b, to, key, v.st || b->gap ? NULL : made(b, json_object_new_boolean(v.v != 0)));
}

static void put_pointer(struct build *b, json *to, const char *key, struct val v)
{
	char hex[HEX_SIZE];

	put_string(b, to, key, v.st || b->gap ? NULL : view_hex(v.v, hex));
}

/* For addresses that the records mark as missing by 0. */
static void put_address(struct build *b, json *to, const char *key, uint64_t addr)
{
	char hex[HEX_SIZE];

	put_string(b, to, key, addr ? view_hex(addr, hex) : NULL);
}

/* --- dump --- */

static json *taint_list(struct build *b, struct val taints)
{
	json *list;

	if (taints.st)
		return NULL;
	list = array(b);
	for (unsigned int bit = 0; bit < TAINT_BITS; bit++) {
		char word[TAINT_WORD_SIZE];

		if (taints.v >> bit & 1)
			append(b, list, string(b, word_taint(bit, word)));
	}
	return list;
}

/* null: nobody panicked, or who did is not known; then so is the CPU. */
static json *panic_task(struct build *b)
{
	const struct crash_rec *crash = &b->r->crash;
	json *o;

	if (crash->cpu.st || crash->task_at.st)
		return NULL;
	o = object(b);
	put_number(b, o, "pid", (struct val){ crash->task.pid, crash->task.ids_st });
	put_number(b, o, "tgid", (struct val){ crash->task.tgid, crash->task.ids_st });
	put_string(b, o, "comm", crash->task.comm);
	put_address(b, o, "address", crash->task.addr);
	put_string(b, o, "runs", word_runs(crash->runs));
	return o;
}

/* null: the dump is none. */
static json *capsule(struct build *b)
{
	const struct capsule_rec *c = b->r->system.capsule;
	json *o;

	if (!c)
		return NULL;
	o = object(b);
	put_text(b, o, "generator", c->generator);
	put_text(b, o, "format", c->format);
	put_number(b, o, "size", c->size);
	put_bool(b, o, "redacted", (struct val){ .v = c->redacted });
	return o;
}

static json *dump(struct build *b)
{
	const struct system_rec *s = &b->r->system;
	/* Known to be false only when the kernel says that nobody has. */
	struct val panicked = { b->r->crash.cpu.st != KLPSCOPE_NOT_FOUND,
				b->r->crash.cpu.st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_OK : b->r->crash.cpu.st };
	json *o = object(b);
	struct val livepatch = { .v = s->taints.v >> TAINT_LIVEPATCH_BIT & 1, .st = s->taints.st };

	put_text(b, o, "path", s->path);
	put_text(b, o, "format", s->format);
	put_text(b, o, "architecture", s->architecture);
	put_string(b, o, "byte_order", s->big_endian ? "big" : "little");
	put_text(b, o, "release", s->release);
	put_text(b, o, "version", s->version);
	put_text(b, o, "nodename", s->nodename);
	put_text(b, o, "build_id", s->build_id);
	put(b, o, "taints", taint_list(b, s->taints));
	put_bool(b, o, "livepatch_taint", livepatch);
	put_number(b, o, "panic_cpu", b->r->crash.cpu);
	put(b, o, "panic_task", panic_task(b));
	put_bool(b, o, "panicked", panicked);
	put(b, o, "capsule", capsule(b));
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
		append(b, list[SUM_IN_EFFECT], string(b, name));
	if (p->in_effect == KLPSCOPE_EFFECT_NO)
		append(b, list[SUM_NOT_IN_EFFECT], string(b, name));
	if (p->state == PATCH_APPLYING)
		append(b, list[SUM_APPLYING], string(b, name));
	if (p->state == PATCH_REVERTING)
		append(b, list[SUM_REVERTING], string(b, name));
	if (p->in_effect == KLPSCOPE_EFFECT_UNKNOWN || p->state == PATCH_UNKNOWN)
		append(b, list[SUM_UNKNOWN], string(b, name));
}

static void summarize_detached(struct build *b, json *list[SUM_COUNT], const struct detached_rec *d)
{
	char hex[HEX_SIZE];
	enum summary_list which = d->in_effect == KLPSCOPE_EFFECT_NO ? SUM_NOT_IN_EFFECT : SUM_UNKNOWN;

	append(b, list[which], string(b, view_module_label(d->module, hex)));
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
	list = array(b);
	for (unsigned int i = 0; stack && i < stack->count; i++)
		if (stack->frame[i].reliable && wanted(&stack->frame[i]))
			append(b, list, string(b, stack->frame[i].symbol.name));
	return list;
}

static json *summary(struct build *b)
{
	const struct report *r = b->r;
	json *o = object(b), *list[SUM_COUNT];
	/* One transition at most: when it is known, or that there is none, so are these two lists. */
	bool moving = !view_transition_known(r) || analysis_transition_lost(r);
	bool doubtful = view_patches_doubtful(r);

	for (int i = 0; i < SUM_COUNT; i++)
		list[i] = array(b);
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		summarize_patch(b, list, p);
	for (const struct detached_rec *d = r->detached; d; d = d->next)
		summarize_detached(b, list, d);
	put_string(b, o, "livepatch", word_capability(r->capability));
	put(b, o, "in_effect", list_or_null(list[SUM_IN_EFFECT], doubtful));
	put(b, o, "applying", list_or_null(list[SUM_APPLYING], moving));
	put(b, o, "reverting", list_or_null(list[SUM_REVERTING], moving));
	put(b, o, "not_in_effect", list_or_null(list[SUM_NOT_IN_EFFECT], doubtful));
	put_string(b, o, "kernel_identity", r->kernel_identity);
	put(b, o, "crash_path", crash_path(b, r->crash.hotfix_on_path, analysis_is_hotfix));
	put_true(b, o, "complete", r->complete);
	put(b, o, "unknown", list[SUM_UNKNOWN]);
	put(b, o, "crash_path_originals", crash_path(b, r->crash.old_on_path, analysis_is_original));
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
	return string(b, all);
}

static json *module(struct build *b, const struct module_rec *m)
{
	json *o;

	if (!m)
		return NULL;
	o = object(b);
	put_text(b, o, "name", m->name);
	put_address(b, o, "address", m->addr);
	put_pointer(b, o, "base", m->base);
	put_number(b, o, "size", m->size);
	put_text(b, o, "version", m->version);
	put_text(b, o, "srcversion", m->srcversion);
	put_text(b, o, "build_id", m->build_id);
	put(b, o, "taints", module_taints(b, m->taints));
	put_number(b, o, "refcount", m->refcount);
	return o;
}

/* NOT_FOUND: a kernel without states has none, and that is known. */
static json *states(struct build *b, const struct patch_rec *p)
{
	json *list;

	if (p->st || (p->states_st && p->states_st != KLPSCOPE_NOT_FOUND && !p->states))
		return NULL;
	list = array(b);
	for (const struct state_rec *s = p->states; s; s = s->next) {
		json *o = object(b);

		put_number(b, o, "id", s->id);
		put_number(b, o, "version", s->version);
		put_pointer(b, o, "data", s->data);
		append(b, list, o);
	}
	return list;
}

/* No function has size 0: the kernel has looked up neither size while the target is not loaded. */
static json *code(struct build *b, struct val addr, struct val size, const char *symbol)
{
	json *o = object(b);

	if (!size.st && !size.v)
		size.st = KLPSCOPE_NOT_FOUND;
	put_pointer(b, o, "address", addr);
	put_number(b, o, "size", size);
	put_string(b, o, "symbol", symbol);
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
	put_number(b, o, "stack_position", position);
	put_number(b, o, "stack_depth", depth);
}

/* null: it is not decided task by task, or not known of each. */
static json *function_tasks(struct build *b, const struct func_rec *f)
{
	const struct tasks_rec *t = &b->r->tasks;
	struct val runs = analysis_tasks_of(b->r, f);
	json *o;

	if (runs.st == KLPSCOPE_NOT_FOUND)
		return NULL;
	o = object(b);
	put_number(b, o, "new", runs);
	put_number(b, o, "old", f->stack_position ? t->new_side : t->old_side);
	return o;
}

static json *function(struct build *b, const struct func_rec *f)
{
	json *o = object(b);

	b->gap = f->st != KLPSCOPE_OK;
	put_text(b, o, "name", f->name);
	put_number(b, o, "sympos", f->sympos);
	put(b, o, "old", code(b, f->old_addr, f->old_size, f->old_symbol.name));
	put(b, o, "new", code(b, f->new_addr, f->new_size, f->new_symbol.name));
	put_bool(b, o, "nop", f->nop);
	put_bool(b, o, "patched", f->patched);
	put_bool(b, o, "transition", f->transition);
	put_stack(b, o, f);
	b->gap = false;
	put_string(b, o, "entry", word_entry(f->entry.state));
	put_string(b, o, "in_effect", word_in_effect(f->in_effect));
	put_string(b, o, "reason", word_reason(f->reason));
	put(b, o, "tasks", function_tasks(b, f));
	/* Nobody runs anything of a target that is not loaded. */
	put_string(b, o, "runs", b->r->crash.task_at.st || f->reason == REASON_TARGET_NOT_LOADED ? NULL :
					word_runs(analysis_panic_runs(b->r, f)));
	return o;
}

static json *functions(struct build *b, const struct object_rec *obj)
{
	json *list;

	if ((obj->st || obj->funcs_st) && !obj->funcs)
		return NULL;
	list = array(b);
	for (const struct func_rec *f = obj->funcs; f; f = f->next)
		append(b, list, function(b, f));
	return list;
}

static json *callbacks(struct build *b, const struct callbacks_rec *c)
{
	json *o = object(b);

	put_pointer(b, o, "pre_patch", c->pre_patch);
	put_pointer(b, o, "post_patch", c->post_patch);
	put_pointer(b, o, "pre_unpatch", c->pre_unpatch);
	put_pointer(b, o, "post_unpatch", c->post_unpatch);
	put_bool(b, o, "post_unpatch_enabled", c->post_unpatch_enabled);
	return o;
}

static json *one_object(struct build *b, const struct object_rec *obj)
{
	json *o = object(b);

	b->gap = obj->st != KLPSCOPE_OK;
	put_text(b, o, "name", obj->name);
	put_bool(b, o, "loaded", obj->loaded);
	put_bool(b, o, "patched", obj->patched);
	put_bool(b, o, "dynamic", obj->dynamic);
	put(b, o, "callbacks", callbacks(b, &obj->callbacks));
	b->gap = false;
	put(b, o, "functions", functions(b, obj));
	put_string(b, o, "in_effect", word_in_effect(obj->in_effect));
	return o;
}

static json *objects(struct build *b, const struct patch_rec *p)
{
	json *list;

	if ((p->st || p->objects_st) && !p->objects)
		return NULL;
	list = array(b);
	for (const struct object_rec *obj = p->objects; obj; obj = obj->next)
		append(b, list, one_object(b, obj));
	return list;
}

static json *patch(struct build *b, const struct patch_rec *p)
{
	struct val order = { .v = p->order, .st = p->order ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND };
	json *o = object(b);

	put_string(b, o, "name", view_module_name(p->module));
	put_address(b, o, "address", p->addr);
	put_number(b, o, "order", order);
	put_string(b, o, "state", word_state(p->state));
	put_string(b, o, "in_effect", word_in_effect(p->in_effect));
	b->gap = p->st != KLPSCOPE_OK;
	put_bool(b, o, "enabled", p->enabled);
	put_bool(b, o, "replace", p->replace);
	put_bool(b, o, "forced", p->forced);
	b->gap = false;
	put(b, o, "module", module(b, p->module));
	put(b, o, "states", states(b, p));
	put(b, o, "objects", objects(b, p));
	return o;
}

static json *patches(struct build *b, const char *filter)
{
	json *list;

	if (view_patches_unknown(b->r) && !b->r->patches)
		return NULL;
	list = array(b);
	for (const struct patch_rec *p = b->r->patches; p; p = p->next)
		if (view_patch_selected(p, filter))
			append(b, list, patch(b, p));
	return list;
}

static json *detached_module(struct build *b, const struct module_rec *m, const char *reason)
{
	json *o = object(b);

	put_string(b, o, "name", view_module_name(m));
	put(b, o, "module", module(b, m));
	put_string(b, o, "reason", reason);
	return o;
}

static json *detached(struct build *b, const char *filter)
{
	json *list;

	if (b->r->modules_st && !b->r->detached && b->r->capability != KLP_NOT_BUILT_IN)
		return NULL;
	list = array(b);
	for (const struct detached_rec *d = b->r->detached; d; d = d->next)
		if (view_detached_selected(d, filter))
			append(b, list, detached_module(b, d->module, d->reason));
	/* Stands for those that the part of the module list which could not be read may hold. */
	if (b->r->modules_st && b->r->capability != KLP_NOT_BUILT_IN && !filter)
		append(b, list, detached_module(b, NULL, NULL));
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
	json *o = object(b);
	char hex[HEX_SIZE];

	put_number(b, o, "frame", (struct val){ .v = number });
	put_pointer(b, o, "address", (struct val){ .v = f->address });
	put_string(b, o, "symbol", f->symbol.name);
	put_number(b, o, "offset", offset);
	put_string(b, o, "module", frame_module(f));
	put_string(b, o, "patch", frame_patch(f, hex));
	put_string(b, o, "function", f->func && !f->func->name.st ? f->func->name.s : NULL);
	put_true(b, o, "reliable", f->reliable);
	put_string(b, o, "code", word_code((enum code_kind)f->code));
	put_true(b, o, "interrupted", f->exact && number);
	put_string(b, o, "through", f->through);
	return o;
}

/* Only when asked for; null otherwise, and when nothing of it is known. */
static json *stack(struct build *b, const struct stack_rec *s)
{
	json *list;

	if (!b->r->want_stacks || !s || (s->st && !s->count))
		return NULL;
	list = array(b);
	for (unsigned int i = 0; i < s->count; i++)
		append(b, list, frame(b, &s->frame[i], i));
	return list;
}

/* [] only when it is known that nothing on its stack does. */
static json *blocked_by(struct build *b, const struct pending_rec *p)
{
	json *list;

	if (!p->blockers && p->blockers_st)
		return NULL;
	list = array(b);
	for (const struct blocker_rec *blocker = p->blockers; blocker; blocker = blocker->next) {
		json *o = object(b);

		put_text(b, o, "function", blocker->func->name);
		put_string(b, o, "symbol", blocker->frame->symbol.name);
		put_pointer(b, o, "address", (struct val){ .v = blocker->frame->address });
		append(b, list, o);
	}
	return list;
}

static json *pending_task(struct build *b, const struct pending_rec *p)
{
	const struct task_rec *task = p->task;
	json *o = object(b);

	put_number(b, o, "pid", (struct val){ task->pid, task->ids_st });
	put_number(b, o, "tgid", (struct val){ task->tgid, task->ids_st });
	put_string(b, o, "comm", task->comm);
	put_number(b, o, "cpu", p->cpu);
	put_bool(b, o, "kernel_thread", p->kernel_thread);
	put_string(b, o, "state", p->state_word);
	put_string(b, o, "patch_state", word_side(task->side));
	put_bool(b, o, "flag_pending", p->flag_pending);
	put_bool(b, o, "running", p->running);
	put(b, o, "blocked_by", blocked_by(b, p));
	put(b, o, "stack", stack(b, p->stack));
	put_string(b, o, "held_up", word_held_up(p->held_up));
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
	list = array(b);
	for (const struct pending_rec *p = tasks->pending; p; p = p->next)
		append(b, list, pending_task(b, p));
	if (tasks->total_pending.st || tasks->pending_st)
		append(b, list, pending_others(b));
	return list;
}

static json *patched_stack(struct build *b, const struct task_rec *task, struct val cpu, struct val panic,
			   enum task_runs runs, const struct stack_rec *s)
{
	json *o = object(b);

	put_number(b, o, "pid", (struct val){ task->pid, task->ids_st });
	put_number(b, o, "tgid", (struct val){ task->tgid, task->ids_st });
	put_string(b, o, "comm", task->comm);
	put_number(b, o, "cpu", cpu);
	put_bool(b, o, "panic", panic);
	put_string(b, o, "runs", word_runs(runs));
	put(b, o, "stack", stack(b, s));
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
	list = array(b);
	if (!crash->task_at.st)
		append(b, list, patched_stack(b, &crash->task, crash->cpu, yes, crash->runs, crash->stack));
	else if (crash->cpu.st != KLPSCOPE_NOT_FOUND)
		append(b, list, patched_stack(b, &others, crash->cpu, yes, RUNS_UNKNOWN, NULL));
	for (const struct passing_rec *p = b->r->tasks.passing; p; p = p->next)
		append(b, list, patched_stack(b, p->task, p->cpu, other, p->runs, p->stack));
	/* Stands for those that may be, too. */
	if (b->r->tasks.nr_doubtful || b->r->tasks.total.st || b->r->tasks.code_unknown)
		append(b, list, patched_stack(b, &others, none, other, RUNS_UNKNOWN, NULL));
	return list;
}

static json *tasks(struct build *b)
{
	const struct tasks_rec *t = &b->r->tasks;
	json *o;

	if (!t->walked)
		return NULL;
	o = object(b);
	put_number(b, o, "total", t->total);
	put_number(b, o, "threads", (struct val){ t->threads, t->threads_st });
	put_number(b, o, "idle", (struct val){ t->idle, t->idle_st });
	put(b, o, "patched_stacks", patched_stacks(b));
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
	o = object(b);
	put_string(b, o, "patch", known ? view_transition_label(t, hex) : NULL);
	put_string(b, o, "target", known ? t->direction : NULL);
	put_number(b, o, "tasks_total", known && b->r->tasks.walked ? b->r->tasks.total : nothing);
	put_number(b, o, "tasks_pending", known && b->r->tasks.walked ? b->r->tasks.total_pending : nothing);
	put_number(b, o, "signal_count", known ? t->signal_count : nothing);
	put(b, o, "pending", known ? pending(b) : NULL);
	return o;
}

static json *findings(struct build *b)
{
	json *list = array(b);

	for (const struct finding_rec *f = b->r->findings; f; f = f->next) {
		json *o = object(b);

		put_string(b, o, "code", f->code);
		put_string(b, o, "severity", word_severity(f->severity));
		put_string(b, o, "message", f->message);
		put_address(b, o, "address", f->address);
		append(b, list, o);
	}
	return list;
}

static json *report(struct build *b, const char *filter)
{
	json *o = object(b);

	put_string(b, o, "schema", SCHEMA);
	put_string(b, o, "generator", "klpscope " KLPSCOPE_VERSION);
	put(b, o, "dump", dump(b));
	put(b, o, "summary", summary(b));
	put(b, o, "patches", patches(b, filter));
	put(b, o, "detached_modules", detached(b, filter));
	put(b, o, "transition", transition(b));
	put(b, o, "tasks", tasks(b));
	put_null(b, o, "shadow_variables");
	put_null(b, o, "relocations");
	put(b, o, "findings", findings(b));
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
