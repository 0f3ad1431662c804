// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "provider/btf_blob.h"
#include "provider/btf_types.h"

#define HUGE_PAGE ((size_t)2 << 20)
#define BUCKETS (1u << 14)
/* More of one name than any kernel has; a crafted blob has millions. */
#define SAME_NAME_MAX 64
#define CHAIN_MAX 65536
#define RESOLVE_MAX 64
#define DEPTH_MAX 16

/* A named struct, union or typedef. */
struct named {
	uint32_t id;
	uint32_t next;		/* in its bucket, counted from 1; 0: the last */
};

struct btf_types {
	struct target *t;
	void *data;
	struct btf_blob blob;
	uint32_t spent;
	struct named *named;
	uint32_t nr_named;
	uint32_t bucket[BUCKETS];
};

static enum klpscope_status no_memory(struct target *t)
{
	return target_fail(t, KLPSCOPE_NO_MEMORY, "out of memory");
}

/* --- the blob --- */

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return (h ^ h >> 15) % BUCKETS;
}

static bool is_typedef(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_TYPEDEF;
}

static enum klpscope_status add_name(struct btf_types *b, const char *name, uint32_t id, uint32_t *room)
{
	uint32_t *bucket = &b->bucket[hash(name)];

	if (b->nr_named == *room) {
		struct named *more;

		*room = *room ? 2 * *room : 16384;
		more = realloc(b->named, *room * sizeof(*more));
		if (!more)
			return no_memory(b->t);
		b->named = more;
	}
	b->named[b->nr_named] = (struct named){ .id = id, .next = *bucket };
	*bucket = ++b->nr_named;
	return KLPSCOPE_OK;
}

/* One pass: all the types that anybody can ask for by name. */
static enum klpscope_status build_index(struct btf_types *b)
{
	const struct btf_type *t = btf_blob_type(&b->blob, 1);
	enum klpscope_status st = KLPSCOPE_OK;
	uint32_t room = 0;

	for (uint32_t id = 1; !st && t; id++, t = btf_blob_next(&b->blob, t)) {
		const char *name;

		if (!t->name_off || !(btf_is_compound(t) || is_typedef(t)))
			continue;
		name = btf_blob_string(&b->blob, t->name_off);
		if (name)
			st = add_name(b, name, id, &room);
	}
	return st;
}

/* A thousand page faults would cost as much as all the reading: two large pages are better, where there are. */
void *btf_types_alloc(size_t size)
{
	void *data = aligned_alloc(HUGE_PAGE, size / HUGE_PAGE * HUGE_PAGE + HUGE_PAGE);

	if (data && size >= HUGE_PAGE)
		madvise(data, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
	return data;
}

enum klpscope_status btf_types_new(struct target *t, void *data, size_t size, struct btf_types **out)
{
	struct btf_types *b = calloc(1, sizeof(*b));
	enum klpscope_status st;

	*out = NULL;
	if (!b) {
		free(data);
		return no_memory(t);
	}
	b->t = t;
	b->data = data;
	st = btf_blob_open(t, data, size, &b->blob);
	if (!st)
		st = build_index(b);
	if (st) {
		btf_types_free(b);
		return st;
	}
	*out = b;
	return KLPSCOPE_OK;
}

enum klpscope_status btf_types_copy(struct target *t, const void *data, size_t size, struct btf_types **out)
{
	void *copy = size && size <= BTF_SIZE_MAX ? btf_types_alloc(size) : NULL;

	*out = NULL;
	if (!copy)
		return target_fail(t, KLPSCOPE_LIMIT, "BTF of %zu bytes", size);
	memcpy(copy, data, size);
	return btf_types_new(t, copy, size, out);
}

void btf_types_free(struct btf_types *b)
{
	if (!b)
		return;
	btf_blob_close(&b->blob);
	free(b->data);
	free(b->named);
	free(b);
}

/* --- types --- */

static bool is_modifier(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return true;
	default:
		return false;
	}
}

/*
 * Of one blob, over all questions.  Those of a report look at some thousand; a
 * crafted blob has chains behind members behind candidates.
 */
#define BUDGET 4000000u

static bool spend(struct btf_types *b)
{
	if (b->spent >= BUDGET)
		return false;
	b->spent++;
	return true;
}

/* What an id is behind const, volatile, typedef and the like; NULL: nothing, or a loop. */
static const struct btf_type *strip(struct btf_types *b, uint32_t id)
{
	const struct btf_type *t = btf_blob_type(&b->blob, id);

	for (int i = 0; t && i < RESOLVE_MAX && spend(b); i++) {
		if (!is_modifier(t))
			return t;
		t = btf_blob_type(&b->blob, t->type);
	}
	return NULL;
}

static enum klpscope_status size_of(struct btf_types *b, uint32_t id, uint64_t *size)
{
	uint64_t n = 1;

	for (int i = 0; i < RESOLVE_MAX; i++) {
		const struct btf_type *t = strip(b, id);

		if (!t)
			break;
		switch (btf_kind(t)) {
		case BTF_KIND_ARRAY:
			n *= ((const struct btf_array *)(t + 1))->nelems;
			id = ((const struct btf_array *)(t + 1))->type;
			/* No product gets out of hand. */
			if (n > UINT32_MAX)
				break;
			continue;
		case BTF_KIND_PTR:
			*size = n * target_pointer_size(b->t);
			return KLPSCOPE_OK;
		case BTF_KIND_INT:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FLOAT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			*size = n * t->size;
			return KLPSCOPE_OK;
		default:
			break;
		}
		break;
	}
	return target_fail(b->t, KLPSCOPE_CORRUPT, "BTF: type %u has no size", id);
}

/* --- names --- */

struct matches {
	const struct btf_type *t[SAME_NAME_MAX];
	unsigned int n;
};

static enum klpscope_status collect(struct btf_types *b, const char *name, bool typedefs, struct matches *m)
{
	unsigned int steps = 0;

	m->n = 0;
	for (uint32_t i = b->bucket[hash(name)]; i; i = b->named[i - 1].next) {
		uint32_t id = b->named[i - 1].id;
		const struct btf_type *t = btf_blob_type(&b->blob, id);
		const char *s = t ? btf_blob_string(&b->blob, t->name_off) : NULL;

		if (++steps > CHAIN_MAX || m->n == SAME_NAME_MAX)
			return target_fail(b->t, KLPSCOPE_LIMIT, "BTF: too many types like %s", name);
		if (!s || strcmp(s, name) || is_typedef(t) != typedefs)
			continue;
		t = strip(b, id);
		if (t && btf_is_compound(t))
			m->t[m->n++] = t;
	}
	return KLPSCOPE_OK;
}

static enum klpscope_status find_types(struct btf_types *b, const char *name, struct matches *m)
{
	enum klpscope_status st = collect(b, name, false, m);

	if (!st && !m->n)
		st = collect(b, name, true, m);
	if (!st && b->spent >= BUDGET)
		st = target_fail(b->t, KLPSCOPE_LIMIT, "BTF: too much to look through");
	if (!st && !m->n)
		st = target_fail(b->t, KLPSCOPE_NOT_FOUND, "BTF has no struct %s", name);
	return st;
}

static enum klpscope_status ambiguous(struct btf_types *b, const char *what)
{
	return target_fail(b->t, KLPSCOPE_UNSUPPORTED, "BTF: ambiguous: several types called %s", what);
}

enum klpscope_status btf_types_size(struct btf_types *b, const char *type, uint64_t *size)
{
	struct matches m;
	enum klpscope_status st = find_types(b, type, &m);

	*size = 0;
	if (st)
		return st;
	for (unsigned int i = 1; i < m.n; i++)
		if (m.t[i]->size != m.t[0]->size)
			return ambiguous(b, type);
	*size = m.t[0]->size;
	return KLPSCOPE_OK;
}

/* --- members --- */

struct member_search {
	struct btf_types *b;
	const char *name;
	bool doubt;		/* one had no readable name: "not found" is not proved */
	/* found */
	uint64_t bit;
	uint32_t type;
	bool bitfield;
};

/* Before kind_flag, a bitfield was a type of its own: an int of fewer bits than its bytes have. */
static bool odd_int(struct btf_types *b, uint32_t id)
{
	const struct btf_type *t = strip(b, id);
	uint32_t how = t && btf_kind(t) == BTF_KIND_INT ? *(const uint32_t *)(t + 1) : 0;

	return how && (BTF_INT_BITS(how) != t->size * 8 || BTF_INT_OFFSET(how));
}

/* With kind_flag the offset shares its word with the size of a bitfield. */
static uint32_t bit_offset(const struct btf_type *t, unsigned int i)
{
	uint32_t offset = btf_members(t)[i].offset;

	return BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(offset) : offset;
}

static void found(struct member_search *s, const struct btf_type *t, unsigned int i, uint64_t base)
{
	s->type = btf_members(t)[i].type;
	s->bit = base + bit_offset(t, i);
	s->bitfield = (BTF_INFO_KFLAG(t->info) && BTF_MEMBER_BITFIELD_SIZE(btf_members(t)[i].offset)) ||
		      s->bit % 8 || odd_int(s->b, s->type);
}

static enum klpscope_status search(struct member_search *s, const struct btf_type *t, uint64_t base,
				   int depth)
{
	const struct btf_member *m = btf_members(t);

	for (unsigned int i = 0; i < btf_vlen(t); i++, m++) {
		const char *name = btf_blob_string(&s->b->blob, m->name_off);
		const struct btf_type *inner;
		enum klpscope_status st;

		if (!spend(s->b) || depth > DEPTH_MAX)
			return KLPSCOPE_LIMIT;
		if (!name) {
			s->doubt = true;
			continue;
		}
		if (!strcmp(name, s->name)) {
			found(s, t, i, base);
			return KLPSCOPE_OK;
		}
		if (*name)
			continue;
		inner = strip(s->b, m->type);
		if (!inner || !btf_is_compound(inner))
			continue;
		st = search(s, inner, base + bit_offset(t, i), depth + 1);
		if (st != KLPSCOPE_NOT_FOUND)
			return st;
	}
	return KLPSCOPE_NOT_FOUND;
}

static enum klpscope_status one_member(struct btf_types *b, const struct btf_type *t, const char *member,
				       struct member_info *out)
{
	struct member_search s = { .b = b, .name = member };
	enum klpscope_status st = *member ? search(&s, t, 0, 0) : KLPSCOPE_NOT_FOUND;

	if (st == KLPSCOPE_NOT_FOUND && s.doubt)
		return target_fail(b->t, KLPSCOPE_CORRUPT, "BTF: a member without a readable name");
	if (st)
		return target_fail(b->t, st, "BTF: member %s: %s", member, klpscope_strstatus(st));
	out->bitfield = s.bitfield;
	if (s.bitfield)
		return target_fail(b->t, KLPSCOPE_UNSUPPORTED, "BTF: member %s is a bitfield", member);
	st = size_of(b, s.type, &out->size);
	if (st)
		return st;
	out->offset = s.bit / 8;
	if (out->offset + out->size > t->size)
		return target_fail(b->t, KLPSCOPE_CORRUPT, "BTF: member %s ends behind its struct", member);
	return KLPSCOPE_OK;
}

enum klpscope_status btf_types_member(struct btf_types *b, const char *type, const char *member,
				      struct member_info *out)
{
	struct matches m;
	enum klpscope_status first, st = find_types(b, type, &m);

	memset(out, 0, sizeof(*out));
	if (st)
		return st;
	first = one_member(b, m.t[0], member, out);
	for (unsigned int i = 1; i < m.n; i++) {
		struct member_info other = { 0 };

		st = one_member(b, m.t[i], member, &other);
		if (st != first || (!st && (other.offset != out->offset || other.size != out->size)))
			return ambiguous(b, type);
	}
	return first;
}
