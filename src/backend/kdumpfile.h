/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend for dump files: kdump-compressed and ELF, flattened or not,
 * whole, split or cut short.  It gives memory by kernel virtual address,
 * the lines of VMCOREINFO and the registers of the CPUs, and for each byte that
 * it cannot give, why:
 *
 *	EXCLUDED	the memory existed, its page was left out of the dump
 *			(in an ELF file perhaps because it was zero)
 *	TRUNCATED	it should be in the dump, but the file was cut, a save
 *			was interrupted, or a part of a split set is missing
 *	FAULT		no page table maps it
 *	CORRUPT		it is there and cannot be decompressed
 *
 * What stands in the way of a page stands in the way of what it maps: an
 * address whose page table was left out is EXCLUDED, too.
 */
#ifndef KLPSCOPE_KDUMPFILE_H
#define KLPSCOPE_KDUMPFILE_H

#include "backend/capsule.h"

struct kdumpfile_backend;

/* For who makes a capsule of the dump. */
struct kdumpfile_watch {
	void *arg;
	/*
	 * May be NULL.  These bytes, of one frame, were read as part of a page table; or a read that failed
	 * asked for them, and this is what became of that.
	 */
	void (*part)(void *arg, uint64_t phys, size_t len, enum klpscope_status st, bool table);
};

struct kdumpfile_open {
	const char *const *paths;	/* one dump: a file, or the parts of a split set in any order */
	size_t count;
	/*
	 * Flattened files: NULL: the little that is needed of it is rearranged in memory;
	 * a folder: in an unlinked file there.
	 */
	const char *tmpdir;
	/* May be NULL: flattened files, and dumps whose VMCOREINFO has to be looked for. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *progress_arg;
	struct kdumpfile_watch watch;
};

/* On failure `err` says why, in one line that begins with the path. */
KLPSCOPE_MUST_CHECK
enum klpscope_status kdumpfile_backend_open(const struct kdumpfile_open *how, struct kdumpfile_backend **out,
					    char *err, size_t err_size);
void kdumpfile_backend_close(struct kdumpfile_backend *b);

/* Fills size, arg, read, vmcoreinfo and prstatus; they work until the backend is closed. */
void kdumpfile_backend_ops(struct kdumpfile_backend *b, struct klpscope_target_ops *ops);

/*
 * NULL, or why no address can be translated, and so why every read answers
 * UNSUPPORTED: "no VMCOREINFO in the dump, and none in its memory".
 */
const char *kdumpfile_backend_problem(const struct kdumpfile_backend *b);

/* NULL, or what makes a capsule of it. */
const struct capsule *kdumpfile_backend_capsule(const struct kdumpfile_backend *b);

/* "kdump-compressed (lzo)", "flattened ELF", "split kdump-compressed (zlib), 3 files". */
const char *kdumpfile_backend_format(const struct kdumpfile_backend *b);

/* "x86_64", "s390x", "ppc64", "arm64", … as the report names it. */
const char *kdumpfile_backend_architecture(const struct kdumpfile_backend *b);
bool kdumpfile_backend_big_endian(const struct kdumpfile_backend *b);
unsigned int kdumpfile_backend_pointer_size(const struct kdumpfile_backend *b);

/* --- for who makes a capsule of it --- */

struct kdumpfile_facts {
	bool is_elf;
	uint16_t machine;		/* ELF's number */
	uint32_t page_size;
	bool has_phys_base;
	uint64_t phys_base;
	const unsigned char *utsname;	/* NULL, or of the file's header, DISKDUMP_UTSNAME_SIZE bytes */
	uint64_t file_size;		/* of all files */
	enum klpscope_status registers_end;	/* why there are no more NT_PRSTATUS notes */
};

void kdumpfile_backend_facts(struct kdumpfile_backend *b, struct kdumpfile_facts *f);

/*
 * The notes that belong into a capsule, one after the other as they lie in an ELF note segment: of each CPU its
 * registers, and VMCOREINFO, also if it had to be looked for in memory.  malloc'ed.
 */
KLPSCOPE_MUST_CHECK
enum klpscope_status kdumpfile_backend_notes(struct kdumpfile_backend *b, unsigned char **notes, size_t *size);

void kdumpfile_backend_unwatch(struct kdumpfile_backend *b);

KLPSCOPE_MUST_CHECK
enum klpscope_status kdumpfile_backend_translate(struct kdumpfile_backend *b, uint64_t addr, uint64_t *phys);
KLPSCOPE_MUST_CHECK
enum klpscope_status kdumpfile_backend_read_phys(struct kdumpfile_backend *b, uint64_t phys, void *buf, size_t len);

/* True when something that belongs into the dump is not in its files. */
bool kdumpfile_backend_incomplete(const struct kdumpfile_backend *b);

#endif
