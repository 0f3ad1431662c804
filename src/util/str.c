// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/str.h"

/* Length of the valid UTF-8 sequence at s, or 0; *cp is its code point (RFC 3629). */
static size_t utf8_sequence(const unsigned char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 && s[0] < 0xf8 ? 4 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
		   s[0] >= 0xc0 && s[0] < 0xe0 ? 2 : 0;
	size_t i;

	if (!n || n > len)
		return 0;
	*cp = n == 1 ? s[0] : s[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

/* What may reorder, hide or control what a terminal shows. */
static bool harmless(uint32_t cp)
{
	if (cp < 0x20 || cp == '\\' || (cp >= 0x7f && cp < 0xa0))
		return false;
	if (cp == 0xad || cp == 0x61c || cp == 0x180e || cp == 0xfeff)
		return false;
	if ((cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f))
		return false;
	return !(cp >= 0xfff9 && cp <= 0xfffb) && !(cp >= 0xe0000 && cp <= 0xe0fff);
}

size_t str_sanitize(char *out, size_t out_size, const char *raw, size_t len)
{
	const unsigned char *s = (const unsigned char *)raw;
	size_t i = 0, o = 0;

	while (i < len && s[i]) {
		uint32_t cp;
		size_t n = utf8_sequence(s + i, len - i, &cp);
		bool plain = n && harmless(cp);
		size_t bytes = n ? n : 1;
		size_t need = plain ? bytes : 4 * bytes;

		if (o + need + 1 > out_size)
			break;
		if (plain)
			memcpy(out + o, s + i, bytes);
		else
			for (size_t k = 0; k < bytes; k++)
				snprintf(out + o + 4 * k, 5, "\\x%02x", s[i + k]);
		o += need;
		i += bytes;
	}
	if (out_size)
		out[o] = '\0';
	return o;
}

bool str_is_clean(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		uint32_t cp;

		n = utf8_sequence(u + i, len - i, &cp);
		if (!n || (!harmless(cp) && cp != '\\'))
			return false;
	}
	return true;
}
