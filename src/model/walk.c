// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "model/list.h"
#include "model/walk.h"

static bool same_record(const struct problem *p, const struct walk *w, enum klpscope_status st)
{
	size_t n = w->where ? strlen(w->where) : 0;

	return p->status == st && n && !strncmp(p->message, w->where, n) && p->message[n] == ':' &&
	       strlen(p->message) < 400;
}

/* The status phrase ends each message: a further field goes in before it. */
static const char *with_field(struct walk *w, const char *message, const char *what, enum klpscope_status st)
{
	const char *phrase = klpscope_strstatus(st);
	size_t head = strlen(message) - strlen(phrase) - 2;

	return arena_printf(w->r->arena, "%.*s, %s: %s", (int)head, message, what, phrase);
}

static struct problem *last_problem(struct problems *ps)
{
	struct problem *p = ps->first;

	while (p && p->next)
		p = p->next;
	return p;
}

void walk_problem(struct walk *w, const char *what, enum klpscope_status st, uint64_t address)
{
	struct problems *ps = &w->r->problems;
	struct problem *p = last_problem(ps);
	const char *message;

	if (p && same_record(p, w, st)) {
		message = with_field(w, p->message, what, st);
		if (message)
			p->message = message;
		return;
	}
	if (ps->count >= LIMIT_PROBLEMS) {
		ps->dropped++;
		return;
	}
	message = w->where ? arena_printf(w->r->arena, "%s: %s: %s", w->where, what, klpscope_strstatus(st)) :
			     arena_printf(w->r->arena, "%s: %s", what, klpscope_strstatus(st));
	p = arena_alloc(w->r->arena, sizeof(*p));
	if (!p || !message) {
		ps->dropped++;
		return;
	}
	*p = (struct problem){ .status = st, .message = message, .address = address };
	if (!ps->tail)
		ps->tail = &ps->first;
	*ps->tail = p;
	ps->tail = &p->next;
	ps->count++;
}

void walk_contradiction(struct walk *w, const char *expected, const char *found)
{
	struct problem *p = last_problem(&w->r->problems);

	if (!p)
		return;
	p->expected = expected;
	p->found = found;
}

void walk_list_problem(struct walk *w, const char *what, const struct node_list *list)
{
	struct problem *p;

	walk_problem(w, what, list->st, list->bad);
	p = last_problem(&w->r->problems);
	if (list->st != KLPSCOPE_CORRUPT || !list->expected || !p || p->address != list->bad)
		return;
	walk_contradiction(w, arena_printf(w->r->arena, "linked back to 0x%llx", (unsigned long long)list->expected),
			   arena_printf(w->r->arena, "0x%llx", (unsigned long long)list->found));
}

struct text walk_not_empty(struct walk *w, struct text s, const char *what, uint64_t address)
{
	if (s.st || *s.s)
		return s;
	walk_problem(w, what, KLPSCOPE_CORRUPT, address);
	walk_contradiction(w, "a name", "an empty one");
	return (struct text){ NULL, KLPSCOPE_CORRUPT };
}

bool walk_has(const struct walk *w, enum member_id id)
{
	return w->layout.member[id].st == KLPSCOPE_OK;
}

uint64_t walk_at(const struct walk *w, uint64_t base, enum member_id id)
{
	return base + w->layout.member[id].offset;
}

bool walk_within(const struct walk *w, enum symbol_id low, enum symbol_id high, uint64_t addr)
{
	struct val from = w->layout.symbol[low], to = w->layout.symbol[high];

	return !from.st && !to.st && addr >= from.v && addr < to.v;
}

struct val walk_peek(struct walk *w, uint64_t base, enum member_id id)
{
	struct val v = { 0, w->layout.member[id].st };

	if (!v.st)
		v.st = target_read_uint(w->t, walk_at(w, base, id), (unsigned int)w->layout.member[id].size, &v.v);
	return v;
}

struct val walk_field(struct walk *w, uint64_t base, enum member_id id)
{
	struct val v = walk_peek(w, base, id);

	/* That the type lacks it was told once. */
	if (v.st && v.st != KLPSCOPE_NOT_FOUND && !w->layout.member[id].witness)
		walk_problem(w, layout_member_name(id), v.st, walk_at(w, base, id));
	return v;
}

struct val walk_symbol_value(struct walk *w, enum symbol_id id, unsigned int size, const char *name)
{
	struct val v = w->layout.symbol[id];

	if (v.st)
		return v;
	v.st = target_read_uint(w->t, w->layout.symbol[id].v, size, &v.v);
	if (v.st)
		walk_problem(w, name, v.st, w->layout.symbol[id].v);
	return v;
}

struct text walk_string(struct walk *w, uint64_t base, enum member_id id)
{
	struct val p = walk_field(w, base, id);
	struct text s = { NULL, p.st };

	if (s.st)
		return s;
	if (!p.v) {
		s.st = KLPSCOPE_NOT_FOUND;
		return s;
	}
	s.st = target_read_string(w->t, p.v, LIMIT_NAME, &s.s);
	if (s.st)
		walk_problem(w, layout_member_name(id), s.st, p.v);
	return s;
}

struct text walk_char_array(struct walk *w, uint64_t base, enum member_id id)
{
	struct text s = { NULL, w->layout.member[id].st };
	uint64_t at = walk_at(w, base, id);

	if (s.st)
		return s;
	s.st = target_read_string(w->t, at, w->layout.member[id].size, &s.s);
	if (s.st)
		walk_problem(w, layout_member_name(id), s.st, at);
	return s;
}
