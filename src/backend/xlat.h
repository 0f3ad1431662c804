/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel virtual to physical addresses, by libaddrxlat.  Page tables are read
 * through the caller, so that one that is not in the dump is told from one
 * that says "not mapped".
 */
#ifndef KLPSCOPE_XLAT_H
#define KLPSCOPE_XLAT_H

#include "backend/notes.h"

struct xlat;

struct xlat_setup {
	const char *architecture;	/* as libaddrxlat names it */
	bool big_endian;
	const struct vmcoreinfo *vmcoreinfo;	/* must outlive the translation */
	bool has_phys_base;		/* x86_64: from the file, where VMCOREINFO does not tell */
	uint64_t phys_base;
	enum klpscope_status (*read_phys)(void *arg, uint64_t phys, void *buf, size_t len);
	void *arg;
};

/* Fails with words (no path in them) when the dump does not say where its page tables are. */
KLPSCOPE_MUST_CHECK
enum klpscope_status xlat_new(struct xlat **out, const struct xlat_setup *setup, const struct failure *why);
void xlat_free(struct xlat *x);

/*
 * FAULT when it is not mapped; EXCLUDED, TRUNCATED, … when the page table
 * that knows is not there.
 */
KLPSCOPE_MUST_CHECK
enum klpscope_status xlat_phys(struct xlat *x, uint64_t virt, uint64_t *phys);

/*
 * True when what came out of xlat_phys() was in a page table.  Otherwise it
 * may have been computed from an address that nothing was ever mapped to.
 */
bool xlat_walks(const struct xlat *x);

#endif
