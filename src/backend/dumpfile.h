/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file of a dump, flattened or not: its bytes at the offsets that they
 * have in the dump proper, and a plain answer for those that are not there.
 *
 * A flattened file (makedumpfile -F, QEMU's and virsh's kdump) is a stream of
 * records "these bytes belong at that offset", because it was written to
 * something that cannot seek.  Only the heads of the records are read at
 * opening; after that any byte is found at once.
 */
#ifndef KLPSCOPE_DUMPFILE_H
#define KLPSCOPE_DUMPFILE_H

#include <sys/types.h>

#include "backend/extents.h"

/* Where the words of a failed open go: there is no target yet that could keep them. */
struct failure {
	char *text;
	size_t size;
};

/* Sets the words and returns st. */
enum klpscope_status dumpfile_fail(const struct failure *f, enum klpscope_status st, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct dumpfile;

/* … of a read that failed at opening, with st, in `what` of the file. */
enum klpscope_status dumpfile_unread(const struct dumpfile *f, enum klpscope_status st, const char *what,
				     const struct failure *why);

struct progress {
	void (*call)(void *arg, uint64_t done, uint64_t total);	/* may be NULL */
	void *arg;
};

struct dumpfile {
	const char *path;	/* the caller's */
	int fd;			/* -1: not open */
	uint64_t size;		/* of the file as it lies on the disk */
	dev_t dev;
	ino_t ino;
	bool flattened;
	bool cut;		/* flattened, and its end record is missing */
	struct extents map;	/* flattened: dump offset -> file offset */
};

KLPSCOPE_MUST_CHECK
enum klpscope_status dumpfile_open(struct dumpfile *f, const char *path, const struct progress *progress,
				   const struct failure *why);
void dumpfile_close(struct dumpfile *f);

/* All `len` bytes, or TRUNCATED when one of them is not in the file, or SYSTEM. */
KLPSCOPE_MUST_CHECK
enum klpscope_status dumpfile_read(const struct dumpfile *f, uint64_t at, void *buf, size_t len);

/* Never TRUNCATED: what is not there becomes zeros. Not for data. */
KLPSCOPE_MUST_CHECK
enum klpscope_status dumpfile_read_sparse(const struct dumpfile *f, uint64_t at, void *buf, size_t len);

/* Are they all there? */
bool dumpfile_has(const struct dumpfile *f, uint64_t at, uint64_t len);

/* Where the dump ends, as far as the file knows. */
uint64_t dumpfile_end(const struct dumpfile *f);

/* Numbers as they lie in a file of either byte order; `size` is 1 to 8. */
uint64_t dumpfile_uint(const void *p, unsigned int size, bool big_endian);

#endif
