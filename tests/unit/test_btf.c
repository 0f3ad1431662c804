// SPDX-License-Identifier: GPL-2.0-or-later
/* Layouts out of BTF that libbpf writes here, in both byte orders, whole and damaged. */
#include <bpf/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"
#include "provider/btf.h"

#define START 0xffffffff83000100

struct blob {
	unsigned char *data;
	uint32_t size;
};

/* --- writing --- */

static struct btf *begin(unsigned int pointer)
{
	struct btf *b = btf__new_empty();

	assert_non_null(b);
	assert_int_equal(btf__set_pointer_size(b, pointer), 0);
	return b;
}

static struct blob finish(struct btf *b, bool big_endian)
{
	struct blob out;
	const void *raw;

	assert_int_equal(btf__set_endianness(b, big_endian ? BTF_BIG_ENDIAN : BTF_LITTLE_ENDIAN), 0);
	raw = btf__raw_data(b, &out.size);
	assert_non_null(raw);
	out.data = malloc(out.size);
	assert_non_null(out.data);
	memcpy(out.data, raw, out.size);
	btf__free(b);
	return out;
}

/* A member by bytes. */
static void member(struct btf *b, const char *name, int type, unsigned int offset)
{
	assert_int_equal(btf__add_field(b, name, type, offset * 8, 0), 0);
}

/*
 * struct list_head { struct list_head *next, *prev; };
 * struct klp_patch {
 *	struct list_head list;
 *	const bool enabled;
 *	union { struct { int x; u64_t y; }; int z; };
 *	int array[3][4];
 *	unsigned int bits:3;
 *	enum e kind;
 *	int flexible[];
 * };
 */
static void add_patch(struct btf *b, unsigned int pointer)
{
	int i32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	int u64 = btf__add_int(b, "unsigned long", 8, 0);
	int boolean = btf__add_int(b, "_Bool", 1, BTF_INT_BOOL);
	int u64_t = btf__add_typedef(b, "u64_t", btf__add_const(b, btf__add_volatile(b, u64)));
	int cbool = btf__add_typedef(b, "cbool", btf__add_const(b, boolean));
	int row = btf__add_array(b, i32, i32, 4), array = btf__add_array(b, i32, row, 3);
	int flexible = btf__add_array(b, i32, i32, 0);
	int kind, inner, both, list, p;

	kind = btf__add_enum(b, "klp_patch", 4);
	btf__add_enum_value(b, "ONE", 1);
	inner = btf__add_struct(b, NULL, 16);
	member(b, "x", i32, 0);
	member(b, "y", u64_t, 8);
	both = btf__add_union(b, NULL, 16);
	member(b, "", inner, 0);
	member(b, "z", i32, 0);
	list = btf__add_struct(b, "list_head", 2 * pointer);
	p = list + 1;
	member(b, "next", p, 0);
	member(b, "prev", p, pointer);
	assert_int_equal(btf__add_ptr(b, list), p);
	btf__add_struct(b, "klp_patch", 128);
	member(b, "list", list, 0);
	member(b, "enabled", cbool, 16);
	member(b, "", both, 24);
	member(b, "array", array, 40);
	assert_int_equal(btf__add_field(b, "bits", i32, 88 * 8, 3), 0);
	member(b, "kind", kind, 92);
	member(b, "flexible", flexible, 128);
	btf__add_fwd(b, "klp_ops", BTF_FWD_STRUCT);
	/* typedef struct { int counter; } atomic_t; typedef atomic_t counter_t; */
	btf__add_typedef(b, "counter_t", btf__add_typedef(b, "atomic_t", btf__type_cnt(b) + 2));
	btf__add_struct(b, NULL, 4);
	member(b, "counter", i32, 0);
}

static struct blob patch_blob(bool big_endian, unsigned int pointer)
{
	struct btf *b = begin(pointer);

	add_patch(b, pointer);
	return finish(b, big_endian);
}

/* --- asking --- */

struct setup {
	struct fake *f;
	struct target *t;
};

/* The blob in dump memory, with or without more lines for the fake. */
static struct setup in_memory(struct blob blob, bool big_endian, unsigned int pointer, const char *more)
{
	char text[512];
	struct provider *p;
	struct setup s;

	snprintf(text, sizeof(text),
		 "endian %s\npointer %u\nsymbol __start_BTF 0x%llx\nsymbol __stop_BTF 0x%llx\n%s\n",
		 big_endian ? "big" : "little", pointer, (unsigned long long)START,
		 (unsigned long long)START + blob.size, more);
	s.f = fake_parse(text);
	fake_write(s.f, START, blob.data, blob.size);
	free(blob.data);
	s.t = fake_target(s.f);
	assert_int_equal(btf_provider_new(s.t, &p), KLPSCOPE_OK);
	target_add_provider(s.t, p);
	return s;
}

static struct setup from_raw(struct blob blob)
{
	struct provider *p;
	struct setup s;

	s.f = fake_parse("");
	s.t = fake_target(s.f);
	assert_int_equal(btf_provider_from_blob(s.t, blob.data, blob.size, &p), KLPSCOPE_OK);
	free(blob.data);
	target_add_provider(s.t, p);
	return s;
}

static struct setup from_blob(struct btf *b)
{
	return from_raw(finish(b, false));
}

static void expect(struct setup s, const char *type, const char *name, uint64_t offset, uint64_t size)
{
	struct member_info m;
	enum klpscope_status st = target_member(s.t, type, name, &m);

	if (st || m.offset != offset || m.size != size)
		fail_msg("%s.%s: status %d, offset %llu, size %llu", type, name, st,
			 (unsigned long long)m.offset, (unsigned long long)m.size);
}

static void refuse(struct setup s, const char *type, const char *name, enum klpscope_status st)
{
	struct member_info m;

	assert_int_equal(target_member(s.t, type, name, &m), st);
}

static void expect_size(struct setup s, const char *type, uint64_t want)
{
	uint64_t size;

	assert_int_equal(target_type_size(s.t, type, &size), KLPSCOPE_OK);
	assert_int_equal(size, want);
}

static void check_patch(struct setup s, unsigned int pointer)
{
	uint64_t size;

	expect(s, "klp_patch", "list", 0, 2 * pointer);
	expect(s, "list_head", "prev", pointer, pointer);
	expect(s, "klp_patch", "enabled", 16, 1);
	expect(s, "klp_patch", "x", 24, 4);
	expect(s, "klp_patch", "y", 32, 8);
	expect(s, "klp_patch", "z", 24, 4);
	expect(s, "klp_patch", "array", 40, 48);
	expect(s, "klp_patch", "kind", 92, 4);
	expect(s, "klp_patch", "flexible", 128, 0);
	refuse(s, "klp_patch", "bits", KLPSCOPE_UNSUPPORTED);
	refuse(s, "klp_patch", "states", KLPSCOPE_NOT_FOUND);
	refuse(s, "klp_patch", "", KLPSCOPE_NOT_FOUND);
	refuse(s, "klp_ops", "node", KLPSCOPE_NOT_FOUND);
	refuse(s, "nothing", "node", KLPSCOPE_NOT_FOUND);
	refuse(s, "int", "node", KLPSCOPE_NOT_FOUND);
	refuse(s, "", "x", KLPSCOPE_NOT_FOUND);
	expect(s, "atomic_t", "counter", 0, 4);
	expect(s, "counter_t", "counter", 0, 4);
	expect_size(s, "klp_patch", 128);
	expect_size(s, "list_head", 2 * pointer);
	expect_size(s, "atomic_t", 4);
	assert_int_equal(target_type_size(s.t, "klp_ops", &size), KLPSCOPE_NOT_FOUND);
}

static void test_layouts(void **state)
{
	(void)state;
	for (int variant = 0; variant < 4; variant++) {
		bool big = variant & 1;
		unsigned int pointer = variant & 2 ? 4 : 8;
		struct setup s = in_memory(patch_blob(big, pointer), big, pointer, "");

		check_patch(s, pointer);
		fake_free(s.f);
	}
}

static void test_blob(void **state)
{
	struct btf *b = begin(8);
	struct setup s;

	(void)state;
	add_patch(b, 8);
	s = from_blob(b);
	check_patch(s, 8);
	assert_int_equal(fake_reads(s.f), 0);
	fake_free(s.f);
}

static void test_lazy(void **state)
{
	struct setup s = in_memory(patch_blob(false, 8), false, 8, "");

	(void)state;
	assert_int_equal(fake_reads(s.f), 0);
	expect(s, "klp_patch", "enabled", 16, 1);
	assert_int_equal(fake_reads(s.f), 1);
	check_patch(s, 8);
	assert_int_equal(fake_reads(s.f), 1);
	fake_free(s.f);
}

/* --- same names --- */

static void test_duplicates(void **state)
{
	struct btf *b = begin(8);
	struct setup s;
	uint64_t size;
	int i32;

	(void)state;
	i32 = btf__add_int(b, "int", 4, 0);
	for (int i = 0; i < 3; i++) {
		btf__add_struct(b, "twin", 16);
		member(b, "same", i32, 4);
		member(b, "moved", i32, i == 2 ? 12 : 8);
		if (i == 1)
			member(b, "sometimes", i32, 12);
	}
	btf__add_struct(b, "sizes", 16);
	btf__add_struct(b, "sizes", 24);
	/* A tag comes before a typedef of another type. */
	btf__add_struct(b, "named", 8);
	member(b, "tag", i32, 0);
	btf__add_typedef(b, "named", btf__type_cnt(b) + 1);
	btf__add_struct(b, NULL, 4);
	member(b, "def", i32, 0);
	s = from_blob(b);
	expect(s, "twin", "same", 4, 4);
	refuse(s, "twin", "moved", KLPSCOPE_UNSUPPORTED);
	refuse(s, "twin", "sometimes", KLPSCOPE_UNSUPPORTED);
	refuse(s, "twin", "never", KLPSCOPE_NOT_FOUND);
	expect_size(s, "twin", 16);
	assert_int_equal(target_type_size(s.t, "sizes", &size), KLPSCOPE_UNSUPPORTED);
	expect(s, "named", "tag", 0, 4);
	refuse(s, "named", "def", KLPSCOPE_NOT_FOUND);
	fake_free(s.f);
}

/* Bitfields as they were written before kind_flag. */
static void test_old_bitfields(void **state)
{
	struct btf *b = begin(8);
	struct blob blob;
	struct setup s;
	int odd, i32;

	(void)state;
	i32 = btf__add_int(b, "int", 4, 0);
	odd = btf__add_int(b, "odd", 4, 0);
	btf__add_struct(b, "old", 8);
	member(b, "three", odd, 0);
	member(b, "uneven", i32, 0);
	member(b, "plain", i32, 4);
	blob = finish(b, false);
	/* libbpf would not write it like this: bits of the second type, offset of the second member. */
	assert_int_equal(blob.data[24 + 16 + 12], 32);
	blob.data[24 + 16 + 12] = 3;
	blob.data[24 + 32 + 12 + 12 + 8] = 3;
	s = from_raw(blob);
	refuse(s, "old", "uneven", KLPSCOPE_UNSUPPORTED);
	expect(s, "old", "plain", 4, 4);
	refuse(s, "old", "three", KLPSCOPE_UNSUPPORTED);
	fake_free(s.f);
}

/* --- failures --- */

static void fails(const char *more, enum klpscope_status st)
{
	struct setup s = in_memory(patch_blob(false, 8), false, 8, more);
	uint64_t reads;

	refuse(s, "klp_patch", "list", st);
	reads = fake_reads(s.f);
	/* Never "not found", and never tried again. */
	refuse(s, "klp_patch", "states", st);
	refuse(s, "no_such", "states", st);
	assert_int_equal(fake_reads(s.f), reads);
	fake_free(s.f);
}

static void test_unreadable(void **state)
{
	(void)state;
	fails("hole 0xffffffff83000200 1 excluded", KLPSCOPE_EXCLUDED);
	fails("hole 0xffffffff83000200 1 truncated", KLPSCOPE_TRUNCATED);
	fails("hole 0xffffffff83000200 1 fault", KLPSCOPE_FAULT);
}

static void no_blob(const char *text, enum klpscope_status st, const char *word)
{
	struct fake *f = fake_parse(text);
	struct target *t = fake_target(f);
	struct member_info m = { 0 };
	struct provider *p;

	assert_int_equal(btf_provider_new(t, &p), KLPSCOPE_OK);
	assert_int_equal(p->member(p, "klp_patch", "list", &m), st);
	if (!strstr(target_error(t), word))
		fail_msg("\"%s\" has no \"%s\"", target_error(t), word);
	target_add_provider(t, p);
	fake_free(f);
}

static void test_no_blob(void **state)
{
	(void)state;
	no_blob("symbol other 1", KLPSCOPE_UNSUPPORTED, "this kernel has no BTF; --vmlinux FILE helps");
	no_blob("no symbols", KLPSCOPE_UNSUPPORTED, "__start_BTF");
	no_blob("symbol __start_BTF 0x1000\nsymbol __stop_BTF excluded", KLPSCOPE_EXCLUDED, "__stop_BTF");
	no_blob("symbol __start_BTF 0x2000\nsymbol __stop_BTF 0x1000", KLPSCOPE_CORRUPT, "0x2000 to 0x1000");
	no_blob("symbol __start_BTF 0x2000\nsymbol __stop_BTF 0x2000", KLPSCOPE_CORRUPT, "BTF");
	no_blob("symbol __start_BTF 0x2000\nsymbol __stop_BTF 0x8002000", KLPSCOPE_CORRUPT, "BTF");
	no_blob("symbol __start_BTF 0x2000\nsymbol __stop_BTF 0x2010\nat 0x2000\nzero 64", KLPSCOPE_CORRUPT,
		"BTF");
	no_blob("symbol __start_BTF 0x2000\nsymbol __stop_BTF 0x2040\nat 0x2000\nzero 64", KLPSCOPE_CORRUPT,
		"BTF");
	no_blob("symbol __start_BTF 0x2000\nsymbol __stop_BTF 0x2040\nat 0x2000\nzero 64\nat 0x2000\n"
		"u16 0xeb9f\nu8 1 0\nu32 24 0 0x7fffffff 0x7fffffff 4", KLPSCOPE_CORRUPT, "BTF");
}

/* 65537 members, which takes a bit that nobody used before 7.2; libbpf 1.1.2 cannot write it. */
static void test_many_members(void **state)
{
	(void)state;
	no_blob("symbol __start_BTF 0x2000\nsymbol __stop_BTF 0xc2031\nat 0x2000\nzero 786481\nat 0x2000\n"
		"u16 0xeb9f\nu8 1 0\nu32 24 0 786456 786456 1\nu32 0 0x4010001 786444", KLPSCOPE_NOT_FOUND, "");
}

/* --- hostile --- */

static void test_loops(void **state)
{
	struct btf *b = begin(8);
	struct setup s;
	int i32, self, a;

	(void)state;
	i32 = btf__add_int(b, "int", 4, 0);
	/* A struct whose anonymous member is the struct itself. */
	self = btf__type_cnt(b);
	btf__add_struct(b, "self", 8);
	member(b, "", self, 0);
	member(b, "x", i32, 0);
	/* typedef a b; typedef b a; */
	a = btf__type_cnt(b);
	btf__add_typedef(b, "a", a + 1);
	btf__add_typedef(b, "b", a);
	/* An array of itself; a huge one; one of functions. */
	btf__add_array(b, i32, a + 2, 1);
	btf__add_array(b, i32, a + 4, 0x10000);
	btf__add_array(b, i32, a + 5, 0x10000);
	btf__add_array(b, i32, i32, 0x10000);
	btf__add_struct(b, "s", 64);
	member(b, "looped", a, 0);
	member(b, "nested", a + 2, 0);
	member(b, "huge", a + 3, 0);
	member(b, "beyond", i32, 64);
	member(b, "nowhere", 0x7ffffff, 0);
	member(b, "void", 0, 0);
	s = from_blob(b);
	refuse(s, "self", "x", KLPSCOPE_LIMIT);
	refuse(s, "self", "y", KLPSCOPE_LIMIT);
	refuse(s, "a", "x", KLPSCOPE_NOT_FOUND);
	refuse(s, "s", "looped", KLPSCOPE_CORRUPT);
	refuse(s, "s", "nested", KLPSCOPE_CORRUPT);
	refuse(s, "s", "huge", KLPSCOPE_CORRUPT);
	refuse(s, "s", "beyond", KLPSCOPE_CORRUPT);
	refuse(s, "s", "nowhere", KLPSCOPE_CORRUPT);
	refuse(s, "s", "void", KLPSCOPE_CORRUPT);
	fake_free(s.f);
}

/* Twelve levels, each with many anonymous members of the next: more paths than any life is long. */
static void test_explosion(void **state)
{
	struct btf *b = begin(8);
	struct setup s;

	(void)state;
	for (int level = 0; level < 12; level++) {
		int next = btf__type_cnt(b) + 1;

		btf__add_struct(b, level ? NULL : "top", 8);
		for (int i = 0; i < 100; i++)
			member(b, "", next, 0);
	}
	btf__add_struct(b, NULL, 8);
	s = from_blob(b);
	refuse(s, "top", "x", KLPSCOPE_LIMIT);
	fake_free(s.f);
}

static void test_many_of_a_name(void **state)
{
	struct btf *b = begin(8);
	struct setup s;

	(void)state;
	for (int i = 0; i < 200000; i++)
		btf__add_struct(b, "same", 8);
	s = from_blob(b);
	refuse(s, "same", "x", KLPSCOPE_LIMIT);
	fake_free(s.f);
}

static void ask_everything(struct target *t)
{
	static const char *const types[] = {"klp_patch", "list_head", "atomic_t", "counter_t", "u64_t", "a"};
	static const char *const names[] = {"list", "x",	"y",	"array",  "bits",
					    "kind", "flexible", "next", "counter"};
	struct member_info m;
	uint64_t size;
	int sum = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		sum += target_type_size(t, types[i], &size);
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
			sum += target_member(t, types[i], names[k], &m);
	}
	assert_true(sum >= 0);
}

static void mutate(struct blob blob, unsigned int *seed)
{
	for (int n = rand_r(seed) % 4; n >= 0; n--) {
		uint32_t at = (uint32_t)rand_r(seed) % blob.size;

		switch (rand_r(seed) % 3) {
		case 0:
			blob.data[at] = (unsigned char)rand_r(seed);
			break;
		case 1:
			blob.data[at] ^= (unsigned char)(1u << rand_r(seed) % 8);
			break;
		case 2:	/* a small number where an id or a count may be */
			blob.data[at & ~3u] = (unsigned char)(rand_r(seed) % 32);
			break;
		}
	}
}

static void test_mutations(void **state)
{
	unsigned int seed = 3;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		bool big = round & 1;
		struct blob blob = patch_blob(big, 8);
		struct fake *f = fake_parse(big ? "endian big" : "");
		struct target *t = fake_target(f);
		struct provider *p;

		mutate(blob, &seed);
		if (!btf_provider_from_blob(t, blob.data, blob.size, &p)) {
			target_add_provider(t, p);
			ask_everything(t);
		}
		fake_free(f);
		free(blob.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_blob),
		cmocka_unit_test(test_lazy),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_old_bitfields),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_no_blob),
		cmocka_unit_test(test_many_members),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_explosion),
		cmocka_unit_test(test_many_of_a_name),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
