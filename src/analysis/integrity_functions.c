// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flags against lists: func.patched and the function stacks, object.patched,
 * patch.enabled and the transition (kernel/livepatch/patch.c, core.c,
 * transition.c, 4.0 to 7.3-rc7).  All of them change with klp_mutex held; when
 * it is not, each must be what the others say.
 *
 * Of what hangs together the innermost is told: a function before its object,
 * that before its patch.
 */
#include <stdlib.h>

#include "analysis/integrity.h"

/* Where a function stands: the report, and what it is part of. */
struct place {
	struct report *r;
	const struct patch_rec *p;
	const struct object_rec *o;
};

static bool is(struct val v, uint64_t x)
{
	return !v.st && v.v == x;
}

static const char *what(const struct place *at, const struct func_rec *f)
{
	return arena_printf(at->r->arena, "patch %s: function %s", integrity_patch(at->p), integrity_func(f));
}

static void tell(const struct place *at, const char *code, const struct func_rec *f, const char *expected,
		 const char *found, const char *words)
{
	finding_add(at->r, code, integrity_severity(at->r), f->addr, expected, found, "%s: %s%s", what(at, f), words,
		    integrity_excuse(at->r));
}

/* --- is it the function that it names --- */

bool integrity_wrong_function(const struct func_rec *f)
{
	if (f->st || f->old_addr.st || !f->old_addr.v)
		return false;
	return f->symbol_addr.st == KLPSCOPE_NOT_FOUND || (!f->symbol_addr.st && f->symbol_addr.v != f->old_addr.v);
}

static void wrong_function(const struct place *at, struct func_rec *f)
{
	struct report *r = at->r;
	const char *expected = "a symbol of that name";

	f->told = true;
	if (!f->symbol_addr.st)
		expected = integrity_hex(r, f->symbol_addr.v);
	finding_add(r, "old-func-not-symbol", FINDING_ERROR, f->addr, expected,
		    integrity_symbol(r, &f->old_symbol, f->old_addr.v),
		    "%s,%llu: what it replaces is not the function of that name", what(at, f),
		    (unsigned long long)(f->sympos.st ? 0 : f->sympos.v));
}

void integrity_start(struct report *r)
{
	for (struct ops_rec *ops = r->ops; ops; ops = ops->next)
		ops->wrong = false;
	for (struct patch_rec *p = r->patches; p; p = p->next)
		for (struct object_rec *o = p->objects; o; o = o->next)
			for (struct func_rec *f = o->funcs; f; f = f->next) {
				f->told = false;
				if (f->ops && integrity_wrong_function(f))
					f->ops->wrong = true;
			}
}

static void mixed(const struct place *at, const struct func_rec *f)
{
	if (f->old_addr.st || f->ops->old_addr.st || f->old_addr.v == f->ops->old_addr.v ||
	    f->ops->wrong)
		return;
	finding_add(at->r, "corrupt", FINDING_WARNING, f->addr, integrity_hex(at->r, f->ops->old_addr.v),
		    integrity_hex(at->r, f->old_addr.v), "%s: old_func is not that of its stack", what(at, f));
}

/* --- the text at its entry --- */

static const char *site(struct report *r, const struct entry_rec *e)
{
	const char *s = "";

	for (unsigned int i = 0; i < e->site_size && s; i++)
		s = arena_printf(r->arena, "%s%s%02x", s, i ? " " : "", e->site[i]);
	if (e->goes_to && s)
		s = arena_printf(r->arena, "%s, to 0x%llx", s, (unsigned long long)e->goes_to);
	return s;
}

static const char *wanted_call(struct report *r, const struct ops_rec *ops)
{
	if (ops->trampoline.st || !ops->trampoline.v)
		return "a call of ftrace's";
	return arena_printf(r->arena, "a call of 0x%llx", (unsigned long long)ops->trampoline.v);
}

/*
 * Anybody's change to who is called there puts one for a while, livepatches or
 * not, and whoever runs into it is sent on; a debugger puts one, too.
 */
static void entry_breakpoint(const struct place *at, const struct func_rec *f)
{
	struct report *r = at->r;
	const char *excuse = integrity_excuse(r);
	enum finding_severity severity = integrity_severity(r) == FINDING_INFO ? FINDING_INFO : FINDING_WARNING;

	if (!r->ftrace.changing.st && r->ftrace.changing.v) {
		severity = FINDING_INFO;
		excuse = " (ftrace_lock was held: ftrace was changing text)";
	} else if (severity == FINDING_WARNING && r->ftrace.changing.st) {
		excuse = " (whether ftrace was changing it just then is not known)";
	}
	finding_add(r, "entry-not-redirected", severity, f->old_addr.v, wanted_call(r, f->ops), site(r, &f->entry),
		    "%s: is on its function stack, but the text at its entry is a breakpoint: what ran is unknown%s",
		    what(at, f), excuse);
}

/* klp_patch_func() puts the function on its stack, ftrace enables its ops, and only then writes the text. */
static void entry(const struct place *at, const struct func_rec *f)
{
	const char *words = "does not go to the livepatch handler: what ran is unknown";

	if (f->reason != REASON_ENTRY_NOT_REDIRECTED || integrity_ftrace_off(at->r) ||
	    !integrity_registered(at->r, f->ops))
		return;
	if (f->entry.state == ENTRY_OTHER && f->entry.breakpoint) {
		entry_breakpoint(at, f);
		return;
	}
	if (f->entry.state == ENTRY_ORIGINAL)
		words = "calls nobody: the original ran";
	finding_add(at->r, "entry-not-redirected", integrity_severity(at->r), f->old_addr.v,
		    wanted_call(at->r, f->ops), site(at->r, &f->entry),
		    "%s: is on its function stack, but the text at its entry %s%s", what(at, f), words,
		    integrity_excuse(at->r));
}

/* --- its own flags --- */

static void on_stack(const struct place *at, const struct func_rec *f)
{
	if (f->ops->mixed)
		mixed(at, f);
	if (is(f->patched, 0))
		tell(at, "on-stack-not-patched", f, "klp_func.patched 1", "0",
		     "is on its function stack, but not marked patched");
	entry(at, f);
}

/* An object's functions, as far as both their flags and the stacks are known. */
struct count {
	unsigned int all, on_stack, marked;
	bool known;
};

static void off_stack(const struct place *at, struct func_rec *f, const struct count *n)
{
	const char *words = NULL;

	if (is(f->patched, 1))
		words = "is marked patched, but stands on no function stack";
	else if (is(f->patched, 0) && is(at->o->patched, 1) && n->known && (n->on_stack || n->marked))
		words = "its object is marked patched, but it stands on no function stack";
	if (!words)
		return;
	f->told = true;
	tell(at, "not-on-stack", f, "on a function stack", "on none", words);
}

/* klp_init_transition() sets klp_transition_patch before any of these flags, completion clears it after them. */
static void transition(const struct place *at, const struct func_rec *f)
{
	const struct transition_rec *tr = &at->r->transition;

	if (f->transition.st || tr->patch.st || integrity_transition_broken(at->r) || analysis_transition_lost(at->r))
		return;
	if (f->transition.v && tr->patch.v != at->p->addr)
		finding_add(at->r, "transition-flag-left", FINDING_ERROR, f->addr, "klp_func.transition 0", "1",
			    "%s: is marked as in transition, but its patch is in none", what(at, f));
	else if (!f->transition.v && tr->under_way && tr->of == at->p && !tr->at_edge.v)
		tell(at, "flags-contradict", f, "klp_func.transition 1", "0",
		     "its patch is in transition, but it is not marked so");
}

static struct count count(const struct report *r, const struct object_rec *o)
{
	struct count n = { .known = !o->funcs_st && !r->unowned && analysis_stacks_known(r) };

	for (const struct func_rec *f = o->funcs; f; f = f->next) {
		n.known = n.known && !f->st && !f->patched.st;
		n.all++;
		n.on_stack += f->ops != NULL;
		n.marked += is(f->patched, 1);
	}
	return n;
}

/* --- its object --- */

static void object_contradicts(const struct place *at, const char *expected, const char *found, const char *words)
{
	finding_add(at->r, "flags-contradict", integrity_severity(at->r), at->o->addr, expected, found,
		    "patch %s: object %s: %s%s", integrity_patch(at->p), integrity_object(at->o), words,
		    integrity_excuse(at->r));
}

/* Up to 4.11, and since klp_patch_object() sets it when it puts the functions in place. */
static void object(const struct place *at, const struct count *n)
{
	const struct object_rec *o = at->o;
	bool marked_on_stack = false;

	for (const struct func_rec *f = o->funcs; f; f = f->next)
		marked_on_stack |= f->ops && is(f->patched, 1);
	if (is(o->patched, 1) && is(o->loaded, 0))
		object_contradicts(at, "klp_object.patched 0", "1", "is marked patched, but its target is not loaded");
	else if (is(o->patched, 1) && n->known && n->all && !n->on_stack && !n->marked)
		object_contradicts(at, "klp_object.patched 0", "1",
				   "is marked patched, but none of its functions is, and none is on a function stack");
	else if (is(o->patched, 0) && marked_on_stack)
		object_contradicts(at, "klp_object.patched 1", "0",
				   "is not marked patched, but functions of it are on function stacks");
}

/* An enabled patch has all functions of its loaded targets in place. */
static void object_missing(const struct place *at, const struct count *n)
{
	const struct patch_rec *p = at->p;

	if (p->state != PATCH_APPLIED && p->state != PATCH_APPLYING)
		return;
	if (is(p->enabled, 1) && is(at->o->loaded, 1) && is(at->o->patched, 0) && n->known && n->all && !n->on_stack &&
	    !n->marked) {
		for (struct func_rec *f = at->o->funcs; f; f = f->next)
			f->told = true;
		finding_add(at->r, "not-on-stack", integrity_severity(at->r), at->o->addr, "on function stacks", "on none",
			    "patch %s: is enabled, but no function of its object %s is on a function stack%s",
			    integrity_patch(p), integrity_object(at->o), integrity_excuse(at->r));
	}
}

/* --- its patch --- */

static unsigned int functions_on_stacks(const struct patch_rec *p, const struct func_rec **first)
{
	unsigned int n = 0;

	*first = NULL;
	for (const struct object_rec *o = p->objects; o; o = o->next)
		for (const struct func_rec *f = o->funcs; f; f = f->next)
			if (f->ops) {
				*first = *first ? *first : f;
				n++;
			}
	return n;
}

static void patch(struct report *r, const struct patch_rec *p)
{
	const struct func_rec *first;
	unsigned int n = functions_on_stacks(p, &first);

	if (p->state == PATCH_OFF && n)
		finding_add(r, "off-but-on-stack", integrity_severity(r), p->addr, "klp_patch.enabled 1", "0",
			    "patch %s: is not enabled, but %u function%s of it %s on function stacks: %s%s%s",
			    integrity_patch(p), n, n == 1 ? "" : "s", n == 1 ? "is" : "are", integrity_func(first),
			    n > 1 ? " and others" : "", integrity_excuse(r));
	else if (p->state == PATCH_APPLYING && is(p->enabled, 0))
		finding_add(r, "flags-contradict", integrity_severity(r), p->addr, "klp_patch.enabled 1", "0",
			    "patch %s: is being applied, but not marked enabled%s", integrity_patch(p),
			    integrity_excuse(r));
	else if (p->state == PATCH_REVERTING && is(p->enabled, 1))
		finding_add(r, "flags-contradict", integrity_severity(r), p->addr, "klp_patch.enabled 0", "1",
			    "patch %s: is being reverted, but marked enabled%s", integrity_patch(p),
			    integrity_excuse(r));
}

/* --- the order of function stacks --- */

struct standing {
	const struct ops_rec *ops;
	unsigned int position;
	const struct patch_rec *patch;
	const struct func_rec *func;
};

static int by_stack(const void *a, const void *b)
{
	const struct standing *x = a, *y = b;

	if (x->ops->addr != y->ops->addr)
		return x->ops->addr < y->ops->addr ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

static unsigned int all_standing(const struct report *r, struct standing *out)
{
	unsigned int n = 0;

	for (const struct patch_rec *p = r->patches; p; p = p->next)
		for (const struct object_rec *o = p->objects; o; o = o->next)
			for (const struct func_rec *f = o->funcs; f; f = f->next) {
				if (!f->ops || !p->order)
					continue;
				if (out)
					out[n] = (struct standing){ f->ops, f->stack_position, p, f };
				n++;
			}
	return n;
}

static const char *one_above(struct report *r, const struct patch_rec *above, const struct patch_rec *below)
{
	return arena_printf(r->arena, "%s above %s", integrity_patch(above), integrity_patch(below));
}

/*
 * Patches join klp_patches at its tail and their functions the stacks at the
 * top, in one go; a target that is loaded later gets them in the order of the
 * list (klp_module_coming()).
 */
static void stack_order(struct report *r)
{
	unsigned int n = all_standing(r, NULL);
	struct standing *s = arena_alloc(r->arena, (n + 1) * sizeof(*s));
	const struct ops_rec *told = NULL;

	if (!s || !n)
		return;
	all_standing(r, s);
	qsort(s, n, sizeof(*s), by_stack);
	for (unsigned int i = 1; i < n; i++) {
		const struct standing *above = &s[i - 1], *below = &s[i];

		if (above->ops != below->ops || above->ops == told || above->patch->order >= below->patch->order)
			continue;
		told = above->ops;
		finding_add(r, "stack-order", FINDING_ERROR, told->addr, one_above(r, below->patch, above->patch),
			    one_above(r, above->patch, below->patch),
			    "function %s: its function stack is not in the order of klp_patches",
			    integrity_func(above->func));
	}
}

/*
 * klp_init_func() refuses a function without a new one; nops are only made for patches that replace, and have the old
 * one as their new one while their target is loaded (klp_init_object_loaded(), klp_free_object_loaded(), 5.1 to 7.3-rc7).
 */
static void replacement(const struct place *at, const struct func_rec *f)
{
	if (is(f->nop, 1) && is(at->p->replace, 0))
		tell(at, "flags-contradict", f, "klp_func.nop 0", "1",
		     "is marked a nop, by which the original runs, but its patch replaces no other");
	else if (is(f->nop, 1) && !f->old_addr.st && !f->new_addr.st && f->new_addr.v != f->old_addr.v)
		tell(at, "flags-contradict", f, integrity_hex(at->r, f->old_addr.v), integrity_hex(at->r, f->new_addr.v),
		     "is marked a nop, by which the original runs, but has a new function");
	else if (is(f->nop, 0) && is(f->new_addr, 0))
		tell(at, "flags-contradict", f, "a new function", "NULL", "has no new function, and is no nop");
}

static void function(const struct place *at, struct func_rec *f, const struct count *n)
{
	if (f->st)
		return;
	if (integrity_wrong_function(f)) {
		wrong_function(at, f);
		return;
	}
	if (f->ops)
		on_stack(at, f);
	else if (!at->r->ops_st && analysis_stacks_known(at->r))
		off_stack(at, f, n);
	transition(at, f);
	replacement(at, f);
}

void integrity_functions(struct report *r)
{
	for (const struct patch_rec *p = r->patches; p; p = p->next) {
		for (const struct object_rec *o = p->objects; o; o = o->next) {
			const struct place at = { r, p, o };
			const struct count n = count(r, o);

			if (o->st)
				continue;
			for (struct func_rec *f = o->funcs; f; f = f->next)
				function(&at, f, &n);
			object(&at, &n);
			object_missing(&at, &n);
		}
		patch(r, p);
	}
	stack_order(r);
}
