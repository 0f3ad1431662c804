// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a task had not switched: what of the kernel's own reasons the dump shows, and never "nothing" for "unknown". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/stacks.h"

#define PATCH_STATE 104
#define OBJECT_PATCHED 56
#define OLD_SIZE 64
#define NEW_SIZE 72

#define SP (TOP(0) - 0x400)
#define ABOVE (SP + INACTIVE)

/* Where f2's original body is, and the two replacements of f1. */
#define F2 0xc0001010ull
#define F2_SIZE 48
#define ONE_F1 0xc0010100ull
#define TWO_F1 0xc0020100ull
#define NEW_F1_SIZE 32

static int start(void **state)
{
	(void)state;
	stacks_reset();
	return 0;
}

/* A patch is being moved to `target`; init alone has not switched, and sleeps below `ret`. */
static struct fake *moving(const char *patch, uint32_t target, uint64_t ret, const char *more)
{
	static const char *const others[] = { "swapper0", "swapper1", "kthread", "thread" };
	struct fake *f = stacks_kernel(&(struct stacks_kernel){ .format = ORC_TYPE3_SIGNAL, .more = more });

	put_module_table(f, "m1", 0xc0010000);
	put_module_table(f, "m2", 0xc0020000);
	fake_write_uint(f, fake_label(f, "transition_patch"), fake_label(f, patch), 8);
	fake_write_uint(f, fake_label(f, "target_state"), target, 4);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		fake_write_uint(f, fake_label(f, others[i]) + PATCH_STATE, target, 4);
	fake_write_uint(f, fake_label(f, "init") + PATCH_STATE, !target, 4);
	put_to_sleep(f, "init", 0, SP, 0);
	PUT(f, ABOVE, FRAME(ret), FRAME(IN(CALLER)), FRAME(IN(ENTRY)));
	return f;
}

static const struct pending_rec *only(const struct report *r)
{
	const struct pending_rec *p = r->tasks.pending;

	assert_int_equal(r->tasks.nr_pending, 1);
	assert_non_null(p);
	assert_null(p->next);
	return p;
}

/* With blockers by that function, or none. */
static void check(struct fake *f, enum held_up_by held_up, const char *func, uint64_t at)
{
	struct report *r = stacks_report(f, false);
	const struct pending_rec *p = only(r);

	assert_int_equal(p->held_up, held_up);
	if (func) {
		assert_non_null(p->blockers);
		assert_string_equal(p->blockers->func->name.s, func);
		assert_int_equal(p->blockers->frame->address, at);
		assert_null(p->blockers->next);
	} else {
		assert_null(p->blockers);
	}
	/* "Nothing on its stack" needs all of it, and all that must not be on it. */
	if (held_up == HELD_UNKNOWN || held_up == HELD_UNRELIABLE)
		assert_int_not_equal(p->blockers_st, KLPSCOPE_OK);
	if (held_up == HELD_NOTHING || held_up == HELD_FUNCTION)
		assert_int_equal(p->blockers_st, KLPSCOPE_OK);
	assert_int_equal(r->complete, held_up != HELD_UNKNOWN);
	fake_free(f);
}

/* The kernel compares return addresses with a range that ends before `high`. */
static void check_borders(const char *patch, uint32_t target, uint64_t low, uint64_t size, const char *func)
{
	const struct {
		uint64_t at;
		bool in;
	} cases[] = {
		{ low, true }, { low + 1, true }, { low + size - 1, true }, { low + size, false }, { low - 1, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(moving(patch, target, cases[i].at, ""), cases[i].in ? HELD_FUNCTION : HELD_NOTHING,
		      cases[i].in ? func : NULL, cases[i].at);
}

/* To be applied: nobody may be in the original. */
static void test_original(void **state)
{
	(void)state;
	check_borders("p1", 1, F2, F2_SIZE, "f2");
}

/* On top of another replacement: nobody may be in that one. */
static void test_replacement_below(void **state)
{
	(void)state;
	check_borders("p2", 1, ONE_F1, NEW_F1_SIZE, "f1");
	/* In the new one everybody may be, and in an original that is two below. */
	check(moving("p2", 1, TWO_F1 + 8, ""), HELD_NOTHING, NULL, 0);
	check(moving("p2", 1, 0xc0001008, ""), HELD_NOTHING, NULL, 0);
}

/* To be reverted: nobody may be in the new one. */
static void test_reverting(void **state)
{
	(void)state;
	check_borders("p2", 0, TWO_F1, NEW_F1_SIZE, "f1");
	check(moving("p2", 0, ONE_F1 + 8, ""), HELD_NOTHING, NULL, 0);
	check(moving("p1", 0, F2 + 8, ""), HELD_NOTHING, NULL, 0);
}

/* Each frame counts, innermost first. */
static void test_twice(void **state)
{
	struct fake *f = moving("p1", 1, F2 + 8, "");
	const struct pending_rec *p;

	(void)state;
	PUT(f, ABOVE + 24, FRAME(F2 + 16), FRAME(IN(ENTRY)));
	p = only(stacks_report(f, false));
	assert_int_equal(p->held_up, HELD_FUNCTION);
	assert_int_equal(p->blockers->frame->address, F2 + 8);
	assert_int_equal(p->blockers->next->frame->address, F2 + 16);
	assert_null(p->blockers->next->next);
	fake_free(f);
}

/* The kernel looks at patched objects only. */
static void test_object_not_patched(void **state)
{
	struct fake *f = moving("p2", 1, ONE_F1 + 8, "");

	(void)state;
	fake_write_uint(f, fake_label(f, "two_obj") + OBJECT_PATCHED, 0, 1);
	check(f, HELD_NOTHING, NULL, 0);
}

/* RHEL 7: unpatched 1, patched 2. */
static void test_shifted(void **state)
{
	static const char bss[] = "symbol __bss_start @target_state\nsymbol __bss_stop @target_state+4\n";
	static const char *const everybody[] = { "swapper0", "swapper1", "kthread", "thread", "init" };
	static const struct {
		uint32_t target;
		uint64_t ret;
		enum held_up_by held_up;
	} cases[] = {
		{ 2, ONE_F1 + 8, HELD_FUNCTION }, { 2, TWO_F1 + 8, HELD_NOTHING }, { 1, TWO_F1 + 8, HELD_FUNCTION },
		{ 1, ONE_F1 + 8, HELD_NOTHING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = moving("p2", cases[i].target, cases[i].ret, bss);

		for (size_t k = 0; k < 5; k++)
			fake_write_uint(f, fake_label(f, everybody[k]) + PATCH_STATE,
					k < 4 ? cases[i].target : 3 - cases[i].target, 4);
		check(f, cases[i].held_up, cases[i].held_up == HELD_FUNCTION ? "f1" : NULL, cases[i].ret);
	}
}

static void test_running(void **state)
{
	struct fake *f = moving("p1", 1, IN(CALLER), "");
	const struct pending_rec *p;
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "init") + TASK_ON_CPU, 1, 4);
	fake_write_uint(f, 0xc0037010, fake_label(f, "init"), 8);
	/* Nobody saved its registers: what holds it up is known all the same, what is on its stack is not. */
	r = stacks_report(f, false);
	p = only(r);
	assert_int_equal(p->held_up, HELD_RUNNING);
	assert_null(p->blockers);
	assert_int_not_equal(p->blockers_st, KLPSCOPE_OK);
	put_crash_note(f, 0, &(struct x86_regs){ .ip = AT(CALLER), .sp = TOP(0) - 0x100 });
	PUT(f, TOP(0) - 0x100, FRAME(F2 + 8), FRAME(IN(ENTRY)));
	p = only(stacks_report(f, false));
	assert_int_equal(p->held_up, HELD_RUNNING);
	assert_int_equal(p->blockers_st, KLPSCOPE_OK);
	assert_int_equal(p->blockers->frame->address, F2 + 8);
	/* Not all that must not be on it is known: then that nothing is there is not known either. */
	PUT(f, TOP(0) - 0x100, FRAME(IN(CALLER)), FRAME(IN(ENTRY)));
	assert_int_equal(only(stacks_report(f, false))->blockers_st, KLPSCOPE_OK);
	fake_write_uint(f, fake_label(f, "one_f2") + OLD_SIZE, 0, 8);
	p = only(stacks_report(f, false));
	assert_int_equal(p->held_up, HELD_RUNNING);
	assert_null(p->blockers);
	assert_int_equal(p->blockers_st, KLPSCOPE_CORRUPT);
	fake_free(f);
}

/* One whose stack the kernel cannot trust waits, whatever is on it. */
static void test_unreliable(void **state)
{
	struct fake *f = moving("p1", 1, 0xdead0000, "");
	const struct pending_rec *p;

	(void)state;
	/* Behind the call at its entry: what a scan of the stack finds holds nobody up. */
	PUT(f, ABOVE + 24, IN(CALLER), F2 + 9);
	check(f, HELD_UNRELIABLE, NULL, 0);
	/* What is on the part that can be trusted is told. */
	f = moving("p1", 1, F2 + 8, "");
	PUT(f, ABOVE + 24, FRAME(0xdead0000));
	p = only(stacks_report(f, false));
	assert_int_equal(p->held_up, HELD_UNRELIABLE);
	assert_non_null(p->blockers);
	assert_int_equal(p->blockers_st, KLPSCOPE_CORRUPT);
	fake_free(f);
}

/* It has exited, or never ran: nothing is on its stack. */
static void test_no_stack(void **state)
{
	struct fake *f = moving("p1", 1, F2 + 8, "");

	(void)state;
	fake_write_uint(f, fake_label(f, "init") + TASK_STACK, 0, 8);
	check(f, HELD_NOTHING, NULL, 0);
	f = moving("p1", 1, F2 + 8, "");
	fake_write_uint(f, SP + 48, FN(FORKED), 8);
	PUT(f, SP + 56, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	check(f, HELD_NOTHING, NULL, 0);
}

/* A part that the answer hangs on cannot be read. */
static void test_damage(void **state)
{
	static const struct {
		const char *hole;
		uint64_t ret;
	} cases[] = {
		{ "hole 0xd0003000 0x1000 excluded\n", F2 + 8 },	/* the stack */
		{ "hole 0xc0040000 8 truncated\n", IN(CALLER) },	/* addresses of the unwind tables */
		{ "hole 0xc0041000 8 fault\n", IN(CALLER) },		/* the tables */
		{ "hole 0xc0012000 8 excluded\n", IN(CALLER) },		/* the object */
		{ "hole 0xc0013000 8 excluded\n", IN(CALLER) },		/* its functions */
		{ "hole 0xc0003000 8 excluded\n", IN(CALLER) },		/* the function stacks */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(moving("p1", 1, cases[i].ret, cases[i].hole), HELD_UNKNOWN, NULL, 0);
}

/* What was found on it holds it up, even if there may be more. */
static void test_damage_elsewhere(void **state)
{
	struct fake *f = moving("p1", 1, F2 + 8, "");
	const struct pending_rec *p;

	(void)state;
	fake_write_uint(f, fake_label(f, "one_f1") + OLD_SIZE, UINT64_MAX, 8);
	p = only(stacks_report(f, false));
	assert_int_equal(p->held_up, HELD_FUNCTION);
	assert_string_equal(p->blockers->func->name.s, "f2");
	assert_int_equal(p->blockers_st, KLPSCOPE_CORRUPT);
	fake_free(f);
}

/* Addresses and sizes that no function has: then where it is nobody knows. */
static void test_hostile(void **state)
{
	static const struct {
		const char *func;
		unsigned int offset;
		uint64_t value;
	} bends[] = {
		{ "one_f2", OLD_SIZE, 0 }, { "one_f2", OLD_SIZE, UINT64_MAX }, { "one_f2", OLD_SIZE, 0 - F2 + 1 },
		{ "one_f2", 16, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bends) / sizeof(*bends); i++) {
		struct fake *f = moving("p1", 1, F2 + 8, "");
		const struct pending_rec *p;
		struct report *r;

		fake_write_uint(f, fake_label(f, bends[i].func) + bends[i].offset, bends[i].value, 8);
		r = stacks_report(f, false);
		p = only(r);
		assert_int_equal(p->held_up, HELD_UNKNOWN);
		assert_null(p->blockers);
		assert_false(r->complete);
		fake_free(f);
	}
	for (uint64_t size = 0; size < 2; size++) {
		struct fake *f = moving("p2", 0, TWO_F1 + 8, "");

		fake_write_uint(f, fake_label(f, "two_f1") + NEW_SIZE, -size, 8);
		assert_int_equal(only(stacks_report(f, false))->held_up, HELD_UNKNOWN);
		fake_free(f);
	}
}

/* The patch in transition is on no list: nobody knows what it replaces. */
static void test_unlisted(void **state)
{
	struct fake *f = moving("p1", 1, F2 + 8, "");
	const struct pending_rec *p;

	(void)state;
	fake_write_uint(f, fake_label(f, "transition_patch"), 0xc0099000, 8);
	p = only(stacks_report(f, false));
	assert_int_equal(p->held_up, HELD_UNKNOWN);
	assert_int_not_equal(p->blockers_st, KLPSCOPE_OK);
	fake_free(f);
}

/* That its registers cannot be true is nothing that the kernel had seen, as far as anybody knows. */
static void test_odd_mode(void **state)
{
	const struct x86_regs odd = { .ip = 0xffffffff81000000, .cs = 0x33, .sp = TOP(0) - 0x200 };
	struct fake *f = moving("p2", 1, IN(IRQ_ENTRY), "");

	(void)state;
	put_regs(f, ABOVE + 24, &odd);
	check(f, HELD_UNKNOWN, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_original, start),
		cmocka_unit_test_setup(test_replacement_below, start),
		cmocka_unit_test_setup(test_reverting, start),
		cmocka_unit_test_setup(test_twice, start),
		cmocka_unit_test_setup(test_object_not_patched, start),
		cmocka_unit_test_setup(test_shifted, start),
		cmocka_unit_test_setup(test_running, start),
		cmocka_unit_test_setup(test_unreliable, start),
		cmocka_unit_test_setup(test_no_stack, start),
		cmocka_unit_test_setup(test_damage, start),
		cmocka_unit_test_setup(test_damage_elsewhere, start),
		cmocka_unit_test_setup(test_hostile, start),
		cmocka_unit_test_setup(test_unlisted, start),
		cmocka_unit_test_setup(test_odd_mode, start),
	};

	return cmocka_run_group_tests_name("held up", tests, NULL, NULL);
}
