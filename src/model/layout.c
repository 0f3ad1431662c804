// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "model/layout.h"

static const struct {
	const char *type, *member, *path;
	bool required, bitfield, copy;
} members[NR_MEMBERS] = {
#define REQUIRED(type, member) { #type, #member, #type "." #member, true, false, false },
#define OPTIONAL(type, member) { #type, #member, #type "." #member, false, false, false },
#define BITFIELD(type, member) { #type, #member, #type "." #member, false, true, false },
#define COPY(type, member) { #type, #member, #type "." #member, false, false, true },
	KLP_MEMBERS(REQUIRED, OPTIONAL, BITFIELD, COPY)
#undef REQUIRED
#undef OPTIONAL
#undef BITFIELD
#undef COPY
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

bool layout_is_copy(enum member_id id)
{
	return members[id].copy;
}

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

#define MEMBER(id) { id, NR_SYMBOLS }
#define SYMBOL(id) { NR_MEMBERS, id }
#define NOTHING { NR_MEMBERS, NR_SYMBOLS }

/*
 * Members of which "this kernel has none" would decide something, and what no kernel had without them: 4.12 brought
 * the consistency model, and flags in place of enum klp_state; 5.1 atomic replace, after klp_patch.forced.  Vendors
 * took these steps in that order, if at all: RHEL 7.4 and SLE 12 have the first two, Alibaba's cloud-kernel forced and no nop.
 */
static const struct {
	enum member_id member;
	struct { enum member_id member; enum symbol_id symbol; } with[3];
} companions[] = {
	{ M_klp_func_transition, { SYMBOL(S_klp_transition_patch), SYMBOL(S_klp_target_state),
				   MEMBER(M_task_struct_patch_state) } },
	{ M_klp_patch_enabled, { MEMBER(M_klp_object_patched), MEMBER(M_klp_func_patched), NOTHING } },
	{ M_klp_object_patched, { MEMBER(M_klp_patch_enabled), MEMBER(M_klp_func_patched), NOTHING } },
	{ M_klp_func_patched, { MEMBER(M_klp_patch_enabled), MEMBER(M_klp_object_patched), NOTHING } },
	{ M_klp_func_nop, { MEMBER(M_klp_object_dynamic), NOTHING, NOTHING } },
	{ M_klp_patch_forced, { MEMBER(M_klp_object_dynamic), MEMBER(M_klp_func_nop), NOTHING } },
};

static const char *witness(const struct layout *l, unsigned int i)
{
	for (unsigned int k = 0; k < 3; k++) {
		enum member_id member = companions[i].with[k].member;
		enum symbol_id symbol = companions[i].with[k].symbol;

		if (member != NR_MEMBERS && !l->member[member].st)
			return members[member].path;
		if (symbol != NR_SYMBOLS && !l->symbol[symbol].st)
			return symbols[symbol];
	}
	return NULL;
}

/* Its name is damaged: nobody can tell, and a kernel that is older than it says no. */
static void find_missing(struct layout *l)
{
	for (unsigned int i = 0; i < sizeof(companions) / sizeof(*companions); i++) {
		enum member_id id = companions[i].member;

		l->member[id].witness = l->member[id].st == KLPSCOPE_NOT_FOUND ? witness(l, i) : NULL;
		if (l->member[id].witness)
			l->member[id].st = KLPSCOPE_CORRUPT;
	}
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
	find_missing(l);
}
