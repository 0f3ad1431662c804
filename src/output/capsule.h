/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_OUTPUT_CAPSULE_H
#define KLPSCOPE_OUTPUT_CAPSULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pages that were captured, by what they are for. */
struct capsule_part {
	const char *what;
	uint64_t pages, bytes;
};

struct capsule_summary {
	uint64_t size, origin_size;	/* bytes, of the capsule and of the dump */
	const char *form;
	const struct capsule_part *part;
	size_t parts;
	uint64_t missing;		/* pages that the dump had not */
	bool redact, for_crash;		/* as asked for */
	bool redacted;			/* also when the dump was a capsule that had been */
};

/* malloc'ed; NULL when there is no memory. */
char *capsule_summary_text(const struct capsule_summary *s);

#endif
