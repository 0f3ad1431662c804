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
	/* Those that an ftrace_ops is on; room for all. */
	const struct func_rec **found;
	unsigned int nr_found;
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
	s->found = arena_alloc(w->r->arena, (n + 1) * sizeof(const struct func_rec *));
	if (!s->func || !s->found)
		return false;
	each_site(w->r, s->func);
	if (n)
		qsort(s->func, n, sizeof(const struct func_rec *), by_ip);
	for (unsigned int i = 0; i < n; i++)
		if (!s->count || s->func[s->count - 1]->entry.ip.v != s->func[i]->entry.ip.v)
			s->func[s->count++] = s->func[i];
	return true;
}

static struct val klp_covers(struct walk *w, uint64_t fops, uint64_t ip)
{
	struct ftrace_hash filter = ftrace_hash_of(w, fops, M_ftrace_ops_hash_filter_hash);
	struct ftrace_hash notrace = ftrace_hash_of(w, fops, M_ftrace_ops_hash_notrace_hash);

	return ftrace_covers(w, &filter, &notrace, ip);
}

static void check_filter(struct walk *w, const struct func_rec *f)
{
	const struct stack_slot *slot = ops_find(w, f->addr);
	uint64_t fops = walk_at(w, f->ops->addr, M_klp_ops_fops);
	struct val ip = f->entry.ip, covers = ip.st ? ip : klp_covers(w, fops, ip.v);

	if (!ip.st && covers.st && covers.st != KLPSCOPE_NOT_FOUND && covers.st != KLPSCOPE_UNSUPPORTED) {
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

/* An address among those of the sites, or NULL. */
static const struct func_rec *site_at(const struct sites *s, uint64_t ip)
{
	unsigned int low = 0, high = s->count;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (s->func[mid]->entry.ip.v < ip)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->count && s->func[low]->entry.ip.v == ip ? s->func[low] : NULL;
}

/* What one is on goes to s->found, which has room for each site. */
static enum klpscope_status by_filter(struct walk *w, const struct ftrace_hash *filter, const struct ftrace_hash *notrace,
				      struct sites *s)
{
	uint64_t ip[FTRACE_FEW + 1];
	unsigned int n;
	enum klpscope_status st = ftrace_all_ips(w, filter, ip, &n);

	for (unsigned int i = 0; i < n; i++) {
		const struct func_rec *f = site_at(s, ip[i]);
		struct val covers = { 0, KLPSCOPE_OK };

		if (f)
			covers = ftrace_outside(w, notrace, ip[i]);
		if (covers.st)
			st = covers.st;
		else if (covers.v && s->nr_found < s->count)
			s->found[s->nr_found++] = f;
	}
	if (s->nr_found)
		qsort(s->found, s->nr_found, sizeof(*s->found), by_ip);
	return st;
}

static enum klpscope_status by_site(struct walk *w, const struct ftrace_hash *filter, const struct ftrace_hash *notrace,
				    struct sites *s)
{
	enum klpscope_status st = KLPSCOPE_OK;

	for (unsigned int i = 0; i < s->count; i++) {
		struct val covers = ftrace_covers(w, filter, notrace, s->func[i]->entry.ip.v);

		/* Nothing becomes known of the others, either. */
		if (covers.st == KLPSCOPE_LIMIT)
			return covers.st;
		if (covers.st)
			st = covers.st;
		else if (covers.v)
			s->found[s->nr_found++] = s->func[i];
	}
	return st;
}

/* Whose it is hangs on its names. */
static void name(struct walk *w, struct val addr, struct symbol_name *out)
{
	enum klpscope_status st = addr.st ? KLPSCOPE_NOT_FOUND : walk_name_address(w, addr.v, out);

	if (st && st != KLPSCOPE_NOT_FOUND)
		walk_problem(w, "whose it is", st, addr.v);
}

/* Many are on everything, and most on nothing of ours: only the others have a list of their own. */
static void keep_found(struct walk *w, struct ftrace_user_rec *u, const struct sites *s)
{
	const struct func_rec **kept = s->func;

	if (s->nr_found && s->nr_found < s->count) {
		kept = arena_alloc(w->r->arena, s->nr_found * sizeof(*kept));
		if (!kept) {
			u->st = KLPSCOPE_NO_MEMORY;
			return;
		}
		memcpy(kept, s->found, s->nr_found * sizeof(*kept));
	}
	u->funcs = s->nr_found ? kept : NULL;
	u->nr_funcs = s->nr_found;
}

static void find_functions(struct walk *w, struct ftrace_user_rec *u, struct sites *s)
{
	struct ftrace_hash filter = ftrace_hash_of(w, u->addr, M_ftrace_ops_hash_filter_hash);
	struct ftrace_hash notrace = ftrace_hash_of(w, u->addr, M_ftrace_ops_hash_notrace_hash);
	struct val ip;

	s->nr_found = 0;
	if (ftrace_is_all(&filter, &notrace)) {
		u->funcs = s->func;
		u->nr_funcs = s->count;
		return;
	}
	u->st = ftrace_is_few(w, &filter, s->count) ? by_filter(w, &filter, &notrace, s) :
						      by_site(w, &filter, &notrace, s);
	keep_found(w, u, s);
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

static struct ftrace_user_rec read_user(struct walk *w, uint64_t ops, struct sites *s)
{
	struct ftrace_user_rec u = { .addr = ops };

	u.flags = walk_peek(w, ops, M_ftrace_ops_flags);
	u.func = walk_peek(w, ops, M_ftrace_ops_func);
	u.handler = !u.func.st && !w->r->ftrace.handler.st && u.func.v == w->r->ftrace.handler.v;
	u.st = u.flags.st ? u.flags.st : u.func.st;
	if (!u.st)
		find_functions(w, &u, s);
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

static void user_problem(struct walk *w, const struct ftrace_user_rec *u)
{
	w->where = arena_printf(w->r->arena, "ftrace_ops 0x%llx", (unsigned long long)u->addr);
	walk_problem(w, "which functions it is on", u->st, u->addr);
	w->where = NULL;
}

void ftrace_users_walk(struct walk *w)
{
	struct ftrace_user_rec **tail = &w->r->ftrace.users;
	struct sites sites = { 0 };

	if (w->layout.st || !w->ftrace || !w->ftrace->klp || !walk_has(w, M_ftrace_ops_func_hash) ||
	    !collect_sites(w, &sites))
		return;
	check_filters(w);
	for (unsigned int i = 0; i < w->ftrace->count; i++) {
		struct ftrace_user_rec u;

		if (w->ftrace->klp[i])
			continue;
		u = read_user(w, w->ftrace->ops[i], &sites);
		describe(w, &u);
		if (u.st && u.st != KLPSCOPE_NOT_FOUND)
			user_problem(w, &u);
		if (!u.nr_funcs && !u.handler && !u.st)
			continue;
		*tail = arena_alloc(w->r->arena, sizeof(**tail));
		if (!*tail)
			break;
		**tail = u;
		tail = &(*tail)->next;
	}
	w->where = NULL;
}
