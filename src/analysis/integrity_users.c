// SPDX-License-Identifier: GPL-2.0-or-later
/* Who else hooks patched functions; and who redirects one that no klp_ops is for. */
#include <stdlib.h>
#include <string.h>

#include "analysis/integrity.h"

/* FTRACE_OPS_FL_IPMODIFY: 12, in older kernels 13; any of them may explain a redirection. */
#define OPS_IPMODIFY (1u << 12 | 1u << 13)

/* As many functions are named. */
#define NAMED 3

/* --- who it is --- */

static const struct {
	const char *callback, *words;
} callbacks[] = {
	{ "kprobe_ftrace_handler", "kprobes" },
	{ "function_trace_probe_call", "function triggers" },
	{ "function_profile_call", "the function profiler" },
	{ "function_trace_call", "the function tracer" },
	{ "function_args_trace_call", "the function tracer" },
	{ "function_stack_trace_call", "the function tracer" },
	{ "function_no_repeats_trace_call", "the function tracer" },
	{ "function_stack_no_repeats_trace_call", "the function tracer" },
	{ "irqsoff_tracer_call", "the latency tracer" },
	{ "wakeup_tracer_call", "the wakeup tracer" },
	{ "stack_trace_call", "the stack tracer" },
	{ "ftrace_graph_func", "the function graph tracer" },
	{ "perf_ftrace_function_call", "perf" },
	{ "fprobe_handler", "fprobes" },
	{ "fprobe_kprobe_handler", "fprobes" },
	{ "fprobe_ftrace_entry", "fprobes" },
	{ "kpatch_ftrace_handler", "kpatch.ko" },
};

/* Callbacks that say nothing, and whose they are. */
static const struct {
	const char *ops, *words;
} owners[] = {
	{ "graph_ops", "the function graph tracer" },
	{ "global_ops", "the function tracer" },
};

static const char *by_callback(const char *name)
{
	for (size_t i = 0; name && i < sizeof(callbacks) / sizeof(*callbacks); i++)
		if (!strcmp(name, callbacks[i].callback))
			return callbacks[i].words;
	return NULL;
}

/* "kprobes", but "the function tracer" */
static bool are_many(const char *callback)
{
	const char *words = by_callback(callback);

	return words && strncmp(words, "the ", strlen("the ")) != 0 && words[strlen(words) - 1] == 's';
}

static const char *by_owner(const char *name)
{
	for (size_t i = 0; name && i < sizeof(owners) / sizeof(*owners); i++)
		if (!strcmp(name, owners[i].ops))
			return owners[i].words;
	return NULL;
}

static const char *who(struct report *r, const struct ftrace_user_rec *u)
{
	const char *words = by_callback(u->callback.name);

	words = words ? words : by_owner(u->symbol.name);
	if (words && !u->instance.st)
		return arena_printf(r->arena, "%s of instance %s", words, u->instance.s);
	if (words)
		return words;
	if (!u->direct.st)
		return arena_printf(r->arena, "a direct call to 0x%llx (as of BPF trampolines)",
				    (unsigned long long)u->direct.v);
	if (u->callback.name && !strcmp(u->callback.name, "call_direct_funcs"))
		return "a direct call (as of BPF trampolines)";
	if (u->callback.name)
		return arena_printf(r->arena, "an ftrace user with the callback %s%s%s%s", u->callback.name,
				    u->callback.module ? " [" : "", u->callback.module ? u->callback.module : "",
				    u->callback.module ? "]" : "");
	return arena_printf(r->arena, "an ftrace user with the callback 0x%llx",
			    (unsigned long long)(u->func.st ? 0 : u->func.v));
}

static const char *functions_of(struct report *r, const struct ftrace_user_rec *u)
{
	const char *names = "";

	for (unsigned int i = 0; i < u->nr_funcs && i < NAMED && names; i++)
		names = arena_printf(r->arena, "%s%s%s", names, i ? ", " : "", integrity_func(u->funcs[i]));
	return u->nr_funcs > NAMED && names ? arena_printf(r->arena, "%s and others", names) : names;
}

static void other_user(struct report *r, const struct ftrace_user_rec *u)
{
	const char *names = functions_of(r, u);

	if (u->handler || !u->nr_funcs || !names)
		return;
	finding_add(r, "other-ftrace-user", FINDING_INFO, u->addr, NULL, NULL,
		    "%s %s on %u patched function%s, too: %s", who(r, u), are_many(u->callback.name) ? "are" : "is",
		    u->nr_funcs, u->nr_funcs == 1 ? "" : "s", names);
}

static void breakpoint(struct report *r, const struct func_rec *f)
{
	/* At the site itself it has a finding of its own; of functions that several patches have, the first tells. */
	if (f->entry.breakpoint && f->entry.state != ENTRY_OTHER && !(f->ops && f->stack_position))
		finding_add(r, "other-ftrace-user", FINDING_INFO, f->old_addr.v, NULL, NULL,
			    "function %s: a breakpoint lies at its entry, as of a kprobe", integrity_func(f));
}

/* --- redirected, and no klp_ops --- */

static bool may_redirect(const struct ftrace_user_rec *u)
{
	return u->handler || u->flags.st || u->flags.v & OPS_IPMODIFY;
}

/* What explains that a function is redirected, in order; made when the first such function asks. */
struct redirected {
	uint64_t *ip, *old;		/* sites of functions that somebody may redirect; functions of which there is a klp_ops */
	size_t nr_ips, nr_olds;
	bool made, any;			/* nobody knows of whom: then any may be */
};

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool is_among(const uint64_t *sorted, size_t n, uint64_t wanted)
{
	return n && bsearch(&wanted, sorted, n, sizeof(wanted), by_number);
}

/* Those of the same list are counted once: all that are on everything share one. */
static size_t redirected_sites(const struct report *r, uint64_t *out)
{
	const struct func_rec **last = NULL;
	size_t n = 0;

	for (const struct ftrace_user_rec *u = r->ftrace.users; u; u = u->next) {
		if (!may_redirect(u) || !u->nr_funcs || u->funcs == last)
			continue;
		last = u->funcs;
		for (unsigned int i = 0; i < u->nr_funcs; i++, n++)
			if (out)
				out[n] = u->funcs[i]->entry.ip.v;
	}
	return n;
}

static void make(const struct report *r, struct redirected *all)
{
	size_t olds = 0;

	all->made = true;
	for (const struct ftrace_user_rec *u = r->ftrace.users; u; u = u->next)
		all->any |= may_redirect(u) && u->st;
	for (const struct ops_rec *ops = r->ops; ops; ops = ops->next, olds++)
		all->any |= ops->old_addr.st != KLPSCOPE_OK;
	if (all->any)
		return;
	all->nr_ips = redirected_sites(r, NULL);
	all->ip = arena_alloc(r->arena, all->nr_ips * sizeof(*all->ip));
	all->old = arena_alloc(r->arena, olds * sizeof(*all->old));
	all->any = !all->ip || !all->old;
	if (all->any)
		return;
	redirected_sites(r, all->ip);
	qsort(all->ip, all->nr_ips, sizeof(*all->ip), by_number);
	for (const struct ops_rec *ops = r->ops; ops; ops = ops->next)
		all->old[all->nr_olds++] = ops->old_addr.v;
	qsort(all->old, all->nr_olds, sizeof(*all->old), by_number);
}

static bool is_explained(const struct report *r, struct redirected *all, const struct func_rec *f)
{
	if (!all->made)
		make(r, all);
	return all->any || is_among(all->ip, all->nr_ips, f->entry.ip.v) || is_among(all->old, all->nr_olds, f->old_addr.v);
}

static void without_ops(struct report *r, struct redirected *all, const struct patch_rec *p, const struct func_rec *f)
{
	const struct entry_rec *e = &f->entry;

	if (f->ops || e->ip.st || e->record_flags.st || !(e->record_flags.v & RECORD_IPMODIFY) ||
	    e->state != ENTRY_OTHER || r->ftrace.st || r->ops_st || f->told || is_explained(r, all, f))
		return;
	finding_add(r, "redirected-without-ops", integrity_severity(r), e->ip.v, "a klp_ops of this function", "none",
		    "patch %s: function %s: ftrace redirects it, but nobody is registered who does%s",
		    integrity_patch(p), integrity_func(f), integrity_excuse(r));
}

/* A klp_ops that ftrace calls, and the list of all of them has not. */
static void lost_ops(struct report *r, const struct ftrace_user_rec *u)
{
	if (!u->handler || r->ops_st || (u->nr_funcs && u->funcs[0]->told))
		return;
	finding_add(r, "redirected-without-ops", FINDING_ERROR, u->addr, "on klp_ops", "not on it",
		    "function %s: ftrace redirects it to a klp_ops that is not on the list",
		    u->nr_funcs ? integrity_func(u->funcs[0]) : u->first.name ? u->first.name : "?");
}

void integrity_users(struct report *r)
{
	struct redirected all = { 0 };

	for (const struct ftrace_user_rec *u = r->ftrace.users; u; u = u->next) {
		lost_ops(r, u);
		other_user(r, u);
	}
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		for (const struct object_rec *o = p->objects; o; o = o->next)
			for (const struct func_rec *f = o->funcs; f; f = f->next) {
				without_ops(r, &all, p, f);
				breakpoint(r, f);
			}
}
