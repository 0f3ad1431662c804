// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/notes.h"

#define NOTE_HEAD	12
/* A dozen of each processor, of a thousand times more processors than there are. */
#define NOTES_MAX	(1u << 20)

static uint64_t align4(uint64_t n)
{
	return (n + 3) & ~(uint64_t)3;
}

/* With its NUL or, from some writers, without. */
static enum klpscope_status read_name(const struct note_walk *w, uint64_t size, struct note *out)
{
	memset(out->name, 0, sizeof(out->name));
	return size < sizeof(out->name) ? dumpfile_read(w->file, w->at + NOTE_HEAD, out->name, (size_t)size)
					: KLPSCOPE_OK;
}

enum klpscope_status note_next(struct note_walk *w, struct note *out)
{
	unsigned char head[NOTE_HEAD];
	uint64_t name_size, all;
	enum klpscope_status st;

	if (w->left < NOTE_HEAD)
		return KLPSCOPE_NOT_FOUND;
	if (w->seen == NOTES_MAX)
		return KLPSCOPE_LIMIT;
	w->seen++;
	st = dumpfile_read(w->file, w->at, head, sizeof(head));
	if (st)
		return st;
	name_size = dumpfile_uint(head, 4, w->big_endian);
	out->desc_size = dumpfile_uint(head + 4, 4, w->big_endian);
	out->type = (uint32_t)dumpfile_uint(head + 8, 4, w->big_endian);
	out->desc_at = w->at + NOTE_HEAD + align4(name_size);
	all = NOTE_HEAD + align4(name_size) + out->desc_size;
	if (all > w->left)
		return KLPSCOPE_CORRUPT;
	st = read_name(w, name_size, out);
	if (st)
		return st;
	all = align4(all);
	w->at += all;
	w->left -= all < w->left ? all : w->left;
	return KLPSCOPE_OK;
}

enum klpscope_status notes_find(const struct dumpfile *f, uint64_t at, uint64_t size, bool big_endian,
				const char *name, uint64_t *desc_at, uint64_t *desc_size)
{
	struct note_walk w = { .file = f, .big_endian = big_endian, .at = at, .left = size };
	enum klpscope_status st;
	struct note note;

	while (!(st = note_next(&w, &note))) {
		if (strcmp(note.name, name))
			continue;
		*desc_at = note.desc_at;
		*desc_size = note.desc_size;
		break;
	}
	return st;
}

static size_t count_lines(const char *s)
{
	size_t n = 1;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

enum klpscope_status vmcoreinfo_parse(struct vmcoreinfo *v, char *text, size_t size)
{
	char *line, *rest = text;

	memset(v, 0, sizeof(*v));
	v->text = text;
	if (!text)
		return KLPSCOPE_NO_MEMORY;
	text[size] = '\0';
	v->lines = calloc(count_lines(text), sizeof(*v->lines));
	if (!v->lines) {
		vmcoreinfo_free(v);
		return KLPSCOPE_NO_MEMORY;
	}
	while ((line = strsep(&rest, "\n"))) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		v->lines[v->count++] = (struct vmcoreinfo_line){ line, equals + 1 };
	}
	return KLPSCOPE_OK;
}

void vmcoreinfo_free(struct vmcoreinfo *v)
{
	free(v->text);
	free(v->lines);
	memset(v, 0, sizeof(*v));
}

const char *vmcoreinfo_get(const struct vmcoreinfo *v, const char *key)
{
	for (size_t i = 0; i < v->count; i++)
		if (!strcmp(v->lines[i].key, key))
			return v->lines[i].value;
	return NULL;
}

bool vmcoreinfo_number(const struct vmcoreinfo *v, const char *kind, const char *name, uint64_t *value)
{
	char key[128];
	const char *s;
	char *end;
	int base;

	if (snprintf(key, sizeof(key), "%s(%s)", kind, name) >= (int)sizeof(key))
		return false;
	s = vmcoreinfo_get(v, key);
	if (!s || !*s)
		return false;
	base = !strcmp(kind, "SYMBOL") || !strncmp(s, "0x", 2) ? 16 : 10;
	errno = 0;
	*value = strtoull(s, &end, base);
	return !*end && !errno;
}
