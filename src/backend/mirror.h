/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libkdumpfile gets to see of a file: an unlinked, sparse copy that is
 * filled as it is needed.  Why not the file itself:
 *
 * - A flattened file has its bytes elsewhere.  libkdumpfile before 0.5.3 does
 *   not know how to find them, newer ones search all records at every read.
 *   Rearranging the whole takes minutes and the room of another dump.
 * - libkdumpfile maps what it reads, and a read error, or a file that becomes
 *   shorter, is SIGBUS then; without mapping, its cache costs more than this.
 * - Behind the end of a file it reads zeros.
 *
 * Whoever lets it read something must have filled it before.
 */
#ifndef KLPSCOPE_MIRROR_H
#define KLPSCOPE_MIRROR_H

#include "backend/dumpfile.h"

struct mirror {
	const struct dumpfile *file;
	int fd;			/* -1: not open */
	size_t block;
	unsigned char *buf;	/* one block */
	uint64_t *filled;	/* hash set of block numbers + 1 */
	size_t n, room;
};

/*
 * Without `tmpdir` in memory; with it in that folder, if there is room for
 * `first` bytes and what comes later.  Where there is no memory file: in
 * $TMPDIR, then in /var/tmp.
 */
KLPSCOPE_MUST_CHECK
enum klpscope_status mirror_open(struct mirror *m, const struct dumpfile *f, uint64_t first,
				 const char *tmpdir, const struct failure *why);
void mirror_close(struct mirror *m);

/* Brings a range over; bytes that the dump lacks read as zeros and are not for use. */
KLPSCOPE_MUST_CHECK
enum klpscope_status mirror_fill(struct mirror *m, uint64_t at, uint64_t len);

/* Overwrites with zeros what libkdumpfile had better not see. */
KLPSCOPE_MUST_CHECK
enum klpscope_status mirror_blank(struct mirror *m, uint64_t at, size_t len);

/* To be called between two uses: forgets all when it has become too much. */
void mirror_trim(struct mirror *m);

#endif
