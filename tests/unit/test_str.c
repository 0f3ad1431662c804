// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/arena.h"
#include "util/str.h"

static void expect(const char *raw, size_t len, const char *want)
{
	char out[256];
	size_t n = str_sanitize(out, sizeof(out), raw, len);

	assert_string_equal(out, want);
	assert_int_equal(n, strlen(want));
}

#define EXPECT(raw, want) expect(raw, sizeof(raw) - 1, want)

static void test_plain(void **state)
{
	(void)state;
	EXPECT("klp_patches", "klp_patches");
	EXPECT("", "");
	EXPECT("Zm\xc4\x9bna \xe2\x82\xac \xf0\x9f\x90\xa7", "Zm\xc4\x9bna \xe2\x82\xac \xf0\x9f\x90\xa7");
	EXPECT("stops\0here", "stops");
}

static void test_controls(void **state)
{
	(void)state;
	EXPECT("\x1b[31mred", "\\x1b[31mred");
	EXPECT("a\nb\tc\rd\x7f", "a\\x0ab\\x09c\\x0dd\\x7f");
	EXPECT("back\\slash", "back\\x5cslash");
	EXPECT("\xc2\x9b" "31m", "\\xc2\\x9b31m");		/* CSI as a C1 control */
	EXPECT("a\xe2\x80\xae" "b", "a\\xe2\\x80\\xae" "b");	/* right-to-left override */
	EXPECT("a\xe2\x80\x8b" "b", "a\\xe2\\x80\\x8b" "b");	/* zero width space */
	EXPECT("\xef\xbb\xbf", "\\xef\\xbb\\xbf");		/* byte order mark */
}

static void test_bad_utf8(void **state)
{
	(void)state;
	EXPECT("\xff\xfe", "\\xff\\xfe");
	EXPECT("\x80", "\\x80");
	EXPECT("\xc0\x80", "\\xc0\\x80");			/* overlong */
	EXPECT("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	EXPECT("\xed\xa0\x80", "\\xed\\xa0\\x80");		/* a surrogate */
	EXPECT("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");	/* beyond U+10FFFF */
	EXPECT("a\xe2\x82", "a\\xe2\\x82");			/* cut short */
	EXPECT("a\xc3(b", "a\\xc3(b");
}

static void test_truncates(void **state)
{
	char out[8];

	(void)state;
	memset(out, 'x', sizeof(out));
	assert_int_equal(str_sanitize(out, sizeof(out), "0123456789", 10), 7);
	assert_string_equal(out, "0123456");
	/* Never half of an escape, never half of a character. */
	assert_int_equal(str_sanitize(out, sizeof(out), "01234\x1b", 6), 5);
	assert_string_equal(out, "01234");
	assert_int_equal(str_sanitize(out, sizeof(out), "012345\xe2\x82\xac", 9), 6);
	assert_string_equal(out, "012345");
	assert_int_equal(str_sanitize(out, 1, "a", 1), 0);
	assert_string_equal(out, "");
	assert_int_equal(str_sanitize(out, 0, "a", 1), 0);
}

/* Whatever comes in, what goes out is printable, and 4 * len + 1 bytes are enough. */
static void test_any_bytes(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char raw[24], out[4 * sizeof(raw) + 1];
		size_t n, i;

		for (i = 0; i < sizeof(raw); i++)
			raw[i] = (char)(1 + rand_r(&seed) % 255);
		n = str_sanitize(out, sizeof(out), raw, sizeof(raw));
		assert_true(n >= sizeof(raw));
		assert_int_equal(n, strlen(out));
		for (i = 0; i < n; i++)
			assert_true((unsigned char)out[i] >= 0x20 && out[i] != 0x7f);
	}
}

static void test_arena(void **state)
{
	struct arena *a = arena_new(1 << 20);
	char *s, *big;

	(void)state;
	s = arena_printf(a, "%s %d", "patch", 7);
	assert_string_equal(s, "patch 7");
	assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
	big = arena_alloc(a, 200000);
	assert_non_null(big);
	assert_int_equal(big[199999], 0);
	assert_int_equal((uintptr_t)arena_alloc(a, 1) % _Alignof(max_align_t), 0);
	assert_string_equal(s, "patch 7");
	assert_null(arena_alloc(a, 900000));
	assert_null(arena_alloc(a, SIZE_MAX));
	assert_null(arena_alloc(a, SIZE_MAX - 8));
	assert_non_null(arena_alloc(a, 0));
	arena_free(a);
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	  cmocka_unit_test(test_controls),
		cmocka_unit_test(test_bad_utf8),  cmocka_unit_test(test_truncates),
		cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
