// SPDX-License-Identifier: GPL-2.0-or-later
#include <byteswap.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "provider/btf_blob.h"

#define TYPE_WORDS (sizeof(struct btf_type) / 4)
/* As of 4.18; struct btf_header of linux/btf.h is longer since two members were added (seen in 7.2). */
#define HEADER_MIN (offsetof(struct btf_header, str_len) + 4)

struct section {
	uint32_t offset, size;
};

static enum klpscope_status corrupt(struct target *t, const char *what)
{
	return target_fail(t, KLPSCOPE_CORRUPT, "BTF: %s", what);
}

/* Offsets count from the end of the header. */
static bool place(struct section *s, uint32_t header, size_t size)
{
	uint64_t end = (uint64_t)header + s->offset + s->size;

	s->offset += header;
	return end <= size;
}

static enum klpscope_status read_header(struct target *t, const void *data, size_t size, struct section *types,
					struct section *strings)
{
	const struct btf_header *h = data;
	uint32_t length;

	if (size < HEADER_MIN || target_decode(t, &h->magic, 2) != BTF_MAGIC)
		return corrupt(t, "not a header");
	if (h->version != BTF_VERSION)
		return target_fail(t, KLPSCOPE_UNSUPPORTED, "BTF: version %u", h->version);
	length = (uint32_t)target_decode(t, &h->hdr_len, 4);
	types->offset = (uint32_t)target_decode(t, &h->type_off, 4);
	types->size = (uint32_t)target_decode(t, &h->type_len, 4);
	strings->offset = (uint32_t)target_decode(t, &h->str_off, 4);
	strings->size = (uint32_t)target_decode(t, &h->str_len, 4);
	if (length < HEADER_MIN || length % 4 || types->offset % 4 || types->size % 4)
		return corrupt(t, "not a header");
	if (!place(types, length, size) || !place(strings, length, size))
		return corrupt(t, "its sections go beyond its end");
	/* Types are swapped in place: strings among them would change, too. */
	if (types->offset < strings->offset + strings->size && strings->offset < types->offset + types->size)
		return corrupt(t, "its sections overlap");
	/* A string may start anywhere: the last byte ends every one of them. */
	if (!strings->size || ((const char *)data)[strings->offset + strings->size - 1])
		return corrupt(t, "its strings do not end");
	return KLPSCOPE_OK;
}

/* Words behind the struct btf_type itself: so many, and so many for each of vlen. */
static const struct shape {
	uint8_t fixed, each;
	bool known;
} shapes[NR_BTF_KINDS] = {
	[BTF_KIND_INT] = { 1, 0, true },
	[BTF_KIND_PTR] = { 0, 0, true },
	[BTF_KIND_ARRAY] = { 3, 0, true },
	[BTF_KIND_STRUCT] = { 0, 3, true },
	[BTF_KIND_UNION] = { 0, 3, true },
	[BTF_KIND_ENUM] = { 0, 2, true },
	[BTF_KIND_FWD] = { 0, 0, true },
	[BTF_KIND_TYPEDEF] = { 0, 0, true },
	[BTF_KIND_VOLATILE] = { 0, 0, true },
	[BTF_KIND_CONST] = { 0, 0, true },
	[BTF_KIND_RESTRICT] = { 0, 0, true },
	[BTF_KIND_FUNC] = { 0, 0, true },
	[BTF_KIND_FUNC_PROTO] = { 0, 2, true },
	[BTF_KIND_VAR] = { 1, 0, true },
	[BTF_KIND_DATASEC] = { 0, 3, true },
	[BTF_KIND_FLOAT] = { 0, 0, true },
	[BTF_KIND_DECL_TAG] = { 1, 0, true },
	[BTF_KIND_TYPE_TAG] = { 0, 0, true },
	[BTF_KIND_ENUM64] = { 0, 3, true },
};

static bool is_known(const struct btf_type *type)
{
	return btf_kind(type) < NR_BTF_KINDS && shapes[btf_kind(type)].known;
}

static inline uint32_t more_words(const struct btf_type *type)
{
	const struct shape *s = &shapes[btf_kind(type)];

	return s->fixed + s->each * btf_vlen(type);
}

/* One pass: every type fits, and where every so many-th is. */
static enum klpscope_status scan(struct target *t, struct btf_blob *b)
{
	uint32_t at = 0;

	while (at < b->words) {
		const struct btf_type *type = (const struct btf_type *)(b->types + at);
		uint32_t more;

		if (b->words - at < TYPE_WORDS)
			return corrupt(t, "its types go beyond their end");
		if (!is_known(type))
			return target_fail(t, KLPSCOPE_UNSUPPORTED, "BTF: type %u is of the unknown kind %u",
					   b->count + 1, btf_kind(type));
		more = more_words(type);
		if (more > b->words - at - TYPE_WORDS)
			return corrupt(t, "its types go beyond their end");
		if (++b->count % BTF_BLOB_STRIDE == 0)
			b->mark[b->count / BTF_BLOB_STRIDE] = at;
		at += TYPE_WORDS + more;
	}
	return KLPSCOPE_OK;
}

static bool foreign(const struct target *t)
{
	return target_big_endian(t) != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

enum klpscope_status btf_blob_open(struct target *t, void *data, size_t size, struct btf_blob *b)
{
	struct section types = { 0 }, strings = { 0 };
	enum klpscope_status st = read_header(t, data, size, &types, &strings);

	memset(b, 0, sizeof(*b));
	if (st)
		return st;
	b->types = (uint32_t *)((char *)data + types.offset);
	b->words = types.size / 4;
	b->strings = (const char *)data + strings.offset;
	b->strings_size = strings.size;
	if (foreign(t))
		for (uint32_t i = 0; i < b->words; i++)
			b->types[i] = bswap_32(b->types[i]);
	b->mark = malloc((b->words / TYPE_WORDS / BTF_BLOB_STRIDE + 1) * sizeof(*b->mark));
	if (!b->mark)
		return target_fail(t, KLPSCOPE_NO_MEMORY, "out of memory");
	st = scan(t, b);
	if (st)
		btf_blob_close(b);
	return st;
}

void btf_blob_close(struct btf_blob *b)
{
	free(b->mark);
	b->mark = NULL;
}

const struct btf_type *btf_blob_next(const struct btf_blob *b, const struct btf_type *type)
{
	const uint32_t *next = (const uint32_t *)(type + 1) + more_words(type);

	return next < b->types + b->words ? (const struct btf_type *)next : NULL;
}

const struct btf_type *btf_blob_type(const struct btf_blob *b, uint32_t id)
{
	const struct btf_type *type;
	uint32_t at = 1;

	if (!id || id > b->count)
		return NULL;
	type = (const struct btf_type *)b->types;
	if (id >= BTF_BLOB_STRIDE) {
		at = id - id % BTF_BLOB_STRIDE;
		type = (const struct btf_type *)(b->types + b->mark[id / BTF_BLOB_STRIDE]);
	}
	for (; at < id; at++)
		type = btf_blob_next(b, type);
	return type;
}

const char *btf_blob_string(const struct btf_blob *b, uint32_t offset)
{
	return offset < b->strings_size ? b->strings + offset : NULL;
}
