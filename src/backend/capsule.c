// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "backend/capsule.h"

/* Of a hostile capsule, unpacked and packed. */
#define UNPACKED_MAX	((uint64_t)256 << 20)
#define PACKED_MAX	((uint64_t)64 << 20)
#define ORIGIN_MAX	((uint64_t)64 << 10)
#define FRAMES_MAX	((uint64_t)1 << 22)
#define SIZE_BYTES	8u
/* None that klpscope makes is as large: it holds 1 GiB of memory at most, and as much of bitmaps. */
#define FILE_MAX	((uint64_t)3 << 30)

static enum klpscope_status damaged(const struct dumpfile *f, const char *what, enum klpscope_status st,
				    const struct failure *why)
{
	return dumpfile_fail(why, st, "%s: a capsule, but its %s cannot be read: %s", f->path, what,
			     klpscope_strstatus(st));
}

/* --- packed data --- */

unsigned char *capsule_pack(const void *data, size_t length, size_t *size)
{
	uLongf room = compressBound(length);
	unsigned char *out = length <= UNPACKED_MAX ? malloc(SIZE_BYTES + room) : NULL;

	if (!out)
		return NULL;
	for (unsigned int i = 0; i < SIZE_BYTES; i++)
		out[i] = (unsigned char)((uint64_t)length >> (8 * i));
	if (compress2(out + SIZE_BYTES, &room, data, length, Z_BEST_COMPRESSION) != Z_OK ||
	    SIZE_BYTES + room > PACKED_MAX) {
		free(out);
		return NULL;
	}
	*size = SIZE_BYTES + room;
	return out;
}

/* One byte more than it says, a NUL. */
static enum klpscope_status unpack(const unsigned char *packed, size_t size, char **out, size_t *length)
{
	uint64_t says = size < SIZE_BYTES ? UINT64_MAX : dumpfile_uint(packed, SIZE_BYTES, false);
	uLongf got = (uLongf)says;
	char *data;

	if (says > UNPACKED_MAX)
		return KLPSCOPE_CORRUPT;
	data = malloc((size_t)says + 1);
	if (!data)
		return KLPSCOPE_NO_MEMORY;
	if (uncompress((Bytef *)data, &got, packed + SIZE_BYTES, size - SIZE_BYTES) != Z_OK || got != says) {
		free(data);
		return KLPSCOPE_CORRUPT;
	}
	data[got] = '\0';
	*out = data;
	*length = got;
	return KLPSCOPE_OK;
}

/* --- the map: numbers of 7 bits a byte, the lowest first --- */

struct packer {
	FILE *out;
	size_t length;
};

static void put(struct packer *p, uint64_t v)
{
	for (p->length++; v >= 0x80; v >>= 7, p->length++)
		putc_unlocked((int)(v & 0x7f) | 0x80, p->out);
	putc_unlocked((int)v, p->out);
}

static void put_frame(struct packer *p, const struct capsule *c, const struct capsule_frame *f, uint64_t skipped)
{
	uint16_t at = 0;

	put(p, skipped);
	put(p, f->st);
	put(p, f->n);
	for (uint32_t i = 0; i < f->n; i++) {
		const struct capsule_range *r = &c->range[f->first + i];

		put(p, r->from - at);
		put(p, r->to - r->from);
		at = r->to;
	}
}

unsigned char *capsule_pack_map(const struct capsule *c, size_t *size)
{
	struct packer p = { 0 };
	unsigned char *packed;
	char *text = NULL;
	uint64_t next = 0;
	size_t length;

	p.out = open_memstream(&text, &length);
	if (!p.out)
		return NULL;
	put(&p, c->nr_frames);
	put(&p, c->nr_ranges);
	for (size_t i = 0; i < c->nr_frames; i++) {
		put_frame(&p, c, &c->frame[i], c->frame[i].frame - next);
		next = c->frame[i].frame + 1;
	}
	/* Short when there was no memory, and fclose() does not tell. */
	packed = fclose(p.out) || length != p.length ? NULL : capsule_pack(text, length, size);
	free(text);
	return packed;
}

struct unpacker {
	const unsigned char *at, *end;
	bool bad;
};

static uint64_t get(struct unpacker *u)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		if (u->at == u->end)
			break;
		v |= (uint64_t)(*u->at & 0x7f) << shift;
		if (!(*u->at++ & 0x80))
			return v;
	}
	u->bad = true;
	return 0;
}

static bool get_ranges(struct unpacker *u, struct capsule *c, struct capsule_frame *f, size_t room)
{
	uint64_t n = get(u), at = 0;

	/* None would be all of the frame. */
	if (u->bad || n > room - c->nr_ranges)
		return false;
	f->first = (uint32_t)c->nr_ranges;
	f->n = (uint32_t)n;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t from = at + get(u), to = from + get(u);

		if (u->bad || from < at || to <= from || to > CAPSULE_FRAME)
			return false;
		c->range[c->nr_ranges++] = (struct capsule_range){ (uint16_t)from, (uint16_t)to };
		at = to;
	}
	return true;
}

static bool get_frames(struct unpacker *u, struct capsule *c, size_t frames, size_t ranges)
{
	uint64_t next = 0;

	while (c->nr_frames < frames) {
		struct capsule_frame *f = &c->frame[c->nr_frames];
		uint64_t skipped = get(u), st = get(u);

		f->frame = next + skipped;
		if (u->bad || f->frame < next || f->frame > UINT64_MAX / CAPSULE_FRAME || st > KLPSCOPE_INVALID)
			return false;
		f->st = (enum klpscope_status)st;
		if (!get_ranges(u, c, f, ranges))
			return false;
		next = f->frame + 1;
		c->nr_frames++;
	}
	return u->at == u->end && c->nr_ranges == ranges;
}

static enum klpscope_status parse_map(struct capsule *c, const char *data, size_t length)
{
	struct unpacker u = { (const unsigned char *)data, (const unsigned char *)data + length, false };
	uint64_t frames = get(&u), ranges = get(&u);

	/* Each takes some bytes. */
	if (u.bad || frames > length / 3 || frames > FRAMES_MAX || ranges > length / 2)
		return KLPSCOPE_CORRUPT;
	c->frame = calloc((size_t)frames + 1, sizeof(*c->frame));
	c->range = calloc((size_t)ranges + 1, sizeof(*c->range));
	if (!c->frame || !c->range)
		return KLPSCOPE_NO_MEMORY;
	return get_frames(&u, c, (size_t)frames, (size_t)ranges) ? KLPSCOPE_OK : KLPSCOPE_CORRUPT;
}

/* --- the notes --- */

static bool had_before(const struct capsule *c, uint32_t type)
{
	return type == CAPSULE_NOTE_ORIGIN ? c->origin != NULL :
	       type == CAPSULE_NOTE_MAP	   ? c->frame != NULL :
					     c->answers != NULL;
}

static enum klpscope_status take_origin(struct capsule *c, const unsigned char *desc, size_t size)
{
	if (size > ORIGIN_MAX || memchr(desc, '\0', size))
		return KLPSCOPE_CORRUPT;
	c->origin = strndup((const char *)desc, size);
	return c->origin ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
}

static enum klpscope_status take(struct capsule *c, uint32_t type, const unsigned char *desc, size_t size)
{
	size_t length;
	char *data;
	enum klpscope_status st;

	if (type == CAPSULE_NOTE_ORIGIN)
		return take_origin(c, desc, size);
	st = unpack(desc, size, &data, &length);
	if (st)
		return st;
	if (type == CAPSULE_NOTE_MAP) {
		st = parse_map(c, data, length);
		free(data);
		return st;
	}
	c->answers = data;
	c->answers_length = length;
	return KLPSCOPE_OK;
}

static bool begins_with_checksum(const char *desc, size_t size)
{
	size_t word = strlen(CAPSULE_CHECKSUM), digits = strlen(CAPSULE_NO_CHECKSUM);

	return size > word + digits && !strncmp(desc, CAPSULE_CHECKSUM, word) && desc[word + digits] == '\n';
}

static enum klpscope_status load_note(struct capsule *c, const struct dumpfile *f, const struct note *note)
{
	enum klpscope_status st;
	unsigned char *desc;

	/* Which of two is true nobody can know. */
	if (note->desc_size > PACKED_MAX || had_before(c, note->type))
		return KLPSCOPE_CORRUPT;
	desc = malloc((size_t)note->desc_size + 1);
	if (!desc)
		return KLPSCOPE_NO_MEMORY;
	st = dumpfile_read(f, note->desc_at, desc, (size_t)note->desc_size);
	if (!st && note->type == CAPSULE_NOTE_ORIGIN && begins_with_checksum((const char *)desc, (size_t)note->desc_size))
		c->checksum_at = note->desc_at + strlen(CAPSULE_CHECKSUM);
	if (!st)
		st = take(c, note->type, desc, (size_t)note->desc_size);
	free(desc);
	return st;
}

/* Does a damaged segment have the name of such a note? What looks like memory would be zeros then. */
static bool mentions_capsule(const struct dumpfile *f, uint64_t at, uint64_t size)
{
	static const char name[] = CAPSULE_NOTE_NAME;
	unsigned char buf[4096 + sizeof(name)];

	for (uint64_t done = 0; done < size && done < PACKED_MAX; done += 4096) {
		size_t n = size - done < sizeof(buf) ? (size_t)(size - done) : sizeof(buf);

		if (dumpfile_read_sparse(f, at + done, buf, n))
			return false;
		if (memmem(buf, n, name, sizeof(name)))
			return true;
	}
	return false;
}

enum klpscope_status capsule_load(struct capsule *c, const struct dumpfile *f, uint64_t at, uint64_t size,
				  bool big_endian, const struct failure *why)
{
	struct note_walk w = {
		.file = f, .big_endian = big_endian, .at = at, .left = size, .seen = c->notes_seen,
	};
	enum klpscope_status st, end;
	struct note note;

	/* Notes of a dump that cannot be read are somebody else's trouble, unless it is a capsule. */
	while (!(end = note_next(&w, &note))) {
		static const char *const what[] = { "origin", "map", "answers" };

		if (strcmp(note.name, CAPSULE_NOTE_NAME) != 0)
			continue;
		c->present = true;
		/* Whatever it says may be what makes zeros of its bytes. */
		if (note.type < CAPSULE_NOTE_ORIGIN || note.type > CAPSULE_NOTE_ANSWERS)
			return dumpfile_fail(why, KLPSCOPE_UNSUPPORTED, "%s: a capsule of another version of klpscope", f->path);
		st = load_note(c, f, &note);
		if (st)
			return damaged(f, what[note.type - CAPSULE_NOTE_ORIGIN], st, why);
	}
	c->notes_seen = w.seen;
	if (end != KLPSCOPE_NOT_FOUND && !c->present && mentions_capsule(f, at, size))
		return damaged(f, "notes", end, why);
	return KLPSCOPE_OK;
}

/* --- the checksum --- */

/* Of the bytes from `at` on, in which the checksum counts as not yet there. */
static uint32_t add_to_checksum(uint32_t sum, unsigned char *data, uint64_t at, size_t n, uint64_t checksum_at)
{
	static const char none[] = CAPSULE_NO_CHECKSUM;

	for (size_t i = 0; i < sizeof(none) - 1; i++)
		if (checksum_at + i >= at && checksum_at + i - at < n)
			data[checksum_at + i - at] = (unsigned char)none[i];
	return (uint32_t)crc32(sum, data, (uInt)n);
}

static bool sum_up(const struct capsule *c, const struct dumpfile *f, uint32_t *sum)
{
	uint64_t end = dumpfile_end(f);
	unsigned char buf[16384];

	*sum = 0;
	if (end > FILE_MAX)
		return false;
	for (uint64_t at = 0; at < end; at += sizeof(buf)) {
		size_t n = end - at < sizeof(buf) ? (size_t)(end - at) : sizeof(buf);

		if (dumpfile_read(f, at, buf, n))
			return false;
		*sum = add_to_checksum(*sum, buf, at, n, c->checksum_at);
	}
	return true;
}

static bool is_damaged(const struct capsule *c, const struct dumpfile *f)
{
	char words[sizeof(CAPSULE_NO_CHECKSUM)];
	uint32_t sum;

	if (!c->checksum_at || !sum_up(c, f, &sum))
		return true;
	snprintf(words, sizeof(words), "%08x", sum);
	return strncmp(c->origin + strlen(CAPSULE_CHECKSUM), words, strlen(words)) != 0;
}

void capsule_sign(char *data, size_t length)
{
	/* Behind the name of its note, padded: no string of the dump's can have that. */
	static const char words[] = CAPSULE_NOTE_NAME "\0\0\0\0" CAPSULE_CHECKSUM CAPSULE_NO_CHECKSUM "\n";
	char *at = memmem(data, length, words, sizeof(words) - 1);
	char sum[sizeof(CAPSULE_NO_CHECKSUM)];
	uint32_t crc = 0;

	if (!at)
		return;
	/* zlib counts in 32 bits. */
	for (size_t done = 0, n; done < length; done += n) {
		n = length - done < ((size_t)1 << 30) ? length - done : (size_t)1 << 30;
		crc = (uint32_t)crc32(crc, (const Bytef *)data + done, (uInt)n);
	}
	snprintf(sum, sizeof(sum), "%08x", crc);
	memcpy(at + sizeof(words) - 1 - sizeof(sum), sum, sizeof(sum) - 1);
}

enum klpscope_status capsule_check(struct capsule *c, const struct dumpfile *f, const struct failure *why)
{
	if (!c->present)
		return KLPSCOPE_OK;
	if (!c->origin || !c->answers || !c->frame)
		return dumpfile_fail(why, KLPSCOPE_TRUNCATED, "%s: a capsule, but not all of its notes are there", f->path);
	c->damaged = is_damaged(c, f);
	return KLPSCOPE_OK;
}

void capsule_free(struct capsule *c)
{
	free(c->origin);
	free(c->answers);
	free(c->frame);
	free(c->range);
	memset(c, 0, sizeof(*c));
}

/* --- what is real --- */

static const struct capsule_frame *find_frame(const struct capsule *c, uint64_t frame)
{
	size_t low = 0, high = c->nr_frames;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->frame[mid].frame < frame)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->nr_frames && c->frame[low].frame == frame ? &c->frame[low] : NULL;
}

/* Within one frame. */
static enum klpscope_status frame_has(const struct capsule *c, uint64_t phys, size_t len)
{
	const struct capsule_frame *f = find_frame(c, phys / CAPSULE_FRAME);
	size_t from = phys % CAPSULE_FRAME;

	if (!f)
		return KLPSCOPE_EXCLUDED;
	for (uint32_t i = 0; i < f->n; i++) {
		const struct capsule_range *r = &c->range[f->first + i];

		if (r->from <= from && from + len <= r->to)
			return KLPSCOPE_OK;
	}
	return f->st || !f->n ? f->st : KLPSCOPE_EXCLUDED;
}

enum klpscope_status capsule_has(const struct capsule *c, uint64_t phys, size_t len)
{
	while (len) {
		size_t room = CAPSULE_FRAME - phys % CAPSULE_FRAME, n = room < len ? room : len;
		enum klpscope_status st = frame_has(c, phys, n);

		if (st)
			return st;
		phys += n;
		len -= n;
	}
	return KLPSCOPE_OK;
}

char *capsule_value(const char *origin, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = origin; line && *line; line = strchr(line, '\n')) {
		if (*line == '\n' && !*++line)
			break;
		if (!strncmp(line, key, n) && line[n] == '=')
			return strndup(line + n + 1, strcspn(line + n + 1, "\n"));
	}
	return NULL;
}

enum klpscope_status capsule_registers_end(const struct capsule *c)
{
	char *text = c->present ? capsule_value(c->origin, "registers_end") : NULL;
	unsigned long st = text ? strtoul(text, NULL, 16) : 0;

	free(text);
	return st && st <= KLPSCOPE_INVALID ? (enum klpscope_status)st : KLPSCOPE_NOT_FOUND;
}
