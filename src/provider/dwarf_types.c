// SPDX-License-Identifier: GPL-2.0-or-later
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "provider/dwarf_types.h"

#define BUCKETS (1u << 14)
#define RESOLVE_MAX 64
#define DEPTH_MAX 16
#define DIES_MAX 200000		/* looked at for one question inside one type */

/* The first complete definition of a name. */
struct named {
	struct named *next;
	const char *name;	/* libdw's */
	Dwarf_Off die;
	bool is_typedef;
};

struct dwarf_types {
	struct target *t;
	Dwarf *dw;
	Dwarf_CU *last;		/* the unit walked last; NULL: none yet */
	bool done;
	enum klpscope_status doubt;	/* why a type that did not turn up may exist all the same */
	struct named *bucket[BUCKETS];
};

/* --- the index --- */

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return (h ^ h >> 15) % BUCKETS;
}

static struct named *lookup(const struct dwarf_types *d, const char *name, bool is_typedef)
{
	struct named *n = d->bucket[hash(name)];

	while (n && (n->is_typedef != is_typedef || strcmp(n->name, name)))
		n = n->next;
	return n;
}

static bool is_compound(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type || tag == DW_TAG_class_type;
}

static enum klpscope_status note(struct dwarf_types *d, Dwarf_Die *die)
{
	bool is_typedef = dwarf_tag(die) == DW_TAG_typedef;
	struct named *n, **bucket;
	const char *name;

	if (!is_typedef && (!is_compound(die) || dwarf_hasattr(die, DW_AT_declaration)))
		return KLPSCOPE_OK;
	name = dwarf_diename(die);
	if (!name || lookup(d, name, is_typedef))
		return KLPSCOPE_OK;
	n = malloc(sizeof(*n));
	if (!n)
		return KLPSCOPE_NO_MEMORY;
	bucket = &d->bucket[hash(name)];
	*n = (struct named){
		.next = *bucket, .name = name, .die = dwarf_dieoffset(die), .is_typedef = is_typedef};
	*bucket = n;
	return KLPSCOPE_OK;
}

/* C has its types at the top of a unit, as far as anybody can ask for them by name. */
static enum klpscope_status walk_unit(struct dwarf_types *d, Dwarf_Die *unit)
{
	enum klpscope_status st = KLPSCOPE_OK;
	Dwarf_Die die;
	int rc = dwarf_child(unit, &die);

	while (!rc && !st) {
		st = note(d, &die);
		rc = dwarf_siblingof(&die, &die);
	}
	return st ? st : rc < 0 ? KLPSCOPE_CORRUPT : KLPSCOPE_OK;
}

/* Damage in one unit does not keep us from the others. */
static void next_unit(struct dwarf_types *d)
{
	enum klpscope_status st = KLPSCOPE_OK;
	Dwarf_Die unit, sub;
	uint8_t type = 0;
	Dwarf_CU *cu;
	int rc = dwarf_get_units(d->dw, d->last, &cu, NULL, &type, &unit, &sub);

	if (rc) {
		d->done = true;
		st = rc < 0 ? KLPSCOPE_CORRUPT : KLPSCOPE_OK;
	} else {
		d->last = cu;
		/* A skeleton has its types in a .dwo file. */
		st = type == DW_UT_skeleton ? KLPSCOPE_UNSUPPORTED :
		     dwarf_tag(&unit) == DW_TAG_invalid ? KLPSCOPE_CORRUPT : walk_unit(d, &unit);
	}
	if (!d->doubt)
		d->doubt = st;
}

/* --- types --- */

static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, type);
}

static bool is_modifier(int tag)
{
	return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_restrict_type ||
	       tag == DW_TAG_atomic_type || tag == DW_TAG_typedef;
}

/* What a type is behind const, volatile, typedef and the like; false: nothing, or a loop. */
static bool strip(Dwarf_Die *die)
{
	for (int i = 0; i < RESOLVE_MAX; i++) {
		if (!is_modifier(dwarf_tag(die)))
			return true;
		if (!type_of(die, die))
			return false;
	}
	return false;
}

static bool number(Dwarf_Die *die, unsigned int name, Dwarf_Word *v)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, name, &attr) && !dwarf_formudata(&attr, v);
}

/* The elements of an array in all its dimensions; 0 where a bound is open. */
static bool count_elements(Dwarf_Die *array, uint64_t *n)
{
	Dwarf_Die dim;
	int rc = dwarf_child(array, &dim);

	*n = 1;
	for (int i = 0; !rc && i < RESOLVE_MAX; i++) {
		Dwarf_Word v = 0;

		if (dwarf_tag(&dim) == DW_TAG_subrange_type) {
			if (!number(&dim, DW_AT_count, &v) && number(&dim, DW_AT_upper_bound, &v))
				v++;
			if (v > UINT32_MAX)
				return false;
			*n *= v;
		}
		if (*n > UINT32_MAX)
			return false;
		rc = dwarf_siblingof(&dim, &dim);
	}
	return rc == 1;
}

static enum klpscope_status size_of(struct dwarf_types *d, Dwarf_Die *die, uint64_t *size)
{
	uint64_t n = 1, more;
	Dwarf_Word bytes;

	for (int i = 0; i < RESOLVE_MAX && strip(die); i++) {
		if (dwarf_tag(die) == DW_TAG_array_type) {
			if (!count_elements(die, &more))
				break;
			n *= more;
			if (n > UINT32_MAX || !type_of(die, die))
				break;
			continue;
		}
		if (number(die, DW_AT_byte_size, &bytes) && bytes <= UINT32_MAX)
			*size = n * bytes;
		else if (dwarf_tag(die) == DW_TAG_pointer_type)
			*size = n * target_pointer_size(d->t);
		else
			break;
		return KLPSCOPE_OK;
	}
	return target_fail(d->t, KLPSCOPE_CORRUPT, "DWARF: a type without a size");
}

/* --- names --- */

/* The compound type behind a name that is in the index already. */
static bool indexed(struct dwarf_types *d, const char *name, bool is_typedef, Dwarf_Die *die)
{
	const struct named *n = lookup(d, name, is_typedef);

	return n && dwarf_offdie(d->dw, n->die, die) && strip(die) && is_compound(die) &&
	       !dwarf_hasattr(die, DW_AT_declaration);
}

static enum klpscope_status find_type(struct dwarf_types *d, const char *name, Dwarf_Die *die)
{
	/*
	 * A tag goes before a typedef, as in BTF; but to walk everything for a tag
	 * that may come late is too much where the typedef is at hand.
	 */
	while (!indexed(d, name, false, die) && !indexed(d, name, true, die)) {
		if (d->done && d->doubt)
			return target_fail(d->t, d->doubt, "DWARF: not all types could be read: struct %s",
					   name);
		if (d->done)
			return target_fail(d->t, KLPSCOPE_NOT_FOUND, "DWARF has no struct %s", name);
		next_unit(d);
	}
	return KLPSCOPE_OK;
}

enum klpscope_status dwarf_types_size(struct dwarf_types *d, const char *type, uint64_t *size)
{
	enum klpscope_status st;
	Dwarf_Die die;

	*size = 0;
	st = find_type(d, type, &die);
	return st ? st : size_of(d, &die, size);
}

/* --- members --- */

struct member_search {
	const char *name;
	unsigned int left;	/* DIEs that may still be looked at */
	/* found */
	Dwarf_Die die;
	uint64_t offset;
};

/* The offset of a member; one without is at the start, as in a union. */
static bool member_offset(Dwarf_Die *die, uint64_t *offset)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;
	Dwarf_Op *op;
	size_t n;

	*offset = 0;
	if (!dwarf_attr(die, DW_AT_data_member_location, &attr))
		return !dwarf_hasattr(die, DW_AT_data_bit_offset) ||
		       (number(die, DW_AT_data_bit_offset, &v) && v % 8 == 0 && (*offset = v / 8, true));
	if (!dwarf_formudata(&attr, &v)) {
		*offset = v;
		return true;
	}
	/* DWARF 2 says it as an expression. */
	if (dwarf_getlocation(&attr, &op, &n) || n != 1 || op->atom != DW_OP_plus_uconst)
		return false;
	*offset = op->number;
	return true;
}

static enum klpscope_status search(struct member_search *s, Dwarf_Die *type, uint64_t base, int depth);

/* Goes into a member that has no name of its own. */
static enum klpscope_status search_inside(struct member_search *s, Dwarf_Die *die, uint64_t base, int depth)
{
	Dwarf_Die inner;
	uint64_t offset;

	if (!type_of(die, &inner) || !strip(&inner) || !is_compound(&inner) || !member_offset(die, &offset))
		return KLPSCOPE_NOT_FOUND;
	return search(s, &inner, base + offset, depth + 1);
}

static enum klpscope_status search(struct member_search *s, Dwarf_Die *type, uint64_t base, int depth)
{
	Dwarf_Die die;
	int rc = dwarf_child(type, &die);

	for (; !rc; rc = dwarf_siblingof(&die, &die)) {
		enum klpscope_status st = KLPSCOPE_NOT_FOUND;
		const char *name;

		if (!s->left || depth > DEPTH_MAX) {
			s->left = 0;
			return KLPSCOPE_LIMIT;
		}
		s->left--;
		if (dwarf_tag(&die) != DW_TAG_member)
			continue;
		name = dwarf_diename(&die);
		if (!name) {
			st = search_inside(s, &die, base, depth);
		} else if (!strcmp(name, s->name)) {
			s->die = die;
			s->offset = base;
			return KLPSCOPE_OK;
		}
		if (st != KLPSCOPE_NOT_FOUND)
			return st;
	}
	return rc < 0 ? KLPSCOPE_CORRUPT : KLPSCOPE_NOT_FOUND;
}

static enum klpscope_status describe(struct dwarf_types *d, struct member_search *s, struct member_info *out)
{
	uint64_t offset;
	Dwarf_Die type;

	out->bitfield = dwarf_hasattr(&s->die, DW_AT_bit_size) || dwarf_hasattr(&s->die, DW_AT_bit_offset);
	if (out->bitfield)
		return target_fail(d->t, KLPSCOPE_UNSUPPORTED, "DWARF: member %s is a bitfield", s->name);
	if (!member_offset(&s->die, &offset) || !type_of(&s->die, &type))
		return target_fail(d->t, KLPSCOPE_CORRUPT, "DWARF: member %s has no place or no type",
				   s->name);
	out->offset = s->offset + offset;
	return size_of(d, &type, &out->size);
}

enum klpscope_status dwarf_types_member(struct dwarf_types *d, const char *type, const char *member,
					struct member_info *out)
{
	struct member_search s = { .name = member, .left = DIES_MAX };
	enum klpscope_status st;
	Dwarf_Die die;

	memset(out, 0, sizeof(*out));
	st = find_type(d, type, &die);
	if (st)
		return st;
	st = *member ? search(&s, &die, 0, 0) : KLPSCOPE_NOT_FOUND;
	if (st)
		return target_fail(d->t, st, "DWARF: member %s: %s", member, klpscope_strstatus(st));
	return describe(d, &s, out);
}

/* --- the whole --- */

enum klpscope_status dwarf_types_new(struct target *t, Elf *elf, struct dwarf_types **out)
{
	struct dwarf_types *d;
	Dwarf *dw = dwarf_begin_elf(elf, DWARF_C_READ, NULL);

	*out = NULL;
	if (!dw)
		return target_fail(t, KLPSCOPE_NOT_FOUND, "no DWARF: %s", dwarf_errmsg(-1));
	d = calloc(1, sizeof(*d));
	if (!d) {
		dwarf_end(dw);
		return target_fail(t, KLPSCOPE_NO_MEMORY, "out of memory");
	}
	d->t = t;
	d->dw = dw;
	*out = d;
	return KLPSCOPE_OK;
}

void dwarf_types_free(struct dwarf_types *d)
{
	if (!d)
		return;
	for (uint32_t i = 0; i < BUCKETS; i++) {
		while (d->bucket[i]) {
			struct named *n = d->bucket[i];

			d->bucket[i] = n->next;
			free(n);
		}
	}
	dwarf_end(d->dw);
	free(d);
}
