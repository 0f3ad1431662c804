/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For target.c and resolve.c only. */
#ifndef KLPSCOPE_TARGET_PRIV_H
#define KLPSCOPE_TARGET_PRIV_H

#include "target/answers.h"

#define ERROR_MAX 1024
#define STRING_MAX 1024
#define KNOWN_MAX 128
#define CACHE_PAGE 4096
#define CACHE_SLOTS 64

struct page {
	uint64_t base;
	bool valid;
	enum klpscope_status st;
	unsigned char data[CACHE_PAGE];
};

struct target {
	struct klpscope_target_ops ops;
	struct arena *arena;
	struct provider *providers;
	struct known {
		const char *name;
		uint64_t addr;
	} known[KNOWN_MAX];		/* symbols that were found before */
	unsigned int nr_known;
	bool big_endian;
	unsigned int pointer_size;
	struct target_observer observer;
	enum target_purpose purpose;
	struct answers *answers;	/* a capsule's */
	bool others;			/* who may know what those do not */
	struct answers *kept;		/* for a capsule */
	bool exact;			/* past the cache, and not a byte more than is asked for */
	uint64_t pages_read;
	char error[ERROR_MAX];
	struct page cache[CACHE_SLOTS];
};

#endif
