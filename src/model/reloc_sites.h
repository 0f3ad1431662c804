/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_RELOC_SITES_H
#define KLPSCOPE_RELOC_SITES_H

#include "model/klp_elf.h"

/* A piece of code. */
struct code_site {
	uint64_t from, length;
};

/* What the kernel may have rewritten in one module; all but `left` zero before the first question. */
struct reloc_sites {
	unsigned int *left;		/* how many may be read yet, of all modules */
	bool read;
	struct code_site *site;		/* malloc'ed; by address, none touches the next */
	unsigned int count, room;
	bool incomplete;		/* there may be more of them */
};

/*
 * Whether the kernel itself may have changed a place after it was relocated:
 * `section` is what it lies in.  When that cannot be told, it may.
 */
bool reloc_site_rewritten(struct walk *w, const struct klp_elf *elf, struct reloc_sites *sites, const char *section,
			  uint64_t place, unsigned int size);
void reloc_sites_free(struct reloc_sites *sites);

#endif
