// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/answers.h"
#include "util/str.h"

/* kind, name, member, key, status, value, size, flag, module, text */
#define FIELDS 10
/* A name of kallsyms has 1023 bytes at most, and each may have become "\\xNN". */
#define FIELD_MAX 4096
/* BTF's own limit of sizes and offsets: what is read by them must not be more than a dump could make us read. */
#define LAYOUT_MAX UINT32_MAX
/* Of a hostile capsule; a report asks about 300 questions, and one for each frame of a stack. */
#define ANSWERS_MAX (1u << 22)

/* A balanced tree: a hostile capsule could fill one bucket of any table. */
struct answers {
	struct arena *arena;
	struct answer *root;
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

static int compare(const struct answer *a, const struct answer *b)
{
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	order = strcmp(a->name, b->name);
	return order ? order : strcmp(a->member, b->member);
}

static const struct answer *find(const struct answers *as, const struct answer *what)
{
	const struct answer *a = as->root;
	int order;

	while (a && (order = compare(what, a)))
		a = a->child[order > 0];
	return a;
}

const struct answer *answers_find(const struct answers *as, enum answer_kind kind, const char *name,
				  const char *member, uint64_t key)
{
	return find(as, &(struct answer){ .kind = kind, .name = name, .member = member, .key = key });
}

/* Turns the link from a node to its child of the same level: left ones away, or two right ones in a row. */
static struct answer *turn(struct answer *a, bool right)
{
	struct answer *up = a->child[right];

	a->child[right] = up->child[!right];
	up->child[!right] = a;
	return up;
}

/* An AA tree: as deep as a logarithm allows. `a` is in none yet. */
static struct answer *insert(struct answer *root, struct answer *a)
{
	bool right;

	if (!root)
		return a;
	right = compare(a, root) > 0;
	root->child[right] = insert(root->child[right], a);
	if (root->child[0] && root->child[0]->level == root->level)
		root = turn(root, false);
	if (root->child[1] && root->child[1]->child[1] && root->child[1]->child[1]->level == root->level) {
		root = turn(root, true);
		root->level++;
	}
	return root;
}

/* Nearly always clean already; words of a failure may have been cut within a character. */
static const char *copy_clean(struct arena *arena, const char *s)
{
	char clean[FIELD_MAX + 1];
	size_t length = strnlen(s, FIELD_MAX + 1);

	if (length <= FIELD_MAX && str_is_clean(s, length))
		return arena_strdup(arena, s);
	str_sanitize(clean, sizeof(clean), s, length);
	return arena_strdup(arena, clean);
}

static bool copy(struct arena *arena, struct answer *a)
{
	a->name = arena_strdup(arena, a->name);
	a->member = arena_strdup(arena, a->member);
	a->module = copy_clean(arena, a->module);
	a->text = copy_clean(arena, a->text);
	return a->name && a->member && a->module && a->text;
}

bool answers_add(struct answers *as, const struct answer *what)
{
	struct answer *a;

	if (find(as, what))
		return true;
	a = as->count < ANSWERS_MAX ? arena_alloc(as->arena, sizeof(*a)) : NULL;
	if (!a)
		return false;
	*a = *what;
	if (!copy(as->arena, a))
		return false;
	a->child[0] = a->child[1] = a->after = NULL;
	a->level = 1;
	as->root = insert(as->root, a);
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
	bool ok = out != NULL;

	/* fclose() does not tell that there was no memory. */
	for (const struct answer *a = as->first; ok && a; a = a->after)
		ok = fprintf(out, "%c\t%s\t%s\t%llx\t%x\t%llx\t%llx\t%x\t%s\t%s\n", a->kind, a->name, a->member,
			     (unsigned long long)a->key, (unsigned int)a->st, (unsigned long long)a->value,
			     (unsigned long long)a->size, a->flag, a->module, a->text) > 0;
	if (out && !fclose(out) && ok)
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

static bool is_clean(const char *s)
{
	size_t length = strlen(s);

	return length <= FIELD_MAX && str_is_clean(s, length);
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
	if (a.kind != ANSWER_SYMBOL && a.kind != ANSWER_ADDRESS && (a.value > LAYOUT_MAX || a.size > LAYOUT_MAX))
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
