// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "fixture_parts.h"

/* --- whole reports --- */

struct report *fixture_none(struct arena *a)
{
	struct report *r = report_new(a);

	r->system.taints = num(0);
	return r;
}

struct report *fixture_not_built_in(struct arena *a)
{
	static const char *const others[] = { "ksplice_7xk2", "kpatch", NULL };
	struct report *r = report_new(a);

	r->capability = KLP_NOT_BUILT_IN;
	r->patches_st = r->ops_st = r->transition.st = KLPSCOPE_NOT_FOUND;
	r->system.taints = num(1u << 12);
	r->other_hotfix = others;
	fixture_finding(a, r, FINDING_WARNING, "other-hotfix-technology", 0,
		    "modules of other hotfix technologies are loaded: ksplice_7xk2, kpatch");
	return r;
}

static void add_state(struct arena *a, struct patch_rec *p, uint64_t id)
{
	struct state_rec *s = need(arena_alloc(a, sizeof(*s)));

	s->id = num(id);
	s->version = num(1);
	s->data = num(0);
	p->states = s;
}

struct report *fixture_active(struct arena *a)
{
	struct report *r = report_new(a);
	struct patch_rec *p = patch_add(a, r, "klp_test_vmlinux", PATCH_APPLIED, KLPSCOPE_EFFECT_YES);
	struct object_rec *obj = object_add(a, p, "vmlinux", true);

	struct stack_rec *stack = panic_stack(a, r);
	struct func_rec *f;

	add_state(a, p, 42);
	func_add(a, p, obj, "cmdline_proc_show");
	f = func_add(a, p, obj, "version_proc_show");
	f->sympos = num(2);
	frame_in(stack, p, f, CODE_NEW);
	frames_of_syscall(stack);
	r->crash.hotfix_on_path = num(1);
	obj->callbacks.cb[CB_PRE_PATCH].addr = num(0xffffffffc0600800);
	obj->callbacks.post_unpatch_enabled = num(1);
	p = patch_add(a, r, "klp_test_modules", PATCH_APPLIED, KLPSCOPE_EFFECT_YES);
	p->module->version = str("1.2");
	obj = object_add(a, p, "klp_target_one", true);
	func_add(a, p, obj, "klp_target_show");
	obj = object_add(a, p, "klp_target_two", false);
	absent_func(a, p, obj, "klp_absent_show");
	r->kernel_identity = "6.1.0-56-cloud-amd64+klp_test_vmlinux+klp_test_modules";
	return r;
}

/* The dump was made of a machine that ran. */
static void nobody_panicked(struct report *r)
{
	const struct val nobody = { .st = KLPSCOPE_NOT_FOUND };

	r->crash = (struct crash_rec){
		.cpu = nobody, .task_at = nobody, .task.ids_st = KLPSCOPE_NOT_FOUND, .task.side_st = KLPSCOPE_NOT_FOUND,
		.stack_needed = true, .hotfix_on_path = nobody, .old_on_path = nobody,
	};
}

struct report *fixture_stacked(struct arena *a)
{
	struct report *r = report_new(a);
	struct patch_rec *lower = patch_add(a, r, "klp_test_lower", PATCH_APPLIED, KLPSCOPE_EFFECT_PARTLY);
	struct object_rec *obj = object_add(a, lower, "vmlinux", true);
	struct func_rec *below = func_add(a, lower, obj, "cmdline_proc_show");
	struct patch_rec *upper;

	func_add(a, lower, obj, "version_proc_show");
	upper = patch_add(a, r, "klp_test_upper", PATCH_APPLIED, KLPSCOPE_EFFECT_YES);
	obj = object_add(a, upper, "vmlinux", true);
	stack_up(a, func_add(a, upper, obj, "cmdline_proc_show"), below);
	set_verdict(below, KLPSCOPE_EFFECT_NO, REASON_SHADOWED);
	nobody_panicked(r);
	r->kernel_identity = "6.1.0-56-cloud-amd64+klp_test_lower+klp_test_upper";
	return r;
}

struct report *fixture_replaced(struct arena *a)
{
	struct report *r = report_new(a);
	struct patch_rec *p = patch_add(a, r, "klp_test_newer", PATCH_APPLIED, KLPSCOPE_EFFECT_YES);
	struct object_rec *obj = object_add(a, p, "vmlinux", true);
	struct stack_rec *stack = panic_stack(a, r);
	struct func_rec *f;

	p->replace = num(1);
	frame_in(stack, p, func_add(a, p, obj, "cmdline_proc_show"), CODE_OLD);
	frames_of_syscall(stack);
	r->crash.old_on_path = num(1);
	f = func_add(a, p, obj, "version_proc_show");
	f->nop = num(1);
	f->new_addr = f->old_addr;
	f->new_symbol = f->old_symbol;
	set_verdict(f, KLPSCOPE_EFFECT_YES, REASON_NOP);
	detached_add(a, r, "klp_test_older", "replaced");
	r->kernel_identity = "6.1.0-56-cloud-amd64+klp_test_newer";
	return r;
}

struct report *fixture_disabled(struct arena *a)
{
	static const char *const reasons[] = {
		"replaced", "disabled", "failed", "loading", "unloading", NULL,
	};
	struct report *r = report_new(a);
	struct patch_rec *p = patch_add(a, r, "klp_test_off", PATCH_OFF, KLPSCOPE_EFFECT_NO);
	struct object_rec *obj = object_add(a, p, "vmlinux", true);
	struct func_rec *f = func_add(a, p, obj, "cmdline_proc_show");
	struct stack_rec *stack = panic_stack(a, r);
	struct frame_rec *frame = frame_add(stack, "klp_left_behind");

	take_off_stack(f);
	set_verdict(f, KLPSCOPE_EFFECT_NO, REASON_PATCH_OFF);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		detached_add(a, r, need(arena_printf(a, "klp_test_%s", reasons[i] ? reasons[i] : "odd")),
			     reasons[i]);
	/* In code of a module whose patch is on no list any more: whose function it is, nobody knows. */
	frame->code = CODE_HOTFIX;
	frame->module = r->detached->module;
	frame->symbol.module = frame->module->name.s;
	frames_of_syscall(stack);
	r->crash.hotfix_on_path = num(1);
	r->complete = false;
	return r;
}

struct report *fixture_unowned(struct arena *a)
{
	struct report *r = fixture_active(a);

	r->unowned = need(arena_alloc(a, sizeof(*r->unowned)));
	r->unowned->func = 0xffffffffc0700100;
	r->unowned->name = str("cmdline_proc_show");
	r->unowned->module = "klp_test_lost";
	detached_add(a, r, "klp_test_lost", "disabled")->in_effect = KLPSCOPE_EFFECT_UNKNOWN;
	r->complete = false;
	r->kernel_identity = NULL;
	fixture_finding(a, r, FINDING_ERROR, "unlisted-function", 0xffffffffc0700100,
		    "function cmdline_proc_show: a replacement in module klp_test_lost is on its function "
		    "stack, but no listed patch has it");
	return r;
}

/* Every verdict is known, a detail is not. */
struct report *fixture_detail(struct arena *a)
{
	struct report *r = fixture_active(a);

	r->patches->module->srcversion = lost_text();
	r->complete = false;
	fixture_finding(a, r, FINDING_WARNING, "unreadable", 0xffffffffc0603100,
		    "module klp_test_vmlinux: srcversion: page excluded from the dump");
	return r;
}

static void set_transition(struct report *r, struct patch_rec *p, const char *direction)
{
	r->transition = (struct transition_rec){
		.patch = num(p->addr),
		.target = num(strcmp(direction, "patched") == 0),
		.signal_count = num(23),
		.under_way = true,
		.direction = direction,
		.of = p,
	};
}

static void task_set(struct report *r, unsigned int i, uint32_t pid, const char *comm, enum patch_side side)
{
	r->tasks.task[i] = (struct task_rec){
		.addr = 0xffff888003000000 + 0x2600 * (uint64_t)i, .comm = comm, .pid = pid, .tgid = pid,
		.side = (uint8_t)side, .idle = !pid,
	};
	r->tasks.idle += !pid;
	r->tasks.threads += pid != 0;
}

/* Two idle tasks, two processes; callers say who else there is. */
static void tasks_new(struct arena *a, struct report *r, unsigned int count, enum patch_side side)
{
	r->tasks.walked = true;
	r->tasks.count = count;
	r->tasks.task = need(arena_alloc(a, count * sizeof(*r->tasks.task)));
	task_set(r, 0, 0, "swapper/0", side);
	task_set(r, 1, 0, "swapper/1", side);
	task_set(r, 2, 1, "init", side);
	task_set(r, 3, 2, "kthreadd", side);
	r->tasks.total = num(count);
	r->tasks.new_side = num(side == SIDE_PATCHED ? 4 : 0);
	r->tasks.old_side = num(side == SIDE_PATCHED ? 0 : 4);
	r->tasks.total_pending = num(0);
}

static struct pending_rec *pending_set(struct arena *a, struct report *r, unsigned int i, uint32_t pid, const char *comm,
				       enum patch_side side)
{
	struct pending_rec *p = need(arena_alloc(a, sizeof(*p))), **tail = &r->tasks.pending;

	while (*tail)
		tail = &(*tail)->next;
	*tail = p;
	task_set(r, i, pid, comm, side);
	p->task = &r->tasks.task[i];
	p->cpu = num(3);
	p->kernel_thread = num(pid % 2);
	p->state_word = "D (disk sleep)";
	p->running = num(0);
	p->flag_pending = num(1);
	r->tasks.nr_pending++;
	r->tasks.total_pending = num(r->tasks.nr_pending);
	(side == SIDE_PATCHED ? &r->tasks.new_side : &r->tasks.old_side)->v++;
	return p;
}

static void blocker_add(struct arena *a, struct pending_rec *p, const struct func_rec *func,
			const struct frame_rec *frame)
{
	struct blocker_rec *b = need(arena_alloc(a, sizeof(*b))), **tail = &p->blockers;

	while (*tail)
		tail = &(*tail)->next;
	*tail = b;
	b->func = func;
	b->frame = frame;
	p->held_up = HELD_FUNCTION;
}

/* It sleeps in `kind` of `in`, which `func` waits for. */
static void hold_up(struct arena *a, struct pending_rec *p, const struct func_rec *func, const struct patch_rec *patch,
		    const struct func_rec *in, enum code_kind kind)
{
	p->stack = stack_new(a);
	frame_add(p->stack, "__schedule");
	frame_add(p->stack, "schedule");
	blocker_add(a, p, func, frame_in(p->stack, patch, in, kind));
	frames_of_syscall(p->stack);
}

static void doubt_stack(struct stack_rec *stack, unsigned int from, const char *why)
{
	stack->st = KLPSCOPE_CORRUPT;
	stack->why = why;
	for (unsigned int i = from; i < stack->count; i++)
		stack->frame[i].reliable = false;
}

struct report *fixture_stalled(struct arena *a)
{
	struct report *r = report_new(a);
	struct patch_rec *p = patch_add(a, r, "klp_test_stall", PATCH_APPLIED, KLPSCOPE_EFFECT_PARTLY);
	struct object_rec *obj = object_add(a, p, "vmlinux", true);
	struct func_rec *below = func_add(a, p, obj, "cmdline_proc_show"), *f, *work;
	const struct patch_rec *lower = p;
	struct pending_rec *pending;

	set_verdict(below, KLPSCOPE_EFFECT_PARTLY, REASON_TRANSITION);
	p = patch_add(a, r, "klp_test_single", PATCH_APPLYING, KLPSCOPE_EFFECT_PARTLY);
	obj = object_add(a, p, "vmlinux", true);
	f = func_add(a, p, obj, "cmdline_proc_show");
	stack_up(a, f, below);
	f->transition = num(1);
	set_verdict(f, KLPSCOPE_EFFECT_PARTLY, REASON_TRANSITION);
	work = func_add(a, p, obj, "klp_waiter_work");
	work->transition = num(1);
	set_verdict(work, KLPSCOPE_EFFECT_PARTLY, REASON_TRANSITION);
	set_transition(r, p, "patched");
	tasks_new(a, r, 6, SIDE_PATCHED);
	/* One is in the function's older replacement, the other in an original. */
	hold_up(a, pending_set(a, r, 4, 112, "klp_waiter_u", SIDE_UNPATCHED), f, lower, below, CODE_NEW);
	pending = pending_set(a, r, 5, 113, "klp_waiter_k", SIDE_UNPATCHED);
	pending->flag_pending.st = KLPSCOPE_NOT_FOUND;
	hold_up(a, pending, work, p, work, CODE_OLD);
	r->tasks.task[5].tgid = 112;
	frames_of_syscall(panic_stack(a, r));
	r->crash.task.side = SIDE_PATCHED;
	r->kernel_identity = "6.1.0-56-cloud-amd64+klp_test_stall+klp_test_single";
	return r;
}

/* Some tasks could not be read, and one list ended early. */
struct report *fixture_straggling(struct arena *a)
{
	struct report *r = fixture_stalled(a);
	struct tasks_rec *tasks = &r->tasks;
	struct pending_rec *p = tasks->pending;

	p->cpu = p->kernel_thread = p->running = p->flag_pending = lost();
	p->state_word = NULL;
	p->held_up = HELD_UNKNOWN;
	p->blockers = NULL;
	p->stack = stack_new(a);
	p->stack->st = p->blockers_st = EXCLUDED;
	p->next->blockers_st = KLPSCOPE_CORRUPT;
	doubt_stack(p->next->stack, 3, "no unwind information for some of its code");
	p->next->held_up = HELD_UNRELIABLE;
	r->want_stacks = tasks->stacks_walked = true;
	tasks->nr_doubtful = 3;
	tasks->doubtful_st = KLPSCOPE_CORRUPT;
	r->crash.task.side_st = EXCLUDED;
	r->crash.runs = RUNS_UNKNOWN;
	r->crash.hotfix_on_path.st = r->crash.old_on_path.st = KLPSCOPE_CORRUPT;
	doubt_stack(r->crash.stack, 2, "it does not lead upwards");
	frame_in(r->crash.stack, r->patches->next, r->patches->next->objects->funcs, CODE_NEW)->reliable = false;
	tasks->task[3].ids_st = tasks->task[3].side_st = EXCLUDED;
	tasks->task[3].comm = NULL;
	tasks->nr_unknown = 1;
	tasks->threads_st = tasks->total.st = tasks->total_pending.st = EXCLUDED;
	tasks->new_side.st = tasks->old_side.st = EXCLUDED;
	tasks->pending_st = KLPSCOPE_LIMIT;
	r->complete = false;
	fixture_finding(a, r, FINDING_WARNING, "unreadable", 0xffff888003005ea0,
		    "tasks: patch_state of 1 task: page excluded from the dump");
	return r;
}

/* Task number i, in the function's new code that it entered before it switched. */
static void passing_add(struct arena *a, struct report *r, unsigned int i, const struct patch_rec *p,
			const struct func_rec *f)
{
	struct passing_rec *passing = need(arena_alloc(a, sizeof(*passing)));

	passing->task = &r->tasks.task[i];
	passing->cpu = num(1);
	passing->stack = stack_new(a);
	passing->runs = r->tasks.task[i].side == SIDE_UNPATCHED ? RUNS_OLD : RUNS_NEW;
	frame_add(passing->stack, "schedule");
	frame_in(passing->stack, p, f, CODE_NEW)->through = "return_to_handler";
	frames_of_syscall(passing->stack);
	r->tasks.passing = passing;
}

struct report *fixture_reverting(struct arena *a)
{
	struct report *r = report_new(a);
	struct patch_rec *p = patch_add(a, r, "klp_test_single", PATCH_REVERTING, KLPSCOPE_EFFECT_PARTLY);
	struct object_rec *obj = object_add(a, p, "vmlinux", true);
	struct func_rec *f = func_add(a, p, obj, "cmdline_proc_show");
	struct stack_rec *stack;

	f->transition = num(1);
	set_verdict(f, KLPSCOPE_EFFECT_PARTLY, REASON_TRANSITION);
	set_transition(r, p, "unpatched");
	tasks_new(a, r, 4, SIDE_UNPATCHED);
	stack = panic_stack(a, r);
	frame_in(stack, p, f, CODE_OLD);
	frames_of_syscall(stack);
	r->crash.task.side = SIDE_UNPATCHED;
	r->crash.runs = RUNS_OLD;
	r->crash.old_on_path = num(1);
	r->want_stacks = r->tasks.stacks_walked = true;
	passing_add(a, r, 2, p, f);
	r->kernel_identity = "6.1.0-56-cloud-amd64+klp_test_single";
	return r;
}

/* A record of which nothing but the reason is known. */
static void placeholder_func(struct arena *a, struct object_rec *obj)
{
	struct func_rec *f = need(arena_alloc(a, sizeof(*f))), **tail = &obj->funcs;

	while (*tail)
		tail = &(*tail)->next;
	*tail = f;
	f->st = EXCLUDED;
	f->entry.st = EXCLUDED;
	set_verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	obj->nr_funcs++;
	obj->funcs_st = EXCLUDED;
}

static void placeholder_patch(struct arena *a, struct report *r)
{
	struct patch_rec *p = need(arena_alloc(a, sizeof(*p))), **tail = &r->patches;

	while (*tail)
		tail = &(*tail)->next;
	*tail = p;
	p->st = r->patches_st = EXCLUDED;
	p->states_st = p->objects_st = EXCLUDED;
	r->nr_patches++;
}

struct report *fixture_damaged(struct arena *a)
{
	struct report *r = fixture_active(a);
	struct patch_rec *p = r->patches->next;
	struct func_rec *f = p->objects->funcs;

	f->name = lost_text();
	f->sympos = f->nop = f->patched = f->transition = lost();
	f->new_addr = lost();
	f->new_symbol = (struct symbol_name){ 0 };
	f->ops = NULL;
	f->entry = (struct entry_rec){ .record_flags = lost(), .st = EXCLUDED };
	set_verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	placeholder_func(a, p->objects);
	p->in_effect = p->objects->in_effect = KLPSCOPE_EFFECT_UNKNOWN;
	placeholder_patch(a, r);
	detached_add(a, r, "klp_test_other", NULL);
	r->ops_st = KLPSCOPE_CORRUPT;
	r->modules_st = r->relocs_st = KLPSCOPE_TRUNCATED;
	r->transition.st = EXCLUDED;
	/* All of the stack could be followed; whose code some of it is could not be found out. */
	r->crash.stack->frame[2].code = CODE_OTHER;
	r->crash.stack->frame[2].func = NULL;
	r->crash.stack->frame[2].patch = NULL;
	r->crash.hotfix_on_path = (struct val){ .st = KLPSCOPE_TRUNCATED };
	r->crash.old_on_path = (struct val){ .st = KLPSCOPE_CORRUPT };
	r->crash.runs = RUNS_UNKNOWN;
	r->kernel_identity = NULL;
	r->complete = false;
	fixture_finding(a, r, FINDING_ERROR, "unreadable", 0xffffffffc0612148,
		    "patch klp_test_modules: object klp_target_one: function 1: page excluded from the dump");
	fixture_finding(a, r, FINDING_ERROR, "list-corrupt", 0,
		    "klp_ops: node 3: prev of 0xffff888003a41c00 does not point back");
	fixture_finding(a, r, FINDING_WARNING, "forced", 0,
		    "patch klp_test_vmlinux was forced: old code may still have been on stacks");
	return r;
}

struct report *fixture_blind(struct arena *a)
{
	struct report *r = report_new(a);

	r->capability = KLP_UNKNOWN;
	r->complete = false;
	r->kernel_identity = NULL;
	r->states_compared = EXCLUDED;
	r->patches_st = r->ops_st = r->modules_st = r->relocs_st = EXCLUDED;
	r->ftrace.st = r->ftrace.last_enabled.st = EXCLUDED;
	r->transition = (struct transition_rec){
		.patch = lost(), .target = lost(), .signal_count = lost(), .st = EXCLUDED,
	};
	r->system = (struct system_rec){
		.path = str("vmcore"),
		.format = lost_text(),
		.architecture = str("x86_64"),
		.release = lost_text(),
		.version = lost_text(),
		.nodename = lost_text(),
		.build_id = lost_text(),
		.taints = lost(),
	};
	r->crash = (struct crash_rec){
		.cpu = lost(), .task_at = lost(), .task.ids_st = EXCLUDED, .task.side_st = EXCLUDED, .stack_needed = true,
		.hotfix_on_path = lost(), .old_on_path = lost(),
	};
	r->want_stacks = true;
	r->tasks = (struct tasks_rec){
		.threads_st = EXCLUDED, .idle_st = EXCLUDED, .total = lost(), .total_pending = lost(), .new_side = lost(),
		.old_side = lost(),
	};
	r->shadows = (struct shadows_rec){ .st = EXCLUDED, .total = lost(), .bytes = lost() };
	return r;
}

static void lose_module(struct module_rec *m)
{
	m->name = m->version = m->srcversion = m->build_id = lost_text();
	m->base = m->size = m->taints = m->refcount = m->klp = m->state = lost();
}

static void lose_func(struct func_rec *f)
{
	f->name = lost_text();
	f->sympos = f->nop = f->patched = f->transition = lost();
	f->old_addr = f->old_size = f->new_addr = f->new_size = lost();
	f->old_symbol = f->new_symbol = (struct symbol_name){ 0 };
	f->ops = NULL;
	f->entry = (struct entry_rec){ .record_flags = lost(), .st = EXCLUDED };
	set_verdict(f, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
}

static void lose_object(struct object_rec *obj)
{
	obj->name = lost_text();
	obj->mod = obj->loaded = obj->patched = obj->dynamic = lost();
	obj->callbacks.post_unpatch_enabled = lost();
	for (unsigned int i = 0; i < CB_COUNT; i++)
		obj->callbacks.cb[i].addr = lost();
	obj->in_effect = KLPSCOPE_EFFECT_UNKNOWN;
}

struct report *fixture_lost(struct arena *a)
{
	struct report *r = fixture_blind(a);
	struct patch_rec *p = patch_add(a, r, "", PATCH_UNKNOWN, KLPSCOPE_EFFECT_UNKNOWN);
	struct object_rec *obj = object_add(a, p, "", true);

	lose_func(func_add(a, p, obj, ""));
	lose_object(obj);
	lose_module(p->module);
	p->enabled = p->replace = p->forced = lost();
	add_state(a, p, 0);
	p->states->id = p->states->version = p->states->data = lost();
	lose_module(detached_add(a, r, "", NULL)->module);
	return r;
}

static struct func_rec *word_func(struct arena *a, struct patch_rec *p, enum klpscope_in_effect e,
				  enum effect_reason reason, const char *name)
{
	struct func_rec *f = func_add(a, p, p->objects, name);

	set_verdict(f, e, reason);
	return f;
}

/* A frame of each kind. */
static void word_stack(struct arena *a, struct report *r)
{
	struct stack_rec *stack = panic_stack(a, r);
	const struct func_rec *plain = r->patches->objects->funcs;
	struct frame_rec *f;

	frame_in(stack, r->patches, plain, CODE_ENTRY);
	frame_in(stack, r->patches, plain, CODE_OLD)->exact = true;
	frame_in(stack, r->patches, plain, CODE_NEW)->through = "arch_rethook_trampoline";
	f = frame_add(stack, "helper");
	f->code = CODE_HOTFIX;
	f->module = r->patches->module;
	f->symbol.module = f->module->name.s;
	frame_add(stack, NULL)->symbol = (struct symbol_name){ 0 };
	frame_add(stack, "perhaps")->reliable = false;
	stack->st = KLPSCOPE_CORRUPT;
	stack->why = "an address on it is not in the kernel's text";
	r->crash.hotfix_on_path = r->crash.old_on_path = num(1);
	r->want_stacks = r->tasks.walked = r->tasks.stacks_walked = true;
	r->tasks.total = num(0);
}

struct report *fixture_words(struct arena *a)
{
	struct report *r = report_new(a);
	struct patch_rec *p = patch_add(a, r, "klp_words", PATCH_APPLIED, KLPSCOPE_EFFECT_PARTLY);

	object_add(a, p, "vmlinux", true);
	word_func(a, p, KLPSCOPE_EFFECT_YES, REASON_NONE, "f_plain");
	word_func(a, p, KLPSCOPE_EFFECT_NO, REASON_SHADOWED, "f_shadowed");
	word_func(a, p, KLPSCOPE_EFFECT_PARTLY, REASON_TRANSITION, "f_transition");
	word_func(a, p, KLPSCOPE_EFFECT_YES, REASON_NOP, "f_nop")->nop = num(1);
	word_func(a, p, KLPSCOPE_EFFECT_NO, REASON_TARGET_NOT_LOADED, "f_target_not_loaded");
	take_off_stack(word_func(a, p, KLPSCOPE_EFFECT_NO, REASON_NOT_PATCHED, "f_not_patched"));
	word_func(a, p, KLPSCOPE_EFFECT_NO, REASON_PATCH_OFF, "f_patch_off")->entry.state = ENTRY_ORIGINAL;
	word_func(a, p, KLPSCOPE_EFFECT_NO, REASON_ENTRY_NOT_REDIRECTED, "f_entry")->entry.state =
		ENTRY_OTHER;
	word_func(a, p, KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE, "f_unreadable")->entry =
		(struct entry_rec){ .st = EXCLUDED };
	patch_add(a, r, "klp_off", PATCH_OFF, KLPSCOPE_EFFECT_NO);
	patch_add(a, r, "klp_detached", PATCH_DETACHED, KLPSCOPE_EFFECT_NO);
	patch_add(a, r, "klp_unknown", PATCH_UNKNOWN, KLPSCOPE_EFFECT_UNKNOWN);
	patch_add(a, r, "klp_applying", PATCH_APPLYING, KLPSCOPE_EFFECT_UNKNOWN);
	patch_add(a, r, "klp_reverting", PATCH_REVERTING, KLPSCOPE_EFFECT_PARTLY);
	fixture_finding(a, r, FINDING_INFO, "some-info", 0, "all is well");
	word_stack(a, r);
	r->complete = false;
	return r;
}

struct report *fixture_hostile(struct arena *a)
{
	/* UTF-8 that is valid, a byte that is not (already made harmless), quotes, markup, format letters. */
	static const char evil[] = "klp_\xc3\xa9\xe6\xbc\xa2\\x1b[31m\"'</b>%s%n\\x5cx";
	struct report *r = report_new(a);
	struct patch_rec *p = patch_add(a, r, evil, PATCH_APPLIED, KLPSCOPE_EFFECT_YES);
	struct object_rec *obj = object_add(a, p, evil, true);

	struct stack_rec *stack = panic_stack(a, r);

	frame_in(stack, p, func_add(a, p, obj, evil), CODE_NEW)->symbol.name = evil;
	frame_add(stack, evil)->symbol.module = evil;
	r->crash.task.comm = evil;
	r->crash.hotfix_on_path = num(1);
	r->want_stacks = r->tasks.walked = r->tasks.stacks_walked = true;
	p->module->version = str(evil);
	p->module->srcversion = str("");
	obj = object_add(a, p, "", true);
	func_add(a, p, obj, "")->new_symbol.name = evil;
	detached_add(a, r, evil, "failed");
	fixture_finding(a, r, FINDING_WARNING, "odd-name", 0xffffffffffffffff, evil);
	r->system.nodename = str(evil);
	r->system.path = str("/tmp/\xff raw \x1b[2J\n.vmcore");
	return r;
}

static const char *repeat(struct arena *a, const char *unit, size_t count)
{
	size_t len = strlen(unit);
	char *s = need(arena_alloc(a, len * count + 1));

	for (size_t i = 0; i < count; i++)
		memcpy(s + i * len, unit, len);
	return s;
}

struct report *fixture_long(struct arena *a)
{
	struct report *r = report_new(a);
	const char *module = repeat(a, "livepatch_", 6), *symbol = repeat(a, "_ZN4core3ptr", 42);
	struct patch_rec *p = patch_add(a, r, module, PATCH_REVERTING, KLPSCOPE_EFFECT_PARTLY);
	struct object_rec *obj = object_add(a, p, repeat(a, "nf", 28), true);
	struct pending_rec *pending;
	struct stack_rec *stack;

	p->module->version = str(repeat(a, "1.2.3-rc", 12));
	for (int i = 0; i < 12; i++)
		set_verdict(func_add(a, p, obj, symbol), KLPSCOPE_EFFECT_PARTLY, REASON_SHADOWED);
	set_transition(r, p, "unpatched");
	r->transition.signal_count = num(UINT64_MAX);
	tasks_new(a, r, 6, SIDE_UNPATCHED);
	pending = pending_set(a, r, 4, 4194303, repeat(a, "\\xff", 15), SIDE_PATCHED);
	pending->cpu = num(8191);
	for (struct func_rec *f = obj->funcs; f; f = f->next)
		if (f == obj->funcs)
			hold_up(a, pending, f, p, f, CODE_NEW);
		else
			blocker_add(a, pending, f, &pending->stack->frame[2]);
	stack = panic_stack(a, r);
	frame_in(stack, p, obj->funcs, CODE_NEW)->exact = true;
	frame_in(stack, p, obj->funcs->next, CODE_NEW)->symbol.name = symbol;
	frame_in(stack, p, obj->funcs->next->next, CODE_OLD)->through = "__kretprobe_trampoline";
	r->crash.hotfix_on_path = r->crash.old_on_path = num(1);
	r->crash.task.comm = repeat(a, "\\x1b", 15);
	r->want_stacks = r->tasks.stacks_walked = true;
	pending_set(a, r, 5, UINT32_MAX, "klp_waiter_k", SIDE_IDLE)->cpu = num(UINT32_MAX);
	detached_add(a, r, repeat(a, "kpatch", 10), "unloading")->module->version = str(repeat(a, "x", 200));
	fixture_finding(a, r, FINDING_ERROR, "other-hotfix-technology", 0xffffffffc0612148,
		    repeat(a, "word ", 80));
	fixture_finding(a, r, FINDING_INFO, repeat(a, "code-", 12), 0, repeat(a, "x", 400));
	r->system.path = str(repeat(a, "/directory with spaces", 20));
	r->kernel_identity = need(arena_printf(a, "6.1.0+%s+%s+%s", module, module, module));
	return r;
}

const struct fixture fixtures[] = {
	{ "none", fixture_none },
	{ "not-built-in", fixture_not_built_in },
	{ "active", fixture_active },
	{ "stacked", fixture_stacked },
	{ "replaced", fixture_replaced },
	{ "disabled", fixture_disabled },
	{ "unowned", fixture_unowned },
	{ "detail", fixture_detail },
	{ "stalled", fixture_stalled },
	{ "reverting", fixture_reverting },
	{ "straggling", fixture_straggling },
	{ "damaged", fixture_damaged },
	{ "blind", fixture_blind },
	{ "lost", fixture_lost },
	{ "words", fixture_words },
	{ "hostile", fixture_hostile },
	{ "long", fixture_long },
};

const unsigned int nr_fixtures = sizeof(fixtures) / sizeof(fixtures[0]);
