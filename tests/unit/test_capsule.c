// SPDX-License-Identifier: GPL-2.0-or-later
/* The notes of a capsule: which bytes of it are real, and notes that anybody may have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/capsule.h"

/* --- a file of notes --- */

struct bytes {
	unsigned char *v;
	size_t n;
};

static struct bytes notes;
static bool big_endian;
static struct capsule capsule;
static char words[300];

static int setup(void **state)
{
	(void)state;
	big_endian = false;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	capsule_free(&capsule);
	free(notes.v);
	notes = (struct bytes){ 0 };
	return 0;
}

static void append(struct bytes *b, const void *data, size_t n)
{
	b->v = realloc(b->v, b->n + n + 1);
	assert_non_null(b->v);
	memcpy(b->v + b->n, data, n);
	b->n += n;
}

static void append_number(struct bytes *b, uint32_t v)
{
	unsigned char raw[4];

	for (unsigned int i = 0; i < 4; i++)
		raw[i] = (unsigned char)(v >> 8 * (big_endian ? 3 - i : i));
	append(b, raw, 4);
}

static void add_note(const char *name, uint32_t type, const void *desc, size_t size)
{
	static const char zeros[4];

	append_number(&notes, (uint32_t)strlen(name) + 1);
	append_number(&notes, (uint32_t)size);
	append_number(&notes, type);
	append(&notes, name, strlen(name) + 1);
	append(&notes, zeros, -(strlen(name) + 1) % 4);
	append(&notes, desc, size);
	append(&notes, zeros, -size % 4);
}

static void add_origin(const char *text)
{
	add_note("KLPSCOPE", CAPSULE_NOTE_ORIGIN, text, strlen(text));
}

/* Behind a size that is true. */
static void add_packed(uint32_t type, const void *data, size_t n)
{
	size_t size;
	unsigned char *packed = capsule_pack(data, n, &size);

	assert_non_null(packed);
	add_note("KLPSCOPE", type, packed, size);
	free(packed);
}

static void start_over(void)
{
	teardown(NULL);
	words[0] = '\0';
}

static enum klpscope_status load(void)
{
	const struct failure why = { words, sizeof(words) };
	const struct progress progress = { 0 };
	struct dumpfile f;
	char path[32];
	int fd = memfd_create("notes", MFD_CLOEXEC);
	enum klpscope_status st;

	assert_true(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(write(fd, "x", 1), 1);
	if (notes.n)
		assert_int_equal(pwrite(fd, notes.v, notes.n, 1), notes.n);
	assert_int_equal(dumpfile_open(&f, path, &progress, &why), KLPSCOPE_OK);
	st = capsule_load(&capsule, &f, 1, notes.n, big_endian, &why);
	if (!st)
		st = capsule_check(&capsule, &f, &why);
	dumpfile_close(&f);
	close(fd);
	return st;
}

/* --- maps --- */

static const struct capsule_frame none[1];
static const struct capsule_range no_range[1];

static struct capsule map_of(const struct capsule_frame *frames, size_t n, const struct capsule_range *ranges,
			     size_t nr_ranges)
{
	struct capsule c = { .nr_frames = n, .nr_ranges = nr_ranges };

	c.frame = malloc((n + 1) * sizeof(*c.frame));
	c.range = malloc((nr_ranges + 1) * sizeof(*c.range));
	assert_true(c.frame && c.range);
	memcpy(c.frame, frames, n * sizeof(*c.frame));
	memcpy(c.range, ranges, nr_ranges * sizeof(*c.range));
	return c;
}

static void add_map(const struct capsule *c)
{
	size_t size;
	unsigned char *packed = capsule_pack_map(c, &size);

	assert_non_null(packed);
	add_note("KLPSCOPE", CAPSULE_NOTE_MAP, packed, size);
	free(packed);
}

/* All three notes, the map as it is told. */
static void load_map(struct capsule c)
{
	start_over();
	add_origin("generator=test\n");
	add_map(&c);
	add_packed(CAPSULE_NOTE_ANSWERS, "", 0);
	assert_int_equal(load(), KLPSCOPE_OK);
	assert_int_equal(capsule.nr_frames, c.nr_frames);
	assert_int_equal(capsule.nr_ranges, c.nr_ranges);
	for (size_t i = 0; i < c.nr_frames; i++) {
		assert_int_equal(capsule.frame[i].frame, c.frame[i].frame);
		assert_int_equal(capsule.frame[i].st, c.frame[i].st);
		assert_int_equal(capsule.frame[i].n, c.frame[i].n);
		if (c.frame[i].n)
			assert_int_equal(capsule.frame[i].first, c.frame[i].first);
	}
	if (c.nr_ranges)
		assert_memory_equal(capsule.range, c.range, c.nr_ranges * sizeof(*c.range));
	free(c.frame);
	free(c.range);
}

#define HIGHEST (UINT64_MAX / CAPSULE_FRAME)

static void expect_bytes(uint64_t phys, size_t len, enum klpscope_status st)
{
	if (capsule_has(&capsule, phys, len) != st)
		fail_msg("%zu bytes at 0x%llx: %s", len, (unsigned long long)phys,
			 klpscope_strstatus(capsule_has(&capsule, phys, len)));
}

static void test_map(void **state)
{
	static const struct capsule_range ranges[] = {
		{ 0, 1 }, { 2, 4 }, { 100, 108 }, { 4095, 4096 }, { 0, 8 }, { 8, 16 }, { 50, 60 },
	};
	const struct capsule_frame frames[] = {
		{ .frame = 0, .first = 0, .n = 4 }, { .frame = 1, .first = 4, .n = 2 }, { .frame = 2 }, { .frame = 3 },
		{ .frame = 5, .st = KLPSCOPE_FAULT }, { .frame = 6, .st = KLPSCOPE_TRUNCATED, .first = 6, .n = 1 },
		{ .frame = (uint64_t)1 << 33, .st = KLPSCOPE_CORRUPT }, { .frame = HIGHEST },
	};

	(void)state;
	load_map(map_of(frames, 8, ranges, 7));
	expect_bytes(0, 1, KLPSCOPE_OK);
	expect_bytes(1, 1, KLPSCOPE_EXCLUDED);
	expect_bytes(0, 2, KLPSCOPE_EXCLUDED);
	expect_bytes(2, 2, KLPSCOPE_OK);
	expect_bytes(3, 1, KLPSCOPE_OK);
	expect_bytes(3, 2, KLPSCOPE_EXCLUDED);
	expect_bytes(100, 8, KLPSCOPE_OK);
	expect_bytes(99, 8, KLPSCOPE_EXCLUDED);
	expect_bytes(101, 8, KLPSCOPE_EXCLUDED);
	/* Across a border, and across many. */
	expect_bytes(4095, 1, KLPSCOPE_OK);
	expect_bytes(4095, 9, KLPSCOPE_OK);
	expect_bytes(4094, 2, KLPSCOPE_EXCLUDED);
	expect_bytes(4096, 16, KLPSCOPE_EXCLUDED);
	expect_bytes(4104, 8, KLPSCOPE_OK);
	expect_bytes(2 * 4096, 4096, KLPSCOPE_OK);
	expect_bytes(2 * 4096 + 7, 8192 - 7, KLPSCOPE_OK);
	expect_bytes(2 * 4096 + 7, 8192 - 6, KLPSCOPE_EXCLUDED);
	expect_bytes(4 * 4096, 1, KLPSCOPE_EXCLUDED);
	/* What the dump said. */
	expect_bytes(5 * 4096, 1, KLPSCOPE_FAULT);
	expect_bytes(5 * 4096 + 4095, 2, KLPSCOPE_FAULT);
	expect_bytes(4 * 4096 + 4095, 2, KLPSCOPE_EXCLUDED);
	/* A page of which the dump has some bytes. */
	expect_bytes(6 * 4096 + 50, 10, KLPSCOPE_OK);
	expect_bytes(6 * 4096 + 50, 11, KLPSCOPE_TRUNCATED);
	expect_bytes(6 * 4096, 4096, KLPSCOPE_TRUNCATED);
	expect_bytes((uint64_t)1 << 45, 1, KLPSCOPE_CORRUPT);
	expect_bytes(UINT64_MAX, 1, KLPSCOPE_OK);
	expect_bytes(UINT64_MAX - 4095, 4096, KLPSCOPE_OK);
	expect_bytes(UINT64_MAX - 4096, 1, KLPSCOPE_EXCLUDED);
	/* No machine has that, and it must end. */
	expect_bytes(UINT64_MAX, 3, KLPSCOPE_EXCLUDED);
	expect_bytes(0, 0, KLPSCOPE_OK);
	load_map(map_of(none, 0, no_range, 0));
	expect_bytes(0, 1, KLPSCOPE_EXCLUDED);
	expect_bytes(UINT64_MAX, 1, KLPSCOPE_EXCLUDED);
}

static void test_map_statuses(void **state)
{
	struct capsule_frame frames[KLPSCOPE_INVALID + 1] = { 0 };

	(void)state;
	for (unsigned int i = 0; i <= KLPSCOPE_INVALID; i++)
		frames[i] = (struct capsule_frame){ .frame = 7 * i, .st = i };
	load_map(map_of(frames, KLPSCOPE_INVALID + 1, no_range, 0));
	for (unsigned int i = 0; i <= KLPSCOPE_INVALID; i++) {
		expect_bytes(7 * 4096 * i + 9, 5, i);
		expect_bytes(7 * 4096 * i + 4096, 1, KLPSCOPE_EXCLUDED);
	}
}

/* As many ranges as a frame can have, in many frames. */
static void test_many_ranges(void **state)
{
	static struct capsule_frame frames[100];
	static struct capsule_range ranges[100 * 2048];

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		frames[i] = (struct capsule_frame){ .frame = 1000 + 2 * i, .first = 2048 * i, .n = 2048 };
		for (unsigned int k = 0; k < 2048; k++)
			ranges[2048 * i + k] = (struct capsule_range){ (uint16_t)(2 * k), (uint16_t)(2 * k + 1) };
	}
	load_map(map_of(frames, 100, ranges, 100 * 2048));
	for (unsigned int i = 0; i < 4096; i++)
		expect_bytes((uint64_t)1198 * 4096 + i, 1, i % 2 ? KLPSCOPE_EXCLUDED : KLPSCOPE_OK);
	expect_bytes((uint64_t)1199 * 4096, 1, KLPSCOPE_EXCLUDED);
}

/* --- hostile ones --- */

/* These are the map's numbers, as many bytes as there are. */
static void refuse_map(const char *bytes, size_t n)
{
	start_over();
	add_origin("a=b\n");
	add_packed(CAPSULE_NOTE_MAP, bytes, n);
	add_packed(CAPSULE_NOTE_ANSWERS, "", 0);
	if (load() != KLPSCOPE_CORRUPT)
		fail_msg("a map of %zu bytes that begins with %02x %02x %02x", n, bytes[0] & 0xff, bytes[1] & 0xff,
			 bytes[2] & 0xff);
	assert_non_null(strstr(words, "a capsule, but its map cannot be read"));
}

#define REFUSE(bytes) refuse_map(bytes, sizeof(bytes) - 1)
#define LARGEST "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"

static void test_hostile_maps(void **state)
{
	static const char good[] = "\2\2" "\0\0\1" "\1\2" "\0\0\1" "\0\xff\x1f";

	(void)state;
	start_over();
	add_origin("a=b\n");
	add_packed(CAPSULE_NOTE_MAP, good, sizeof(good) - 1);
	add_packed(CAPSULE_NOTE_ANSWERS, "", 0);
	assert_int_equal(load(), KLPSCOPE_OK);
	/* Ends within each of its numbers. */
	for (size_t i = 0; i < sizeof(good) - 1; i++)
		refuse_map(good, i);
	/* Also where none of its frames has ranges; ends later; a number without an end. */
	REFUSE("\1\0" "\0\0");
	REFUSE("\1\0" "\0\0\0" "\0");
	REFUSE("\0\0\0");
	REFUSE("\x80");
	REFUSE("\0\x80");
	REFUSE("\1\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0");
	/* Counts that lie: more frames, more ranges, fewer of both, more than there can be. */
	REFUSE("\2\0" "\0\0\0");
	REFUSE("\1\1" "\0\0\2" "\0\1\0\1");
	REFUSE("\1\0" "\0\0\1" "\0\1");
	REFUSE("\1\1" "\0\0" LARGEST "\0\1");
	REFUSE(LARGEST "\0" "\0\0\0");
	REFUSE("\1" LARGEST "\0\0\0");
	REFUSE("\xff\xff\xff\xff\x0f\0" "\0\0\0");
	/* A frame behind the last; behind that; one behind all numbers; a status that there is not. */
	REFUSE("\1\0" "\x80\x80\x80\x80\x80\x80\x80\x08" "\0\0");
	REFUSE("\1\0" LARGEST "\0\0");
	REFUSE("\2\0" "\xff\xff\xff\xff\xff\xff\xff\x07" "\0\0" "\0\0\0");
	REFUSE("\2\0" "\1\0\0" "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01" "\0\0");
	REFUSE("\1\0" "\0\x0b\0");
	REFUSE("\1\0" "\0" LARGEST "\0");
	/* Ranges: empty, beyond the frame, around all numbers. */
	REFUSE("\1\1" "\0\0\1" "\0\0");
	REFUSE("\1\1" "\0\0\1" "\1\x80\x20");
	REFUSE("\1\1" "\0\0\1" "\x80\x20\1");
	REFUSE("\1\1" "\0\0\1" "\2" LARGEST);
	REFUSE("\1\1" "\0\0\1" LARGEST "\2");
	REFUSE("\1\2" "\0\0\2" "\4\4" LARGEST "\1");
	REFUSE("\1\2" "\0\0\2" "\4\4" "\xf8\xff\xff\xff\xff\xff\xff\xff\xff\x01" "\1");
}

/* A map of zeros, megabytes of which take nothing: not more is made of them than of honest ones. */
static void test_map_of_nothing(void **state)
{
	const size_t n = (size_t)40 << 20;
	char *zeros = calloc(1, n);

	(void)state;
	assert_non_null(zeros);
	/* 2^23 frames: more than any capsule has. */
	memcpy(zeros, "\x80\x80\x80\x04\0", 5);
	refuse_map(zeros, 5 + 3 * ((size_t)1 << 23));
	free(zeros);
}

static void refuse_packed(uint32_t type, const void *desc, size_t size)
{
	start_over();
	add_origin("a=b\n");
	if (type != CAPSULE_NOTE_MAP)
		add_packed(CAPSULE_NOTE_MAP, "\0\0", 2);
	add_note("KLPSCOPE", type, desc, size);
	assert_int_equal(load(), KLPSCOPE_CORRUPT);
}

/* Says another size than it has, or one that would take all memory. */
static void test_bombs(void **state)
{
	static const uint64_t sizes[] = {
		0, 1, 999, 1001, 4096, (uint64_t)256 << 20, ((uint64_t)256 << 20) + 1, (uint64_t)1 << 32,
		((uint64_t)1 << 32) + 1000, (uint64_t)1 << 63, UINT64_MAX - 1, UINT64_MAX,
	};
	char text[1000] = "";
	size_t size;
	unsigned char *packed = capsule_pack(text, sizeof(text), &size);

	(void)state;
	assert_non_null(packed);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		for (unsigned int k = 0; k < 8; k++)
			packed[k] = (unsigned char)(sizes[i] >> 8 * k);
		refuse_packed(CAPSULE_NOTE_ANSWERS, packed, size);
		refuse_packed(CAPSULE_NOTE_MAP, packed, size);
	}
	for (unsigned int k = 0; k < 8; k++)
		packed[k] = (unsigned char)(sizeof(text) >> 8 * k);
	for (size_t i = 0; i < size; i++)
		refuse_packed(CAPSULE_NOTE_ANSWERS, packed, i);
	packed[size / 2] ^= 0x10;
	refuse_packed(CAPSULE_NOTE_ANSWERS, packed, size);
	free(packed);
}

/* What could not be read is not written. */
static void test_too_much_to_pack(void **state)
{
	size_t n = ((size_t)256 << 20) + 1, size;
	void *zeros = mmap(NULL, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)state;
	assert_true(zeros != MAP_FAILED);
	assert_null(capsule_pack(zeros, n, &size));
	munmap(zeros, n);
}

/* --- the three of them --- */

static void add_all(void)
{
	add_origin("generator=klpscope 0.3\nsize=12\nempty=\nsize2=3");
	add_packed(CAPSULE_NOTE_MAP, "\0\0", 2);
	add_packed(CAPSULE_NOTE_ANSWERS, "a\0b", 3);
}

static void expect_line(const char *key, const char *value)
{
	char *v = capsule_value(capsule.origin, key);

	if (value)
		assert_string_equal(v, value);
	else
		assert_null(v);
	free(v);
}

static void test_notes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		start_over();
		big_endian = i;
		add_note("CORE", 1, "registers", 9);
		add_note("KLPSCOPF", CAPSULE_NOTE_ORIGIN, "a=b", 3);
		assert_int_equal(load(), KLPSCOPE_OK);
		assert_false(capsule.present);
		assert_int_equal(capsule_registers_end(&capsule), KLPSCOPE_NOT_FOUND);
		capsule_free(&capsule);
		add_all();
		assert_int_equal(load(), KLPSCOPE_OK);
		assert_true(capsule.present);
		expect_line("generator", "klpscope 0.3");
		expect_line("size", "12");
		expect_line("size2", "3");
		expect_line("empty", "");
		expect_line("siz", NULL);
		expect_line("12", NULL);
		expect_line("", NULL);
		assert_int_equal(capsule.answers_length, 3);
		assert_memory_equal(capsule.answers, "a\0b", 4);
		assert_int_equal(capsule_registers_end(&capsule), KLPSCOPE_NOT_FOUND);
	}
	assert_null(capsule_value("\n\n\n", "a"));
	assert_null(capsule_value("", "a"));
	assert_null(capsule_value(NULL, "a"));
}

/* Of another version: its zeros must not pass for memory. */
static void test_other_version(void **state)
{
	static const uint32_t types[] = { 1, CAPSULE_NOTE_ORIGIN - 1, CAPSULE_NOTE_ANSWERS + 1 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(types) / sizeof(*types); i++) {
		start_over();
		add_note("KLPSCOPE", types[i], "of the future", 13);
		assert_int_equal(load(), KLPSCOPE_UNSUPPORTED);
		capsule_free(&capsule);
	}
}

/* crash would take a type of 1, whatever its name, for a CPU's registers, and others for other things. */
static void test_types(void **state)
{
	(void)state;
	assert_true(CAPSULE_NOTE_ORIGIN > 0x10000);
	assert_int_equal(CAPSULE_NOTE_MAP, CAPSULE_NOTE_ORIGIN + 1);
	assert_int_equal(CAPSULE_NOTE_ANSWERS, CAPSULE_NOTE_ORIGIN + 2);
}

static void test_missing_notes(void **state)
{
	(void)state;
	for (unsigned int which = 1; which < 7; which++) {
		start_over();
		if (which & 1)
			add_origin("a=b\n");
		if (which & 2)
			add_packed(CAPSULE_NOTE_MAP, "\0\0", 2);
		if (which & 4)
			add_packed(CAPSULE_NOTE_ANSWERS, "", 0);
		assert_int_equal(load(), KLPSCOPE_TRUNCATED);
		assert_non_null(strstr(words, ": a capsule, but not all of its notes are there"));
	}
	/* The segment ends early, anywhere behind the first: never a dump that only looks like one. */
	start_over();
	add_all();
	for (size_t n = notes.n - 3, first = 12 + 12 + 48; --n > first;) {
		capsule_free(&capsule);
		notes.n = n;
		assert_int_equal(load(), KLPSCOPE_TRUNCATED);
	}
}

static void test_notes_twice(void **state)
{
	(void)state;
	for (unsigned int which = 0; which < 3; which++) {
		start_over();
		add_all();
		if (which == 0)
			add_origin("a=b\n");
		else
			add_packed(CAPSULE_NOTE_ORIGIN + which, "\0\0", 2);
		assert_int_equal(load(), KLPSCOPE_CORRUPT);
		assert_non_null(strstr(words, "a capsule, but its "));
	}
}

static void test_hostile_origin(void **state)
{
	char *large = calloc(1, 65537);

	(void)state;
	assert_non_null(large);
	memset(large, 'x', 65536);
	start_over();
	add_origin(large);
	assert_int_equal(load(), KLPSCOPE_TRUNCATED);
	start_over();
	add_note("KLPSCOPE", CAPSULE_NOTE_ORIGIN, large, 65537);
	assert_int_equal(load(), KLPSCOPE_CORRUPT);
	start_over();
	add_note("KLPSCOPE", CAPSULE_NOTE_ORIGIN, "a=\0b", 4);
	assert_int_equal(load(), KLPSCOPE_CORRUPT);
	free(large);
}

/* How the notes of the dump ended: never "there was no end", which would be asked for again and again. */
static void test_registers_end(void **state)
{
	static const struct {
		const char *text;
		enum klpscope_status st;
	} ends[] = {
		{ "registers_end=3\n", KLPSCOPE_TRUNCATED }, { "registers_end=a\n", KLPSCOPE_INVALID },
		{ "registers_end=0\n", KLPSCOPE_NOT_FOUND }, { "registers_end=b\n", KLPSCOPE_NOT_FOUND },
		{ "registers_end=\n", KLPSCOPE_NOT_FOUND },  { "registers_end=-1\n", KLPSCOPE_NOT_FOUND },
		{ "registers_end=ffffffffffffffffffff\n", KLPSCOPE_NOT_FOUND }, { "a=3\n", KLPSCOPE_NOT_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		start_over();
		add_origin(ends[i].text);
		add_packed(CAPSULE_NOTE_MAP, "\0\0", 2);
		add_packed(CAPSULE_NOTE_ANSWERS, "", 0);
		assert_int_equal(load(), KLPSCOPE_OK);
		assert_int_equal(capsule_registers_end(&capsule), ends[i].st);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_map),		  TEST(test_map_statuses),   TEST(test_many_ranges), TEST(test_hostile_maps),
		TEST(test_map_of_nothing), TEST(test_bombs),	     TEST(test_too_much_to_pack),
		TEST(test_notes), TEST(test_other_version),	  TEST(test_types),	     TEST(test_missing_notes),
		TEST(test_notes_twice),	  TEST(test_hostile_origin), TEST(test_registers_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
