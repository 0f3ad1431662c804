// SPDX-License-Identifier: GPL-2.0-or-later
/* Types out of BTF: where the blob comes from, and when. */
#include <stdlib.h>
#include <string.h>

#include "provider/btf.h"
#include "provider/btf_types.h"

struct btf_source {
	struct provider p;
	struct target *t;
	struct btf_types *types;
	bool asked;			/* dump memory was tried */
	enum klpscope_status st;	/* why there are no types */
	const char *why;
};

static struct btf_source *of(struct provider *p)
{
	return (struct btf_source *)p;
}

/* --- dump memory --- */

static enum klpscope_status locate(struct target *t, uint64_t *start, uint64_t *size)
{
	struct symbol_query q[] = { { .name = "__start_BTF" }, { .name = "__stop_BTF" } };

	target_symbols(t, q, 2);
	for (int i = 0; i < 2; i++) {
		if (q[i].st == KLPSCOPE_NOT_FOUND)
			return target_fail(t, KLPSCOPE_UNSUPPORTED,
					   "this kernel has no BTF; --vmlinux FILE helps");
		if (q[i].st)
			return target_fail(t, q[i].st, "symbol %s: %s", q[i].name,
					   klpscope_strstatus(q[i].st));
	}
	*start = q[0].addr;
	*size = q[1].addr - q[0].addr;
	if (q[1].addr <= q[0].addr || *size > BTF_SIZE_MAX)
		return target_fail(t, KLPSCOPE_CORRUPT, "BTF lies from 0x%llx to 0x%llx",
				   (unsigned long long)q[0].addr, (unsigned long long)q[1].addr);
	return KLPSCOPE_OK;
}

static enum klpscope_status read_types(struct btf_source *s)
{
	uint64_t start = 0, size = 0;
	enum klpscope_status st = locate(s->t, &start, &size);
	void *data;

	if (st)
		return st;
	data = btf_types_alloc(size);
	if (!data)
		return target_fail(s->t, KLPSCOPE_NO_MEMORY, "out of memory");
	st = target_read_bulk(s->t, start, data, size);
	if (!st)
		return btf_types_new(s->t, data, size, &s->types);
	free(data);
	return st;
}

/* Reads at the first question; a failure is remembered and told each time. */
static enum klpscope_status ready(struct btf_source *s)
{
	if (s->types)
		return KLPSCOPE_OK;
	if (!s->asked) {
		s->asked = true;
		s->st = read_types(s);
		if (!s->st)
			return KLPSCOPE_OK;
		target_prepend(s->t, s->st, "types");
		s->why = arena_strdup(target_arena(s->t), target_error(s->t));
	}
	return target_fail(s->t, s->st, "%s", s->why ? s->why : "types: no BTF");
}

/* --- the provider --- */

static enum klpscope_status btf_member(struct provider *p, const char *type, const char *member,
				       struct member_info *out)
{
	enum klpscope_status st = ready(of(p));

	return st ? st : btf_types_member(of(p)->types, type, member, out);
}

static enum klpscope_status btf_type_size(struct provider *p, const char *type, uint64_t *size)
{
	enum klpscope_status st = ready(of(p));

	return st ? st : btf_types_size(of(p)->types, type, size);
}

static void btf_destroy(struct provider *p)
{
	btf_types_free(of(p)->types);
	free(p);
}

enum klpscope_status btf_provider_new(struct target *t, struct provider **out)
{
	struct btf_source *s = calloc(1, sizeof(*s));

	*out = NULL;
	if (!s)
		return target_fail(t, KLPSCOPE_NO_MEMORY, "out of memory");
	s->t = t;
	s->p = (struct provider){
		.name = "btf",
		.member = btf_member,
		.type_size = btf_type_size,
		.destroy = btf_destroy,
	};
	*out = &s->p;
	return KLPSCOPE_OK;
}

enum klpscope_status btf_provider_from_blob(struct target *t, const void *data, size_t size,
					    struct provider **out)
{
	enum klpscope_status st = btf_provider_new(t, out);

	if (st)
		return st;
	st = btf_types_copy(t, data, size, &of(*out)->types);
	if (st) {
		btf_destroy(*out);
		*out = NULL;
	}
	return st;
}
