/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for people, wrapped to a width.
 *
 * What comes out is plain ASCII: any other byte of a name is shown as \xNN.
 * So a byte is a column, no locale has a say, nothing looks like a
 * name that it is not, and the same report is the same bytes everywhere.
 * Names that are too long for a line continue on the next one; nothing is
 * ever cut off.
 */
#ifndef KLPSCOPE_OUT_H
#define KLPSCOPE_OUT_H

#include "output/sb.h"

enum tone {
	TONE_PLAIN = 0,
	TONE_STRONG,	/* what the eye should find first */
	TONE_GOOD,
	TONE_DOUBT,
	TONE_ALARM,
};

/* Columns below which lines would be too short to read; narrower requests get this. */
#define OUT_WIDTH_MIN 60

struct out {
	struct sb sb;
	unsigned int width;	/* 0: lines are as long as they need to be */
	bool colour;
};

void out_init(struct out *o, unsigned int width, bool colour);

/*
 * A paragraph: the first line starts at column `indent`, the others at `hang`.
 * The first `lead` bytes of the text have the tone.
 */
void out_para(struct out *o, unsigned int indent, unsigned int hang, enum tone tone, size_t lead,
	      const char *text);
void out_line(struct out *o, unsigned int indent, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void out_blank(struct out *o);

/* How many bytes of s go on a line of `width` columns (0: any), and where the next line starts. */
size_t out_break(const char *s, size_t width, size_t *next);

/* A malloc'ed ASCII copy; NULL when there is no memory. */
char *out_ascii(const char *s);

/* The escape sequence that starts a tone; NULL for TONE_PLAIN. */
const char *out_sequence(enum tone tone);

#endif
