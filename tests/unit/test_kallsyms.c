// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kallsyms out of tables that are built here the way scripts/kallsyms.c of
 * the kernel builds them, in every encoding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"
#include "provider/kallsyms.h"

enum encoding { ABSOLUTE, BASE_RELATIVE, ABSOLUTE_PERCPU, PLACE_RELATIVE };

#define MAX_SYMS 1200
#define FILLERS 700

/* Where the tables lie, as offsets from the start of the kernel; each on pages of its own. */
#define AT_NUM 0x100000
#define AT_NAMES 0x110000
#define AT_TOKENS 0x200000
#define AT_INDEX 0x210000
#define AT_ADDRS 0x220000
#define AT_BASE 0x300000
#define NAMES_ROOM 0x40000

struct sym {
	char name[600];
	uint64_t addr;
};

struct table {
	enum encoding encoding;
	bool big_endian;
	unsigned int pointer;
	bool literal_lengths;	/* before 6.1: a length is one byte, whatever it is */
	uint64_t text;
	struct sym *syms;
	uint32_t n;
	/* built */
	struct fake *f;
	struct target *t;
	struct provider *p;
	unsigned char names[NAMES_ROOM];
	size_t names_len;
};

/* Beside the characters themselves; placed at bytes that no name here uses. */
static const struct {
	unsigned char at;
	const char *s;
} tokens[] = {
	{ 1, "klp_" }, { 2, "Tklp" }, { 3, "filler_" }, { 4, "init_" }, { 5, "_s" }, { 6, "patch" },
	{ 7, "Tx" }, { 8, ".llvm." },
};

static void token(unsigned int i, char *out)
{
	snprintf(out, 16, "%c", (char)i);
	for (size_t k = 0; k < sizeof(tokens) / sizeof(*tokens); k++)
		if (tokens[k].at == i)
			snprintf(out, 16, "%s", tokens[k].s);
}

static size_t compress(const char *s, unsigned char *out)
{
	size_t n = 0;

	while (*s) {
		size_t best = 0;

		for (size_t k = 0; k < sizeof(tokens) / sizeof(*tokens); k++) {
			size_t len = strlen(tokens[k].s);

			if (len > best && !strncmp(s, tokens[k].s, len)) {
				best = len;
				out[n] = tokens[k].at;
			}
		}
		if (!best) {
			best = 1;
			out[n] = (unsigned char)*s;
		}
		s += best;
		n++;
	}
	return n;
}

static void add(struct table *b, const char *name, uint64_t addr)
{
	struct sym *s = &b->syms[b->n++];

	assert_true(b->n <= MAX_SYMS);
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->addr = addr;
}

static void put_name(struct table *b, const char *name, char type)
{
	char typed[700];
	unsigned char raw[700];
	size_t n;

	snprintf(typed, sizeof(typed), "%c%s", type, name);
	n = compress(typed, raw);
	if (n < 0x80 || b->literal_lengths) {
		assert_true(n < 0x100);
		b->names[b->names_len++] = (unsigned char)n;
	} else {
		b->names[b->names_len++] = (unsigned char)(0x80 | (n & 0x7f));
		b->names[b->names_len++] = (unsigned char)(n >> 7);
	}
	memcpy(b->names + b->names_len, raw, n);
	b->names_len += n;
}

static void put_names(struct table *b)
{
	uint32_t marks[MAX_SYMS / 256 + 1], n = 0;
	uint64_t at;

	b->names_len = 0;
	for (uint32_t i = 0; i < b->n; i++) {
		if (i % 256 == 0)
			marks[n++] = (uint32_t)b->names_len;
		put_name(b, b->syms[i].name, "TtDdr"[i % 5]);
		assert_true(b->names_len < NAMES_ROOM - 1000);
	}
	fake_write(b->f, b->text + AT_NAMES, b->names, b->names_len);
	at = (b->text + AT_NAMES + b->names_len + b->pointer - 1) & ~(uint64_t)(b->pointer - 1);
	for (uint32_t i = 0; i < n; i++)
		fake_write_uint(b->f, at + 4 * i, marks[i], 4);
}

static void put_tokens(struct table *b)
{
	uint16_t at = 0;

	for (unsigned int i = 0; i < 256; i++) {
		char s[16];

		token(i, s);
		fake_write_uint(b->f, b->text + AT_INDEX + 2 * i, at, 2);
		fake_write(b->f, b->text + AT_TOKENS + at, s, strlen(s) + 1);
		at = (uint16_t)(at + strlen(s) + 1);
	}
}

static void put_address(struct table *b, uint32_t i)
{
	uint64_t addr = b->syms[i].addr, at = b->text + AT_ADDRS;

	switch (b->encoding) {
	case ABSOLUTE:
		fake_write_uint(b->f, at + (uint64_t)i * b->pointer, addr, b->pointer);
		return;
	case BASE_RELATIVE:
		fake_write_uint(b->f, at + 4 * i, addr - b->syms[0].addr, 4);
		return;
	case ABSOLUTE_PERCPU:
		fake_write_uint(b->f, at + 4 * i, addr < b->text ? addr : b->text - 1 - addr, 4);
		return;
	case PLACE_RELATIVE:
		fake_write_uint(b->f, at + 4 * i, addr - (at + 4 * i), 4);
		return;
	}
}

static void info(struct table *b, const char *name, uint64_t addr)
{
	char key[64], value[32];

	snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	snprintf(value, sizeof(value), "%llx", (unsigned long long)addr);
	fake_vmcoreinfo(b->f, key, value);
}

static void put_addresses(struct table *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		put_address(b, i);
	if (b->encoding == ABSOLUTE) {
		info(b, "kallsyms_addresses", b->text + AT_ADDRS);
		return;
	}
	info(b, "kallsyms_offsets", b->text + AT_ADDRS);
	if (b->encoding == PLACE_RELATIVE)
		return;
	info(b, "kallsyms_relative_base", b->text + AT_BASE);
	fake_write_uint(b->f, b->text + AT_BASE, b->encoding == BASE_RELATIVE ? b->syms[0].addr : b->text,
			b->pointer);
}

static const struct sym *sym_named(const struct table *b, const char *name)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (!strcmp(b->syms[i].name, name))
			return &b->syms[i];
	fail_msg("no symbol %s", name);
	return NULL;
}

/* Everything a kernel has in common; a test adds its own in the middle, in address order. */
static void common_syms(struct table *b, void (*more)(struct table *b))
{
	char name[64];

	if (b->encoding == ABSOLUTE_PERCPU) {
		add(b, "fixed_percpu_data", 0);
		add(b, "__per_cpu_start", 0);
		add(b, "irq_stack", 0x2000);
		add(b, "cpu_number", 0x19160);
	}
	add(b, "_stext", b->text);
	add(b, "_text", b->text);
	for (int i = 0; i < FILLERS; i++) {
		snprintf(name, sizeof(name), "filler_%d_%s", i, i % 3 ? "s" : "patch");
		add(b, name, b->text + 0x1000 + 0x40 * (uint64_t)i);
	}
	if (more)
		more(b);
	add(b, "klp_patches", b->text + 0x400000);
	add(b, "init_uts_ns", b->text + 0x400040);
	add(b, "klp_transition_patch", b->text + 0x500000);
	add(b, "node_online_map", b->text + 0x500010);
	add(b, "_end", b->text + 0x600000);
}

static void put_all(struct table *b)
{
	char text[64];

	snprintf(text, sizeof(text), "endian %s\npointer %u\n", b->big_endian ? "big" : "little", b->pointer);
	b->f = fake_parse(text);
	put_names(b);
	put_tokens(b);
	put_addresses(b);
	fake_write_uint(b->f, b->text + AT_NUM, b->n, 4);
	info(b, "kallsyms_names", b->text + AT_NAMES);
	info(b, "kallsyms_num_syms", b->text + AT_NUM);
	info(b, "kallsyms_token_table", b->text + AT_TOKENS);
	info(b, "kallsyms_token_index", b->text + AT_INDEX);
	info(b, "_stext", b->text);
	info(b, "init_uts_ns", sym_named(b, "init_uts_ns")->addr);
	info(b, "node_online_map", sym_named(b, "node_online_map")->addr);
	/* A macro in VMCOREINFO that is called otherwise in kallsyms. */
	info(b, "swapper_pg_dir", b->text + 0x400400);
}

static struct table *build(enum encoding e, bool big_endian, unsigned int pointer,
			   void (*more)(struct table *b))
{
	struct table *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->syms = calloc(MAX_SYMS, sizeof(*b->syms));
	assert_non_null(b->syms);
	b->encoding = e;
	b->big_endian = big_endian;
	b->pointer = pointer;
	b->text = pointer == 8 ? 0xffffffff81000000 : 0xc1000000;
	common_syms(b, more);
	put_all(b);
	return b;
}

static enum klpscope_status open_it(struct table *b)
{
	enum klpscope_status st;

	b->t = fake_target(b->f);
	st = kallsyms_provider_new(b->t, &b->p);
	if (!st)
		target_add_provider(b->t, b->p);
	return st;
}

static void done(struct table *b)
{
	fake_free(b->f);
	free(b->syms);
	free(b);
}

static struct table *opened(enum encoding e, bool big_endian, unsigned int pointer,
			    void (*more)(struct table *b))
{
	struct table *b = build(e, big_endian, pointer, more);

	if (open_it(b))
		fail_msg("encoding %d, %s endian, %u: %s", e, big_endian ? "big" : "little", pointer,
			 target_error(b->t));
	return b;
}

static struct symbol_query ask(struct table *b, const char *name, unsigned int sympos)
{
	struct symbol_query q = { .name = name, .sympos = sympos };

	target_symbols(b->t, &q, 1);
	return q;
}

static void expect_symbol(struct table *b, const char *name, unsigned int sympos, uint64_t addr)
{
	struct symbol_query q = ask(b, name, sympos);

	if (q.st || q.addr != addr)
		fail_msg("%s,%u: status %d, 0x%llx", name, sympos, q.st, (unsigned long long)q.addr);
}

static void expect_name(struct table *b, uint64_t addr, const char *name, uint64_t start, uint64_t size)
{
	struct symbol_name n;

	assert_int_equal(target_name_address(b->t, addr, &n), KLPSCOPE_OK);
	assert_string_equal(n.name, name);
	assert_int_equal(n.start, start);
	assert_int_equal(n.size, size);
	assert_null(n.module);
}

static void expect_no_name(struct table *b, uint64_t addr, enum klpscope_status st)
{
	struct symbol_name n;

	assert_int_equal(target_name_address(b->t, addr, &n), st);
}

/* All of it, as one batch, and each symbol's name back from its address. */
static void check_all(struct table *b)
{
	struct symbol_query *q = calloc(b->n, sizeof(*q));

	assert_non_null(q);
	for (uint32_t i = 0; i < b->n; i++)
		q[i].name = b->syms[i].name;
	target_symbols(b->t, q, b->n);
	for (uint32_t i = 0; i < b->n; i++) {
		assert_int_equal(q[i].st, KLPSCOPE_OK);
		assert_int_equal(q[i].addr, b->syms[i].addr);
		if (q[i].addr >= b->text && strcmp(q[i].name, "_text") && i + 1 < b->n)
			expect_name(b, q[i].addr, q[i].name, q[i].addr,
				    i && !strcmp(q[i].name, "_stext") ? 0x1000 :
				    strcmp(q[i].name, "_stext") ? b->syms[i + 1].addr - q[i].addr : 0x1000);
	}
	free(q);
}

static void test_encodings(void **state)
{
	(void)state;
	for (int e = ABSOLUTE; e <= PLACE_RELATIVE; e++) {
		for (int variant = 0; variant < 4; variant++) {
			struct table *b = opened((enum encoding)e, variant & 1, variant & 2 ? 4 : 8, NULL);

			check_all(b);
			assert_int_equal(ask(b, "klp_patch", 0).st, KLPSCOPE_NOT_FOUND);
			assert_int_equal(ask(b, "klp_patchesx", 0).st, KLPSCOPE_NOT_FOUND);
			assert_int_equal(ask(b, "", 0).st, KLPSCOPE_NOT_FOUND);
			assert_int_equal(ask(b, "x", 0).st, KLPSCOPE_NOT_FOUND);
			done(b);
		}
	}
}

static void test_names_of_addresses(void **state)
{
	struct table *b = opened(ABSOLUTE_PERCPU, false, 8, NULL);
	uint64_t text = b->text;

	(void)state;
	expect_name(b, text, "_stext", text, 0x1000);
	expect_name(b, text + 0xfff, "_stext", text, 0x1000);
	expect_name(b, text + 0x1000 + 0x40 * 699 + 5, "filler_699_patch", text + 0x1000 + 0x40 * 699,
		    0x400000 - 0x1000 - 0x40 * 699);
	expect_name(b, text + 0x500003, "klp_transition_patch", text + 0x500000, 0x10);
	expect_name(b, text + 0x600000, "_end", text + 0x600000, 0);
	/* A module, user space, what would be a per-cpu offset. */
	expect_no_name(b, text + 0x600001, KLPSCOPE_NOT_FOUND);
	expect_no_name(b, 0xffffffffc0400000, KLPSCOPE_NOT_FOUND);
	expect_no_name(b, UINT64_MAX, KLPSCOPE_NOT_FOUND);
	expect_no_name(b, text - 1, KLPSCOPE_NOT_FOUND);
	expect_no_name(b, 0x19161, KLPSCOPE_NOT_FOUND);
	expect_no_name(b, 0, KLPSCOPE_NOT_FOUND);
	/* By name they are there. */
	expect_symbol(b, "cpu_number", 0, 0x19160);
	done(b);
}

static void duplicates(struct table *b)
{
	add(b, "twin", b->text + 0x300000);
	add(b, "between", b->text + 0x300010);
	add(b, "twin", b->text + 0x300020);
	add(b, "alias_a", b->text + 0x300030);
	add(b, "alias_b", b->text + 0x300030);
	add(b, "alias_c", b->text + 0x300030);
	add(b, "twin", b->text + 0x300040);
}

static void test_sympos(void **state)
{
	struct table *b = opened(BASE_RELATIVE, false, 8, duplicates);
	struct symbol_query q[] = {
		{.name = "twin", .sympos = 3},
		{.name = "twin"},
		{.name = "nothing"},
		{.name = "twin", .sympos = 1},
		{.name = "twin", .sympos = 2},
		{.name = "twin", .sympos = 4},
		{.name = "between", .sympos = 1},
		{.name = "between", .sympos = 2},
	};
	const uint64_t want[] = { 0x300040, 0x300000, 0, 0x300000, 0x300020, 0, 0x300010, 0 };

	(void)state;
	target_symbols(b->t, q, sizeof(q) / sizeof(*q));
	for (size_t i = 0; i < sizeof(q) / sizeof(*q); i++) {
		assert_int_equal(q[i].st, want[i] ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND);
		if (want[i])
			assert_int_equal(q[i].addr, b->text + want[i]);
	}
	done(b);
}

static void test_aliases(void **state)
{
	struct table *b = opened(PLACE_RELATIVE, true, 8, duplicates);

	(void)state;
	expect_name(b, b->text + 0x300034, "alias_a", b->text + 0x300030, 0x10);
	expect_symbol(b, "alias_c", 0, b->text + 0x300030);
	done(b);
}

static void llvm(struct table *b)
{
	add(b, "klp_lto.llvm.123456", b->text + 0x300000);
	add(b, "klp_both.llvm.99", b->text + 0x300010);
	add(b, "klp_both", b->text + 0x300020);
	add(b, "x.llvm.7", b->text + 0x300030);
	add(b, "klp_lto.llvm.777", b->text + 0x300040);
}

static void test_llvm(void **state)
{
	struct table *b = opened(PLACE_RELATIVE, false, 8, llvm);

	(void)state;
	expect_symbol(b, "klp_lto", 0, b->text + 0x300000);
	expect_symbol(b, "klp_lto", 2, b->text + 0x300040);
	expect_symbol(b, "klp_lto.llvm.777", 0, b->text + 0x300040);
	expect_symbol(b, "x", 0, b->text + 0x300030);
	expect_symbol(b, "klp_both", 0, b->text + 0x300020);
	assert_int_equal(ask(b, "klp_both", 2).st, KLPSCOPE_NOT_FOUND);
	assert_int_equal(ask(b, "klp_lt", 0).st, KLPSCOPE_NOT_FOUND);
	expect_name(b, b->text + 0x300000, "klp_lto.llvm.123456", b->text + 0x300000, 0x10);
	done(b);
}

static void long_name(char *out, size_t len)
{
	memset(out, 0, len + 1);
	for (size_t i = 0; i < len; i++)
		out[i] = (char)('a' + i * 7 % 26);
}

static void long_names(struct table *b)
{
	char name[600];

	long_name(name, 300);
	add(b, name, b->text + 0x300000);
	add(b, "behind", b->text + 0x300010);
	long_name(name, 511);
	add(b, name, b->text + 0x300020);
	long_name(name, 127);
	add(b, name, b->text + 0x300030);
}

/* Compressed to 127 … 200 bytes: what a kernel before 6.1 could have, too. */
static void longish_names(struct table *b)
{
	char name[600];

	for (unsigned int i = 0; i < 4; i++) {
		long_name(name, 126 + i);
		add(b, name, b->text + 0x300000 + 0x20 * i);
	}
	long_name(name, 199);
	add(b, name, b->text + 0x300100);
	add(b, "behind", b->text + 0x300110);
}

static void test_two_byte_lengths(void **state)
{
	struct table *b;

	(void)state;
	for (int big = 0; big < 2; big++) {
		b = opened(BASE_RELATIVE, big, 8, long_names);
		check_all(b);
		done(b);
		b = opened(BASE_RELATIVE, big, 8, longish_names);
		check_all(b);
		done(b);
	}
}

static void test_literal_lengths(void **state)
{
	struct table *b;

	(void)state;
	for (int variant = 0; variant < 4; variant++) {
		b = build(ABSOLUTE, variant & 1, variant & 2 ? 4 : 8, longish_names);
		fake_free(b->f);
		b->literal_lengths = true;
		put_all(b);
		assert_int_equal(open_it(b), KLPSCOPE_OK);
		check_all(b);
		done(b);
	}
}

static void control(struct table *b)
{
	add(b, "klp_\x1b[31m\xff", b->text + 0x300000);
}

static void test_sanitized(void **state)
{
	struct table *b = opened(BASE_RELATIVE, false, 8, control);

	(void)state;
	expect_name(b, b->text + 0x300008, "klp_\\x1b[31m\\xff", b->text + 0x300000, 0x100000);
	expect_symbol(b, "klp_\x1b[31m\xff", 0, b->text + 0x300000);
	done(b);
}

/* --- damage --- */

static void test_hole_in_names(void **state)
{
	struct table *b = build(BASE_RELATIVE, false, 8, duplicates);
	const struct sym *early = sym_named(b, "filler_3_patch"), *late = sym_named(b, "filler_690_patch");

	(void)state;
	assert_true(b->names_len > 0x1000);
	fake_hole(b->f, b->text + AT_NAMES + 0x1000, 1, KLPSCOPE_EXCLUDED);
	/* _stext lies before the hole and is proof enough where nothing speaks against it. */
	assert_int_equal(open_it(b), KLPSCOPE_OK);
	expect_symbol(b, early->name, 0, early->addr);
	expect_name(b, early->addr + 1, early->name, early->addr, 0x40);
	assert_int_equal(ask(b, late->name, 0).st, KLPSCOPE_EXCLUDED);
	assert_int_equal(ask(b, "klp_patches", 0).st, KLPSCOPE_EXCLUDED);
	assert_int_equal(ask(b, "no_such_symbol", 0).st, KLPSCOPE_EXCLUDED);
	assert_int_equal(ask(b, early->name, 2).st, KLPSCOPE_EXCLUDED);
	expect_no_name(b, late->addr, KLPSCOPE_EXCLUDED);
	done(b);

	b = build(BASE_RELATIVE, false, 8, NULL);
	fake_hole(b->f, b->text + AT_NAMES, 1, KLPSCOPE_TRUNCATED);
	assert_int_equal(open_it(b), KLPSCOPE_TRUNCATED);
	assert_non_null(strstr(target_error(b->t), "kallsyms_names: name 0 of"));
	done(b);
}

/* A .llvm. name is no answer while the exact one may be in the hole. */
static void early_llvm(struct table *b)
{
	char name[64];

	add(b, "klp_lto.llvm.1", b->text + 0x200000);
	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "more_and_more_%d", i);
		add(b, name, b->text + 0x200010 + 0x10 * (uint64_t)i);
	}
}

static void test_hole_and_llvm(void **state)
{
	struct table *b = build(BASE_RELATIVE, false, 8, early_llvm);

	(void)state;
	fake_hole(b->f, b->text + AT_NAMES + (b->names_len & ~0xfffull), 1, KLPSCOPE_FAULT);
	assert_int_equal(open_it(b), KLPSCOPE_OK);
	expect_symbol(b, "klp_lto.llvm.1", 0, b->text + 0x200000);
	assert_int_equal(ask(b, "klp_lto", 0).st, KLPSCOPE_FAULT);
	done(b);
}

static void test_hole_in_addresses(void **state)
{
	struct table *b = build(ABSOLUTE, false, 8, NULL);
	const struct sym *late = sym_named(b, "filler_690_patch");

	(void)state;
	fake_hole(b->f, b->text + AT_ADDRS + 0x1000, 1, KLPSCOPE_EXCLUDED);
	assert_int_equal(open_it(b), KLPSCOPE_OK);
	expect_symbol(b, "filler_3_patch", 0, sym_named(b, "filler_3_patch")->addr);
	assert_int_equal(ask(b, late->name, 0).st, KLPSCOPE_EXCLUDED);
	assert_int_equal(ask(b, "no_such_symbol", 0).st, KLPSCOPE_NOT_FOUND);
	done(b);
}

static void test_holes_in_small_tables(void **state)
{
	static const struct {
		uint64_t at;
		const char *word;
	} where[] = {
		{ AT_NUM, "kallsyms_num_syms" },
		{ AT_TOKENS, "kallsyms_token_table" },
		{ AT_INDEX, "kallsyms_token_index" },
		{ AT_BASE, "kallsyms_relative_base" },
		{ AT_ADDRS, "addresses" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(where) / sizeof(*where); i++) {
		struct table *b = build(BASE_RELATIVE, false, 8, NULL);

		fake_hole(b->f, b->text + where[i].at, 1, KLPSCOPE_EXCLUDED);
		assert_int_equal(open_it(b), KLPSCOPE_EXCLUDED);
		assert_non_null(strstr(target_error(b->t), where[i].word));
		assert_null(b->p);
		done(b);
	}
}

static void refuse(void (*damage)(struct table *b), enum klpscope_status st, const char *word)
{
	struct table *b = build(BASE_RELATIVE, false, 8, NULL);

	damage(b);
	assert_int_equal(open_it(b), st);
	if (!strstr(target_error(b->t), word))
		fail_msg("\"%s\" has no \"%s\"", target_error(b->t), word);
	done(b);
}

static void no_names_line(struct table *b)
{
	fake_vmcoreinfo(b->f, "SYMBOL(kallsyms_names)", NULL);
}

static void no_addresses_line(struct table *b)
{
	fake_vmcoreinfo(b->f, "SYMBOL(kallsyms_offsets)", NULL);
}

static void no_anchors(struct table *b)
{
	fake_vmcoreinfo(b->f, "SYMBOL(_stext)", NULL);
	fake_vmcoreinfo(b->f, "SYMBOL(init_uts_ns)", NULL);
	fake_vmcoreinfo(b->f, "SYMBOL(node_online_map)", NULL);
	fake_vmcoreinfo(b->f, "SYMBOL(swapper_pg_dir)", NULL);
}

static void wrong_anchors(struct table *b)
{
	info(b, "_stext", b->text + 0x40);
	info(b, "init_uts_ns", b->text + 0x123);
}

/* One that fits by chance, two that do not. */
static void one_chance(struct table *b)
{
	info(b, "_stext", b->text + 0x40);
	info(b, "init_uts_ns", b->text + 0x123);
	info(b, "swapper_pg_dir", b->text + 0x40);
}

static void unsorted(struct table *b)
{
	fake_write_uint(b->f, b->text + AT_ADDRS + 4 * (b->n - 1), 1, 4);
}

static void zero_syms(struct table *b)
{
	fake_write_uint(b->f, b->text + AT_NUM, 0, 8);
}

static void many_syms(struct table *b)
{
	fake_write_uint(b->f, b->text + AT_NUM, 0x7fffffff, 4);
}

static void bad_index(struct table *b)
{
	fake_write_uint(b->f, b->text + AT_INDEX + 2 * 77, 0xffff, 2);
}

static void bad_names(struct table *b)
{
	unsigned char junk[64];

	memset(junk, 0x21, sizeof(junk));
	fake_write(b->f, b->text + AT_NAMES, junk, sizeof(junk));
	memset(junk, 0, sizeof(junk));
	fake_write(b->f, b->text + AT_NAMES + 34, junk, 1);
}

static void test_refusals(void **state)
{
	(void)state;
	refuse(no_names_line, KLPSCOPE_UNSUPPORTED, "VMCOREINFO does not say where kallsyms is");
	refuse(no_addresses_line, KLPSCOPE_UNSUPPORTED, "--vmlinux FILE helps");
	refuse(no_anchors, KLPSCOPE_UNSUPPORTED, "names no symbol");
	refuse(wrong_anchors, KLPSCOPE_CORRUPT, "no known encoding");
	refuse(one_chance, KLPSCOPE_CORRUPT, "no known encoding");
	refuse(unsorted, KLPSCOPE_CORRUPT, "no known encoding");
	refuse(zero_syms, KLPSCOPE_CORRUPT, "kallsyms_num_syms");
	refuse(many_syms, KLPSCOPE_CORRUPT, "kallsyms_num_syms");
	refuse(bad_index, KLPSCOPE_CORRUPT, "token 77");
	refuse(bad_names, KLPSCOPE_CORRUPT, "kallsyms_names");
}

/* More symbols than there are names: what lies behind the names is not taken for one. */
static void test_count_too_high(void **state)
{
	struct table *b = build(BASE_RELATIVE, false, 8, NULL);

	(void)state;
	fake_write_uint(b->f, b->text + AT_NUM, b->n + 100, 4);
	for (uint32_t i = b->n; i < b->n + 100; i++)
		fake_write_uint(b->f, b->text + AT_ADDRS + 4 * i, 0x700000, 4);
	assert_int_equal(open_it(b), KLPSCOPE_OK);
	expect_symbol(b, "klp_patches", 0, b->text + 0x400000);
	assert_int_equal(ask(b, "no_such_symbol", 0).st, KLPSCOPE_CORRUPT);
	done(b);
}

/* Whatever the tables hold, every question is answered. */
static void test_hostile(void **state)
{
	static const uint64_t tables[] = {AT_NAMES, AT_NAMES, AT_TOKENS, AT_INDEX, AT_ADDRS, AT_BASE, AT_NUM};
	static const size_t sizes[] = { 0x2400, 0x2400, 0x300, 0x200, 0x1000, 8, 4 };
	unsigned int seed = 7, ok = 0, named = 0;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct table *b = build((enum encoding)(round % 4), round & 4, round & 8 ? 4 : 8, duplicates);
		struct symbol_name name;

		for (int n = rand_r(&seed) % 4; n >= 0; n--) {
			unsigned int which = (unsigned int)rand_r(&seed) % 7;
			uint64_t at = b->text + tables[which] + (unsigned int)rand_r(&seed) % sizes[which];
			unsigned char v = (unsigned char)rand_r(&seed);

			fake_write(b->f, at, &v, 1);
		}
		if (!open_it(b)) {
			ok++;
			for (unsigned int i = 0; i < 4; i++) {
				(void)ask(b, "klp_patches", i);
				(void)ask(b, "twin", i);
			}
			for (uint64_t a = 0; a < 0x700000; a += 0x6123)
				named += !target_name_address(b->t, b->text + a, &name);
		}
		done(b);
	}
	assert_true(ok > 300 && named > ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_names_of_addresses),
		cmocka_unit_test(test_sympos),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_llvm),
		cmocka_unit_test(test_two_byte_lengths),
		cmocka_unit_test(test_literal_lengths),
		cmocka_unit_test(test_sanitized),
		cmocka_unit_test(test_hole_in_names),
		cmocka_unit_test(test_hole_and_llvm),
		cmocka_unit_test(test_hole_in_addresses),
		cmocka_unit_test(test_holes_in_small_tables),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_count_too_high),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
