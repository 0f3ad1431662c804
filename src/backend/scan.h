/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump that somebody took from outside, QEMU without its vmcoreinfo device,
 * has no VMCOREINFO note; but the kernel had written one for its crash, and
 * keeps it at the beginning of a page.
 */
#ifndef KLPSCOPE_SCAN_H
#define KLPSCOPE_SCAN_H

#include "backend/xlat.h"

struct scan {
	/* The lowest page from *phys on that the dump has. */
	bool (*next)(void *arg, uint64_t *phys);
	struct xlat_setup setup;	/* its arg is next's, too; its vmcoreinfo is set here */
	struct progress progress;
	uint64_t total;			/* for the progress: where physical memory ends */
};

/*
 * Looks for the one kernel whose VMCOREINFO lies in memory and fits to that
 * memory.  Fails with words when there is none or more than one.
 */
KLPSCOPE_MUST_CHECK
enum klpscope_status scan_vmcoreinfo(const struct scan *s, struct vmcoreinfo *found,
				     const struct failure *why);

#endif
