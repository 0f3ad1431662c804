// SPDX-License-Identifier: GPL-2.0-or-later
/* Flattened files: records in any order, overlapping, cut short, hostile; and what libkdumpfile sees of them.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/mirror.h"

#define HEAD 4096

/* A file in memory that is opened by its name under /proc. */
struct file {
	int fd;
	uint64_t size;
	char path[32];
};

static void append(struct file *f, const void *data, size_t len)
{
	assert_int_equal(pwrite(f->fd, data, len, (off_t)f->size), len);
	f->size += len;
}

static void put_be64(unsigned char *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (unsigned char)(v >> (56 - 8 * i));
}

static void start_plain(struct file *f)
{
	memset(f, 0, sizeof(*f));
	f->fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(f->fd >= 0);
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
}

static void start_version(struct file *f, uint64_t type, uint64_t version)
{
	unsigned char head[HEAD] = "makedumpfile";

	start_plain(f);
	put_be64(head + 16, type);
	put_be64(head + 24, version);
	append(f, head, sizeof(head));
}

static void start(struct file *f)
{
	start_version(f, 1, 1);
}

static void record_head(struct file *f, uint64_t offset, uint64_t size)
{
	unsigned char head[16];

	put_be64(head, offset);
	put_be64(head + 8, size);
	append(f, head, sizeof(head));
}

static void record(struct file *f, uint64_t offset, const char *text)
{
	record_head(f, offset, strlen(text));
	append(f, text, strlen(text));
}

static void end(struct file *f)
{
	record_head(f, UINT64_MAX, UINT64_MAX);
}

static void cut(struct file *f, uint64_t bytes)
{
	f->size -= bytes;
	assert_int_equal(ftruncate(f->fd, (off_t)f->size), 0);
}

static enum klpscope_status open_it(struct file *f, struct dumpfile *d, char *err)
{
	const struct failure why = { err, 200 };

	*err = '\0';
	return dumpfile_open(d, f->path, NULL, &why);
}

static void open_ok(struct file *f, struct dumpfile *d)
{
	char err[200];

	assert_int_equal(open_it(f, d, err), KLPSCOPE_OK);
	assert_string_equal(err, "");
}

static void done(struct file *f, struct dumpfile *d)
{
	dumpfile_close(d);
	close(f->fd);
}

static void expect(const struct dumpfile *d, uint64_t at, const char *text)
{
	char buf[64];

	assert_int_equal(dumpfile_read(d, at, buf, strlen(text)), KLPSCOPE_OK);
	assert_memory_equal(buf, text, strlen(text));
	assert_true(dumpfile_has(d, at, strlen(text)));
}

static void expect_missing(const struct dumpfile *d, uint64_t at, size_t len)
{
	char buf[64];

	assert_int_equal(dumpfile_read(d, at, buf, len), KLPSCOPE_TRUNCATED);
	assert_false(dumpfile_has(d, at, len));
}

static void test_plain(void **state)
{
	struct dumpfile d;
	struct file f;

	(void)state;
	start_plain(&f);
	append(&f, "hello", 5);
	open_ok(&f, &d);
	assert_false(d.flattened);
	assert_int_equal(dumpfile_end(&d), 5);
	expect(&d, 1, "ello");
	expect_missing(&d, 1, 5);
	expect_missing(&d, 6, 1);
	expect_missing(&d, UINT64_MAX, 2);
	done(&f, &d);
}

static void test_complete(void **state)
{
	struct dumpfile d;
	struct file f;

	(void)state;
	start(&f);
	record(&f, 10, "klmno");
	record(&f, 0, "abcde");
	record(&f, 5, "fghij");
	record(&f, 100, "far");
	end(&f);
	open_ok(&f, &d);
	assert_true(d.flattened);
	assert_false(d.cut);
	assert_int_equal(dumpfile_end(&d), 103);
	expect(&d, 0, "abcdefghijklmno");
	expect(&d, 3, "defg");
	expect(&d, 100, "far");
	done(&f, &d);
}

/* Between two records there are no zeros: there is nothing. */
static void test_hole(void **state)
{
	char buf[8], zeros[4] = { 0 };
	struct dumpfile d;
	struct file f;

	(void)state;
	start(&f);
	record(&f, 0, "ab");
	record(&f, 6, "cd");
	end(&f);
	open_ok(&f, &d);
	expect_missing(&d, 2, 1);
	expect_missing(&d, 1, 2);
	expect_missing(&d, 0, 8);
	expect_missing(&d, 5, 2);
	assert_int_equal(dumpfile_read_sparse(&d, 0, buf, 8), KLPSCOPE_OK);
	assert_memory_equal(buf, "ab", 2);
	assert_memory_equal(buf + 2, zeros, 4);
	assert_memory_equal(buf + 6, "cd", 2);
	done(&f, &d);
}

/* makedumpfile writes its header a second time when it knows more. */
static void test_overlap(void **state)
{
	struct dumpfile d;
	struct file f;

	(void)state;
	start(&f);
	record(&f, 0, "aaaaaaaaaa");
	record(&f, 8, "bbbb");
	record(&f, 2, "cc");
	record(&f, 3, "ddd");
	record(&f, 11, "e");
	end(&f);
	open_ok(&f, &d);
	expect(&d, 0, "aacdddaabbbe");
	expect_missing(&d, 12, 1);
	done(&f, &d);
}

/* Random overlapping extents against an array in which later ones overwrite. */
static void test_extents_random(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		uint64_t model[256];
		struct extents x = { 0 };
		uint64_t pos = 1000;

		memset(model, 0, sizeof(model));
		for (int i = 0; i < 1 + round % 40; i++) {
			uint64_t at, len;

			seed = seed * 1664525 + 1013904223;
			at = seed >> 8 & 0xff;
			len = 1 + (seed >> 20) % (256 - at);
			assert_int_equal(extents_add(&x, at, len, pos), KLPSCOPE_OK);
			for (uint64_t k = 0; k < len; k++)
				model[at + k] = pos + k;
			pos += len + 16;
		}
		assert_int_equal(extents_settle(&x), KLPSCOPE_OK);
		for (uint64_t at = 0; at < 256; at++) {
			const struct extent *e = extents_find(&x, at);
			bool there = e && e->at <= at;

			assert_int_equal(there ? e->pos + (at - e->at) : 0, model[at]);
			assert_int_equal(extents_cover(&x, at, 1), model[at] != 0);
		}
		for (size_t i = 1; i < x.n; i++)
			assert_true(x.v[i - 1].at + x.v[i - 1].len <= x.v[i].at);
		extents_free(&x);
	}
}

static void test_extents_bounds(void **state)
{
	struct extents x = { 0 };

	(void)state;
	assert_int_equal(extents_settle(&x), KLPSCOPE_OK);
	assert_null(extents_find(&x, 0));
	assert_false(extents_cover(&x, 0, 1));
	assert_true(extents_cover(&x, 0, 0));
	assert_int_equal(extents_add(&x, UINT64_MAX, 2, 0), KLPSCOPE_CORRUPT);
	assert_int_equal(extents_add(&x, 0, UINT64_MAX, 2), KLPSCOPE_CORRUPT);
	assert_int_equal(extents_add(&x, 5, 0, 0), KLPSCOPE_OK);
	assert_int_equal(x.n, 0);
	assert_int_equal(extents_add(&x, UINT64_MAX - 1, 1, 0), KLPSCOPE_OK);
	assert_true(extents_cover(&x, UINT64_MAX - 1, 1));
	assert_false(extents_cover(&x, UINT64_MAX - 1, 2));
	extents_free(&x);
}

/* Cut anywhere: what came before the cut is there, nothing else is. */
static void test_cut(void **state)
{
	(void)state;
	for (uint64_t lost = 1; lost <= 16 + 5 + 16 + 4 + 16; lost++) {
		struct dumpfile d;
		struct file f;

		start(&f);
		record(&f, 4, "wxyz");
		record(&f, 20, "12345");
		end(&f);
		cut(&f, lost);
		open_ok(&f, &d);
		assert_true(d.cut);
		if (lost <= 16) {
			expect(&d, 20, "12345");
		} else if (lost < 16 + 5) {
			expect_missing(&d, 20, 5);
			expect(&d, 20, "1");
		} else {
			expect_missing(&d, 20, 1);
		}
		if (lost <= 16 + 5 + 16)
			expect(&d, 4, "wxyz");
		done(&f, &d);
	}
}

static void test_cut_within_head(void **state)
{
	struct dumpfile d;
	struct file f;

	(void)state;
	start(&f);
	cut(&f, HEAD - 100);
	open_ok(&f, &d);
	assert_true(d.flattened && d.cut);
	assert_int_equal(dumpfile_end(&d), 0);
	expect_missing(&d, 0, 1);
	done(&f, &d);
}

/* A transfer that reserves its room first. */
static void test_zeros_behind(void **state)
{
	char zeros[5000] = { 0 };
	struct dumpfile d;
	struct file f;

	(void)state;
	start(&f);
	record(&f, 0, "abc");
	append(&f, zeros, sizeof(zeros));
	open_ok(&f, &d);
	assert_true(d.cut);
	expect(&d, 0, "abc");
	expect_missing(&d, 3, 1);
	done(&f, &d);
}

/* What follows the end record is not for us: dumps are streamed to disks. */
static void test_rest_behind_end(void **state)
{
	struct dumpfile d;
	struct file f;

	(void)state;
	start(&f);
	record(&f, 0, "abc");
	end(&f);
	record(&f, 0, "xyz");
	open_ok(&f, &d);
	assert_false(d.cut);
	expect(&d, 0, "abc");
	done(&f, &d);
}

static void refuse(struct file *f, enum klpscope_status status, const char *words)
{
	struct dumpfile d;
	char err[200];

	assert_int_equal(open_it(f, &d, err), status);
	assert_non_null(strstr(err, words));
	assert_non_null(strstr(err, f->path));
	assert_int_equal(d.fd, -1);
	close(f->fd);
}

static void test_hostile(void **state)
{
	static const uint64_t heads[][2] = {
		{ (uint64_t)-2, 5 }, { INT64_MIN, 5 }, { 5, (uint64_t)-1 }, { 5, INT64_MIN },
		{ 5, 0 }, { INT64_MAX, 1 }, { 1, INT64_MAX }, { UINT64_MAX - 1, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		struct file f;

		start(&f);
		record(&f, 0, "abc");
		record_head(&f, heads[i][0], heads[i][1]);
		append(&f, "12345", 5);
		refuse(&f, KLPSCOPE_CORRUPT, "record");
	}
}

static void test_longer_than_file(void **state)
{
	struct dumpfile d;
	struct file f;

	(void)state;
	start(&f);
	record_head(&f, 7, INT64_MAX - 7);
	append(&f, "12345", 5);
	open_ok(&f, &d);
	assert_true(d.cut);
	expect(&d, 7, "12345");
	expect_missing(&d, 7, 6);
	done(&f, &d);
}

static void test_version(void **state)
{
	struct file f;

	(void)state;
	start_version(&f, 2, 1);
	refuse(&f, KLPSCOPE_UNSUPPORTED, "type 2");
	start_version(&f, 1, 7);
	refuse(&f, KLPSCOPE_UNSUPPORTED, "version 7");
}

/* QEMU writes thousands of small records: heads that lie across the borders of what is read at once. */
static void test_many(void **state)
{
	struct dumpfile d;
	struct file f;

	(void)state;
	start(&f);
	for (uint64_t i = 0; i < 3000; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%u:%llu", (unsigned int)i % 7, (unsigned long long)i);
		record(&f, (2999 - i) * 16, text);
	}
	end(&f);
	open_ok(&f, &d);
	assert_false(d.cut);
	assert_int_equal(d.map.n, 3000);
	expect(&d, 0, "3:2999");
	expect(&d, 2999 * 16, "0:0");
	expect(&d, 1000 * 16, "4:1999");
	done(&f, &d);
}

static void count_call(void *arg, uint64_t at, uint64_t total)
{
	unsigned int *calls = arg;

	assert_true(at <= total);
	++*calls;
}

static void test_progress(void **state)
{
	unsigned int calls = 0;
	const struct progress progress = { count_call, &calls };
	struct dumpfile d;
	struct file f;

	(void)state;
	start(&f);
	for (uint64_t i = 0; i < 4; i++) {
		record_head(&f, i << 26, 1 << 26);
		f.size += 1 << 26;
	}
	end(&f);
	assert_int_equal(dumpfile_open(&d, f.path, &progress, NULL), KLPSCOPE_OK);
	assert_false(d.cut);
	assert_int_equal(calls, 4);
	done(&f, &d);
}

static void test_not_files(void **state)
{
	const struct failure why = { (char[200]){ "" }, 200 };
	struct dumpfile d;
	int ends[2];
	char path[32];

	(void)state;
	assert_int_equal(dumpfile_open(&d, "/proc/self/nothing", NULL, &why), KLPSCOPE_SYSTEM);
	assert_int_equal(dumpfile_open(&d, "/proc/self", NULL, &why), KLPSCOPE_INVALID);
	assert_string_equal(why.text, "/proc/self: is a directory");
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	assert_int_equal(dumpfile_open(&d, path, NULL, &why), KLPSCOPE_INVALID);
	close(ends[0]);
	close(ends[1]);
}

static void mirror_expect(const struct mirror *m, uint64_t at, const char *text)
{
	char buf[64];

	assert_int_equal(pread(m->fd, buf, strlen(text), (off_t)at), strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

static void mirror_checks(const char *dir)
{
	struct dumpfile d;
	struct mirror m;
	struct file f;

	start(&f);
	record(&f, 100000, "there");
	record(&f, 10, "here");
	record(&f, 200000, "end");
	end(&f);
	open_ok(&f, &d);
	assert_int_equal(mirror_open(&m, &d, 0, dir, NULL), KLPSCOPE_OK);
	assert_int_equal(lseek(m.fd, 0, SEEK_END), 200003);
	assert_int_equal(mirror_fill(&m, 0, 0), KLPSCOPE_OK);
	assert_int_equal(m.n, 0);
	assert_int_equal(mirror_fill(&m, 12, 1), KLPSCOPE_OK);
	assert_int_equal(m.n, 1);
	mirror_expect(&m, 10, "here");
	assert_int_equal(mirror_fill(&m, 0, 200003), KLPSCOPE_OK);
	mirror_expect(&m, 100000, "there");
	mirror_expect(&m, 200000, "end");
	assert_int_equal(mirror_blank(&m, 100002, 2), KLPSCOPE_OK);
	assert_int_equal(mirror_fill(&m, 100000, 5), KLPSCOPE_OK);
	mirror_expect(&m, 100000, "th");
	mirror_trim(&m);
	assert_true(m.n > 0);
	mirror_close(&m);
	done(&f, &d);
}

static void test_mirror(void **state)
{
	char dir[] = P_tmpdir "/klpscope.XXXXXX";

	(void)state;
	mirror_checks(NULL);
	assert_non_null(mkdtemp(dir));
	mirror_checks(dir);
	/* Nothing may remain in it. */
	assert_int_equal(rmdir(dir), 0);
}

static void test_mirror_nowhere(void **state)
{
	const struct failure why = { (char[200]){ "" }, 200 };
	struct dumpfile d;
	struct mirror m;
	struct file f;

	(void)state;
	start(&f);
	end(&f);
	open_ok(&f, &d);
	assert_int_equal(mirror_open(&m, &d, 0, "/proc/self/nothing", &why), KLPSCOPE_SYSTEM);
	assert_non_null(strstr(why.text, "/proc/self/nothing: no temporary file"));
	mirror_close(&m);
	done(&f, &d);
}

/* It starts anew when it has grown, and brings the same back. */
static void test_mirror_trim(void **state)
{
	struct dumpfile d;
	struct mirror m;
	struct file f;

	(void)state;
	start_plain(&f);
	append(&f, "first", 5);
	f.size = 20 << 20;
	append(&f, "last", 4);
	open_ok(&f, &d);
	assert_int_equal(mirror_open(&m, &d, 0, NULL, NULL), KLPSCOPE_OK);
	assert_int_equal(mirror_fill(&m, 0, f.size), KLPSCOPE_OK);
	mirror_expect(&m, 20 << 20, "last");
	mirror_trim(&m);
	assert_int_equal(m.n, 0);
	assert_int_equal(lseek(m.fd, 0, SEEK_END), f.size);
	assert_int_equal(mirror_fill(&m, 0, 5), KLPSCOPE_OK);
	mirror_expect(&m, 0, "first");
	mirror_close(&m);
	done(&f, &d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_hole),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_extents_random),
		cmocka_unit_test(test_extents_bounds),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_within_head),
		cmocka_unit_test(test_zeros_behind),
		cmocka_unit_test(test_rest_behind_end),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_longer_than_file),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_not_files),
		cmocka_unit_test(test_mirror),
		cmocka_unit_test(test_mirror_nowhere),
		cmocka_unit_test(test_mirror_trim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
