// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/answers.h"
#include "util/str.h"

#define BUCKETS 4096
/* kind, name, member, key, status, value, size, flag, module, text */
#define FIELDS 10
#define FIELD_MAX 2048
/* Of a hostile capsule; a report asks about 300 questions, and one for each frame of a stack. */
#define ANSWERS_MAX (1u << 22)

struct answers {
	struct arena *arena;
	struct answer *bucket[BUCKETS];
	struct answer *first, **tail;
	unsigned int count;
};

struct answers *answers_new(struct arena *a)
{
	struct answers *as = arena_alloc(a, sizeof(*as));

	if (!as)
		return NULL;
	as->arena = a;
	as->tail = &as->first;
	return as;
}

static uint64_t mix(uint64_t hash, const char *s)
{
	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3u;
	return hash * 31;
}

static unsigned int bucket_of(enum answer_kind kind, const char *name, const char *member, uint64_t key)
{
	uint64_t hash = mix(mix(0xcbf29ce484222325u + kind, name), member) ^ (key * 0x9e3779b97f4a7c15u);

	return (unsigned int)(hash >> 32) % BUCKETS;
}

const struct answer *answers_find(const struct answers *as, enum answer_kind kind, const char *name,
				  const char *member, uint64_t key)
{
	const struct answer *a = as->bucket[bucket_of(kind, name, member, key)];

	while (a && (a->kind != kind || a->key != key || strcmp(a->name, name) != 0 || strcmp(a->member, member) != 0))
		a = a->next;
	return a;
}

static bool copy(struct arena *arena, struct answer *a)
{
	a->name = arena_strdup(arena, a->name);
	a->member = arena_strdup(arena, a->member);
	a->module = arena_strdup(arena, a->module);
	a->text = arena_strdup(arena, a->text);
	return a->name && a->member && a->module && a->text;
}

bool answers_add(struct answers *as, const struct answer *what)
{
	struct answer *a, **bucket;

	if (answers_find(as, what->kind, what->name, what->member, what->key))
		return true;
	a = as->count < ANSWERS_MAX ? arena_alloc(as->arena, sizeof(*a)) : NULL;
	if (!a)
		return false;
	*a = *what;
	if (!copy(as->arena, a))
		return false;
	bucket = &as->bucket[bucket_of(a->kind, a->name, a->member, a->key)];
	a->next = *bucket;
	*bucket = a;
	a->after = NULL;
	*as->tail = a;
	as->tail = &a->after;
	as->count++;
	return true;
}

/* --- as text: fields between tabs, which no sanitized string has --- */

char *answers_write(const struct answers *as, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	for (const struct answer *a = as->first; a; a = a->after)
		fprintf(out, "%c\t%s\t%s\t%llx\t%u\t%llx\t%llx\t%u\t%s\t%s\n", a->kind, a->name, a->member,
			(unsigned long long)a->key, (unsigned int)a->st, (unsigned long long)a->value,
			(unsigned long long)a->size, a->flag, a->module, a->text);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

/* Splits at tabs; false when there are not FIELDS of them. */
static bool split(char *line, char *field[FIELDS])
{
	char *rest = line;

	for (unsigned int i = 0; i < FIELDS; i++)
		field[i] = strsep(&rest, "\t");
	return field[FIELDS - 1] && !rest;
}

static bool number(const char *s, uint64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoull(s, &end, 16);
	return strspn(s, "0123456789abcdef") == strlen(s) && end != s && !errno;
}

/* Sanitizing twice would double the backslashes of what is sanitized already: only raw bytes are refused. */
static bool is_clean(const char *s)
{
	char clean[4 * FIELD_MAX + 1];
	size_t n = strlen(s), raw = 0, i = 0;

	if (n > FIELD_MAX)
		return false;
	str_sanitize(clean, sizeof(clean), s, n);
	/* What it makes of a clean string differs in backslashes alone, each now "\x5c". */
	while (raw < n && clean[i]) {
		size_t step = s[raw] == '\\' ? strlen("\\x5c") : 1;

		if (s[raw] == '\\' ? strncmp(clean + i, "\\x5c", step) != 0 : clean[i] != s[raw])
			return false;
		raw++;
		i += step;
	}
	return raw == n && !clean[i];
}

static bool known_kind(char kind)
{
	return kind == ANSWER_SYMBOL || kind == ANSWER_MEMBER || kind == ANSWER_TYPE || kind == ANSWER_ADDRESS;
}

static enum klpscope_status parse_line(struct answers *as, char *line)
{
	struct answer a = { 0 };
	uint64_t st, flag;
	char *field[FIELDS];

	if (!split(line, field) || strlen(field[0]) != 1 || !known_kind(field[0][0]))
		return KLPSCOPE_CORRUPT;
	a.kind = (enum answer_kind)field[0][0];
	a.name = field[1];
	a.member = field[2];
	a.module = field[8];
	a.text = field[9];
	if (!is_clean(a.name) || !is_clean(a.member) || !is_clean(a.module) || !is_clean(a.text) ||
	    !number(field[3], &a.key) || !number(field[4], &st) || st > KLPSCOPE_INVALID ||
	    !number(field[5], &a.value) || !number(field[6], &a.size) || !number(field[7], &flag) || flag > 1)
		return KLPSCOPE_CORRUPT;
	a.st = (enum klpscope_status)st;
	a.flag = flag;
	return answers_add(as, &a) ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
}

enum klpscope_status answers_parse(struct answers *as, const char *text, size_t length)
{
	char *copied = memchr(text, '\0', length) ? NULL : strndup(text, length), *rest = copied, *line;
	enum klpscope_status st = KLPSCOPE_OK;

	if (!copied)
		return memchr(text, '\0', length) ? KLPSCOPE_CORRUPT : KLPSCOPE_NO_MEMORY;
	while (!st && (line = strsep(&rest, "\n")))
		if (*line || rest)
			st = parse_line(as, line);
	free(copied);
	return st;
}
