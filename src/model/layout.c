// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "model/layout.h"

static const struct {
	const char *type, *member, *path;
	bool required, bitfield;
} members[NR_MEMBERS] = {
#define REQUIRED(type, member) { #type, #member, #type "." #member, true, false },
#define OPTIONAL(type, member) { #type, #member, #type "." #member, false, false },
#define BITFIELD(type, member) { #type, #member, #type "." #member, false, true },
	KLP_MEMBERS(REQUIRED, OPTIONAL, BITFIELD)
#undef REQUIRED
#undef OPTIONAL
#undef BITFIELD
};

static const char *const types[NR_TYPES] = {
#define NAME(type) #type,
	KLP_TYPES(NAME)
#undef NAME
};

static const char *const symbols[NR_SYMBOLS] = {
#define NAME(symbol) #symbol,
	KLP_SYMBOLS(NAME)
#undef NAME
};

const char *layout_member_name(enum member_id id)
{
	return members[id].member;
}

const char *layout_member_path(enum member_id id)
{
	return members[id].path;
}

const char *layout_type_name(enum type_id id)
{
	return types[id];
}

const char *layout_symbol_name(enum symbol_id id)
{
	return symbols[id];
}

void layout_symbols(struct layout *l, struct target *t)
{
	struct symbol_query q[NR_SYMBOLS];

	for (unsigned int i = 0; i < NR_SYMBOLS; i++)
		q[i] = (struct symbol_query){ .name = symbols[i] };
	target_symbols(t, q, NR_SYMBOLS);
	for (unsigned int i = 0; i < NR_SYMBOLS; i++)
		l->symbol[i] = (struct val){ q[i].addr, q[i].st };
}

/* The target's words end in the status as a rule, which whoever tells them adds again. */
static const char *without_phrase(struct target *t, enum klpscope_status st)
{
	const char *words = target_error(t), *phrase = klpscope_strstatus(st);
	size_t n = strlen(words), tail = strlen(phrase) + 2;
	const char *why;

	if (n > tail && !strcmp(words + n - tail + 2, phrase))
		n -= tail;
	why = arena_strndup(target_arena(t), words, n);
	return why ? why : "?";
}

void layout_types(struct layout *l, struct target *t)
{
	l->st = KLPSCOPE_OK;
	for (unsigned int i = 0; i < NR_MEMBERS; i++) {
		struct member_info info;
		enum klpscope_status st;

		st = target_member(t, members[i].type, members[i].member, &info);
		/* It is there, and no number of bytes. */
		if (members[i].bitfield && st == KLPSCOPE_UNSUPPORTED)
			st = KLPSCOPE_OK;
		l->member[i].offset = info.offset;
		l->member[i].size = info.size;
		l->member[i].st = st;
		/* The first failure of a required one is the one to tell. */
		if (st && members[i].required && !l->st) {
			l->st = st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_UNSUPPORTED : st;
			l->why = without_phrase(t, st);
		}
	}
	for (unsigned int i = 0; i < NR_TYPES; i++)
		l->type_size[i].st = target_type_size(t, types[i], &l->type_size[i].v);
}
