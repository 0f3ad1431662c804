// SPDX-License-Identifier: GPL-2.0-or-later
/* Names and layouts as a capsule has them: as text, and out of text that anybody may have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "target/answers.h"

static struct arena *arena;
static struct answers *answers;

static int setup(void **state)
{
	(void)state;
	arena = arena_new((size_t)64 << 20);
	answers = answers_new(arena);
	return !answers;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void fresh(void)
{
	arena_free(arena);
	arena = arena_new((size_t)64 << 20);
	answers = answers_new(arena);
	assert_non_null(answers);
}

static void add(enum answer_kind kind, const char *name, const char *member, uint64_t key, enum klpscope_status st,
		uint64_t value, const char *text)
{
	assert_true(answers_add(answers, &(struct answer){ .kind = kind, .name = name, .member = member, .key = key,
							   .st = st, .value = value, .size = value / 2,
							   .flag = value & 1, .module = kind == ANSWER_ADDRESS ? "m" : "",
							   .text = text }));
}

static const struct answer *expect(enum answer_kind kind, const char *name, const char *member, uint64_t key,
				   enum klpscope_status st, uint64_t value, const char *text)
{
	const struct answer *a = answers_find(answers, kind, name, member, key);

	assert_non_null(a);
	assert_int_equal(a->st, st);
	assert_int_equal(a->value, value);
	assert_int_equal(a->size, value / 2);
	assert_int_equal(a->flag, value & 1);
	assert_string_equal(a->text, text);
	assert_string_equal(a->module, kind == ANSWER_ADDRESS ? "m" : "");
	return a;
}

/* Writes them, and starts over with what that says. */
static void write_and_parse(void)
{
	size_t length;
	char *text = answers_write(answers, &length);

	assert_non_null(text);
	assert_int_equal(strlen(text), length);
	fresh();
	assert_int_equal(answers_parse(answers, text, length), KLPSCOPE_OK);
	free(text);
}

static void test_round_trip(void **state)
{
	(void)state;
	for (int st = KLPSCOPE_OK; st <= KLPSCOPE_INVALID; st++)
		add(ANSWER_SYMBOL, "klp_patches", "", (uint64_t)st, st, UINT64_MAX - (uint64_t)st, st ? "why" : "");
	add(ANSWER_SYMBOL, "odd\\x5c\\x0aname é", "", 0, KLPSCOPE_OK, 8, "");
	add(ANSWER_MEMBER, "task_struct", "comm", 0, KLPSCOPE_UNSUPPORTED, 0xffffffff, "a bit field, \\x09 and \\");
	add(ANSWER_MEMBER, "task_struct", "pid", 0, KLPSCOPE_OK, 16, "");
	add(ANSWER_TYPE, "task_struct", "", 0, KLPSCOPE_EXCLUDED, 0, "types: 0xffff: page excluded from the dump");
	add(ANSWER_ADDRESS, "", "", UINT64_MAX, KLPSCOPE_OK, UINT64_MAX, "func.cold\\xc3");
	for (unsigned int round = 0; round < 2; round++) {
		for (int st = KLPSCOPE_OK; st <= KLPSCOPE_INVALID; st++)
			expect(ANSWER_SYMBOL, "klp_patches", "", (uint64_t)st, st, UINT64_MAX - (uint64_t)st,
			       st ? "why" : "");
		expect(ANSWER_SYMBOL, "odd\\x5c\\x0aname é", "", 0, KLPSCOPE_OK, 8, "");
		expect(ANSWER_MEMBER, "task_struct", "comm", 0, KLPSCOPE_UNSUPPORTED, 0xffffffff,
		       "a bit field, \\x09 and \\");
		expect(ANSWER_MEMBER, "task_struct", "pid", 0, KLPSCOPE_OK, 16, "");
		expect(ANSWER_TYPE, "task_struct", "", 0, KLPSCOPE_EXCLUDED, 0,
		       "types: 0xffff: page excluded from the dump");
		expect(ANSWER_ADDRESS, "", "", UINT64_MAX, KLPSCOPE_OK, UINT64_MAX, "func.cold\\xc3");
		assert_null(answers_find(answers, ANSWER_TYPE, "task_struct", "pid", 0));
		assert_null(answers_find(answers, ANSWER_SYMBOL, "task_struct", "", 0));
		assert_null(answers_find(answers, ANSWER_SYMBOL, "klp_patches", "", 100));
		write_and_parse();
	}
}

static void test_nothing(void **state)
{
	(void)state;
	write_and_parse();
	assert_null(answers_find(answers, ANSWER_SYMBOL, "", "", 0));
}

static void test_first_stays(void **state)
{
	static const char twice[] = "s\ta\t\t0\t0\t1\t0\t0\t\t\ns\ta\t\t0\t2\t2\t0\t0\t\t\n";

	(void)state;
	add(ANSWER_SYMBOL, "x", "", 0, KLPSCOPE_OK, 2, "");
	add(ANSWER_SYMBOL, "x", "", 0, KLPSCOPE_EXCLUDED, 4, "no");
	expect(ANSWER_SYMBOL, "x", "", 0, KLPSCOPE_OK, 2, "");
	assert_int_equal(answers_parse(answers, twice, sizeof(twice) - 1), KLPSCOPE_OK);
	assert_int_equal(answers_find(answers, ANSWER_SYMBOL, "a", "", 0)->value, 1);
	assert_int_equal(answers_find(answers, ANSWER_SYMBOL, "a", "", 0)->st, KLPSCOPE_OK);
}

/* Words that were cut within a character, and the longest name that kallsyms can have. */
static void test_made_clean(void **state)
{
	char longest[4 * 1023 + 1] = "", words[1024];

	(void)state;
	for (unsigned int i = 0; i < 1023; i++)
		strcat(longest, "\\xff");
	memset(words, 'w', sizeof(words) - 2);
	strcpy(words + sizeof(words) - 2, "\xc3");
	add(ANSWER_ADDRESS, "", "", 1, KLPSCOPE_OK, 0, longest);
	add(ANSWER_TYPE, "t", "", 0, KLPSCOPE_CORRUPT, 0, words);
	add(ANSWER_TYPE, "u", "", 0, KLPSCOPE_CORRUPT, 0, "a\tb\nc\x1b[2J");
	write_and_parse();
	expect(ANSWER_ADDRESS, "", "", 1, KLPSCOPE_OK, 0, longest);
	strcpy(words + sizeof(words) - 2, "");
	assert_memory_equal(answers_find(answers, ANSWER_TYPE, "t", "", 0)->text, words, strlen(words));
	expect(ANSWER_TYPE, "u", "", 0, KLPSCOPE_CORRUPT, 0, "a\\x09b\\x0ac\\x1b[2J");
}

static enum klpscope_status parse(const char *text)
{
	fresh();
	return answers_parse(answers, text, strlen(text));
}

static void test_hostile(void **state)
{
	static const char *const bad[] = {
		"\n", "s", "s\t", "\t\t\t\t\t\t\t\t\t", "s\ta\t\t0\t0\t1\t0\t0\t", "s\ta\t\t0\t0\t1\t0\t0\t\t\t",
		"x\ta\t\t0\t0\t1\t0\t0\t\t", "ss\ta\t\t0\t0\t1\t0\t0\t\t", "S\ta\t\t0\t0\t1\t0\t0\t\t",
		/* numbers: none, too large, signed, spaces, other digits, a status that there is not, a flag of 2 */
		"s\ta\t\t\t0\t1\t0\t0\t\t", "s\ta\t\t10000000000000000\t0\t1\t0\t0\t\t",
		"s\ta\t\tfffffffffffffffffffffffffffffffff\t0\t1\t0\t0\t\t", "s\ta\t\t-1\t0\t1\t0\t0\t\t",
		"s\ta\t\t+1\t0\t1\t0\t0\t\t", "s\ta\t\t 1\t0\t1\t0\t0\t\t", "s\ta\t\t0x1\t0\t1\t0\t0\t\t",
		"s\ta\t\tF\t0\t1\t0\t0\t\t", "s\ta\t\t1 \t0\t1\t0\t0\t\t", "s\ta\t\t0\tff\t1\t0\t0\t\t",
		"s\ta\t\t0\tffffffff00000000\t1\t0\t0\t\t", "s\ta\t\t0\t0\t1\t0\t2\t\t",
		"s\ta\t\t0\t0\t1\t0\t100000000\t\t",
		/* layouts that no type has */
		"m\ta\tb\t0\t0\t100000000\t8\t0\t\t", "m\ta\tb\t0\t0\t0\t100000000\t0\t\t",
		"t\ta\t\t0\t0\t0\tffffffffffffffff\t0\t\t",
		/* bytes that nobody may see, wherever they are */
		"s\ta\x1b[2J\t\t0\t0\t1\t0\t0\t\t", "s\t\x7f\t\t0\t0\t1\t0\t0\t\t", "s\ta\t\x80\t0\t0\t1\t0\t0\t\t",
		"s\ta\t\t0\t0\t1\t0\t0\t\r\t", "s\ta\t\t0\t0\t1\t0\t0\t\t\xe2\x80\xae", "s\ta\t\t0\t0\t1\t0\t0\t\t\xc2\x9b",
		"s\ta\t\t0\t0\t1\t0\t0\t\t\xc3", "s\t\xed\xa0\x80\t\t0\t0\t1\t0\t0\t\t",
		/* a good one, and an empty line */
		"s\ta\t\t0\t0\t1\t0\t0\t\t\n\ns\tb\t\t0\t0\t1\t0\t0\t\t\n", "s\ta\t\t0\t0\t1\t0\t0\t\t\n\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (parse(bad[i]) != KLPSCOPE_CORRUPT)
			fail_msg("\"%s\" is taken", bad[i]);
	assert_int_equal(parse(""), KLPSCOPE_OK);
	/* Nothing is missing without the last newline. */
	assert_int_equal(parse("s\ta\t\t0\t0\tffffffffffffffff\t0\t0\t\t"), KLPSCOPE_OK);
	assert_int_equal(answers_find(answers, ANSWER_SYMBOL, "a", "", 0)->value, UINT64_MAX);
	assert_int_equal(answers_parse(answers, "s\tb\t\t0\t0\t1\0\t0\t0\t\t", 21), KLPSCOPE_CORRUPT);
	assert_int_equal(answers_parse(answers, "\0", 1), KLPSCOPE_CORRUPT);
}

/* A field of `n` letters, each `step` bytes long. */
static enum klpscope_status parse_long(size_t n, const char *letter)
{
	char *text = calloc(1, n * strlen(letter) + 100);
	enum klpscope_status st;

	assert_non_null(text);
	strcpy(text, "s\t");
	for (size_t i = 0; i < n; i++)
		strcpy(text + 2 + i * strlen(letter), letter);
	strcat(text, "\t\t0\t0\t1\t0\t0\t\t");
	st = parse(text);
	free(text);
	return st;
}

static void test_long_fields(void **state)
{
	(void)state;
	assert_int_equal(parse_long(4096, "a"), KLPSCOPE_OK);
	assert_int_equal(parse_long(4096, "\\"), KLPSCOPE_OK);
	assert_int_equal(parse_long(4097, "a"), KLPSCOPE_CORRUPT);
	assert_int_equal(parse_long(4097, "\\"), KLPSCOPE_CORRUPT);
	assert_int_equal(parse_long(1000000, "é"), KLPSCOPE_CORRUPT);
}

/* In order, and in an order that the first table of answers had in one bucket: neither takes long. */
static void test_many(void **state)
{
	const unsigned int n = 100000;
	struct answer a = { .kind = ANSWER_ADDRESS, .name = "", .member = "", .module = "", .text = "" };

	(void)state;
	for (unsigned int i = 0; i < n; i++) {
		/* The inverse of what it multiplied by: all products have the same upper half. */
		a.key = i < n / 2 ? i : i * 0xf1de83e19937733du;
		a.value = i;
		assert_true(answers_add(answers, &a));
	}
	for (unsigned int i = 0; i < n; i++) {
		const struct answer *found = answers_find(answers, ANSWER_ADDRESS, "", "",
							  i < n / 2 ? i : i * 0xf1de83e19937733du);

		assert_non_null(found);
		assert_int_equal(found->value, i);
	}
	write_and_parse();
	assert_int_equal(answers_find(answers, ANSWER_ADDRESS, "", "", n / 2 - 1)->value, n / 2 - 1);
}

static void test_no_memory(void **state)
{
	struct arena *small = arena_new(4096);
	struct answers *few = answers_new(small);
	char line[64];
	enum klpscope_status st = KLPSCOPE_OK;

	(void)state;
	assert_non_null(few);
	for (unsigned int i = 0; i < 1000 && !st; i++) {
		snprintf(line, sizeof(line), "a\t\t\t%x\t0\t1\t0\t0\t\t\n", i);
		st = answers_parse(few, line, strlen(line));
	}
	assert_int_equal(st, KLPSCOPE_NO_MEMORY);
	assert_non_null(answers_find(few, ANSWER_ADDRESS, "", "", 3));
	arena_free(small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip), TEST(test_nothing),     TEST(test_first_stays), TEST(test_made_clean),
		TEST(test_hostile),    TEST(test_long_fields), TEST(test_many),	       TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
