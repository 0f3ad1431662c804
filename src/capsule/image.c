// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "capsule/image.h"

static const char REDACTED[] = "[redacted]";

static const struct secret *first_secret(const struct image *im, uint64_t phys, size_t *left)
{
	const struct secret *s;
	size_t n = pages_secrets(im->pages, &s), low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s[mid].phys < phys)
			low = mid + 1;
		else
			high = mid;
	}
	*left = n - low;
	return s + low;
}

static void redact(const struct image *im, const struct page_rec *p, unsigned char *frame)
{
	uint64_t base = p->frame * CAPSULE_FRAME;
	size_t left;

	for (const struct secret *s = first_secret(im, base, &left); left && s->phys < base + CAPSULE_FRAME; s++, left--) {
		unsigned char *at = frame + (s->phys - base);

		for (uint32_t i = 0; i < s->len; i++)
			at[i] = s->at + i < sizeof(REDACTED) ? (unsigned char)REDACTED[s->at + i] : 0;
	}
}

bool image_has(const struct image *im, const struct page_rec *p)
{
	return page_is_in(p) || (im->holes_are_zeros && p->st == KLPSCOPE_EXCLUDED);
}

enum klpscope_status image_fetch(const struct image *im, const struct page_rec *p, unsigned char *frame)
{
	enum klpscope_status st;

	/* Of a capsule's own frame only these bytes can be read. */
	memset(frame, 0, CAPSULE_FRAME);
	for (size_t i = 0, n; i < CAPSULE_FRAME; i += n) {
		n = 1;
		if (!p->whole && !(p->byte[i / 64] >> i % 64 & 1))
			continue;
		while (i + n < CAPSULE_FRAME && (p->whole || p->byte[(i + n) / 64] >> (i + n) % 64 & 1))
			n++;
		st = kdumpfile_backend_read_phys(im->backend, p->frame * CAPSULE_FRAME + i, frame + i, n);
		if (st)
			return st;
	}
	if (im->redact)
		redact(im, p, frame);
	return KLPSCOPE_OK;
}

void image_real_bytes(const struct image *im, const struct page_rec *p, uint64_t real[CAPSULE_FRAME / 64])
{
	uint64_t base = p->frame * CAPSULE_FRAME;
	size_t left;

	for (size_t i = 0; i < CAPSULE_FRAME / 64; i++)
		real[i] = p->whole ? UINT64_MAX : p->byte[i];
	if (!im->redact)
		return;
	for (const struct secret *s = first_secret(im, base, &left); left && s->phys < base + CAPSULE_FRAME; s++, left--)
		for (uint64_t i = s->phys - base; i < s->phys - base + s->len; i++)
			real[i / 64] |= (uint64_t)1 << i % 64;
}

void image_number(const struct image *im, FILE *out, uint64_t v, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		putc_unlocked((int)(v >> 8 * (im->big_endian ? size - 1 - i : i) & 0xff), out);
}

void image_zeros(FILE *out, uint64_t n)
{
	while (n--)
		putc_unlocked(0, out);
}

enum klpscope_status image_written(FILE *out, uint64_t size)
{
	off_t at = fflush(out) ? -1 : ftello(out);

	return at >= 0 && (uint64_t)at == size ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
}
