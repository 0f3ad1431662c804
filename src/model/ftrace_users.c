// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who else hooks the functions that livepatches replace: tracers, kprobes,
 * BPF.  And a klp_ops that ftrace still calls, though klp_ops, the list, has
 * lost it.
 */
#include <stdlib.h>
#include <string.h>

#include "model/ftrace.h"

#define OPS_DIRECT (1u << 17)		/* FTRACE_OPS_FL_DIRECT, 5.5+; never set before */

/* The patched functions, each once: by the address of ftrace's site. */
struct sites {
	const struct func_rec **func;
	unsigned int count;
};

static int by_ip(const void *a, const void *b)
{
	const struct func_rec *const *x = a, *const *y = b;

	return (*x)->entry.ip.v < (*y)->entry.ip.v ? -1 : (*x)->entry.ip.v > (*y)->entry.ip.v;
}

static unsigned int each_site(const struct report *r, const struct func_rec **out)
{
	unsigned int n = 0;

	for (const struct patch_rec *p = r->patches; p; p = p->next)
		for (const struct object_rec *o = p->objects; o; o = o->next)
			for (const struct func_rec *f = o->funcs; f; f = f->next) {
				if (f->entry.ip.st || !f->entry.ip.v)
					continue;
				if (out)
					out[n] = f;
				n++;
			}
	return n;
}

static bool collect_sites(struct walk *w, struct sites *s)
{
	unsigned int n = each_site(w->r, NULL);

	s->func = arena_alloc(w->r->arena, (n + 1) * sizeof(const struct func_rec *));
	if (!s->func)
		return false;
	each_site(w->r, s->func);
	if (n)
		qsort(s->func, n, sizeof(const struct func_rec *), by_ip);
	for (unsigned int i = 0; i < n; i++)
		if (!s->count || s->func[s->count - 1]->entry.ip.v != s->func[i]->entry.ip.v)
			s->func[s->count++] = s->func[i];
	return true;
}

static void check_filter(struct walk *w, const struct func_rec *f)
{
	const struct stack_slot *slot = ops_find(w, f->addr);
	uint64_t fops = walk_at(w, f->ops->addr, M_klp_ops_fops);
	struct ftrace_hash filter = ftrace_hash_of(w, fops, M_ftrace_ops_hash_filter_hash);
	struct ftrace_hash notrace = ftrace_hash_of(w, fops, M_ftrace_ops_hash_notrace_hash);
	struct val covers = f->entry.ip;

	if (!covers.st)
		covers = ftrace_covers(w, &filter, &notrace, covers.v);
	if (covers.st && covers.st != KLPSCOPE_NOT_FOUND && covers.st != KLPSCOPE_UNSUPPORTED) {
		w->where = arena_printf(w->r->arena, "klp_ops 0x%llx", (unsigned long long)f->ops->addr);
		walk_problem(w, "its filter", covers.st, fops);
	}
	if (slot)
		slot->ops->covers = covers;
}

/* A klp_ops is on the one function that its stack is of. */
static void check_filters(struct walk *w)
{
	for (struct patch_rec *p = w->r->patches; p; p = p->next)
		for (struct object_rec *o = p->objects; o; o = o->next)
			for (struct func_rec *f = o->funcs; f; f = f->next)
				if (f->ops && !f->stack_position)
					check_filter(w, f);
}

static bool is_klp_ops(const struct walk *w, uint64_t fops)
{
	for (const struct ops_rec *ops = w->r->ops; ops; ops = ops->next)
		if (walk_at(w, ops->addr, M_klp_ops_fops) == fops)
			return true;
	return false;
}

/* Whose it is hangs on its names. */
static void name(struct walk *w, struct val addr, struct symbol_name *out)
{
	enum klpscope_status st = addr.st ? KLPSCOPE_NOT_FOUND : walk_name_address(w, addr.v, out);

	if (st && st != KLPSCOPE_NOT_FOUND)
		walk_problem(w, "whose it is", st, addr.v);
}

static void find_functions(struct walk *w, struct ftrace_user_rec *u, const struct sites *s)
{
	struct ftrace_hash filter = ftrace_hash_of(w, u->addr, M_ftrace_ops_hash_filter_hash);
	struct ftrace_hash notrace = ftrace_hash_of(w, u->addr, M_ftrace_ops_hash_notrace_hash);
	struct val ip;

	u->funcs = arena_alloc(w->r->arena, (s->count + 1) * sizeof(const struct func_rec *));
	if (!u->funcs)
		u->st = KLPSCOPE_NO_MEMORY;
	for (unsigned int i = 0; u->funcs && i < s->count; i++) {
		struct val covers = ftrace_covers(w, &filter, &notrace, s->func[i]->entry.ip.v);

		if (covers.st)
			u->st = covers.st;
		else if (covers.v)
			u->funcs[u->nr_funcs++] = s->func[i];
	}
	ip = u->handler && !u->nr_funcs ? ftrace_any_ip(w, &filter) : (struct val){ 0, KLPSCOPE_NOT_FOUND };
	name(w, ip, &u->first);
}

/* Where its functions go instead: told by itself, before 6.4 by a hash that all direct calls share. */
static struct val direct_call(struct walk *w, const struct ftrace_user_rec *u)
{
	struct val at = w->layout.symbol[S_direct_functions], own = walk_peek(w, u->addr, M_ftrace_ops_direct_call);
	struct ftrace_hash all;

	if (u->flags.st || !(u->flags.v & OPS_DIRECT) || !u->nr_funcs)
		return (struct val){ 0, u->flags.st ? u->flags.st : KLPSCOPE_NOT_FOUND };
	if (!own.st && own.v)
		return own;
	if (!at.st)
		at.st = target_read_ptr(w->t, at.v, &at.v);
	if (at.st)
		return at;
	all = ftrace_hash_read(w, at.v);
	at = ftrace_lookup(w, &all, u->funcs[0]->entry.ip.v);
	return at.st ? at : walk_peek(w, at.v, M_ftrace_func_entry_direct);
}

/* The folder of tracefs that a function tracer belongs to; nobody but it keeps a trace_array there. */
static struct text instance(struct walk *w, uint64_t ops)
{
	struct val tr = walk_peek(w, ops, M_ftrace_ops_private);

	if (tr.st || !tr.v)
		return (struct text){ NULL, tr.st ? tr.st : KLPSCOPE_NOT_FOUND };
	return walk_string(w, tr.v, M_trace_array_name);
}

static bool is_function_tracer(const struct symbol_name *callback)
{
	static const char end[] = "_trace_call", start[] = "function_";
	size_t n = callback->name ? strlen(callback->name) : 0;

	return n >= sizeof(end) && !strncmp(callback->name, start, strlen(start)) &&
	       !strcmp(callback->name + n - strlen(end), end);
}

static struct ftrace_user_rec *read_user(struct walk *w, uint64_t ops, const struct sites *s)
{
	struct ftrace_user_rec *u = arena_alloc(w->r->arena, sizeof(*u));

	if (!u)
		return NULL;
	u->addr = ops;
	u->flags = walk_peek(w, ops, M_ftrace_ops_flags);
	u->func = walk_peek(w, ops, M_ftrace_ops_func);
	u->handler = !u->func.st && !w->r->ftrace.handler.st && u->func.v == w->r->ftrace.handler.v;
	u->st = u->flags.st ? u->flags.st : u->func.st;
	if (!u->st)
		find_functions(w, u, s);
	return u;
}

/* What is said of one that matters. */
static void describe(struct walk *w, struct ftrace_user_rec *u)
{
	u->instance.st = u->direct.st = KLPSCOPE_NOT_FOUND;
	if (!u->nr_funcs || u->handler)
		return;
	name(w, (struct val){ u->addr, KLPSCOPE_OK }, &u->symbol);
	name(w, u->func, &u->callback);
	if (is_function_tracer(&u->callback))
		u->instance = instance(w, u->addr);
	u->direct = direct_call(w, u);
}

void ftrace_users_walk(struct walk *w)
{
	struct ftrace_user_rec **tail = &w->r->ftrace.users;
	struct sites sites = { 0 };

	if (w->layout.st || !w->ftrace || !walk_has(w, M_ftrace_ops_func_hash) || !collect_sites(w, &sites))
		return;
	check_filters(w);
	for (unsigned int i = 0; i < w->ftrace->count; i++) {
		struct ftrace_user_rec *u;

		if (is_klp_ops(w, w->ftrace->ops[i]))
			continue;
		w->where = arena_printf(w->r->arena, "ftrace_ops 0x%llx", (unsigned long long)w->ftrace->ops[i]);
		u = read_user(w, w->ftrace->ops[i], &sites);
		if (!u)
			break;
		describe(w, u);
		if (u->st && u->st != KLPSCOPE_NOT_FOUND)
			walk_problem(w, "which functions it is on", u->st, u->addr);
		if (!u->nr_funcs && !u->handler && !u->st)
			continue;
		*tail = u;
		tail = &u->next;
	}
	w->where = NULL;
}
