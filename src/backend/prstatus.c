// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "backend/prstatus.h"

#define NT_PRSTATUS 1

void prstatus_begin(struct prstatus *p, const struct dumpfile *f, bool big_endian)
{
	p->walk = (struct note_walk){ .file = f, .big_endian = big_endian };
	p->end = KLPSCOPE_NOT_FOUND;
}

void prstatus_doubt(struct prstatus *p, enum klpscope_status why)
{
	if (p->end == KLPSCOPE_NOT_FOUND)
		p->end = why;
}

static enum klpscope_status take(struct prstatus *p, const struct note *note)
{
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 16;
		struct prstatus_note *v = reallocarray(p->v, room, sizeof(*v));

		if (!v)
			return KLPSCOPE_NO_MEMORY;
		p->v = v;
		p->room = room;
	}
	p->v[p->n++] = (struct prstatus_note){ note->desc_at, note->desc_size };
	return KLPSCOPE_OK;
}

void prstatus_add(struct prstatus *p, uint64_t at, uint64_t size)
{
	enum klpscope_status st;
	struct note note;

	p->walk.at = at;
	p->walk.left = size;
	while (!(st = note_next(&p->walk, &note))) {
		/* Others number their notes as they like: Xen has a 1, too. */
		if (note.type == NT_PRSTATUS && !strcmp(note.name, "CORE"))
			st = take(p, &note);
		if (st)
			break;
	}
	prstatus_doubt(p, st);
}

enum klpscope_status prstatus_read(const struct prstatus *p, unsigned int n, void *buf, size_t size, size_t *len)
{
	enum klpscope_status st;
	size_t bytes;

	*len = 0;
	if (n >= p->n)
		return p->end;
	bytes = p->v[n].size < size ? (size_t)p->v[n].size : size;
	st = dumpfile_read(p->walk.file, p->v[n].at, buf, bytes);
	if (!st)
		*len = bytes;
	return st;
}

void prstatus_free(struct prstatus *p)
{
	free(p->v);
	memset(p, 0, sizeof(*p));
}
