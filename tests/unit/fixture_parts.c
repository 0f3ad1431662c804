// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "fixture_parts.h"

/* --- parts --- */

void *need(void *p)
{
	if (!p)
		abort();
	return p;
}

struct val num(uint64_t v)
{
	return (struct val){ .v = v };
}

struct val lost(void)
{
	return (struct val){ .st = EXCLUDED };
}

struct text str(const char *s)
{
	return (struct text){ .s = s };
}

struct text lost_text(void)
{
	return (struct text){ .st = EXCLUDED };
}

struct text absent_text(void)
{
	return (struct text){ .st = KLPSCOPE_NOT_FOUND };
}

/* --- stacks --- */

#define FRAMES_MAX 8

struct stack_rec *stack_new(struct arena *a)
{
	struct stack_rec *stack = need(arena_alloc(a, sizeof(*stack)));

	stack->frame = need(arena_alloc(a, FRAMES_MAX * sizeof(*stack->frame)));
	return stack;
}

/* In a function of the kernel that no patch is about; callers change what differs. */
struct frame_rec *frame_add(struct stack_rec *stack, const char *name)
{
	struct frame_rec *f;
	uint64_t start = 0xffffffff8a001000 + 0x400 * (uint64_t)stack->count;

	if (stack->count == FRAMES_MAX)
		abort();
	f = &stack->frame[stack->count++];
	f->address = start + 0x1c;
	f->symbol = (struct symbol_name){ .name = name, .start = start, .size = 0x80 };
	f->code = CODE_OTHER;
	f->reliable = true;
	return f;
}

struct frame_rec *frame_in(struct stack_rec *stack, const struct patch_rec *p, const struct func_rec *func,
			   enum code_kind kind)
{
	struct frame_rec *f = frame_add(stack, NULL);

	f->symbol = kind == CODE_NEW ? func->new_symbol : func->old_symbol;
	f->address = f->symbol.start + 0x1c;
	f->code = (uint8_t)kind;
	f->func = func;
	f->patch = p;
	f->module = kind == CODE_NEW ? p->module : NULL;
	return f;
}

void frames_of_syscall(struct stack_rec *stack)
{
	frame_add(stack, "do_syscall_64");
	frame_add(stack, "entry_SYSCALL_64_after_hwframe");
}

/* Somebody who panicked in no patched code, in a kernel that has some. */
struct stack_rec *panic_stack(struct arena *a, struct report *r)
{
	struct stack_rec *stack = stack_new(a);

	frame_add(stack, "sysrq_handle_crash")->exact = true;
	frame_add(stack, "write_sysrq_trigger");
	r->crash.stack = stack;
	r->crash.stack_needed = true;
	return stack;
}

/* --- reports --- */

struct report *report_new(struct arena *a)
{
	struct report *r = need(arena_alloc(a, sizeof(*r)));

	r->arena = a;
	r->capability = KLP_CAPABLE;
	r->complete = true;
	r->kernel_identity = "6.1.0-56-cloud-amd64";
	r->system = (struct system_rec){
		.path = str("/var/crash/202610121153/vmcore"),
		.format = str("kdump-compressed (lzo)"),
		.architecture = str("x86_64"),
		.release = str("6.1.0-56-cloud-amd64"),
		.version = str("#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-1 (2026-09-01)"),
		.nodename = str("db3"),
		.build_id = str("3f1c2b8a9e6d4c5f0a7b8c9d0e1f2a3b4c5d6e7f"),
		.taints = num(1u << 12 | 1u << 13 | 1u << 15),
	};
	r->transition.target = num(UINT32_MAX);
	r->problems.tail = &r->problems.first;
	r->crash = (struct crash_rec){
		.cpu = num(2),
		.task_at = num(0xffff888005a04c80),
		.task = { .addr = 0xffff888005a04c80, .comm = "bash", .pid = 4242, .tgid = 4242, .side = SIDE_IDLE },
		.runs = RUNS_NEW,
	};
	return r;
}

struct module_rec *module_new(struct arena *a, const char *name, uint64_t addr)
{
	struct module_rec *m = need(arena_alloc(a, sizeof(*m)));

	m->addr = addr;
	m->name = str(name);
	m->base = num(addr - 0x2000);
	m->size = num(0x4000);
	m->version = absent_text();
	m->srcversion = str("A1B2C3D4E5F60718293A4B5");
	m->build_id = str("0123456789abcdef0123456789abcdef01234567");
	m->taints = num(1u << 12 | 1u << 13 | 1u << 15);
	m->refcount = num(0);
	m->klp = num(1);
	return m;
}

struct patch_rec *patch_add(struct arena *a, struct report *r, const char *name,
			    enum patch_state state, enum klpscope_in_effect effect)
{
	struct patch_rec *p = need(arena_alloc(a, sizeof(*p))), **tail = &r->patches;
	uint64_t base = 0xffffffffc0600000 + 0x10000 * (uint64_t)r->nr_patches;

	while (*tail)
		tail = &(*tail)->next;
	*tail = p;
	p->order = ++r->nr_patches;
	p->addr = base + 0x2040;
	p->enabled = num(state == PATCH_APPLIED || state == PATCH_APPLYING);
	p->replace = num(0);
	p->forced = num(0);
	p->module = module_new(a, name, base + 0x3000);
	p->state = state;
	p->in_effect = effect;
	return p;
}

struct object_rec *object_add(struct arena *a, struct patch_rec *p, const char *name, bool loaded)
{
	struct object_rec *obj = need(arena_alloc(a, sizeof(*obj))), **tail = &p->objects;

	while (*tail)
		tail = &(*tail)->next;
	*tail = obj;
	p->nr_objects++;
	obj->addr = p->addr + 0x100 * p->nr_objects;
	obj->name = str(name);
	obj->is_vmlinux = strcmp(name, "vmlinux") == 0;
	obj->mod = num(obj->is_vmlinux || !loaded ? 0 : 0xffffffffc0400000);
	obj->loaded = num(loaded);
	obj->patched = num(loaded);
	obj->dynamic = num(0);
	obj->callbacks.post_unpatch_enabled = num(0);
	obj->in_effect = loaded ? p->in_effect : KLPSCOPE_EFFECT_NO;
	return obj;
}

/* A function in effect for everybody, alone on its stack; callers change what differs. */
struct func_rec *func_add(struct arena *a, struct patch_rec *p, struct object_rec *obj,
			  const char *name)
{
	struct func_rec *f = need(arena_alloc(a, sizeof(*f))), **tail = &obj->funcs;
	struct ops_rec *ops = need(arena_alloc(a, sizeof(*ops)));

	while (*tail)
		tail = &(*tail)->next;
	*tail = f;
	f->addr = obj->addr + 0x10 * ++obj->nr_funcs;
	f->name = str(name);
	f->sympos = num(0);
	f->old_addr = num(0xffffffff8a3b1230 + 0x400 * (uint64_t)obj->nr_funcs);
	f->old_size = num(88);
	f->new_addr = num(p->module->base.v + 0x40 * obj->nr_funcs);
	f->new_size = num(104);
	f->old_symbol = (struct symbol_name){ .name = name, .start = f->old_addr.v, .size = 88 };
	f->new_symbol = (struct symbol_name){
		.name = need(arena_printf(a, "klp_%s", name)),
		.module = p->module->name.s,
		.start = f->new_addr.v,
		.size = 104,
	};
	f->nop = num(0);
	f->patched = num(1);
	f->transition = num(0);
	ops->stack = need(arena_alloc(a, 2 * sizeof(*ops->stack)));
	ops->stack[0] = f->addr;
	ops->depth = 1;
	f->ops = ops;
	f->entry.state = ENTRY_REDIRECTED;
	f->entry.record_flags = num(0x94000001);
	f->in_effect = KLPSCOPE_EFFECT_YES;
	return f;
}

/* `newer` on top of `older`. */
void stack_up(struct arena *a, struct func_rec *newer, struct func_rec *older)
{
	struct ops_rec *ops = need(arena_alloc(a, sizeof(*ops)));

	ops->stack = need(arena_alloc(a, 2 * sizeof(*ops->stack)));
	ops->stack[0] = newer->addr;
	ops->stack[1] = older->addr;
	ops->depth = 2;
	newer->ops = older->ops = ops;
	newer->stack_position = 0;
	older->stack_position = 1;
	newer->old_addr = older->old_addr;
	newer->old_symbol = older->old_symbol;
}

void set_verdict(struct func_rec *f, enum klpscope_in_effect e, enum effect_reason reason)
{
	f->in_effect = e;
	f->reason = reason;
}

void take_off_stack(struct func_rec *f)
{
	f->ops = NULL;
	f->patched = num(0);
	f->entry.state = ENTRY_ORIGINAL;
}

struct func_rec *absent_func(struct arena *a, struct patch_rec *p, struct object_rec *obj,
			     const char *name)
{
	struct func_rec *f = func_add(a, p, obj, name);

	take_off_stack(f);
	f->entry = (struct entry_rec){ .st = KLPSCOPE_NOT_FOUND };
	f->old_addr = num(0);
	f->old_size = num(0);
	f->old_symbol = (struct symbol_name){ 0 };
	set_verdict(f, KLPSCOPE_EFFECT_NO, REASON_TARGET_NOT_LOADED);
	return f;
}

struct detached_rec *detached_add(struct arena *a, struct report *r, const char *name,
				  const char *reason)
{
	struct detached_rec *d = need(arena_alloc(a, sizeof(*d))), **tail = &r->detached;
	uint64_t base = 0xffffffffc0500000;

	while (*tail) {
		tail = &(*tail)->next;
		base += 0x8000;
	}
	*tail = d;
	d->module = module_new(a, name, base);
	d->patch_addr = base - 0x1000;
	d->enabled = num(0);
	d->listed_once = num(1);
	d->unpatch_pending = num(0);
	d->reason = reason;
	d->in_effect = reason ? KLPSCOPE_EFFECT_NO : KLPSCOPE_EFFECT_UNKNOWN;
	return d;
}

void fixture_finding(struct arena *a, struct report *r, enum finding_severity severity, const char *code,
		     uint64_t addr, const char *message)
{
	struct finding_rec *f = need(arena_alloc(a, sizeof(*f))), **tail = &r->findings;

	while (*tail)
		tail = &(*tail)->next;
	*tail = f;
	f->severity = severity;
	f->code = code;
	f->message = message;
	f->address = addr;
}
