// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "capsule/notes.h"
#include "target/answers.h"

/* --- the map --- */

static bool is_real(const uint64_t *real, size_t i)
{
	return real[i / 64] >> i % 64 & 1;
}

/* Adds the ranges of one frame; all of it is none. */
static bool add_ranges(struct capsule *c, size_t *room, const uint64_t *real)
{
	for (size_t i = 0; i < CAPSULE_FRAME;) {
		size_t from = i;

		while (i < CAPSULE_FRAME && is_real(real, i) == is_real(real, from))
			i++;
		if (!is_real(real, from) || i - from == CAPSULE_FRAME)
			continue;
		if (c->nr_ranges == *room) {
			struct capsule_range *grown;

			*room = *room ? 2 * *room : 4096;
			grown = reallocarray(c->range, *room, sizeof(*grown));
			if (!grown)
				return false;
			c->range = grown;
		}
		c->range[c->nr_ranges++] = (struct capsule_range){ (uint16_t)from, (uint16_t)i };
	}
	return true;
}

static bool add_frame(struct capsule *c, size_t *room, const struct image *im, const struct page_rec *p)
{
	struct capsule_frame *f = &c->frame[c->nr_frames++];
	uint64_t real[CAPSULE_FRAME / 64];

	*f = (struct capsule_frame){ .frame = p->frame, .st = p->st, .first = (uint32_t)c->nr_ranges };
	/* A page of which nothing is in must not pass for one that is whole. */
	if (!page_is_in(p) && !f->st)
		f->st = KLPSCOPE_EXCLUDED;
	if (p->whole)
		f->st = KLPSCOPE_OK;
	if (p->whole || !page_is_in(p))
		return true;
	image_real_bytes(im, p, real);
	if (!add_ranges(c, room, real))
		return false;
	f->n = (uint32_t)c->nr_ranges - f->first;
	if (!f->n)
		f->st = KLPSCOPE_OK;
	return true;
}

static unsigned char *pack_map(const struct image *im, size_t *size)
{
	size_t count = pages_count(im->pages), room = 0;
	struct capsule c = { .frame = calloc(count + 1, sizeof(*c.frame)) };
	unsigned char *packed = NULL;
	bool ok = c.frame != NULL;

	for (size_t i = 0; ok && i < count; i++)
		ok = add_frame(&c, &room, im, pages_get(im->pages, i));
	if (ok)
		packed = capsule_pack_map(&c, size);
	capsule_free(&c);
	return packed;
}

/* --- notes --- */

static const char name[] = CAPSULE_NOTE_NAME;

static size_t note_size(size_t size)
{
	return 12 + (sizeof(name) + 3) / 4 * 4 + (size + 3) / 4 * 4;
}

static void put(const struct image *im, FILE *out, uint32_t type, const void *desc, size_t size)
{

	image_number(im, out, sizeof(name), 4);
	image_number(im, out, size, 4);
	image_number(im, out, type, 4);
	fwrite(name, 1, sizeof(name), out);
	image_zeros(out, -sizeof(name) % 4);
	fwrite(desc, 1, size, out);
	image_zeros(out, -size % 4);
}

static unsigned char *pack_answers(const struct answers *answers, size_t *size)
{
	size_t length;
	char *text = answers_write(answers, &length);
	unsigned char *packed = text ? capsule_pack(text, length, size) : NULL;

	free(text);
	return packed;
}

enum klpscope_status capsule_add_notes(struct image *im, const char *origin, const struct answers *answers)
{
	size_t map_size, answers_size, size = 0;
	unsigned char *map = pack_map(im, &map_size), *packed = pack_answers(answers, &answers_size);
	char *notes = NULL;
	FILE *out = map && packed ? open_memstream(&notes, &size) : NULL;

	if (out) {
		put(im, out, CAPSULE_NOTE_ORIGIN, origin, strlen(origin));
		put(im, out, CAPSULE_NOTE_MAP, map, map_size);
		put(im, out, CAPSULE_NOTE_ANSWERS, packed, answers_size);
		fwrite(im->notes, 1, im->notes_size, out);
	}
	free(map);
	free(packed);
	/* Short when there was no memory, and fclose() does not tell. */
	if (!out || fclose(out) || size != note_size(strlen(origin)) + note_size(map_size) +
						   note_size(answers_size) + im->notes_size) {
		free(notes);
		return KLPSCOPE_NO_MEMORY;
	}
	free(im->notes);
	im->notes = (unsigned char *)notes;
	im->notes_size = size;
	return KLPSCOPE_OK;
}
