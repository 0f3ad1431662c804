// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is at the entry of each patched function: the ftrace record that
 * covers it and the bytes there.  A call alone proves tracing, not patching:
 * it must go to the trampoline of this function's klp_ops, or to ftrace's
 * own entry while the record and the ops say that a livepatch is behind it.
 */
#include <string.h>

#include "arch/arch.h"
#include "model/walk.h"

#define OPS_ENABLED 1u			/* FTRACE_OPS_FL_ENABLED, bit 0, 4.0 to 7.3-rc7 */
#define ENTRY_MAX 32

/* One ftrace_page: records sorted by ip, so kernel/trace/ftrace.c looks them up by halves, too. */
struct record_page {
	uint64_t records, count;
	uint64_t first_ip, last_ip;
};

struct record_pages {
	struct record_page *page;
	unsigned int count;
	enum klpscope_status st;	/* not OK: not all pages could be had */
};

static uint64_t record_at(struct walk *w, const struct record_page *pg, uint64_t i)
{
	return pg->records + i * w->layout.type_size[T_dyn_ftrace].v;
}

static bool add_page(struct walk *w, struct record_pages *pages, uint64_t addr, enum klpscope_status *st)
{
	struct val records = walk_peek(w, addr, M_ftrace_page_records);
	struct val count = walk_peek(w, addr, M_ftrace_page_index);
	struct record_page pg = { .records = records.v, .count = count.v };
	struct val first, last;

	*st = records.st ? records.st : count.st;
	if (*st || !count.v)
		return !*st;
	first = walk_peek(w, pg.records, M_dyn_ftrace_ip);
	last = walk_peek(w, record_at(w, &pg, pg.count - 1), M_dyn_ftrace_ip);
	*st = first.st ? first.st : last.st;
	if (*st)
		return false;
	pg.first_ip = first.v;
	pg.last_ip = last.v;
	if (!(pages->count & (pages->count - 1))) {
		struct record_page *grown = arena_alloc(w->r->arena, (pages->count ? 2 * pages->count : 1) *
								     sizeof(*grown));

		if (!grown) {
			*st = KLPSCOPE_NO_MEMORY;
			return false;
		}
		for (unsigned int i = 0; i < pages->count; i++)
			grown[i] = pages->page[i];
		pages->page = grown;
	}
	pages->page[pages->count++] = pg;
	return true;
}

/* Singly linked, so a loop shows only when a page comes again (Brent: at a remembered one). */
static struct record_pages read_pages(struct walk *w)
{
	struct record_pages pages = { .st = w->layout.type_size[T_dyn_ftrace].st };
	struct val at = walk_symbol_value(w, S_ftrace_pages_start, target_pointer_size(w->t),
					  "ftrace_pages_start");
	uint64_t remembered = 0;

	if (!pages.st)
		pages.st = at.st;
	for (unsigned int i = 0; !pages.st && at.v; i++) {
		enum klpscope_status st;

		if (i == LIMIT_FTRACE_PAGES)
			pages.st = KLPSCOPE_LIMIT;
		else if (!add_page(w, &pages, at.v, &st))
			pages.st = st;
		if (pages.st)
			break;
		if (!(i & (i + 1)))
			remembered = at.v;
		at = walk_peek(w, at.v, M_ftrace_page_next);
		pages.st = at.st ? at.st : at.v && at.v == remembered ? KLPSCOPE_CORRUPT : KLPSCOPE_OK;
	}
	if (pages.st && pages.st != KLPSCOPE_NOT_FOUND)
		walk_problem(w, "ftrace_pages_start: records", pages.st, at.v);
	return pages;
}

/* The first record of the page with an ip of at least `addr`; *ip is its ip. */
static enum klpscope_status search_page(struct walk *w, const struct record_page *pg, uint64_t addr,
					uint64_t *record, uint64_t *ip)
{
	uint64_t low = 0, high = pg->count;
	struct val v;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		v = walk_peek(w, record_at(w, pg, mid), M_dyn_ftrace_ip);
		if (v.st)
			return v.st;
		if (v.v < addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == pg->count)
		return KLPSCOPE_NOT_FOUND;
	*record = record_at(w, pg, low);
	v = walk_peek(w, *record, M_dyn_ftrace_ip);
	*ip = v.v;
	return v.st;
}

/* The record that covers the entry of the function at `addr`: its address and the site's. */
static enum klpscope_status find_record(struct walk *w, const struct record_pages *pages, const struct arch *arch,
					uint64_t addr, uint64_t *record, uint64_t *ip)
{
	uint64_t last_site = addr + arch->entry_size - arch->site_size;

	for (unsigned int i = 0; i < pages->count; i++) {
		const struct record_page *pg = &pages->page[i];
		uint64_t candidate = 0, at = 0;
		enum klpscope_status st;

		if (last_site < pg->first_ip || addr > pg->last_ip)
			continue;
		st = search_page(w, pg, addr, &candidate, &at);
		if (st && st != KLPSCOPE_NOT_FOUND)
			return st;
		if (!st && at <= last_site) {
			*record = candidate;
			*ip = at;
			return KLPSCOPE_OK;
		}
	}
	return pages->st ? pages->st : KLPSCOPE_NOT_FOUND;
}

static bool is_symbol(const struct walk *w, enum symbol_id id, uint64_t addr)
{
	return !w->layout.symbol[id].st && w->layout.symbol[id].v == addr;
}

/* Not known of one of ftrace's own entries where it is: then any call may be one of it. */
static enum klpscope_status callers_st(const struct walk *w)
{
	static const enum symbol_id callers[] = { S_ftrace_caller, S_ftrace_regs_caller };

	for (unsigned int i = 0; i < sizeof(callers) / sizeof(*callers); i++) {
		enum klpscope_status st = w->layout.symbol[callers[i]].st;

		if (st && st != KLPSCOPE_NOT_FOUND)
			return st;
	}
	return KLPSCOPE_OK;
}

/* All that must hold for a klp_ops to be behind a call; an unreadable part leaves it open. */
static enum entry_state judge_ops(struct walk *w, const struct ops_rec *ops, enum klpscope_status *st)
{
	struct val handler = w->layout.symbol[S_klp_ftrace_handler];

	*st = ops->flags.st ? ops->flags.st : ops->func.st ? ops->func.st : handler.st;
	if (*st)
		return ENTRY_UNKNOWN;
	return (ops->flags.v & OPS_ENABLED) && ops->func.v == handler.v ? ENTRY_REDIRECTED : ENTRY_OTHER;
}

static enum entry_state judge_call(struct walk *w, const struct ops_rec *ops, struct val record_flags,
				   uint64_t dest, enum klpscope_status *st)
{
	enum entry_state by_ops;

	/* With a stack that could not be found, whose call this is cannot be told. */
	if (!ops) {
		*st = w->owners_st;
		return *st ? ENTRY_UNKNOWN : ENTRY_OTHER;
	}
	by_ops = judge_ops(w, ops, st);
	if (by_ops != ENTRY_REDIRECTED)
		return by_ops;
	if (!ops->trampoline.st && ops->trampoline.v && dest == ops->trampoline.v)
		return ENTRY_REDIRECTED;
	if (!is_symbol(w, S_ftrace_caller, dest) && !is_symbol(w, S_ftrace_regs_caller, dest)) {
		*st = ops->trampoline.st ? ops->trampoline.st : callers_st(w);
		return *st ? ENTRY_UNKNOWN : ENTRY_OTHER;
	}
	/* These call who is registered, and nobody else. */
	if (!ops->registered.st && !ops->registered.v)
		return ENTRY_OTHER;
	if (record_flags.st && record_flags.st != KLPSCOPE_NOT_FOUND) {
		*st = record_flags.st;
		return ENTRY_UNKNOWN;
	}
	return !record_flags.st && (record_flags.v & RECORD_IPMODIFY) ? ENTRY_REDIRECTED : ENTRY_OTHER;
}

static void keep_site(struct entry_rec *e, const uint8_t *site, unsigned int size, uint64_t ip)
{
	e->ip = (struct val){ ip, KLPSCOPE_OK };
	e->site_size = size < sizeof(e->site) ? size : sizeof(e->site);
	memcpy(e->site, site, e->site_size);
}

static void judge_entry(struct walk *w, const struct record_pages *pages, const struct arch *arch,
			struct func_rec *f)
{
	uint64_t addr = f->old_addr.v, record = 0, ip = 0, dest = 0;
	const struct ops_rec *ops = f->ops ? f->ops : ops_of_function(w, addr);
	struct entry_rec *e = &f->entry;
	uint8_t text[ENTRY_MAX];
	enum site_kind kind;
	uint64_t ignored;

	e->record_flags.st = find_record(w, pages, arch, addr, &record, &ip);
	if (record)
		e->record_flags = walk_field(w, record, M_dyn_ftrace_flags);
	e->st = target_read(w->t, addr, text, arch->entry_size);
	if (e->st) {
		walk_problem(w, "text at its entry", e->st, addr);
		return;
	}
	if (!record)
		ip = addr + arch->site_offset(text);
	kind = arch->decode(text + (ip - addr), ip, &dest);
	keep_site(e, text + (ip - addr), arch->site_size, ip);
	/* Where it is was guessed. */
	if (!record)
		e->ip.st = e->record_flags.st;
	e->goes_to = dest;
	e->breakpoint = kind == SITE_BREAKPOINT || arch->decode(text, addr, &ignored) == SITE_BREAKPOINT;
	if (kind == SITE_NOP)
		e->state = ENTRY_ORIGINAL;
	else if (kind == SITE_CALL)
		e->state = judge_call(w, ops, e->record_flags, dest, &e->st);
	else if (!record && e->record_flags.st != KLPSCOPE_NOT_FOUND)
		e->st = e->record_flags.st;
	else
		e->state = ENTRY_OTHER;
}

static void judge_function(struct walk *w, const struct record_pages *pages, const struct arch *arch,
			   struct func_rec *f)
{
	f->entry.ip.st = KLPSCOPE_NOT_FOUND;
	if (f->old_addr.st || !f->old_addr.v) {
		f->entry.st = f->old_addr.st ? f->old_addr.st : KLPSCOPE_NOT_FOUND;
		f->entry.record_flags.st = f->entry.st;
		return;
	}
	if (!arch) {
		f->entry.st = f->entry.record_flags.st = KLPSCOPE_UNSUPPORTED;
		return;
	}
	judge_entry(w, pages, arch, f);
}

static const char *where_of(struct walk *w, const struct patch_rec *p, const struct func_rec *f)
{
	const char *patch = p->module && !p->module->name.st ? p->module->name.s : "?";

	if (!f->name.st)
		return arena_printf(w->r->arena, "patch %s: function %s", patch, f->name.s);
	return arena_printf(w->r->arena, "patch %s: klp_func 0x%llx", patch, (unsigned long long)f->addr);
}

/*
 * Whether ftrace is changing text: it takes ftrace_lock before it writes a
 * breakpoint there (kernel/trace/ftrace.c, 4.0 to 7.3-rc7).  Hardly a dump has
 * one, so nobody else asks for that name.
 */
static void breakpoint_found(struct walk *w)
{
	struct val lock = { 0 };

	lock.st = target_symbol(w->t, "ftrace_lock", &lock.v);
	w->r->ftrace.changing = walk_mutex_held(w, lock);
}

void entries_walk(struct walk *w)
{
	const struct arch *arch = arch_by_name(w->r->system.architecture.s);
	struct record_pages pages;
	bool breakpoint = false;

	w->where = NULL;
	w->r->ftrace.changing.st = KLPSCOPE_NOT_FOUND;
	w->r->ftrace_disabled = walk_symbol_value(w, S_ftrace_disabled, 4, "ftrace_disabled");
	if (!w->r->patches)
		return;
	pages = read_pages(w);
	for (struct patch_rec *p = w->r->patches; p; p = p->next)
		for (struct object_rec *o = p->objects; o; o = o->next)
			for (struct func_rec *f = o->funcs; f; f = f->next) {
				w->where = where_of(w, p, f);
				judge_function(w, &pages, arch, f);
				breakpoint |= f->entry.breakpoint && f->entry.state == ENTRY_OTHER;
			}
	if (breakpoint)
		breakpoint_found(w);
	w->where = NULL;
}
