/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdump-compressed dumps (makedumpfile, QEMU), one file or a split set.
 * libkdumpfile decompresses the pages; where a page lies, and whether it can
 * be there at all, is found out here first, because libkdumpfile reads zeros
 * behind the end of a file.
 */
#ifndef KLPSCOPE_DISKDUMP_H
#define KLPSCOPE_DISKDUMP_H

#include <libkdumpfile/kdumpfile.h>

#include "backend/dumpfile.h"
#include "backend/mirror.h"
#include "backend/prstatus.h"

#define DISKDUMP_UTSNAME	12	/* where it lies in the header */
#define DISKDUMP_UTSNAME_SIZE	390	/* six strings of 65 bytes */

#define DISKDUMP_BLOCK_MAX	(1u << 18)

/* Flags of the header's status, the compressions also of each page. */
#define DISKDUMP_ZLIB		0x01u
#define DISKDUMP_LZO		0x02u
#define DISKDUMP_SNAPPY		0x04u
#define DISKDUMP_INCOMPLETE	0x08u
#define DISKDUMP_ZSTD		0x20u
#define DISKDUMP_COMPRESSED	(DISKDUMP_ZLIB | DISKDUMP_LZO | DISKDUMP_SNAPPY | DISKDUMP_ZSTD)

struct diskdump_header {
	bool big_endian;
	uint8_t pointer_size;
	uint32_t version;
	uint32_t block_size;
	uint32_t status;
	uint64_t sub_blocks, bitmap_blocks;
	uint64_t max_pfn;
	uint64_t phys_base;
	uint32_t dump_level;
	unsigned char utsname[DISKDUMP_UTSNAME_SIZE];
	unsigned char timestamp[16];
	bool split;
	uint64_t first_pfn, end_pfn;
	uint64_t vmcoreinfo_at, vmcoreinfo_size;
	uint64_t notes_at, notes_size;
	/* Where the rest of the file lies. */
	uint64_t memory_bitmap;		/* 0: there is none */
	uint64_t page_bitmap;
	uint64_t bits;			/* of each bitmap */
	uint64_t descriptors;
	/* What libkdumpfile would parse without need: the addresses of the notes. */
	uint64_t blank;
	size_t blank_size;
};

/* The last block read of a file, for what is read in small pieces. */
struct diskdump_window {
	uint64_t at;
	size_t len;
	unsigned char data[4096];
};

struct diskdump_part {
	struct dumpfile *file;		/* the caller's */
	struct mirror mirror;
	struct diskdump_header header;
	uint64_t *rank;			/* pages of this part below each window of the page bitmap */
	struct diskdump_window bitmap_window, descriptor_window;
};

struct diskdump {
	struct diskdump_part *parts;	/* by page frame */
	size_t count;
	bool incomplete;		/* pages that belong into the dump are not in the file */
	kdump_ctx_t *kdump;		/* NULL: it has failed too often */
	unsigned int started_over;
};

bool diskdump_probe(const struct dumpfile *f);

/* Reads the headers of one file and believes nothing in them that does not fit together (diskdump_header.c).
 */
KLPSCOPE_MUST_CHECK
enum klpscope_status diskdump_read_header(const struct dumpfile *f, struct diskdump_header *h,
					  const struct failure *why);

/* Looks for the registers in the notes of the file; `p` is zeros. */
void diskdump_prstatus(const struct dumpfile *f, const struct diskdump_header *h, struct prstatus *p);

/* The files must outlive it, in any order; a failure leaves nothing to close. */
KLPSCOPE_MUST_CHECK
enum klpscope_status diskdump_open(struct diskdump *d, struct dumpfile *files, size_t count,
				   const char *tmpdir, const struct failure *why);
void diskdump_close(struct diskdump *d);

/* FAULT: there is no memory at this physical address. */
KLPSCOPE_MUST_CHECK
enum klpscope_status diskdump_read(struct diskdump *d, uint64_t phys, void *buf, size_t len);

/* The lowest page frame from `pfn` on that is in the dump, or false. */
bool diskdump_next(struct diskdump *d, uint64_t *pfn);

/* "lzo", or NULL when pages are stored as they are. */
const char *diskdump_compression(const struct diskdump *d);

#endif
