// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/out.h"

#define RESET "\033[0m"

void out_init(struct out *o, unsigned int width, bool colour)
{
	memset(o, 0, sizeof(*o));
	o->width = width && width < OUT_WIDTH_MIN ? OUT_WIDTH_MIN : width;
	o->colour = colour;
}

const char *out_sequence(enum tone tone)
{
	switch (tone) {
	case TONE_STRONG:
		return "\033[1m";
	case TONE_GOOD:
		return "\033[32m";
	case TONE_DOUBT:
		return "\033[33m";
	case TONE_ALARM:
		return "\033[1;31m";
	case TONE_PLAIN:
		break;
	}
	return NULL;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

char *out_ascii(const char *s)
{
	struct sb sb = { 0 };
	size_t len;

	for (; *s; s++) {
		if (is_plain((unsigned char)*s))
			sb_put(&sb, s, 1);
		else
			sb_add(&sb, "\\x%02x", (unsigned char)*s);
	}
	return sb_take(&sb, &len);
}

/* Inside a word that is longer than a line: behind one of these, if not too early, otherwise anywhere. */
static size_t break_word(const char *s, size_t width)
{
	for (size_t i = width; i > width / 2; i--)
		if (strchr("_-/.,:+", s[i - 1]))
			return i;
	return width;
}

size_t out_break(const char *s, size_t width, size_t *next)
{
	size_t len = strlen(s), i = width;

	*next = len;
	if (!width || len <= width)
		return len;
	while (i && s[i] != ' ')
		i--;
	if (!i) {
		*next = break_word(s, width);
		return *next;
	}
	*next = i + strspn(s + i, " ");
	while (i && s[i - 1] == ' ')
		i--;
	return i;
}

static void put_toned(struct out *o, enum tone tone, const char *s, size_t lead, size_t len)
{
	const char *sequence = o->colour ? out_sequence(tone) : NULL;

	if (lead > len)
		lead = len;
	if (sequence && lead)
		sb_add(&o->sb, "%s%.*s" RESET, sequence, (int)lead, s);
	else
		lead = 0;
	sb_put(&o->sb, s + lead, len - lead);
}

static size_t room(const struct out *o, unsigned int indent)
{
	if (!o->width)
		return 0;
	return indent < o->width ? o->width - indent : 1;
}

void out_para(struct out *o, unsigned int indent, unsigned int hang, enum tone tone, size_t lead,
	      const char *text)
{
	char *all = out_ascii(text);
	const char *s = all;

	if (!all) {
		o->sb.failed = true;
		return;
	}
	do {
		size_t next, len = out_break(s, room(o, indent), &next);

		sb_fill(&o->sb, ' ', len ? indent : 0);
		put_toned(o, tone, s, lead, len);
		sb_put(&o->sb, "\n", 1);
		lead = lead > next ? lead - next : 0;
		s += next;
		indent = hang;
	} while (*s);
	free(all);
}

void out_line(struct out *o, unsigned int indent, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text) {
		o->sb.failed = true;
		return;
	}
	out_para(o, indent, indent + 2, TONE_PLAIN, 0, text);
	free(text);
}

void out_blank(struct out *o)
{
	sb_put(&o->sb, "\n", 1);
}
