/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF dumps: /proc/vmcore, makedumpfile -E, QEMU's dump-guest-memory.  They
 * are read here and not by libkdumpfile, which gives zeros for the holes that
 * makedumpfile leaves (p_filesz < p_memsz) and behind the end of a cut file.
 * Section headers and e_ehsize, which QEMU gets wrong, are not looked at.
 */
#ifndef KLPSCOPE_ELFCORE_H
#define KLPSCOPE_ELFCORE_H

#include "backend/dumpfile.h"
#include "backend/prstatus.h"

struct elfcore {
	const struct dumpfile *file;
	bool big_endian;
	uint8_t pointer_size;
	uint16_t machine;
	bool incomplete;	/* the file or its program headers end early */
	bool headers_cut;	/* … so that not all memory is known */
	bool has_text_base;
	uint64_t text_base;	/* x86_64: what to add to a kernel text address to make it physical */
	struct extents data;	/* physical -> file */
	struct extents memory;	/* physical addresses that existed */
	struct extents notes;	/* offset of each note segment -> itself */
};

bool elfcore_probe(const struct dumpfile *f);

/* The file must outlive it; a failure leaves nothing to close. */
KLPSCOPE_MUST_CHECK
enum klpscope_status elfcore_open(struct elfcore *c, const struct dumpfile *f, const struct failure *why);
void elfcore_close(struct elfcore *c);

/* FAULT: there is no memory at this physical address. */
KLPSCOPE_MUST_CHECK
enum klpscope_status elfcore_read(const struct elfcore *c, uint64_t phys, void *buf, size_t len);

/* Looks for the registers in its notes; `p` is zeros, and needs the file, not `c`. */
void elfcore_prstatus(const struct elfcore *c, struct prstatus *p);

/* OK when elfcore_read() would have all of it to read, or why not. */
KLPSCOPE_MUST_CHECK
enum klpscope_status elfcore_has(const struct elfcore *c, uint64_t phys, size_t len);

#endif
