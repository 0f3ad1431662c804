/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs by architecture: pure decoding, no reads. */
#ifndef KLPSCOPE_ARCH_H
#define KLPSCOPE_ARCH_H

#include <stddef.h>
#include <stdint.h>

enum site_kind {
	SITE_OTHER = 0,		/* no pattern of ftrace's */
	SITE_NOP,		/* as compiled: calls nobody */
	SITE_CALL,		/* calls *dest and comes back into the function */
	SITE_JUMP,		/* goes to *dest */
	SITE_BREAKPOINT,	/* a probe, or the kernel is changing it */
};

struct arch {
	const char *name;		/* as report.md names it */
	unsigned int entry_size;	/* bytes from a function's address to the end of its ftrace site */
	unsigned int site_size;		/* bytes of the site itself */
	/* Offset of the ftrace site, by the text alone. */
	unsigned int (*site_offset)(const uint8_t *text);
	enum site_kind (*decode)(const uint8_t *site, uint64_t ip, uint64_t *dest);
};

/* NULL: nobody has taught us its entry patterns yet. */
const struct arch *arch_by_name(const char *name);

extern const struct arch arch_x86_64;

#define TIF_CANDIDATES 2

/* Where thread_info.flags may have TIF_PATCH_PENDING: which of several a kernel uses, its tasks show. */
struct tif {
	const char *arch;
	unsigned int count;
	unsigned char bit[TIF_CANDIDATES];
};

/* NULL: nobody has taught us that architecture. */
const struct tif *arch_patch_pending(const char *name);

#endif
