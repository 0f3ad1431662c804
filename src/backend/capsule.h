/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capsule is a dump that holds only the bytes that a report rests on, and
 * zeros around them.  Three notes in it say so, all of the name "KLPSCOPE", in
 * front of all others, so that damage to those cannot hide them:
 *
 *	1	lines of "key=value": what made it of what, see engine/capsule.c
 *	2	which frames the original was asked for and what became of it, and
 *		which of their bytes are real
 *	3	what its names and layouts are (target/answers.h)
 *
 * These numbers are added to CAPSULE_NOTES: crash takes each note of type 1 for a CPU's registers, whatever its
 * name.  2 and 3 are packed by zlib, behind their unpacked size as 8 bytes.  Numbers of
 * the notes are little-endian on all architectures.
 */
#ifndef KLPSCOPE_CAPSULE_H
#define KLPSCOPE_CAPSULE_H

#include "backend/notes.h"

#define CAPSULE_NOTE_NAME	"KLPSCOPE"
#define CAPSULE_FRAME		4096u	/* no architecture maps by less */

#define CAPSULE_NOTES		0x4b4c5000	/* "KLP" */

enum {
	CAPSULE_NOTE_ORIGIN = CAPSULE_NOTES + 1,
	CAPSULE_NOTE_MAP,
	CAPSULE_NOTE_ANSWERS,
};

/* Bytes from..to of a frame are real. */
struct capsule_range {
	uint16_t from, to;
};

struct capsule_frame {
	uint64_t frame;			/* physical address / CAPSULE_FRAME */
	enum klpscope_status st;	/* not OK: why the original did not have what is in no range */
	uint32_t first, n;		/* its ranges; OK and 0 of them: all is real */
};

struct capsule {
	bool present;
	char *origin, *answers;		/* NUL-terminated */
	uint64_t checksum_at;		/* where in the file the origin's checksum stands; 0: nowhere */
	bool damaged;			/* it is not that of the file */
	size_t answers_length;
	struct capsule_frame *frame;	/* by address */
	size_t nr_frames;
	struct capsule_range *range;
	size_t nr_ranges;
	unsigned int notes_seen;	/* of all kinds */
};

/* Looks at another note segment for the notes of a capsule, and keeps what it finds. */
KLPSCOPE_MUST_CHECK
enum klpscope_status capsule_load(struct capsule *c, const struct dumpfile *f, uint64_t at, uint64_t size,
				  bool big_endian, const struct failure *why);
void capsule_free(struct capsule *c);

/* After the last segment: TRUNCATED when it has one of the notes, but not all. Finds out whether it is damaged, too. */
KLPSCOPE_MUST_CHECK
enum klpscope_status capsule_check(struct capsule *c, const struct dumpfile *f, const struct failure *why);

/* OK when these bytes are real, or what the original said, or EXCLUDED. */
KLPSCOPE_MUST_CHECK
enum klpscope_status capsule_has(const struct capsule *c, uint64_t phys, size_t len);

/* The value behind "key=" of the origin, malloc'ed, or NULL. */
char *capsule_value(const char *origin, const char *key);

/* Why the original has no more NT_PRSTATUS notes than there are: those in a capsule can all be read. */
enum klpscope_status capsule_registers_end(const struct capsule *c);

/* --- for who writes one --- */

/*
 * The origin begins with this: the CRC-32 of the whole file, with these eight zeros in it.  Pages and notes
 * may have been through many hands, and hardly anything else in a dump would tell.
 */
#define CAPSULE_CHECKSUM	"crc32="
#define CAPSULE_NO_CHECKSUM	"00000000"

/* Puts the checksum into a capsule whose origin has none yet. */
void capsule_sign(char *data, size_t length);

/* Packed as the notes are, malloc'ed, *size bytes; NULL when there is no memory, or nobody would unpack it. */
unsigned char *capsule_pack(const void *data, size_t length, size_t *size);
unsigned char *capsule_pack_map(const struct capsule *c, size_t *size);

#endif
