/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that is there whole or not at all. */
#ifndef KLPSCOPE_NEWFILE_H
#define KLPSCOPE_NEWFILE_H

#include <stdbool.h>
#include <stddef.h>

/* Is something there that may not be replaced? Says so. */
bool newfile_refused(const char *path, bool replace);

/*
 * Writes it for its owner alone, and gives it its name when it is safe on the
 * disk.  False, and an explanation, when that failed; nothing is left then.
 */
bool newfile_write(const char *path, bool replace, const char *data, size_t length);

#endif
