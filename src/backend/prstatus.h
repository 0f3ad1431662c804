/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of each CPU that stopped for the crash: the NT_PRSTATUS notes
 * of a dump.  They are looked for once, so that the n-th is as cheap as the
 * first on a machine of thousands of CPUs.
 */
#ifndef KLPSCOPE_PRSTATUS_H
#define KLPSCOPE_PRSTATUS_H

#include "backend/notes.h"

struct prstatus_note {
	uint64_t at, size;	/* of its description */
};

struct prstatus {
	struct note_walk walk;
	struct prstatus_note *v;
	size_t n, room;
	/* Why there are no more: NOT_FOUND, or what stood in the way; OK: nobody has looked yet. */
	enum klpscope_status end;
};

/* Before the first prstatus_add(); `p` is zeros or was freed. */
void prstatus_begin(struct prstatus *p, const struct dumpfile *f, bool big_endian);

/* Takes what a note segment has. A damaged one does not hide those behind it. */
void prstatus_add(struct prstatus *p, uint64_t at, uint64_t size);

/* There may be more, but nobody can know. */
void prstatus_doubt(struct prstatus *p, enum klpscope_status why);

/* As klpscope_target_ops.prstatus. */
KLPSCOPE_MUST_CHECK
enum klpscope_status prstatus_read(const struct prstatus *p, unsigned int n, void *buf, size_t size, size_t *len);

void prstatus_free(struct prstatus *p);

#endif
