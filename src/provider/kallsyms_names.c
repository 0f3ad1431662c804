// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The names of kallsyms: each is a length and that many tokens, the first
 * character of the first token is the symbol's type (scripts/kallsyms.c of
 * the kernel).  There is no way to the n-th name but to walk; marks make the
 * second way short.
 */
#include <stdlib.h>
#include <string.h>

#include "provider/kallsyms_priv.h"

#define CHUNK ((size_t)64 << 10)
#define PAGE ((size_t)4096)
/* Of the compressed name: no name has more tokens than characters. */
#define LENGTH_MAX (KALLSYMS_NAME_MAX + 1)
#define TOKEN_MAX 512

/* --- tokens --- */

/* Up to and with the NUL that ends the last token, which starts at `last`. */
static enum klpscope_status read_token_bytes(struct kallsyms *k, uint64_t table, size_t last, size_t *len)
{
	enum klpscope_status st;
	size_t n = last;

	k->token_bytes = malloc(last + TOKEN_MAX);
	if (!k->token_bytes)
		return target_fail(k->t, KLPSCOPE_NO_MEMORY, "out of memory");
	st = target_read(k->t, table, k->token_bytes, last);
	while (!st) {
		/* Byte by byte: nobody promises that there is a page behind the table. */
		st = target_read(k->t, table + n, k->token_bytes + n, 1);
		if (!st && !k->token_bytes[n++])
			break;
		if (!st && n == last + TOKEN_MAX)
			return target_fail(k->t, KLPSCOPE_CORRUPT, "the last token has no end");
	}
	*len = n;
	return st;
}

/* The kernel writes the tokens one behind the other in the order of the index. */
static enum klpscope_status split_tokens(struct kallsyms *k, const uint16_t *index, size_t len)
{
	size_t at = 0;

	for (unsigned int i = 0; i < KALLSYMS_TOKENS; i++) {
		struct kallsyms_token *tok = &k->tokens[i];

		if (index[i] != at || at >= len)
			return target_fail(k->t, KLPSCOPE_CORRUPT, "token %u is not where the index says", i);
		tok->s = k->token_bytes + at;
		tok->len = strnlen(tok->s, len - at);
		if (tok->len > TOKEN_MAX)
			return target_fail(k->t, KLPSCOPE_CORRUPT, "token %u is too long", i);
		at += tok->len + 1;
	}
	return KLPSCOPE_OK;
}

enum klpscope_status kallsyms_load_tokens(struct kallsyms *k, uint64_t table, uint64_t index)
{
	unsigned char raw[KALLSYMS_TOKENS * 2];
	uint16_t at[KALLSYMS_TOKENS];
	enum klpscope_status st;
	size_t len = 0;

	st = target_read(k->t, index, raw, sizeof(raw));
	if (st)
		return target_prepend(k->t, st, "kallsyms_token_index");
	for (unsigned int i = 0; i < KALLSYMS_TOKENS; i++)
		at[i] = (uint16_t)target_decode(k->t, raw + 2 * i, 2);
	st = read_token_bytes(k, table, at[KALLSYMS_TOKENS - 1], &len);
	if (!st)
		st = split_tokens(k, at, len);
	return st ? target_prepend(k->t, st, "kallsyms_token_table") : KLPSCOPE_OK;
}

/* --- the walk --- */

static enum klpscope_status grow(struct kallsyms *k, size_t room)
{
	unsigned char *p;

	if (room <= k->names_room)
		return KLPSCOPE_OK;
	if (room > KALLSYMS_NAMES_MAX)
		return KLPSCOPE_LIMIT;
	if (room < 2 * k->names_room && 2 * k->names_room <= KALLSYMS_NAMES_MAX)
		room = 2 * k->names_room;
	p = realloc(k->names, room);
	if (!p)
		return KLPSCOPE_NO_MEMORY;
	k->names = p;
	k->names_room = room;
	return KLPSCOPE_OK;
}

/* One chunk more; where that fails, page by page up to the one that is missing. */
static void read_chunk(struct kallsyms *k)
{
	uint64_t from = k->names_addr + k->names_len;
	size_t n = CHUNK - from % CHUNK;
	enum klpscope_status st = grow(k, k->names_len + n);

	if (st) {
		k->read_st = st;
		return;
	}
	if (!target_read_bulk(k->t, from, k->names + k->names_len, n)) {
		k->names_len += n;
		return;
	}
	while (n) {
		size_t page = PAGE - from % PAGE;

		st = target_read_bulk(k->t, from, k->names + k->names_len, page);
		if (st) {
			k->read_st = st;
			return;
		}
		k->names_len += page;
		from += page;
		n -= page;
	}
}

static bool have(struct kallsyms *k, size_t len)
{
	while (k->names_len < len && !k->read_st)
		read_chunk(k);
	return k->names_len >= len;
}

/*
 * The length of the compressed name at p, and how many bytes say it.  0: not
 * a length that the kernel would have written.
 */
static inline size_t name_length(const struct kallsyms *k, const unsigned char *p, size_t *head)
{
	size_t len = p[0];

	*head = 1;
	if (len < 0x80 || !k->long_lengths)
		return len;
	*head = 2;
	len = (len & 0x7f) | (size_t)p[1] << 7;
	return len >= 0x80 && len <= LENGTH_MAX ? len : 0;
}

/* One name; false when it is not there or makes no sense. */
static bool step(struct kallsyms *k, size_t *pos, enum klpscope_status *why)
{
	size_t head, len;

	*why = KLPSCOPE_CORRUPT;
	if (*pos + 2 > k->names_len && !have(k, *pos + 2)) {
		*why = k->read_st;
		return false;
	}
	if (k->names[*pos] >= 0x80)
		k->saw_long = true;
	len = name_length(k, k->names + *pos, &head);
	if (!len)
		return false;
	if (*pos + head + len > k->names_len && !have(k, *pos + head + len)) {
		*why = k->read_st;
		return false;
	}
	*pos += head + len;
	return true;
}

enum klpscope_status kallsyms_walk(struct kallsyms *k, bool long_lengths)
{
	size_t pos = 0;
	uint32_t i;

	if (!k->marks)
		k->marks = calloc(k->num / KALLSYMS_STRIDE + 1, sizeof(*k->marks));
	if (!k->marks)
		return target_fail(k->t, KLPSCOPE_NO_MEMORY, "out of memory");
	k->long_lengths = long_lengths;
	k->saw_long = false;
	k->rest = KLPSCOPE_OK;
	for (i = 0; i < k->num; i++) {
		if (i % KALLSYMS_STRIDE == 0)
			k->marks[i / KALLSYMS_STRIDE] = (uint32_t)pos;
		if (!step(k, &pos, &k->rest))
			break;
	}
	if (i == k->num)
		k->rest = KLPSCOPE_OK;
	k->nr_names = i;
	k->walked = pos;
	return KLPSCOPE_OK;
}

static bool markers_at(struct kallsyms *k, uint64_t align, unsigned int size)
{
	uint64_t at = (k->names_addr + k->walked + align - 1) & ~(align - 1);
	uint32_t n = (k->num + KALLSYMS_STRIDE - 1) / KALLSYMS_STRIDE;
	uint64_t v;

	/* The first is 0, and so is much of memory. */
	if (n < 2)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (target_read_uint(k->t, at + (uint64_t)i * size, size, &v) || v != k->marks[i])
			return false;
	return true;
}

/* The kernel puts its markers right behind the names, aligned; they were pointer-sized before 4.20. */
bool kallsyms_markers_agree(struct kallsyms *k)
{
	unsigned int ptr = target_pointer_size(k->t);

	return !k->rest && (markers_at(k, ptr, 4) || markers_at(k, 4, 4) || markers_at(k, ptr, ptr));
}

/* --- decoding --- */

/* Expands without the type; false when the name does not fit or has not even a type. */
static bool expand(const struct kallsyms *k, const unsigned char *p, size_t len, char *out, size_t out_size,
		   size_t *out_len)
{
	size_t o = 0;
	bool type = true;

	for (size_t i = 0; i < len; i++) {
		const struct kallsyms_token *tok = &k->tokens[p[i]];
		const char *s = tok->s;
		size_t n = tok->len;

		if (type && n) {
			type = false;
			s++;
			n--;
		}
		if (o + n + 1 > out_size)
			return false;
		memcpy(out + o, s, n);
		o += n;
	}
	out[o] = '\0';
	*out_len = o;
	return !type;
}

enum klpscope_status kallsyms_name(struct kallsyms *k, uint32_t i, char *out, size_t out_size)
{
	size_t head, len, pos;

	if (i >= k->nr_names)
		return k->rest ? k->rest : KLPSCOPE_NOT_FOUND;
	pos = k->marks[i / KALLSYMS_STRIDE];
	for (uint32_t n = i % KALLSYMS_STRIDE; n; n--) {
		len = name_length(k, k->names + pos, &head);
		pos += head + len;
	}
	len = name_length(k, k->names + pos, &head);
	if (!expand(k, k->names + pos + head, len, out, out_size, &len))
		return target_fail(k->t, KLPSCOPE_CORRUPT, "kallsyms: name %u is too long", i);
	return KLPSCOPE_OK;
}

void kallsyms_free_names(struct kallsyms *k)
{
	free(k->names);
	free(k->marks);
	free(k->token_bytes);
}

/* --- the search --- */

/*
 * Expanding every name would cost more than all the rest of a start.  So the
 * first four characters of a name, put together from its first tokens without
 * a branch, decide whether it is worth it: hardly one in a hundred is.
 */
#define PREFIX 4
#define PREFIX_BITS 12

/* The first characters of a token, in memory order from the lowest byte up. */
struct head {
	uint32_t chars;
	uint32_t bits;		/* 8 for each character, at most 32 */
};

struct search {
	struct wanted_set wanted;
	struct head typed[KALLSYMS_TOKENS];	/* as first token of a name: without the type */
	struct head plain[KALLSYMS_TOKENS];
	unsigned char prefixes[1 << PREFIX_BITS];
	uint32_t mask;		/* of the characters that even the shortest wanted name has */
};

static struct head head_of(const char *s, size_t len)
{
	struct head h = { 0 };

	for (size_t i = 0; i < len && i < PREFIX; i++) {
		h.chars |= (uint32_t)(unsigned char)s[i] << 8 * i;
		h.bits += 8;
	}
	return h;
}

static inline unsigned char *prefix_slot(struct search *s, uint32_t chars)
{
	return &s->prefixes[(chars & s->mask) * 2654435761u >> (32 - PREFIX_BITS)];
}

static void prepare(struct kallsyms *k, struct search *s, struct wanted *w, size_t n)
{
	memset(s->prefixes, 0, sizeof(s->prefixes));
	wanted_begin(&s->wanted, w, n);
	s->mask = UINT32_MAX;
	for (size_t i = 0; i < n; i++)
		while (w[i].len < PREFIX && s->mask >> 8 * w[i].len)
			s->mask >>= 8;
	for (size_t i = 0; i < n; i++)
		*prefix_slot(s, head_of(w[i].name, w[i].len).chars) = 1;
	for (unsigned int i = 0; i < KALLSYMS_TOKENS; i++) {
		const struct kallsyms_token *tok = &k->tokens[i];

		s->plain[i] = head_of(tok->s, tok->len);
		s->typed[i] = tok->len ? head_of(tok->s + 1, tok->len - 1) : s->plain[i];
	}
}

/* Puts the characters of one more token behind those that are there. */
static inline void append(uint64_t *chars, uint32_t *bits, const struct head *h)
{
	*chars |= (uint64_t)h->chars << *bits;
	*bits += h->bits;
	*bits = *bits < 8 * PREFIX ? *bits : 8 * PREFIX;
}

/* False when this cannot be a wanted name. */
static inline bool worth_it(struct search *s, const unsigned char *p, size_t len)
{
	uint64_t chars = 0;
	uint32_t bits = 0;
	size_t i = 4;

	/* Nearly all have four tokens and in them four characters: no branch up to there. */
	if (len < i)
		return true;
	append(&chars, &bits, &s->typed[p[0]]);
	append(&chars, &bits, &s->plain[p[1]]);
	append(&chars, &bits, &s->plain[p[2]]);
	append(&chars, &bits, &s->plain[p[3]]);
	while (bits < 8 * PREFIX && i < len)
		append(&chars, &bits, &s->plain[p[i++]]);
	return *prefix_slot(s, (uint32_t)chars);
}

static void scan(struct kallsyms *k, struct search *s)
{
	const unsigned char *p = k->names;
	char name[KALLSYMS_NAME_MAX + 1];
	size_t head, len, n;

	for (uint32_t i = 0; i < k->nr_names && s->wanted.pending; i++, p += len) {
		len = name_length(k, p, &head);
		p += head;
		if (!worth_it(s, p, len))
			continue;
		if (expand(k, p, len, name, sizeof(name), &n))
			wanted_offer(&s->wanted, name, n, i);
	}
}

enum klpscope_status kallsyms_find(struct kallsyms *k, struct wanted *w, size_t n)
{
	struct search *s = malloc(sizeof(*s));

	if (!s)
		return target_fail(k->t, KLPSCOPE_NO_MEMORY, "out of memory");
	prepare(k, s, w, n);
	scan(k, s);
	free(s);
	wanted_end(w, n, !k->rest);
	return KLPSCOPE_OK;
}
