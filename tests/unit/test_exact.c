// SPDX-License-Identifier: GPL-2.0-or-later
/* The target over a capsule, and the target watched for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "target/answers.h"

/* --- a backend of three pages, of which only some bytes may be asked for --- */

#define BASE	0xffff888000000000u
#define PAGE	4096u
#define SIZE	(3 * PAGE)

static struct {
	char bytes[SIZE];
	bool real[SIZE];
	enum klpscope_status missing;	/* what the others answer */
	unsigned int reads;
} memory;

static enum klpscope_status memory_read(void *arg, uint64_t addr, void *buf, size_t len)
{
	(void)arg;
	memory.reads++;
	if (addr < BASE || addr + len > BASE + SIZE)
		return KLPSCOPE_FAULT;
	for (size_t i = 0; i < len; i++)
		if (!memory.real[addr - BASE + i])
			return memory.missing;
	memcpy(buf, memory.bytes + (addr - BASE), len);
	return KLPSCOPE_OK;
}

static const struct klpscope_target_ops memory_ops = { .size = sizeof(memory_ops), .read = memory_read };

static void put(size_t at, const char *bytes, size_t len)
{
	memcpy(memory.bytes + at, bytes, len);
	memset(memory.real + at, true, len);
}

static struct target *target;
static struct answers *answers;

static int setup(void **state)
{
	(void)state;
	memset(&memory, 0, sizeof(memory));
	memset(memory.bytes, 'x', sizeof(memory.bytes));
	memory.missing = KLPSCOPE_EXCLUDED;
	target = target_new(&memory_ops, false, 8);
	answers = target ? answers_new(target_arena(target)) : NULL;
	return !answers;
}

static int teardown(void **state)
{
	(void)state;
	target_free(target);
	return 0;
}

static void test_reads(void **state)
{
	char buf[2 * PAGE];
	uint64_t v;

	(void)state;
	target_set_capsule(target, answers);
	put(100, "\1\2\3\4\5\6\7\10", 8);
	put(PAGE - 3, "abcdef", 6);
	assert_int_equal(target_read_uint(target, BASE + 100, 8, &v), KLPSCOPE_OK);
	assert_int_equal(v, 0x0807060504030201);
	assert_int_equal(target_read_uint(target, BASE + 104, 4, &v), KLPSCOPE_OK);
	assert_int_equal(target_read_uint(target, BASE + 105, 4, &v), KLPSCOPE_EXCLUDED);
	assert_string_equal(target_error(target), "0xffff888000000069: page excluded from the dump");
	assert_int_equal(target_read_uint(target, BASE + 99, 1, &v), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_read(target, BASE + PAGE - 3, buf, 6), KLPSCOPE_OK);
	assert_memory_equal(buf, "abcdef", 6);
	/* As it does with whole pages, it fails where the second one begins. */
	assert_int_equal(target_read(target, BASE + PAGE - 3, buf, 7), KLPSCOPE_EXCLUDED);
	assert_string_equal(target_error(target), "0xffff888000001000: page excluded from the dump");
	assert_int_equal(target_read_bulk(target, BASE + PAGE - 3, buf, 6), KLPSCOPE_OK);
	assert_int_equal(target_read_bulk(target, BASE + PAGE - 3, buf, 7), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_read(target, BASE + 100, buf, 0), KLPSCOPE_OK);
	assert_int_equal(target_read(target, UINT64_MAX - 3, buf, 8), KLPSCOPE_FAULT);
}

static void test_strings(void **state)
{
	const char *s;

	(void)state;
	target_set_capsule(target, answers);
	put(10, "klp\x1b", 5);
	put(PAGE - 2, "abcd", 5);
	put(2 * PAGE - 3, "abc", 3);
	put(50, "", 1);
	assert_int_equal(target_read_string(target, BASE + 10, 100, &s), KLPSCOPE_OK);
	assert_string_equal(s, "klp\\x1b");
	assert_int_equal(target_read_string(target, BASE + PAGE - 2, 100, &s), KLPSCOPE_OK);
	assert_string_equal(s, "abcd");
	assert_int_equal(target_read_string(target, BASE + PAGE - 2, 4, &s), KLPSCOPE_OK);
	assert_int_equal(target_read_string(target, BASE + PAGE - 2, 3, &s), KLPSCOPE_CORRUPT);
	assert_int_equal(target_read_string(target, BASE + 50, 100, &s), KLPSCOPE_OK);
	assert_string_equal(s, "");
	/* The words are those of the dump, whose page is missing from its beginning on. */
	memory.missing = KLPSCOPE_TRUNCATED;
	assert_int_equal(target_read_string(target, BASE + 2 * PAGE - 3, 100, &s), KLPSCOPE_TRUNCATED);
	assert_null(s);
	assert_string_equal(target_error(target),
			    "0xffff888000002000: not in the dump's files (truncated, or a part is missing)");
}

/* --- names and layouts --- */

static void add(enum answer_kind kind, const char *name, const char *member, uint64_t key, enum klpscope_status st,
		uint64_t value, const char *module, const char *text)
{
	assert_true(answers_add(answers, &(struct answer){ .kind = kind, .name = name, .member = member, .key = key,
							   .st = st, .value = value, .size = 8, .module = module,
							   .text = text }));
}

/* Knows everything, or says one status to all. */
struct stub {
	struct provider p;
	enum klpscope_status st;
	unsigned int asked;
};

static void stub_symbols(struct provider *p, struct symbol_query *q, size_t n)
{
	struct stub *s = (struct stub *)p;

	for (size_t i = 0; i < n; i++) {
		s->asked++;
		q[i].st = s->st;
		q[i].addr = 0x5000 + i;
	}
}

static enum klpscope_status stub_name(struct provider *p, uint64_t addr, struct symbol_name *out)
{
	struct stub *s = (struct stub *)p;

	s->asked++;
	*out = (struct symbol_name){ .name = "stub", .start = addr - 1 };
	return s->st;
}

static enum klpscope_status stub_member(struct provider *p, const char *type, const char *member,
					struct member_info *out)
{
	struct stub *s = (struct stub *)p;

	(void)type;
	(void)member;
	s->asked++;
	*out = (struct member_info){ .offset = 0x42, .size = 4 };
	return s->st;
}

static enum klpscope_status stub_type(struct provider *p, const char *type, uint64_t *size)
{
	struct stub *s = (struct stub *)p;

	(void)type;
	s->asked++;
	*size = 0x43;
	return s->st;
}

static struct stub stub_new(enum klpscope_status st)
{
	return (struct stub){
		.p = { .name = "stub", .symbols = stub_symbols, .name_address = stub_name, .member = stub_member,
		       .type_size = stub_type },
		.st = st,
	};
}

static struct stub other;	/* outlives the target */

static void fill_answers(void)
{
	add(ANSWER_SYMBOL, "klp_patches", "", 0, KLPSCOPE_OK, 0x1000, "", "");
	add(ANSWER_SYMBOL, "klp_ops", "", 0, KLPSCOPE_NOT_FOUND, 0, "", "");
	add(ANSWER_SYMBOL, "twin", "", 2, KLPSCOPE_TRUNCATED, 0, "", "");
	add(ANSWER_MEMBER, "klp_patch", "mod", 0, KLPSCOPE_OK, 16, "", "");
	add(ANSWER_MEMBER, "klp_patch", "states", 0, KLPSCOPE_CORRUPT, 0, "", "types: 0x12: BTF, \\x1b, no sense");
	add(ANSWER_TYPE, "klp_patch", "", 0, KLPSCOPE_FAULT, 0, "", "struct klp_patch: 0x77: not mapped");
	add(ANSWER_ADDRESS, "", "", 0x9010, KLPSCOPE_OK, 0x9000, "mod", "func");
	add(ANSWER_ADDRESS, "", "", 0x8010, KLPSCOPE_NOT_FOUND, 0, "", "");
}

static void expect_answers(void)
{
	struct symbol_name name;
	struct member_info m;
	uint64_t v;

	assert_int_equal(target_symbol(target, "klp_patches", &v), KLPSCOPE_OK);
	assert_int_equal(v, 0x1000);
	assert_int_equal(target_symbol(target, "klp_ops", &v), KLPSCOPE_NOT_FOUND);
	assert_int_equal(target_member(target, "klp_patch", "mod", &m), KLPSCOPE_OK);
	assert_int_equal(m.offset, 16);
	assert_int_equal(m.size, 8);
	assert_int_equal(target_member(target, "klp_patch", "states", &m), KLPSCOPE_CORRUPT);
	assert_string_equal(target_error(target), "types: 0x12: BTF, \\x1b, no sense");
	assert_int_equal(target_type_size(target, "klp_patch", &v), KLPSCOPE_FAULT);
	assert_string_equal(target_error(target), "struct klp_patch: 0x77: not mapped");
	assert_int_equal(target_name_address(target, 0x9010, &name), KLPSCOPE_OK);
	assert_string_equal(name.name, "func");
	assert_string_equal(name.module, "mod");
	assert_int_equal(name.start, 0x9000);
	assert_int_equal(name.size, 8);
	assert_int_equal(target_name_address(target, 0x8010, &name), KLPSCOPE_NOT_FOUND);
}

static void expect_unasked(enum klpscope_status names, enum klpscope_status st)
{
	struct symbol_query q[] = {
		{ .name = "nobody" }, { .name = "klp_patches" }, { .name = "twin", .sympos = 2 },
		{ .name = "twin", .sympos = 1 }, { .name = "klp_ops" },
	};
	struct symbol_name name;
	struct member_info m;
	uint64_t v;

	target_symbols(target, q, 5);
	assert_int_equal(q[0].st, st);
	assert_int_equal(q[1].st, KLPSCOPE_OK);
	assert_int_equal(q[1].addr, 0x1000);
	assert_int_equal(q[2].st, KLPSCOPE_TRUNCATED);
	assert_int_equal(q[3].st, st);
	assert_int_equal(q[4].st, KLPSCOPE_NOT_FOUND);
	if (!st) {
		assert_int_equal(q[0].addr, 0x5000);
		assert_int_equal(q[3].addr, 0x5001);
	}
	assert_int_equal(target_member(target, "klp_patch", "mod2", &m), st);
	assert_int_equal(target_type_size(target, "klp_func", &v), st);
	assert_int_equal(target_name_address(target, 0x9011, &name), names);
}

static void test_answers_first(void **state)
{
	(void)state;
	other = stub_new(KLPSCOPE_OK);
	fill_answers();
	target_set_capsule(target, answers);
	target_add_provider(target, &other.p);
	expect_answers();
	assert_int_equal(other.asked, 0);
	expect_unasked(KLPSCOPE_OK, KLPSCOPE_OK);
	assert_int_equal(other.asked, 5);
}

/* Nobody had asked, so the dump may have known. */
static void test_unasked(void **state)
{
	(void)state;
	fill_answers();
	target_set_capsule(target, answers);
	expect_answers();
	expect_unasked(KLPSCOPE_EXCLUDED, KLPSCOPE_EXCLUDED);
	expect_answers();
}

/* Only a whole table says "not found", and of modules no vmlinux has one. */
static void test_unasked_vmlinux(void **state)
{
	(void)state;
	other = stub_new(KLPSCOPE_NOT_FOUND);
	fill_answers();
	target_set_capsule(target, answers);
	target_add_provider(target, &other.p);
	expect_unasked(KLPSCOPE_EXCLUDED, KLPSCOPE_NOT_FOUND);
	other.st = KLPSCOPE_UNSUPPORTED;
	expect_unasked(KLPSCOPE_UNSUPPORTED, KLPSCOPE_EXCLUDED);
	other.st = KLPSCOPE_CORRUPT;
	expect_unasked(KLPSCOPE_CORRUPT, KLPSCOPE_CORRUPT);
	expect_answers();
}

/* What is asked of a capsule is kept for the next one, as it was answered. */
static void test_kept(void **state)
{
	struct answers *kept = answers_new(target_arena(target));
	const struct answer *a;
	struct target *next;

	(void)state;
	fill_answers();
	target_set_capsule(target, answers);
	target_keep_answers(target, kept);
	expect_answers();
	expect_unasked(KLPSCOPE_EXCLUDED, KLPSCOPE_EXCLUDED);
	a = answers_find(kept, ANSWER_MEMBER, "klp_patch", "mod2", 0);
	assert_non_null(a);
	assert_int_equal(a->st, KLPSCOPE_EXCLUDED);
	next = target;
	target = target_new(&memory_ops, false, 8);
	target_set_capsule(target, kept);
	expect_answers();
	expect_unasked(KLPSCOPE_EXCLUDED, KLPSCOPE_EXCLUDED);
	target_free(next);
}

/* --- who watches --- */

static char seen[2000];

static void saw(const char *what, uint64_t addr, size_t len)
{
	size_t n = strlen(seen);

	snprintf(seen + n, sizeof(seen) - n, "%s %llu+%zu;", what, (unsigned long long)(addr - BASE), len);
}

static void saw_used(void *arg, uint64_t addr, size_t len, enum target_purpose purpose)
{
	static const char *const names[] = { "system", "names", "modules", "patches", "tasks", "shadow", "tool" };

	assert_ptr_equal(arg, &memory);
	saw(names[purpose], addr, len);
}

static void saw_secret(void *arg, uint64_t addr, size_t len)
{
	assert_ptr_equal(arg, &memory);
	saw("secret", addr, len);
}

static void expect_seen(const char *what)
{
	assert_string_equal(seen, what);
	seen[0] = '\0';
}

static void watch(void)
{
	seen[0] = '\0';
	target_observe(target, &(struct target_observer){ .arg = &memory, .used = saw_used, .secret = saw_secret });
}

static void watched_reads(void)
{
	char buf[2 * PAGE];
	const char *s;
	uint64_t v;

	assert_int_equal(target_read(target, BASE + 100, buf, 7), KLPSCOPE_OK);
	assert_int_equal(target_read_uint(target, BASE + 8, 2, &v), KLPSCOPE_OK);
	assert_int_equal(target_read(target, BASE + PAGE - 1, buf, 2), KLPSCOPE_OK);
	assert_int_equal(target_read(target, BASE, buf, 0), KLPSCOPE_OK);
	expect_seen("system 100+7;system 8+2;system 4095+2;");
	assert_int_equal(target_read_bulk(target, BASE + 5, buf, PAGE), KLPSCOPE_OK);
	expect_seen("system 5+4096;");
	/* Up to and with the NUL; one too long: what was looked at. */
	assert_int_equal(target_read_string(target, BASE + 200, 100, &s), KLPSCOPE_OK);
	assert_int_equal(target_read_string(target, BASE + 200, 3, &s), KLPSCOPE_OK);
	assert_int_equal(target_read_string(target, BASE + 200, 2, &s), KLPSCOPE_CORRUPT);
	assert_int_equal(target_read_string(target, BASE + 203, 2, &s), KLPSCOPE_OK);
	expect_seen("system 200+4;system 200+4;system 200+3;system 203+1;");
	/* Nothing of what could not be read; but what was read before it, which decides where it fails. */
	assert_int_equal(target_read(target, BASE + 2 * PAGE, buf, 8), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_read(target, BASE + 4 * PAGE, buf, 8), KLPSCOPE_FAULT);
	assert_int_equal(target_read(target, UINT64_MAX, buf, 8), KLPSCOPE_FAULT);
	assert_int_equal(target_read_bulk(target, BASE + 2 * PAGE - 8, buf, 16), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_read_bulk(target, UINT64_MAX, buf, 8), KLPSCOPE_FAULT);
	assert_int_equal(target_read_string(target, BASE + 2 * PAGE, 100, &s), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_read_uint(target, BASE, 3, &v), KLPSCOPE_UNSUPPORTED);
	expect_seen("");
	assert_int_equal(target_read(target, BASE + 2 * PAGE - 8, buf, 16), KLPSCOPE_EXCLUDED);
	assert_int_equal(target_read_string(target, BASE + 2 * PAGE - 5, 100, &s), KLPSCOPE_EXCLUDED);
	expect_seen("system 8184+8;system 8187+5;");
}

static void test_watched(void **state)
{
	uint64_t v;

	(void)state;
	memset(memory.real, true, 2 * PAGE);
	memcpy(memory.bytes + 200, "abc", 4);
	watch();
	watched_reads();
	/* From the cache, too. */
	watched_reads();
	target_set_capsule(target, answers);
	watched_reads();
	target_observe(target, &(struct target_observer){ 0 });
	assert_int_equal(target_read_uint(target, BASE, 8, &v), KLPSCOPE_OK);
	target_secret(target, BASE, 8);
	expect_seen("");
}

static enum klpscope_status reading_name(struct provider *p, uint64_t addr, struct symbol_name *out)
{
	char byte;

	(void)p;
	*out = (struct symbol_name){ .name = "n", .start = addr };
	assert_int_equal(target_reads_for(target), PURPOSE_NAMES);
	return target_read(target, BASE + 1, &byte, 1);
}

static void reading_symbols(struct provider *p, struct symbol_query *q, size_t n)
{
	struct symbol_name name;

	for (size_t i = 0; i < n; i++)
		q[i].st = reading_name(p, 0, &name);
}

static enum klpscope_status reading_member(struct provider *p, const char *type, const char *member,
					   struct member_info *out)
{
	struct symbol_name name;

	(void)type;
	(void)member;
	*out = (struct member_info){ .size = 1 };
	return reading_name(p, 0, &name);
}

static enum klpscope_status reading_type(struct provider *p, const char *type, uint64_t *size)
{
	struct symbol_name name;

	(void)type;
	*size = 1;
	return reading_name(p, 0, &name);
}

static void ask_all(void)
{
	struct symbol_name name;
	struct member_info m;
	uint64_t v;
	enum klpscope_status st[] = {
		target_symbol(target, "s", &v),
		target_name_address(target, 5, &name),
		target_member(target, "t", "m", &m),
		target_type_size(target, "t", &v),
	};

	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(st[i], memory.real[1] ? KLPSCOPE_OK : KLPSCOPE_EXCLUDED);
}

static void test_purposes(void **state)
{
	static struct provider p = { .symbols = reading_symbols, .name_address = reading_name, .member = reading_member,
			      .type_size = reading_type };
	char byte;

	(void)state;
	memory.real[0] = true;
	watch();
	target_set_capsule(target, answers);
	target_add_provider(target, &p);
	assert_int_equal(target_purpose(target, PURPOSE_TASKS), PURPOSE_SYSTEM);
	/* Failed or not: what was read for before is read for again. */
	ask_all();
	assert_int_equal(target_reads_for(target), PURPOSE_TASKS);
	expect_seen("");
	memory.real[1] = true;
	ask_all();
	expect_seen("names 1+1;names 1+1;names 1+1;names 1+1;");
	assert_int_equal(target_read(target, BASE, &byte, 1), KLPSCOPE_OK);
	assert_int_equal(target_purpose(target, PURPOSE_TOOL), PURPOSE_TASKS);
	assert_int_equal(target_read(target, BASE, &byte, 1), KLPSCOPE_OK);
	target_secret(target, BASE + 7, 16);
	target_secret(target, BASE + 7, 0);
	expect_seen("tasks 0+1;tool 0+1;secret 7+16;");
	for (unsigned int i = 0; i < NR_PURPOSES; i++)
		assert_non_null(target_purpose_name(i));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reads),	    TEST(test_strings), TEST(test_answers_first), TEST(test_unasked),
		TEST(test_unasked_vmlinux), TEST(test_kept),	TEST(test_watched),	  TEST(test_purposes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
