// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The structures that callers fill: of the first release, of this one, and of
 * one that is yet to come.  Each lies at the very end of its memory, so that a
 * sanitizer sees who looks beyond it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "klpscope.h"
#include "tests/unit/kernel.h"

static struct klpscope *ks;
static struct fake *kernel;

static int setup(void **state)
{
	(void)state;
	ks = klpscope_new();
	kernel = kernel_parse("little", 8, kernel_types, kernel_memory, NULL);
	return !ks;
}

static int teardown(void **state)
{
	(void)state;
	klpscope_free(ks);
	fake_free(kernel);
	return 0;
}

static void collect(void)
{
	assert_int_equal(klpscope_attach(ks, fake_ops(kernel), fake_host(kernel)), KLPSCOPE_OK);
	assert_int_equal(klpscope_collect(ks), KLPSCOPE_OK);
}

/* --- what each is given to --- */

static enum klpscope_status give_files(const void *s)
{
	return klpscope_open(ks, s);
}

static enum klpscope_status give_dump_files(const void *s)
{
	struct klpscope_dump *dump = (void *)ks;
	enum klpscope_status st = klpscope_dump_open(ks, s, &dump);

	assert_true(st && !dump);
	return st;
}

static enum klpscope_status give_ops(const void *s)
{
	return klpscope_attach(ks, s, fake_host(kernel));
}

static enum klpscope_status give_host(const void *s)
{
	return klpscope_attach(ks, fake_ops(kernel), s);
}

static enum klpscope_status give_render(const void *s)
{
	enum klpscope_status st;
	size_t length = 1;
	char *text;

	collect();
	text = (char *)ks;
	st = klpscope_render(ks, s, &text, &length);
	assert_true(st ? !text && !length : text && length == strlen(text));
	free(text);
	return st;
}

static enum klpscope_status give_capsule(const void *s)
{
	char *data = (char *)ks, *summary = (char *)ks;
	size_t length = 1;
	enum klpscope_status st;

	collect();
	st = klpscope_capsule(ks, s, &data, &length, &summary);
	assert_true(st && !data && !length && !summary);
	return st;
}

/* --- what is given --- */

static void fill_files(void *s)
{
	static const char *const paths[] = { "/nowhere/vmcore" };
	struct klpscope_files files = { .paths = paths, .count = 1 };

	memcpy(s, &files, sizeof(files));
}

static void fill_ops(void *s)
{
	memcpy(s, fake_ops(kernel), sizeof(struct klpscope_target_ops));
}

static void fill_host(void *s)
{
	memcpy(s, fake_host(kernel), sizeof(struct klpscope_host));
}

static void fill_nothing(void *s)
{
	(void)s;
}

#define END(type, member) (offsetof(struct type, member) + sizeof(((struct type *)0)->member))

/* The sizes of first releases are what they were then: those of the next are none of their business. */
static const struct {
	const char *name;
	size_t size, first, least;	/* of this release; of the first; the end of the last member that it had */
	void (*fill)(void *s);
	enum klpscope_status (*give)(const void *s);
	/* When the structure itself is right. */
	enum klpscope_status st;
	const char *words;
} kinds[] = {
	{ "klpscope_files", sizeof(struct klpscope_files), 64, END(klpscope_files, progress_arg), fill_files, give_files,
	  KLPSCOPE_SYSTEM, "/nowhere/vmcore" },
	{ "klpscope_files", sizeof(struct klpscope_files), 64, END(klpscope_files, progress_arg), fill_files,
	  give_dump_files, KLPSCOPE_SYSTEM, "/nowhere/vmcore" },
	{ "klpscope_target_ops", sizeof(struct klpscope_target_ops), 64, END(klpscope_target_ops, type_size), fill_ops,
	  give_ops, KLPSCOPE_OK, "" },
	{ "klpscope_host", sizeof(struct klpscope_host), 40, END(klpscope_host, pointer_size), fill_host, give_host,
	  KLPSCOPE_OK, "" },
	{ "klpscope_render", sizeof(struct klpscope_render), 48, END(klpscope_render, task), fill_nothing, give_render,
	  KLPSCOPE_OK, "" },
	{ "klpscope_capsule", sizeof(struct klpscope_capsule), 16, END(klpscope_capsule, redact), fill_nothing,
	  give_capsule, KLPSCOPE_INVALID, "nothing was recorded" },
};

#define NR_KINDS (sizeof(kinds) / sizeof(*kinds))

/* What was opened once is open. */
static void start_anew(void)
{
	teardown(NULL);
	assert_int_equal(setup(NULL), 0);
}

static void give(unsigned int i, const void *s, enum klpscope_status st, const char *words)
{
	enum klpscope_status got = kinds[i].give(s);

	if (got != st || !strstr(klpscope_error(ks), words))
		fail_msg("struct %s: %s: \"%s\", and not %s with \"%s\"", kinds[i].name, klpscope_strstatus(got),
			 klpscope_error(ks), klpscope_strstatus(st), words);
}

/* `there` bytes, of which the first `size` are said to be the structure; `set`: 0, or where the last byte is set. */
static void give_size(unsigned int i, size_t there, size_t size, size_t set, enum klpscope_status st, const char *words)
{
	unsigned char *whole = calloc(1, (there > kinds[i].size ? there : kinds[i].size) + 1), *s = malloc(there);

	assert_non_null(whole);
	assert_non_null(s);
	start_anew();
	kinds[i].fill(whole);
	memcpy(whole, &size, sizeof(size));
	if (set)
		whole[set] = 1;
	memcpy(s, whole, there);
	free(whole);
	give(i, s, st, words);
	free(s);
}

static void test_this_release(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_KINDS; i++)
		give_size(i, kinds[i].size, kinds[i].size, 0, kinds[i].st, kinds[i].words);
}

/* Whoever was built then goes on as then. */
static void test_first_release(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		if (sizeof(void *) == 8)
			assert_int_equal(kinds[i].first, (kinds[i].least + 7) / 8 * 8);
		assert_true(kinds[i].size >= kinds[i].first);
		give_size(i, kinds[i].first, kinds[i].first, 0, kinds[i].st, kinds[i].words);
	}
}

/* Members that came later start behind all that was: not in the padding, which its caller need not have zeroed. */
static void test_padding(void **state)
{
	(void)state;
	if (sizeof(void *) != 8)
		skip();
	assert_true(offsetof(struct klpscope_target_ops, prstatus) >= 64);
	assert_true(offsetof(struct klpscope_host, origin) >= 40);
}

static void test_forgotten(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		start_anew();
		give(i, NULL, KLPSCOPE_INVALID, kinds[i].name);
		give_size(i, kinds[i].size, 0, 0, KLPSCOPE_INVALID, "must be sizeof");
		give_size(i, kinds[i].size, 0, 0, KLPSCOPE_INVALID, kinds[i].name);
		give_size(i, sizeof(size_t), sizeof(size_t), 0, KLPSCOPE_INVALID, "must be sizeof");
		give_size(i, kinds[i].size, kinds[i].least - 1, 0, KLPSCOPE_INVALID, "must be sizeof");
	}
}

static void test_next_release(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		size_t now = kinds[i].size;

		for (size_t more = 1; more <= 24; more++)
			give_size(i, now + more, now + more, 0, kinds[i].st, kinds[i].words);
		give_size(i, now + 1, now + 1, now, KLPSCOPE_INVALID, "does not know");
		give_size(i, now + 16, now + 16, now, KLPSCOPE_INVALID, "does not know");
		give_size(i, now + 16, now + 16, now + 15, KLPSCOPE_INVALID, kinds[i].name);
		/* Beyond its end it is not the structure. */
		give_size(i, now + 16, now + 8, now + 8, kinds[i].st, kinds[i].words);
		give_size(i, 4096, 4096, 0, kinds[i].st, kinds[i].words);
	}
}

static void test_nonsense(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		give_size(i, kinds[i].size, 4097, 0, KLPSCOPE_INVALID, "must be sizeof");
		give_size(i, kinds[i].size, SIZE_MAX, 0, KLPSCOPE_INVALID, "must be sizeof");
	}
}

/* The structure comes before all else, also where a dump is needed to go on. */
static void test_beside(void **state)
{
	struct klpscope_target_ops ops = *fake_ops(kernel);

	(void)state;
	ops.size = 0;
	assert_int_equal(klpscope_attach_dump(ks, &ops, NULL), KLPSCOPE_INVALID);
	assert_non_null(strstr(klpscope_error(ks), "klpscope_target_ops"));
}

/* What lies behind a short structure is not looked at. */

static enum klpscope_status never(void *arg, unsigned int n, void *buf, size_t size, size_t *len)
{
	(void)arg;
	(void)n;
	(void)buf;
	(void)size;
	(void)len;
	fail_msg("a host of 0.1 has no prstatus()");
	return KLPSCOPE_FAULT;
}

static void test_behind(void **state)
{
	struct klpscope_target_ops ops = *fake_ops(kernel);
	struct klpscope_host host = *fake_host(kernel);

	(void)state;
	ops.size = offsetof(struct klpscope_target_ops, prstatus);
	ops.prstatus = never;
	host.size = offsetof(struct klpscope_host, origin);
	host.origin = "checksum=00000000\ndamaged=1\n";
	host.damaged = true;
	assert_int_equal(klpscope_attach(ks, &ops, &host), KLPSCOPE_OK);
	assert_int_equal(klpscope_collect(ks), KLPSCOPE_OK);
	assert_int_equal(klpscope_patch_in_effect(ks, "no_such_patch"), KLPSCOPE_EFFECT_NO);
}

/* Numbers that a later release may give a meaning. */
static void test_numbers(void **state)
{
	struct klpscope_render how = { .size = sizeof(how), .format = (enum klpscope_format)(KLPSCOPE_JSON + 1) };
	struct klpscope_capsule capsule = {
		.size = sizeof(capsule), .form = (enum klpscope_capsule_form)(KLPSCOPE_CAPSULE_ELF + 1),
	};

	(void)state;
	assert_int_equal(give_render(&how), KLPSCOPE_INVALID);
	assert_string_equal(klpscope_error(ks), "no such format");
	start_anew();
	assert_int_equal(give_capsule(&capsule), KLPSCOPE_INVALID);
	assert_string_equal(klpscope_error(ks), "no such form of a capsule");
	assert_string_equal(klpscope_strstatus((enum klpscope_status)(KLPSCOPE_INVALID + 1)), "unknown status");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_this_release, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_release, setup, teardown),
		cmocka_unit_test_setup_teardown(test_padding, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(test_next_release, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(test_beside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
