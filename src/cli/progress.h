/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_PROGRESS_H
#define KLPSCOPE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * A bar on stderr for what takes long, if that is a terminal.  It comes after
 * a second, so that it never flickers up, and is gone without a trace at the end.
 */
struct progress {
	const char *what;
	bool terminal;
	unsigned int width;
	struct timespec start, drawn;
	bool shown;
};

void progress_begin(struct progress *p, const char *what);
/* For klpscope_files.progress; `arg` is the struct progress. */
void progress_update(void *arg, uint64_t done, uint64_t total);
void progress_end(struct progress *p);

/* Columns of the terminal at fd; 0: not known. */
unsigned int progress_columns(int fd);

#endif
