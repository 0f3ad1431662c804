/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The notes of a dump, as they lie in an ELF note segment; VMCOREINFO among them, and its lines. */
#ifndef KLPSCOPE_NOTES_H
#define KLPSCOPE_NOTES_H

#include "backend/dumpfile.h"

/* What the kernel may write of it; one page today. */
#define VMCOREINFO_MAX	((size_t)1 << 20)

struct note {
	uint32_t type;
	char name[32];			/* "" when it is longer: nobody asks for such a one */
	uint64_t desc_at, desc_size;
};

/* A way through note segments: the caller sets the first two, and the others at the start of each. */
struct note_walk {
	const struct dumpfile *file;
	bool big_endian;
	uint64_t at, left;
	unsigned int seen;		/* notes of all its segments: a limit for damaged ones */
};

/*
 * The next one.  NOT_FOUND behind the last; TRUNCATED when the file ends before that, CORRUPT when one
 * reaches out of the segment.
 */
KLPSCOPE_MUST_CHECK
enum klpscope_status note_next(struct note_walk *w, struct note *out);

/* Finds the first note of this name in a note segment; or as note_next(). */
KLPSCOPE_MUST_CHECK
enum klpscope_status notes_find(const struct dumpfile *f, uint64_t at, uint64_t size, bool big_endian,
				const char *name, uint64_t *desc_at, uint64_t *desc_size);

struct vmcoreinfo_line {
	const char *key, *value;
};

struct vmcoreinfo {
	char *text;
	struct vmcoreinfo_line *lines;
	size_t count;
};

/* Takes `text` over, whatever becomes of it: malloc'ed, `size` bytes, and one more to write to. */
KLPSCOPE_MUST_CHECK
enum klpscope_status vmcoreinfo_parse(struct vmcoreinfo *v, char *text, size_t size);
void vmcoreinfo_free(struct vmcoreinfo *v);

/* The value behind "key=", or NULL. */
const char *vmcoreinfo_get(const struct vmcoreinfo *v, const char *key);

/* "KIND(name)" as a number: SYMBOL is hexadecimal, others as they look. */
bool vmcoreinfo_number(const struct vmcoreinfo *v, const char *kind, const char *name, uint64_t *value);

#endif
