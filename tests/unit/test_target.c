// SPDX-License-Identifier: GPL-2.0-or-later
/* The target's reads, errors and resolution, and the fake that the other tests stand on. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"

static void numbers(const char *endian, unsigned int pointer)
{
	char text[512];
	struct fake *f;
	struct target *t;
	uint64_t v;

	snprintf(text, sizeof(text),
		 "endian %s\npointer %u\nat 0xffe0\n@a: u8 1 0xff\nu16 0x0203\nu32 0x04050607 -1\n"
		 "u64 0x08090a0b0c0d0e0f\n@p: ptr @q+8 @p\n@q: zero 16\nu8 9\n",
		 endian, pointer);
	f = fake_parse(text);
	t = fake_target(f);
	assert_int_equal(target_big_endian(t), !strcmp(endian, "big"));
	assert_int_equal(target_pointer_size(t), pointer);
	assert_int_equal(target_read_uint(t, 0xffe0, 1, &v), KLPSCOPE_OK);
	assert_int_equal(v, 1);
	assert_int_equal(target_read_uint(t, 0xffe1, 1, &v), KLPSCOPE_OK);
	assert_int_equal(v, 0xff);
	assert_int_equal(target_read_uint(t, 0xffe2, 2, &v), KLPSCOPE_OK);
	assert_int_equal(v, 0x0203);
	assert_int_equal(target_read_uint(t, 0xffe4, 4, &v), KLPSCOPE_OK);
	assert_int_equal(v, 0x04050607);
	assert_int_equal(target_read_uint(t, 0xffe8, 4, &v), KLPSCOPE_OK);
	assert_int_equal(v, 0xffffffff);
	assert_int_equal(target_read_uint(t, 0xffec, 8, &v), KLPSCOPE_OK);
	assert_int_equal(v, 0x08090a0b0c0d0e0f);
	assert_int_equal(target_read_ptr(t, 0xfff4, &v), KLPSCOPE_OK);
	assert_int_equal(v, 0xfff4 + 2 * pointer + 8);
	/* With 8-byte pointers this one lies across two pages. */
	assert_int_equal(target_read_ptr(t, 0xfff4 + pointer, &v), KLPSCOPE_OK);
	assert_int_equal(v, 0xfff4);
	assert_int_equal(v, fake_label(f, "p"));
	assert_int_equal(target_read_uint(t, 0xffe0, 3, &v), KLPSCOPE_UNSUPPORTED);
	fake_free(f);
}

static void test_numbers(void **state)
{
	(void)state;
	numbers("little", 8);
	numbers("big", 8);
	numbers("little", 4);
	numbers("big", 4);
}

static void test_holes(void **state)
{
	struct fake *f =
		fake_parse("at 0x1000\nzero 0x4000\nhole 0x2000 8 excluded\nhole 0x3ff8 8 truncated\n");
	struct target *t = fake_target(f);
	unsigned char buf[64];
	uint64_t v;

	(void)state;
	assert_int_equal(target_read_uint(t, 0x1000, 8, &v), KLPSCOPE_OK);
	/* A page is there or it is not: the cache knows nothing smaller. */
	assert_int_equal(target_read_uint(t, 0x2100, 8, &v), KLPSCOPE_EXCLUDED);
	assert_string_equal(target_error(t), "0x2100: page excluded from the dump");
	assert_int_equal(target_read(t, 0x1ff0, buf, 32), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_read_uint(t, 0x3000, 8, &v), KLPSCOPE_TRUNCATED);
	assert_int_equal(target_read_uint(t, 0x4000, 8, &v), KLPSCOPE_OK);
	assert_int_equal(target_read_uint(t, 0x5000, 8, &v), KLPSCOPE_FAULT);
	assert_int_equal(target_read(t, 0x4ff8, buf, 16), KLPSCOPE_FAULT);
	assert_int_equal(target_read_bulk(t, 0x1000, buf, 64), KLPSCOPE_OK);
	assert_int_equal(target_read_bulk(t, 0x1ff0, buf, 64), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_read(t, UINT64_MAX - 3, buf, 8), KLPSCOPE_FAULT);
	assert_int_equal(target_read_bulk(t, UINT64_MAX - 3, buf, 8), KLPSCOPE_FAULT);
	fake_free(f);
}

static void test_cache(void **state)
{
	struct fake *f = fake_parse("at 0x1000\nzero 4096\n");
	struct target *t = fake_target(f);
	uint64_t v;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(target_read_uint(t, 0x1000 + 8 * i, 8, &v), KLPSCOPE_OK);
		assert_int_equal(target_read_uint(t, 0x9000, 8, &v), KLPSCOPE_FAULT);
	}
	assert_int_equal(fake_reads(f), 2);
	assert_int_equal(target_pages_read(t), 2);
	fake_free(f);
}

static void test_strings(void **state)
{
	struct fake *f = fake_parse("at 0xffd\n@a: str \"klp_\\x1b[m \\\"q\\\"\"\n"
				    "at 0x1ff9\n@end: u8 0x61 0x62 0x63 0x64 0x65 0x66 0\n"
				    "at 0x2ffd\n@open: u8 0x61 0x62 0x63\n");
	struct target *t = fake_target(f);
	const char *s;

	(void)state;
	assert_int_equal(target_read_string(t, 0xffd, 100, &s), KLPSCOPE_OK);
	assert_string_equal(s, "klp_\\x1b[m \"q\"");
	/* The page behind is not touched when the string ends before it. */
	assert_int_equal(target_read_string(t, 0x1ff9, 100, &s), KLPSCOPE_OK);
	assert_string_equal(s, "abcdef");
	assert_int_equal(target_read_string(t, 0x1ff9, 6, &s), KLPSCOPE_OK);
	assert_int_equal(target_read_string(t, 0x1ff9, 5, &s), KLPSCOPE_CORRUPT);
	assert_null(s);
	assert_int_equal(target_read_string(t, 0x2ffd, 100, &s), KLPSCOPE_FAULT);
	fake_free(f);
}

static void test_errors(void **state)
{
	struct fake *f = fake_parse("at 0\nu8 0\n");
	struct target *t = fake_target(f);
	char big[3000];

	(void)state;
	assert_int_equal(target_fail(t, KLPSCOPE_CORRUPT, "node %d", 3), KLPSCOPE_CORRUPT);
	assert_int_equal(target_prepend(t, KLPSCOPE_CORRUPT, "patch %s", "a"), KLPSCOPE_CORRUPT);
	assert_string_equal(target_error(t), "patch a: node 3");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (int i = 0; i < 8; i++)
		assert_int_equal(target_prepend(t, KLPSCOPE_LIMIT, "%.*s", 400, big), KLPSCOPE_LIMIT);
	assert_int_equal(target_prepend(t, KLPSCOPE_LIMIT, "%s", big), KLPSCOPE_LIMIT);
	assert_true(strlen(target_error(t)) < sizeof(big));
	for (int st = KLPSCOPE_OK; st <= KLPSCOPE_INVALID; st++)
		assert_non_null(strstr(klpscope_strstatus(st), ""));
	fake_free(f);
}

static void test_host(void **state)
{
	struct fake *f =
		fake_parse("vmcoreinfo OSRELEASE 6.1.0 #1\nvmcoreinfo SYMBOL(_stext) @text\n"
			   "vmcoreinfo NUMBER(x) 12\n"
			   "symbol _stext @text 0x10\nsymbol gone excluded\n"
			   "member klp_patch mod 0 8\nmember klp_patch objs fault\ntype klp_patch 400\n"
			   "at 0xffffffff81000000\n@text: zero 32\n");
	struct target *t = fake_target(f);
	struct member_info m;
	struct symbol_name name;
	const char *s;
	uint64_t v;

	(void)state;
	assert_int_equal(target_vmcoreinfo(t, "OSRELEASE", &s), KLPSCOPE_OK);
	assert_string_equal(s, "6.1.0 #1");
	assert_int_equal(target_vmcoreinfo_num(t, "SYMBOL(_stext)", 16, &v), KLPSCOPE_OK);
	assert_int_equal(v, 0xffffffff81000000);
	assert_int_equal(target_vmcoreinfo_num(t, "NUMBER(x)", 10, &v), KLPSCOPE_OK);
	assert_int_equal(v, 12);
	assert_int_equal(target_vmcoreinfo_num(t, "OSRELEASE", 16, &v), KLPSCOPE_CORRUPT);
	assert_int_equal(target_vmcoreinfo(t, "PAGESIZE", &s), KLPSCOPE_NOT_FOUND);
	assert_int_equal(target_symbol(t, "_stext", &v), KLPSCOPE_OK);
	assert_int_equal(v, 0xffffffff81000000);
	assert_int_equal(target_symbol(t, "nowhere", &v), KLPSCOPE_NOT_FOUND);
	assert_int_equal(target_symbol(t, "gone", &v), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_name_address(t, 0xffffffff8100000f, &name), KLPSCOPE_OK);
	assert_string_equal(name.name, "_stext");
	assert_int_equal(name.start, 0xffffffff81000000);
	assert_int_equal(target_name_address(t, 0xffffffff81000010, &name), KLPSCOPE_NOT_FOUND);
	assert_int_equal(target_member(t, "klp_patch", "mod", &m), KLPSCOPE_OK);
	assert_int_equal(m.size, 8);
	assert_int_equal(target_member(t, "klp_patch", "objs", &m), KLPSCOPE_FAULT);
	assert_int_equal(target_member(t, "klp_patch", "states", &m), KLPSCOPE_NOT_FOUND);
	assert_int_equal(target_type_size(t, "klp_patch", &v), KLPSCOPE_OK);
	assert_int_equal(v, 400);
	fake_free(f);
}

static void test_nobody_knows(void **state)
{
	struct fake *f = fake_parse("symbol a 1\ntype a 1\nno symbols\nno types\nat 0\nzero 1\n");
	struct target *t = fake_target(f);
	struct member_info m;
	uint64_t v;

	(void)state;
	assert_int_equal(target_symbol(t, "a", &v), KLPSCOPE_UNSUPPORTED);
	assert_int_equal(target_member(t, "a", "b", &m), KLPSCOPE_UNSUPPORTED);
	assert_int_equal(target_type_size(t, "a", &v), KLPSCOPE_UNSUPPORTED);
	fake_free(f);
}

/* A provider that answers every question with one status. */
struct stub {
	struct provider p;
	enum klpscope_status st;
	unsigned int destroyed;
};

static void stub_symbols(struct provider *p, struct symbol_query *q, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!q[i].st)
			continue;
		q[i].st = ((struct stub *)p)->st;
		q[i].addr = 0x42;
	}
}

static enum klpscope_status stub_member(struct provider *p, const char *type, const char *member,
					struct member_info *out)
{
	(void)type;
	(void)member;
	out->offset = 0x42;
	return ((struct stub *)p)->st;
}

static void stub_destroy(struct provider *p)
{
	((struct stub *)p)->destroyed++;
}

static void ask_two(enum klpscope_status first, enum klpscope_status second, enum klpscope_status want)
{
	struct fake *f = fake_parse("at 0\nzero 1\n");
	struct target *t = fake_target(f);
	const struct provider ops = { .name = "stub", .symbols = stub_symbols, .member = stub_member,
				      .destroy = stub_destroy };
	struct stub a = { .p = ops, .st = first }, b = { .p = ops, .st = second };
	struct member_info m;
	uint64_t v;

	target_add_provider(t, &a.p);
	target_add_provider(t, &b.p);
	assert_int_equal(target_symbol(t, "x", &v), want);
	assert_int_equal(target_member(t, "x", "y", &m), want);
	fake_free(f);
	assert_int_equal(a.destroyed, 1);
	assert_int_equal(b.destroyed, 1);
}

static void test_order(void **state)
{
	(void)state;
	ask_two(KLPSCOPE_OK, KLPSCOPE_FAULT, KLPSCOPE_OK);
	ask_two(KLPSCOPE_EXCLUDED, KLPSCOPE_OK, KLPSCOPE_OK);
	ask_two(KLPSCOPE_NOT_FOUND, KLPSCOPE_NOT_FOUND, KLPSCOPE_NOT_FOUND);
	/* One that could not search is enough for "not found" to be more than we know. */
	ask_two(KLPSCOPE_EXCLUDED, KLPSCOPE_NOT_FOUND, KLPSCOPE_EXCLUDED);
	ask_two(KLPSCOPE_NOT_FOUND, KLPSCOPE_TRUNCATED, KLPSCOPE_TRUNCATED);
	ask_two(KLPSCOPE_EXCLUDED, KLPSCOPE_TRUNCATED, KLPSCOPE_EXCLUDED);
}

/* What the dump says of itself comes first; a host that cannot find it has looked everywhere. */
static void test_host_after_providers(void **state)
{
	struct fake *f = fake_parse("symbol klp_patches 0x1000\nmember klp_patch mod 0 8\ntype klp_patch 400\n"
				    "at 0\nu8 0\n");
	struct target *t = fake_target(f);
	struct stub own = {
		.p = { .name = "own", .symbols = stub_symbols, .member = stub_member },
		.st = KLPSCOPE_EXCLUDED,
	};
	struct member_info m;
	uint64_t v;

	(void)state;
	target_add_provider(t, &own.p);
	assert_int_equal(target_symbol(t, "klp_ops", &v), KLPSCOPE_NOT_FOUND);
	assert_int_equal(target_member(t, "klp_patch", "mod", &m), KLPSCOPE_OK);
	assert_int_equal(m.size, 8);
	assert_int_equal(target_member(t, "klp_patch", "states", &m), KLPSCOPE_NOT_FOUND);
	/* A whole table of the dump's own is an answer, and the host is not asked. */
	own.st = KLPSCOPE_NOT_FOUND;
	assert_int_equal(target_symbol(t, "klp_patches", &v), KLPSCOPE_NOT_FOUND);
	assert_int_equal(target_member(t, "klp_patch", "mod", &m), KLPSCOPE_NOT_FOUND);
	own.st = KLPSCOPE_OK;
	assert_int_equal(target_symbol(t, "klp_patches", &v), KLPSCOPE_OK);
	assert_int_equal(v, 0x42);
	fake_free(f);
}

static void expect_note(struct target *t, unsigned int n, const void *bytes, size_t expected)
{
	unsigned char buf[8];
	size_t len = 99;

	assert_int_equal(target_prstatus(t, n, buf, sizeof(buf), &len), KLPSCOPE_OK);
	assert_int_equal(len, expected);
	assert_memory_equal(buf, bytes, len);
}

static void expect_no_note(struct target *t, unsigned int n, enum klpscope_status st, const char *words)
{
	unsigned char buf[8];
	size_t len = 99;

	assert_int_equal(target_prstatus(t, n, buf, sizeof(buf), &len), st);
	assert_int_equal(len, 0);
	assert_string_equal(target_error(t), words);
}

static void test_prstatus(void **state)
{
	struct fake *f = fake_parse("at 0x1000\n@a: u32 0x01020304\nat 0x2000\n@b: u64 1 @a\n@end: zero 8\n"
				    "prstatus @a 4\nprstatus truncated\nprstatus @b 16\nprstatus @end 8\n"
				    "prstatus @b @end-@b\nprstatus 0x9000 0\nhole @end 8 excluded\n");
	struct target *t = fake_target(f);

	(void)state;
	expect_note(t, 2, "\1\0\0\0\0\0\0\0", 8);
	expect_note(t, 0, "\4\3\2\1", 4);
	expect_no_note(t, 1, KLPSCOPE_TRUNCATED,
		       "NT_PRSTATUS note 1: not in the dump's files (truncated, or a part is missing)");
	expect_no_note(t, 3, KLPSCOPE_EXCLUDED, "NT_PRSTATUS note 3: page excluded from the dump");
	expect_note(t, 4, "\1\0\0\0\0\0\0\0", 8);
	expect_note(t, 5, "", 0);
	expect_no_note(t, 6, KLPSCOPE_NOT_FOUND, "no NT_PRSTATUS note 6 in the dump");
	expect_no_note(t, UINT_MAX, KLPSCOPE_NOT_FOUND, "no NT_PRSTATUS note 4294967295 in the dump");
	assert_int_equal(fake_reads(f), 0);
	fake_free(f);
}

static enum klpscope_status boastful(void *arg, unsigned int n, void *buf, size_t size, size_t *len)
{
	(void)arg;
	(void)n;
	(void)buf;
	*len = size + 1;
	return KLPSCOPE_OK;
}

/* A host of the time before it, one without notes, and one that cannot count. */
static void test_prstatus_hosts(void **state)
{
	struct fake *f = fake_parse("at 0x1000\n@a: u64 1\nprstatus @a 8\n"), *none = fake_parse("at 0\nu8 0\n");
	struct klpscope_target_ops older = *fake_ops(f), wrong = *fake_ops(f);
	struct target *t;

	(void)state;
	older.size = offsetof(struct klpscope_target_ops, prstatus);
	t = target_new(&older, false, 8);
	expect_no_note(t, 0, KLPSCOPE_NOT_FOUND, "no NT_PRSTATUS note 0 in the dump");
	target_free(t);
	expect_no_note(fake_target(none), 0, KLPSCOPE_NOT_FOUND, "no NT_PRSTATUS note 0 in the dump");
	wrong.prstatus = boastful;
	t = target_new(&wrong, false, 8);
	expect_no_note(t, 0, KLPSCOPE_INVALID, "NT_PRSTATUS note 0: invalid");
	target_free(t);
	fake_free(none);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_holes),  cmocka_unit_test(test_cache),
		cmocka_unit_test(test_strings), cmocka_unit_test(test_errors), cmocka_unit_test(test_host),
		cmocka_unit_test(test_host_after_providers),
		cmocka_unit_test(test_nobody_knows), cmocka_unit_test(test_order),
		cmocka_unit_test(test_prstatus), cmocka_unit_test(test_prstatus_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
