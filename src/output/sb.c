// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/sb.h"

/* Room for `more` bytes and a NUL behind what is there. */
static bool reserve(struct sb *sb, size_t more)
{
	size_t cap = sb->cap ? sb->cap : 256;
	char *s;

	if (sb->failed || more > SIZE_MAX / 4 - sb->len)
		return false;
	while (cap < sb->len + more + 1)
		cap *= 2;
	if (cap == sb->cap)
		return true;
	s = realloc(sb->s, cap);
	if (!s)
		return false;
	sb->s = s;
	sb->cap = cap;
	return true;
}

void sb_put(struct sb *sb, const char *bytes, size_t len)
{
	if (!reserve(sb, len)) {
		sb->failed = true;
		return;
	}
	memcpy(sb->s + sb->len, bytes, len);
	sb->len += len;
	sb->s[sb->len] = '\0';
}

void sb_fill(struct sb *sb, char c, size_t count)
{
	while (count--)
		sb_put(sb, &c, 1);
}

static int length_of(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static int length_of(const char *fmt, va_list ap)
{
	va_list copy;
	int n;

	va_copy(copy, ap);
	n = vsnprintf(NULL, 0, fmt, copy);
	va_end(copy);
	return n;
}

void sb_add(struct sb *sb, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = length_of(fmt, ap);
	if (n < 0 || !reserve(sb, (size_t)n)) {
		sb->failed = true;
	} else {
		vsnprintf(sb->s + sb->len, (size_t)n + 1, fmt, ap);
		sb->len += (size_t)n;
	}
	va_end(ap);
}

const char *sb_str(const struct sb *sb)
{
	return sb->s ? sb->s : "";
}

char *sb_take(struct sb *sb, size_t *len)
{
	char *s;

	sb_put(sb, "", 0);
	if (sb->failed) {
		sb_free(sb);
		return NULL;
	}
	s = sb->s;
	*len = sb->len;
	memset(sb, 0, sizeof(*sb));
	return s;
}

void sb_free(struct sb *sb)
{
	free(sb->s);
	memset(sb, 0, sizeof(*sb));
}
