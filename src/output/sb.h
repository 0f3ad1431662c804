/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLPSCOPE_SB_H
#define KLPSCOPE_SB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A string that grows.  Failure is remembered, so that a renderer asks once,
 * at its end, instead of after every word.
 */
struct sb {
	char *s;
	size_t len, cap;
	bool failed;
};

void sb_add(struct sb *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sb_put(struct sb *sb, const char *bytes, size_t len);
void sb_fill(struct sb *sb, char c, size_t count);

/* What is there so far; never NULL, valid until the next change. */
const char *sb_str(const struct sb *sb);

/* Hands the string over to the caller, who free()s it; NULL when anything failed. */
char *sb_take(struct sb *sb, size_t *len);

void sb_free(struct sb *sb);

#endif
