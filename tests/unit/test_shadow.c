// SPDX-License-Identifier: GPL-2.0-or-later
/* Shadow variables: the walk of klp_shadow_hash, whole and damaged, and what follows from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/analysis.h"
#include "model/sweep.h"
#include "model/walk.h"
#include "tests/unit/shadows.h"

#define VMCOREINFO "vmcoreinfo NUMBER(PG_slab) 9\nvmcoreinfo NUMBER(PG_head_mask) 65536\n"
#define OBJECT(i) (DIRECT + 0x800000 + (uint64_t)(i) * 128)

static struct shadow_kernel wide(const char *more)
{
	return shadow_kernel("little", 8, more ? more : VMCOREINFO);
}

/* The slab that holds the entries so far, and a page more. */
static void slab_them(struct shadow_kernel *k)
{
	shadow_slab(k, ENTRIES, k->next + 1, "kmalloc64");
}

static void assert_count(const struct report *r, uint64_t id, uint64_t seen)
{
	assert_non_null(shadow_id(r, id));
	assert_int_equal(shadow_id(r, id)->seen, seen);
}

static unsigned int findings(const struct report *r, const char *code)
{
	unsigned int n = 0;

	for (const struct finding_rec *f = r->findings; f; f = f->next)
		n += !strcmp(f->code, code);
	return n;
}

/* --- whole --- */

/* A kernel before 4.15, and one that has an empty table. */
static void test_none(void **state)
{
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory, NULL);
	struct report *r = kernel_report(f, "x86_64");
	struct shadow_kernel k;

	(void)state;
	assert_int_equal(r->shadows.st, KLPSCOPE_NOT_FOUND);
	assert_true(r->complete);
	fake_free(f);
	k = wide(NULL);
	r = shadow_report(&k);
	assert_int_equal(r->shadows.st, KLPSCOPE_OK);
	assert_int_equal(r->shadows.total.st, KLPSCOPE_OK);
	assert_int_equal(r->shadows.total.v, 0);
	assert_null(r->shadows.id);
	assert_true(r->complete);
	assert_null(r->findings);
	shadow_kernel_free(&k);
}

static void test_counts(void **state)
{
	struct shadow_kernel k = wide(NULL);
	struct report *r;

	(void)state;
	for (unsigned int i = 0; i < 300; i++)
		shadow_add(&k, OBJECT(i), 7);
	for (unsigned int i = 0; i < 5; i++)
		shadow_add(&k, OBJECT(i), 0xffffffffffffffff);
	shadow_add(&k, fake_label(k.f, "swapper0"), 3);
	slab_them(&k);
	shadow_state(&k, 7);
	r = shadow_report(&k);
	assert_int_equal(r->shadows.total.v, 306);
	assert_int_equal(r->shadows.nr_ids, 3);
	assert_count(r, 7, 300);
	assert_count(r, 0xffffffffffffffff, 5);
	assert_count(r, 3, 1);
	assert_int_equal(r->shadows.id->id, 3);
	assert_int_equal(r->shadows.id->next->id, 7);
	assert_int_equal(shadow_id(r, 7)->bytes.v, 300 * 64);
	assert_int_equal(r->shadows.bytes.v, 306 * 64);
	assert_null(shadow_id(r, 7)->shadow);
	assert_true(r->complete);
	assert_int_equal(shadow_id(r, 7)->tied.v, 1);
	assert_int_equal(shadow_id(r, 3)->tied.v, 0);
	assert_int_equal(findings(r, "shadow-orphan"), 2);
	assert_true(kernel_has_finding(r, "shadow-orphan", "1 shadow variable of id 3: no listed patch"));
	assert_int_equal(r->shadows.nr_misplaced + r->shadows.nr_twins, 0);
	shadow_kernel_free(&k);
}

/* Byte order and pointer size decide where an entry is looked for; slabs are not known elsewhere. */
static void test_foreign(void **state)
{
	static const struct { const char *endian; unsigned int size; } kind[] = {
		{ "big", 8 }, { "big", 4 }, { "little", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kind) / sizeof(*kind); i++) {
		struct shadow_kernel k = shadow_kernel(kind[i].endian, kind[i].size, NULL);
		struct report *r;

		for (unsigned int n = 0; n < 50; n++)
			shadow_add(&k, 0xc0300000 + n * 128, n % 2);
		r = kernel_report(k.f, "z80");
		assert_int_equal(r->shadows.total.st, KLPSCOPE_OK);
		assert_count(r, 0, 25);
		assert_count(r, 1, 25);
		assert_int_equal(r->shadows.nr_misplaced + r->shadows.nr_twins, 0);
		assert_int_equal(shadow_id(r, 0)->bytes.st, KLPSCOPE_UNSUPPORTED);
		assert_true(kernel_has_finding(r, "unreadable", "size of klp_shadow"));
		shadow_kernel_free(&k);
	}
}

/* --- against states --- */

static void test_states_unknown(void **state)
{
	struct shadow_kernel k = wide(NULL);
	struct report *r;

	(void)state;
	shadow_add(&k, OBJECT(0), 7);
	shadow_add(&k, OBJECT(0), 8);
	slab_them(&k);
	shadow_state(&k, 7);
	/* What the other patch has a state of nobody knows. */
	fake_write_uint(k.f, fake_label(k.f, "p2") + 56, 0xdead0000, 8);
	r = shadow_report(&k);
	assert_int_equal(shadow_id(r, 7)->tied.v, 1);
	assert_int_equal(shadow_id(r, 8)->tied.st, KLPSCOPE_FAULT);
	assert_int_equal(findings(r, "shadow-orphan"), 0);
	shadow_kernel_free(&k);
}

static void test_no_states(void **state)
{
	struct shadow_kernel k = wide(VMCOREINFO);
	struct report *r;

	(void)state;
	shadow_add(&k, OBJECT(0), 7);
	slab_them(&k);
	r = shadow_report(&k);
	assert_int_equal(shadow_id(r, 7)->tied.st, KLPSCOPE_OK);
	for (struct patch_rec *p = r->patches; p; p = p->next)
		p->states_st = KLPSCOPE_NOT_FOUND;
	r->findings = NULL;
	r->findings_tail = NULL;
	analysis_shadows(r);
	assert_int_equal(shadow_id(r, 7)->tied.st, KLPSCOPE_NOT_FOUND);
	assert_null(r->findings);
	shadow_kernel_free(&k);
}

static void test_many_orphans(void **state)
{
	struct shadow_kernel k = wide(NULL);
	struct report *r;

	(void)state;
	for (unsigned int i = 0; i < 40; i++)
		shadow_add(&k, OBJECT(i), 1000 + i);
	slab_them(&k);
	r = shadow_report(&k);
	assert_int_equal(findings(r, "shadow-orphan"), 17);
	assert_true(kernel_has_finding(r, "shadow-orphan", "24 more ids"));
	shadow_kernel_free(&k);
}

/* --- what must not be --- */

static void test_wrong_bucket(void **state)
{
	struct shadow_kernel k = wide(NULL);
	struct report *r;
	uint64_t addr;

	(void)state;
	shadow_add(&k, OBJECT(1), 7);
	addr = shadow_add_to(&k, (shadow_bucket(&k, OBJECT(2)) + 1) % 4096, OBJECT(2), 7);
	slab_them(&k);
	r = shadow_report(&k);
	assert_count(r, 7, 2);
	assert_int_equal(r->shadows.nr_misplaced, 1);
	assert_int_equal(r->shadows.misplaced->addr, addr);
	assert_int_equal(r->shadows.misplaced->expected, shadow_bucket(&k, OBJECT(2)));
	assert_int_equal(findings(r, "shadow-wrong-bucket"), 1);
	for (const struct finding_rec *f = r->findings; f; f = f->next)
		if (!strcmp(f->code, "shadow-wrong-bucket")) {
			assert_int_equal(f->severity, FINDING_ERROR);
			assert_int_equal(f->address, addr);
			assert_string_not_equal(f->expected, f->found);
		}
	shadow_kernel_free(&k);
}

static void test_duplicate(void **state)
{
	struct shadow_kernel k = wide(NULL);
	struct report *r;
	uint64_t older, newer;

	(void)state;
	older = shadow_add(&k, OBJECT(1), 7);
	shadow_add(&k, OBJECT(1), 8);
	newer = shadow_add(&k, OBJECT(1), 7);
	slab_them(&k);
	r = shadow_report(&k);
	assert_int_equal(r->shadows.nr_twins, 1);
	assert_int_equal(r->shadows.nr_misplaced, 0);
	/* The list begins with the newer. */
	assert_int_equal(r->shadows.misplaced->twin, newer);
	assert_int_equal(r->shadows.misplaced->addr, older);
	assert_true(kernel_has_finding(r, "shadow-duplicate", "of id 7"));
	shadow_kernel_free(&k);
}

static void test_many_misplaced(void **state)
{
	struct shadow_kernel k = wide(NULL);
	struct report *r;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		shadow_add_to(&k, 5, OBJECT(1), 7);
	slab_them(&k);
	r = shadow_report(&k);
	assert_int_equal(r->shadows.nr_misplaced, 100);
	assert_int_equal(r->shadows.nr_twins, 99);
	assert_int_equal(findings(r, "shadow-wrong-bucket"), 17);
	assert_true(kernel_has_finding(r, "shadow-wrong-bucket", "84 more"));
	assert_true(kernel_has_finding(r, "shadow-duplicate", "99 more"));
	shadow_kernel_free(&k);
}

/* --- damage --- */

/* Three in one list, of which the first is the newest; one in another. */
static struct shadow_kernel chained(uint64_t addr[4])
{
	struct shadow_kernel k = wide(NULL);

	for (unsigned int i = 0; i < 3; i++)
		addr[2 - i] = shadow_add(&k, OBJECT(1), i + 1);
	addr[3] = shadow_add(&k, OBJECT(2), 9);
	assert_int_not_equal(shadow_bucket(&k, OBJECT(1)), shadow_bucket(&k, OBJECT(2)));
	slab_them(&k);
	return k;
}

static void assert_part(struct shadow_kernel *k, uint64_t seen, enum klpscope_status st)
{
	struct report *r = shadow_report(k);

	assert_int_equal(r->shadows.total.st, st);
	assert_int_equal(r->shadows.st, st);
	assert_int_equal(r->shadows.seen, seen);
	assert_non_null(shadow_id(r, 9));
	assert_false(r->complete);
	assert_true(kernel_has_finding(r, st == KLPSCOPE_CORRUPT ? "corrupt" : "unreadable", "klp_shadow_hash: bucket"));
	shadow_kernel_free(k);
}

static void test_broken_chain(void **state)
{
	struct shadow_kernel k;
	uint64_t addr[4];

	(void)state;
	/* A loop. */
	k = chained(addr);
	fake_write_uint(k.f, addr[1], addr[0], 8);
	assert_part(&k, 3, KLPSCOPE_CORRUPT);
	k = chained(addr);
	fake_write_uint(k.f, addr[0], addr[0], 8);
	assert_part(&k, 2, KLPSCOPE_CORRUPT);
	/* A bent back pointer, a wild pointer, and one into another list. */
	k = chained(addr);
	fake_write_uint(k.f, addr[1] + 8, HASH, 8);
	assert_part(&k, 2, KLPSCOPE_CORRUPT);
	k = chained(addr);
	fake_write_uint(k.f, addr[0], 0xdead0000, 8);
	assert_part(&k, 2, KLPSCOPE_FAULT);
	k = chained(addr);
	fake_write_uint(k.f, addr[0], addr[3], 8);
	assert_part(&k, 2, KLPSCOPE_CORRUPT);
	/* A list whose head points at nothing. */
	k = chained(addr);
	fake_write_uint(k.f, HASH + shadow_bucket(&k, OBJECT(1)) * 8ull, 0xffffffffffffffff, 8);
	assert_part(&k, 1, KLPSCOPE_FAULT);
}

static void test_hole_in_table(void **state)
{
	struct shadow_kernel k = wide(NULL);
	uint64_t page = shadow_bucket(&k, OBJECT(1)) * 8 / 4096 * 4096;
	struct report *r;

	(void)state;
	shadow_add(&k, OBJECT(1), 7);
	slab_them(&k);
	fake_hole(k.f, HASH + page, 4096, KLPSCOPE_EXCLUDED);
	r = shadow_report(&k);
	assert_int_equal(r->shadows.total.st, KLPSCOPE_EXCLUDED);
	assert_int_equal(r->shadows.seen, 0);
	assert_false(r->complete);
	assert_true(kernel_has_finding(r, "unreadable", "klp_shadow_hash: buckets"));
	shadow_kernel_free(&k);
}

/* What could be read of an entry whose second half is gone leads on to the next. */
static void test_hole_in_entry(void **state)
{
	struct shadow_kernel k = wide(NULL);
	struct report *r;

	(void)state;
	shadow_add(&k, OBJECT(1), 1);
	k.next = ENTRIES + 0x2000 - 32;
	shadow_add(&k, OBJECT(1), 2);
	k.next = ENTRIES + 0x4000;
	shadow_add(&k, OBJECT(1), 3);
	slab_them(&k);
	fake_hole(k.f, ENTRIES + 0x2000, 0x1000, KLPSCOPE_EXCLUDED);
	r = shadow_report(&k);
	assert_int_equal(r->shadows.total.st, KLPSCOPE_OK);
	assert_int_equal(r->shadows.total.v, 3);
	assert_int_equal(r->shadows.st, KLPSCOPE_EXCLUDED);
	assert_int_equal(r->shadows.nr_ids, 2);
	assert_false(r->complete);
	/* All of it gone: the one behind it is, too. */
	fake_hole(k.f, ENTRIES + 0x1000, 0x1000, KLPSCOPE_EXCLUDED);
	r = shadow_report(&k);
	assert_int_equal(r->shadows.total.st, KLPSCOPE_EXCLUDED);
	assert_int_equal(r->shadows.seen, 1);
	shadow_kernel_free(&k);
}

static void test_many_holes(void **state)
{
	struct shadow_kernel k = wide(NULL);
	struct report *r;

	(void)state;
	for (unsigned int bucket = 0; bucket < 4096; bucket++)
		fake_write_uint(k.f, HASH + bucket * 8, 0xdead0000 + bucket * 8, 8);
	r = shadow_report(&k);
	assert_int_equal(r->shadows.total.st, KLPSCOPE_FAULT);
	assert_true(kernel_has_finding(r, "unreadable", "and 4080 more"));
	assert_true(findings(r, "unreadable") < 10);
	shadow_kernel_free(&k);
}

/* A kernel whose types nobody knows, and a symbol that could not be looked for. */
static void test_unknown_table(void **state)
{
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory, "symbol klp_shadow_hash excluded\n", NULL);
	struct report *r = kernel_report(f, "x86_64");

	(void)state;
	assert_int_equal(r->shadows.total.st, KLPSCOPE_EXCLUDED);
	assert_false(r->complete);
	fake_free(f);
	f = kernel_parse("little", 8, kernel_types, kernel_memory, "symbol klp_shadow_hash 0xc0100000\n", NULL);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->shadows.total.st, KLPSCOPE_UNSUPPORTED);
	assert_false(r->complete);
	fake_free(f);
}

/* --- many --- */

#define MANY 20000

static void test_pages(void **state)
{
	struct shadow_kernel k = wide(NULL);
	uint64_t before;
	struct report *r;

	(void)state;
	before = fake_reads(k.f);
	shadow_report(&k);
	before = fake_reads(k.f) - before;
	for (unsigned int i = 0; i < MANY; i++)
		shadow_add(&k, OBJECT(i), 7);
	slab_them(&k);
	before += fake_reads(k.f);
	r = shadow_report(&k);
	assert_count(r, 7, MANY);
	assert_int_equal(r->shadows.nr_twins, 0);
	/* There are 313 of entries, and each list goes through all of them. */
	assert_true(fake_reads(k.f) - before < 800);
	shadow_kernel_free(&k);
}

static void test_many_ids(void **state)
{
	struct shadow_kernel k = wide(NULL);
	struct report *r;

	(void)state;
	for (unsigned int i = 0; i < LIMIT_SHADOW_IDS + 10; i++)
		shadow_add(&k, OBJECT(i), (uint64_t)i << 40);
	slab_them(&k);
	r = shadow_report(&k);
	assert_int_equal(r->shadows.total.v, LIMIT_SHADOW_IDS + 10);
	assert_int_equal(r->shadows.total.st, KLPSCOPE_OK);
	assert_int_equal(r->shadows.nr_ids, LIMIT_SHADOW_IDS);
	assert_int_equal(r->shadows.ids_st, KLPSCOPE_LIMIT);
	assert_int_equal(r->shadows.bytes.v, (LIMIT_SHADOW_IDS + 10) * 64);
	assert_false(r->complete);
	shadow_kernel_free(&k);
}

/* Up, down, up: each list is gone on with when the lift comes by. */
static void test_sweep(void **state)
{
	static const uint64_t lists[3][4] = { { 10, 50, 60, 0 }, { 40, 30, 20, 0 }, { 20, 70, 5, 0 } };
	static const uint64_t order[] = { 10, 20, 40, 50, 60, 70, 30, 20, 5 };
	unsigned int position[3] = { 0 }, n = 0;
	struct sweep s;
	uint32_t list;

	(void)state;
	assert_true(sweep_init(&s, 3));
	for (uint32_t i = 0; i < 3; i++)
		sweep_add(&s, i, lists[i][0]);
	while (sweep_next(&s, &list)) {
		uint64_t next = lists[list][++position[list]];

		assert_int_equal(s.at, order[n++]);
		if (next)
			sweep_add(&s, list, next);
	}
	assert_int_equal(n, sizeof(order) / sizeof(*order));
	sweep_free(&s);
}

/* --- each of an id --- */

static void test_one_id(void **state)
{
	static const uint8_t data[16] = { 0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3 };
	struct shadow_kernel k = wide(NULL);
	const struct shadow_rec *s;
	uint64_t addr[2];
	struct report *r;

	(void)state;
	addr[0] = shadow_add(&k, OBJECT(1), 7);
	addr[1] = shadow_add(&k, fake_label(k.f, "swapper0") + 8, 7);
	shadow_add(&k, OBJECT(1), 8);
	fake_write(k.f, addr[0] + DATA_OFFSET, data, sizeof(data));
	slab_them(&k);
	shadow_slab(&k, OBJECT(1), OBJECT(2), "kmalloc96");
	r = shadow_report_of(&k, 7);
	assert_true(r->complete);
	assert_null(shadow_id(r, 8)->shadow);
	s = shadow_id(r, 7)->shadow;
	if (s->addr != addr[0])
		s = s->next;
	assert_int_equal(s->addr, addr[0]);
	assert_int_equal(s->obj, OBJECT(1));
	assert_int_equal(s->data, addr[0] + DATA_OFFSET);
	assert_string_equal(s->slab.cache.s, "kmalloc-64");
	assert_string_equal(s->obj_slab.cache.s, "kmalloc-96");
	assert_int_equal(s->obj_slab.size.v, 96);
	assert_null(s->obj_symbol.name);
	/* Its object ends there. */
	assert_int_equal(s->nr_bytes, 16);
	assert_memory_equal(s->bytes, data, 16);
	s = shadow_id(r, 7)->shadow;
	if (s->addr != addr[1])
		s = s->next;
	assert_int_equal(s->addr, addr[1]);
	assert_int_equal(s->obj_slab.cache.st, KLPSCOPE_NOT_FOUND);
	assert_string_equal(s->obj_symbol.name, "init_task");
	/* In the order of the table. */
	s = shadow_id(r, 7)->shadow;
	assert_true(s->bucket < s->next->bucket);
	assert_null(s->next->next);
	shadow_kernel_free(&k);
}

static void test_data_gone(void **state)
{
	struct shadow_kernel k = wide(NULL);
	struct report *r;

	(void)state;
	k.next = ENTRIES + 0x1000 - DATA_OFFSET;
	shadow_add(&k, OBJECT(1), 7);
	slab_them(&k);
	shadow_slab(&k, OBJECT(1), OBJECT(2), "kmalloc96");
	fake_hole(k.f, ENTRIES + 0x1000, 0x1000, KLPSCOPE_EXCLUDED);
	r = shadow_report_of(&k, 7);
	assert_int_equal(shadow_id(r, 7)->shadow->bytes_st, KLPSCOPE_EXCLUDED);
	assert_int_equal(shadow_id(r, 7)->shadow->nr_bytes, 0);
	assert_false(r->complete);
	assert_true(kernel_has_finding(r, "unreadable", "data of klp_shadow"));
	/* Nobody asks for data otherwise. */
	r = shadow_report(&k);
	assert_true(r->complete);
	shadow_kernel_free(&k);
}

struct watch {
	uint64_t data;
	unsigned int used, secret;
};

static void watch_used(void *arg, uint64_t addr, size_t len, enum target_purpose purpose)
{
	struct watch *w = arg;

	w->used += addr <= w->data && addr + len > w->data && purpose == PURPOSE_SHADOW;
}

static void watch_secret(void *arg, uint64_t addr, size_t len)
{
	struct watch *w = arg;

	w->secret += addr == w->data && len == 16;
}

/* A capsule has what -s ID may be asked of, and its maker is told that it is private. */
static void test_recording(void **state)
{
	struct shadow_kernel k = wide(NULL);

	(void)state;
	shadow_add(&k, OBJECT(1), 7);
	slab_them(&k);
	shadow_slab(&k, OBJECT(1), OBJECT(2), "kmalloc96");
	for (int recording = 0; recording < 2; recording++) {
		struct target *t = fake_target(k.f);
		struct report *r = arena_alloc(target_arena(t), sizeof(*r));
		struct watch w = { .data = ENTRIES + DATA_OFFSET };

		target_observe(t, &(struct target_observer){ .arg = &w, .used = watch_used, .secret = watch_secret });
		r->arena = target_arena(t);
		r->system.architecture = (struct text){ "x86_64", KLPSCOPE_OK };
		r->recording = recording;
		assert_int_equal(model_collect(t, r), KLPSCOPE_OK);
		assert_int_equal(w.used, recording);
		assert_int_equal(w.secret, recording);
		assert_null(shadow_id(r, 7)->shadow);
	}
	shadow_kernel_free(&k);
}

/* --- the slab allocator --- */

static const struct shadow_rec *only(struct shadow_kernel *k)
{
	return shadow_id(shadow_report_of(k, 7), 7)->shadow;
}

static void test_hostile_slab(void **state)
{
	struct shadow_kernel k = wide(NULL);
	const uint64_t page = shadow_page(ENTRIES);
	const struct shadow_rec *s;
	struct report *r;

	(void)state;
	shadow_add(&k, OBJECT(1), 7);
	shadow_slab(&k, ENTRIES, ENTRIES + 1, "hostile");
	s = only(&k);
	assert_string_equal(s->slab.cache.s, "kmalloc\\x1b[31m\\x0a64");
	assert_int_equal(s->slab.size.v, 64);
	shadow_slab(&k, ENTRIES, ENTRIES + 1, "empty");
	s = only(&k);
	assert_int_equal(s->slab.size.st, KLPSCOPE_CORRUPT);
	assert_int_equal(s->nr_bytes, 0);
	fake_write_uint(k.f, page + 24, 0, 8);
	assert_int_equal(only(&k)->slab.cache.st, KLPSCOPE_CORRUPT);
	fake_write_uint(k.f, page + 24, 0xdead0000, 8);
	assert_int_equal(only(&k)->slab.cache.st, KLPSCOPE_FAULT);
	/* The tail of a page that lies behind it, and of one that lies nowhere. */
	fake_write_uint(k.f, page + 8, page + 64 + 1, 8);
	assert_int_equal(only(&k)->slab.cache.st, KLPSCOPE_CORRUPT);
	fake_write_uint(k.f, page + 8, 0xdead0001, 8);
	r = shadow_report(&k);
	assert_int_equal(shadow_id(r, 7)->bytes.st, KLPSCOPE_CORRUPT);
	assert_count(r, 7, 1);
	assert_false(r->complete);
	/* A page of no slab: what is there is no klp_shadow. */
	fake_write_uint(k.f, page + 8, 0, 8);
	fake_write_uint(k.f, page, 0, 8);
	r = shadow_report(&k);
	assert_int_equal(shadow_id(r, 7)->bytes.st, KLPSCOPE_CORRUPT);
	shadow_kernel_free(&k);
}

/* The second of two pages: by a pointer, or by a mask. */
static void check_tail(const char *more, uint64_t info)
{
	struct shadow_kernel k = wide(more);
	const struct shadow_rec *s;

	k.next = ENTRIES + 0x1000;
	shadow_add(&k, OBJECT(1), 7);
	shadow_slab(&k, ENTRIES, ENTRIES + 1, "kmalloc64");
	fake_write_uint(k.f, shadow_page(ENTRIES + 0x1000), 0, 64 / 8);
	fake_write_uint(k.f, shadow_page(ENTRIES + 0x1000) + 8, info, 8);
	s = only(&k);
	assert_int_equal(s->slab.cache.st, KLPSCOPE_OK);
	assert_string_equal(s->slab.cache.s, "kmalloc-64");
	shadow_kernel_free(&k);
}

static void test_tail_page(void **state)
{
	(void)state;
	check_tail(VMCOREINFO, shadow_page(ENTRIES) + 1);
	check_tail(VMCOREINFO "member page compound_info 8 8\n", shadow_page(ENTRIES) + 1);
	check_tail(VMCOREINFO "member page compound_info 8 8\nmember zone vmemmap_tails 0 8\n", ~127ull | 1);
}

/* Since 6.10 it is not a flag. */
static void check_mapcount(const char *value, uint32_t mapcount, bool slab)
{
	struct shadow_kernel k = wide(value);

	shadow_add(&k, OBJECT(1), 7);
	slab_them(&k);
	fake_write_uint(k.f, shadow_page(ENTRIES) + 48, mapcount, 4);
	assert_int_equal(only(&k)->slab.cache.st, slab ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND);
	shadow_kernel_free(&k);
}

static void test_mapcount(void **state)
{
	static const char v610[] = "vmcoreinfo NUMBER(PAGE_SLAB_MAPCOUNT_VALUE) -4097\nvmcoreinfo NUMBER(PG_head_mask) 64\n";
	static const char v612[] = "vmcoreinfo NUMBER(PAGE_SLAB_MAPCOUNT_VALUE) -184549376\nvmcoreinfo NUMBER(PG_head_mask) 64\n";

	(void)state;
	check_mapcount(v610, 0xffffefff, true);
	check_mapcount(v610, 0xffffffff, false);
	check_mapcount(v612, 0xf5000000, true);
	check_mapcount(v612, 0xf5000001, true);
	check_mapcount(v612, 0xf4000000, false);
}

/* A klp_shadow that kmalloc() took eight pages for. */
static void test_large(void **state)
{
	struct shadow_kernel k = wide(NULL);
	const struct shadow_rec *s;

	(void)state;
	shadow_add(&k, OBJECT(1), 7);
	fake_write_uint(k.f, shadow_page(ENTRIES), 65536, 8);
	fake_write_uint(k.f, shadow_page(ENTRIES + 0x1000) + 17, 3, 1);
	s = only(&k);
	assert_int_equal(s->slab.cache.st, KLPSCOPE_NOT_FOUND);
	assert_int_equal(s->slab.size.v, 32768);
	assert_int_equal(s->nr_bytes, 32);
	assert_int_equal(shadow_id(shadow_report(&k), 7)->bytes.v, 32768);
	shadow_kernel_free(&k);
	/* Not at its start. */
	k = wide(NULL);
	k.next = ENTRIES + 64;
	shadow_add(&k, OBJECT(1), 7);
	fake_write_uint(k.f, shadow_page(ENTRIES), 65536, 8);
	fake_write_uint(k.f, shadow_page(ENTRIES + 0x1000) + 17, 3, 1);
	assert_int_equal(only(&k)->slab.size.st, KLPSCOPE_NOT_FOUND);
	shadow_kernel_free(&k);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),		 cmocka_unit_test(test_counts),
		cmocka_unit_test(test_foreign),		 cmocka_unit_test(test_states_unknown),
		cmocka_unit_test(test_no_states),	 cmocka_unit_test(test_many_orphans),
		cmocka_unit_test(test_wrong_bucket),	 cmocka_unit_test(test_duplicate),
		cmocka_unit_test(test_many_misplaced),	 cmocka_unit_test(test_broken_chain),
		cmocka_unit_test(test_hole_in_table),	 cmocka_unit_test(test_hole_in_entry),
		cmocka_unit_test(test_many_holes),	 cmocka_unit_test(test_unknown_table),
		cmocka_unit_test(test_pages),		 cmocka_unit_test(test_many_ids),
		cmocka_unit_test(test_sweep),		 cmocka_unit_test(test_one_id),
		cmocka_unit_test(test_data_gone),	 cmocka_unit_test(test_recording),
		cmocka_unit_test(test_hostile_slab),	 cmocka_unit_test(test_tail_page),
		cmocka_unit_test(test_mapcount),	 cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
