// SPDX-License-Identifier: GPL-2.0-or-later
/* Registers among the notes of a segment: which notes they are, and what damage leaves of them. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/prstatus.h"

#define NT_PRSTATUS 1

static struct dumpfile file;
static unsigned char *bytes;	/* of the file */
static uint64_t size;
static bool big_endian;
static struct prstatus found;

static int start(void **state)
{
	(void)state;
	memset(&found, 0, sizeof(found));
	bytes = calloc(1, 1 << 20);
	size = 0;
	big_endian = false;
	return bytes ? 0 : -1;
}

static int finish(void **state)
{
	(void)state;
	prstatus_free(&found);
	dumpfile_close(&file);
	free(bytes);
	return 0;
}

static void number(uint64_t v)
{
	for (unsigned int i = 0; i < 4; i++)
		bytes[size + (big_endian ? 3 - i : i)] = (unsigned char)(v >> 8 * i);
	size += 4;
}

static void head(uint64_t name_size, uint64_t desc_size, uint64_t type)
{
	number(name_size);
	number(desc_size);
	number(type);
}

static void text(const char *s, size_t len)
{
	memcpy(bytes + size, s, len);
	size += (len + 3) / 4 * 4;
}

static void note(const char *name, uint64_t type, const char *desc)
{
	head(strlen(name) + 1, strlen(desc), type);
	text(name, strlen(name) + 1);
	text(desc, strlen(desc));
}

static void write_file(uint64_t end)
{
	char path[32];
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, (size_t)end), end);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(dumpfile_open(&file, path, NULL, NULL), KLPSCOPE_OK);
	close(fd);
}

static void look(void)
{
	write_file(size);
	prstatus_begin(&found, &file, big_endian);
	prstatus_add(&found, 0, size);
}

static void expect(unsigned int n, const char *desc)
{
	char buf[64];
	size_t len = 99;

	assert_int_equal(prstatus_read(&found, n, buf, sizeof(buf), &len), KLPSCOPE_OK);
	assert_int_equal(len, strlen(desc));
	assert_memory_equal(buf, desc, len);
}

static void expect_none(unsigned int n, enum klpscope_status st)
{
	char buf[64];
	size_t len = 99;

	assert_int_equal(prstatus_read(&found, n, buf, sizeof(buf), &len), st);
	assert_int_equal(len, 0);
}

static void test_among_others(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		big_endian = i;
		size = 0;
		note("CORE", NT_PRSTATUS, "cpu 0");
		note("QEMU", 0, "cpu state 0");
		note("CORE", 2, "floating point");
		note("LINUX", NT_PRSTATUS, "not ours");
		note("Xen", NT_PRSTATUS, "XEN_ELFNOTE_ENTRY would be");
		note("CORE", NT_PRSTATUS, "cpu 1");
		note("CORE", NT_PRSTATUS << 24, "of the other byte order");
		note("COREX", NT_PRSTATUS, "not that name");
		note("", NT_PRSTATUS, "no name");
		note("CORE, and a name that no buffer of ours holds", NT_PRSTATUS, "long");
		head(4, 5, NT_PRSTATUS);
		text("CORE", 4);
		text("cpu 2", 5);
		note("VMCOREINFO", 0, "OSRELEASE=6.1.0\n");
		note("ERASEINFO", 0, "erased");
		look();
		expect(2, "cpu 2");
		expect(0, "cpu 0");
		expect(1, "cpu 1");
		expect_none(3, KLPSCOPE_NOT_FOUND);
		expect_none(UINT_MAX, KLPSCOPE_NOT_FOUND);
		prstatus_free(&found);
		dumpfile_close(&file);
	}
}

static void test_none(void **state)
{
	(void)state;
	look();
	expect_none(0, KLPSCOPE_NOT_FOUND);
}

/* Room behind the last one, and no head fits into it. */
static void test_rest(void **state)
{
	(void)state;
	note("CORE", NT_PRSTATUS, "cpu 0");
	size += 8;
	look();
	expect(0, "cpu 0");
	expect_none(1, KLPSCOPE_NOT_FOUND);
}

static void test_sizes(void **state)
{
	char buf[4] = "abc";
	size_t len;

	(void)state;
	note("CORE", NT_PRSTATUS, "");
	note("CORE", NT_PRSTATUS, "longer than the buffer");
	look();
	expect(0, "");
	assert_int_equal(prstatus_read(&found, 1, buf, 2, &len), KLPSCOPE_OK);
	assert_int_equal(len, 2);
	assert_memory_equal(buf, "loc", 2);
	assert_int_equal(buf[2], 'c');
	assert_int_equal(prstatus_read(&found, 1, buf, 0, &len), KLPSCOPE_OK);
	assert_int_equal(len, 0);
}

/* A note reaches out of its segment: what comes then nobody knows. */
static void test_hostile_sizes(void **state)
{
	static const uint64_t sizes[][2] = {
		{ 0xffffffff, 5 }, { 5, 0xffffffff }, { 0xffffffff, 0xffffffff }, { 5, 41 }, { 0xfffffffd, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size = 0;
		note("CORE", NT_PRSTATUS, "cpu 0");
		head(sizes[i][0], sizes[i][1], NT_PRSTATUS);
		text("CORE", 5);
		text("0123456789012345678901234567890123456789", 40);
		look();
		expect(0, "cpu 0");
		expect_none(1, KLPSCOPE_CORRUPT);
		expect_none(UINT_MAX, KLPSCOPE_CORRUPT);
		prstatus_free(&found);
		dumpfile_close(&file);
	}
}

/* The segment says where it ends, the file ends before: at each byte. */
static void test_cut(void **state)
{
	uint64_t first, all;

	(void)state;
	note("CORE", NT_PRSTATUS, "cpu 0");
	first = size;
	note("CORE", NT_PRSTATUS, "cpu 1 with all its registers");
	all = size;
	for (uint64_t end = 0; end < all; end++) {
		write_file(end);
		prstatus_begin(&found, &file, false);
		prstatus_add(&found, 0, all);
		if (end >= first - 3)	/* without the padding */
			expect(0, "cpu 0");
		else
			expect_none(0, KLPSCOPE_TRUNCATED);
		expect_none(1, KLPSCOPE_TRUNCATED);
		expect_none(2, end >= first + 17 ? KLPSCOPE_NOT_FOUND : KLPSCOPE_TRUNCATED);
		prstatus_free(&found);
		dumpfile_close(&file);
	}
}

/* In their order, and one that is damaged hides none behind it. */
static void test_segments(void **state)
{
	uint64_t second, third;

	(void)state;
	note("CORE", NT_PRSTATUS, "cpu 0");
	second = size;
	head(5, 1000, NT_PRSTATUS);
	third = size;
	note("CORE", NT_PRSTATUS, "cpu 1");
	note("CORE", NT_PRSTATUS, "cpu 2");
	write_file(size);
	prstatus_begin(&found, &file, false);
	prstatus_add(&found, third, size - third);
	prstatus_add(&found, 0, second);
	prstatus_add(&found, size, 0);
	expect_none(3, KLPSCOPE_NOT_FOUND);
	prstatus_add(&found, second, third - second);
	prstatus_add(&found, 0, second);
	expect(0, "cpu 1");
	expect(1, "cpu 2");
	expect(2, "cpu 0");
	expect(3, "cpu 0");
	expect_none(4, KLPSCOPE_CORRUPT);
	prstatus_doubt(&found, KLPSCOPE_TRUNCATED);
	expect_none(4, KLPSCOPE_CORRUPT);
}

/* Places that no file has. */
static void test_far_away(void **state)
{
	(void)state;
	note("CORE", NT_PRSTATUS, "cpu 0");
	write_file(size);
	prstatus_begin(&found, &file, false);
	prstatus_add(&found, UINT64_MAX - 64, 64);
	expect_none(0, KLPSCOPE_TRUNCATED);
	prstatus_add(&found, 0, UINT64_MAX);
	expect(0, "cpu 0");
	expect_none(1, KLPSCOPE_TRUNCATED);
}

static void test_many(void **state)
{
	char desc[16];

	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		snprintf(desc, sizeof(desc), "cpu %u", i);
		note("CORE", NT_PRSTATUS, desc);
		note("QEMU", 0, "state");
	}
	look();
	for (unsigned int i = 0; i < 5000; i++) {
		snprintf(desc, sizeof(desc), "cpu %u", i);
		expect(i, desc);
	}
	expect_none(5000, KLPSCOPE_NOT_FOUND);
}

/* Segments over segments of the same notes: some time it is enough. */
static void test_limit(void **state)
{
	(void)state;
	size = 12 << 14;
	write_file(size);
	prstatus_begin(&found, &file, false);
	for (unsigned int i = 0; i < 64; i++)
		prstatus_add(&found, 0, size);
	expect_none(0, KLPSCOPE_NOT_FOUND);
	prstatus_add(&found, 0, size);
	expect_none(0, KLPSCOPE_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_among_others, start, finish),
		cmocka_unit_test_setup_teardown(test_none, start, finish),
		cmocka_unit_test_setup_teardown(test_rest, start, finish),
		cmocka_unit_test_setup_teardown(test_sizes, start, finish),
		cmocka_unit_test_setup_teardown(test_hostile_sizes, start, finish),
		cmocka_unit_test_setup_teardown(test_cut, start, finish),
		cmocka_unit_test_setup_teardown(test_segments, start, finish),
		cmocka_unit_test_setup_teardown(test_far_away, start, finish),
		cmocka_unit_test_setup_teardown(test_many, start, finish),
		cmocka_unit_test_setup_teardown(test_limit, start, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
