// SPDX-License-Identifier: GPL-2.0-or-later
/* Stacks of damaged dumps, and of hostile ones: less may be known, nothing else said, and each walk ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/stacks.h"

static const struct stacks_kernel modern = { .format = ORC_TYPE3_SIGNAL };

static int start(void **state)
{
	(void)state;
	stacks_reset();
	return 0;
}

#define SP (TOP(0) - 0x400)
#define ABOVE (SP + INACTIVE)
#define SHADOW 0xc0060000ull

static struct fake *sleeping(const struct stacks_kernel *how)
{
	struct fake *f = stacks_kernel(how);

	put_to_sleep(f, "init", 0, SP, TOP(0) - 0x100);
	PUT(f, ABOVE, FRAME(IN(SLEEPER)), FRAME(IN(CALLER)), FRAME(IN(ENTRY)));
	return f;
}

static void check(struct fake *f, enum klpscope_status st, const char *expected)
{
	struct stack_rec *stack = unwound(f, "init", false);

	assert_frames(stack, expected);
	assert_int_equal(stack->st, st);
	fake_free(f);
}

/* --- stack pointers --- */

static void set_sp(struct fake *f, uint64_t sp)
{
	fake_write_uint(f, fake_label(f, "init") + TASK_SP, sp, 8);
}

static void test_odd_sp(void **state)
{
	static const uint64_t values[] = {
		0, 1, STACK(0) - 8, TOP(0), TOP(0) - 48, STACK(1), UINT64_MAX, UINT64_MAX - 40, UINT64_MAX - 47, UINT64_MAX - 55,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct fake *f = sleeping(&modern);
		struct stack_rec *stack;

		set_sp(f, values[i]);
		stack = unwound(f, "init", false);
		assert_int_equal(stack->st, KLPSCOPE_CORRUPT);
		assert_false(stack->count && stack->frame[0].reliable);
		fake_free(f);
	}
}

/* Each byte of the last page of all addresses, as a stack. */
static void test_last_page(void **state)
{
	struct fake *f = sleeping(&modern);

	(void)state;
	fake_write_uint(f, fake_label(f, "init") + TASK_STACK, 0xffffffffffffb000, 8);
	set_sp(f, 0xffffffffffffefc8);
	PUT(f, 0xffffffffffffefc8, 0, 0, 0, 0, 0, 0, IN(SCHEDULE));
	assert_int_not_equal(unwound(f, "init", false)->st, KLPSCOPE_OK);
	fake_free(f);
}

static void test_leads_off(void **state)
{
	struct fake *f = sleeping(&modern);

	(void)state;
	/* The return address of its last frame would lie behind the stack. */
	set_sp(f, TOP(0) - INACTIVE - 16);
	PUT(f, TOP(0) - INACTIVE - 16, 0, 0, 0, 0, 0, 0, IN(SCHEDULE), 0, 0);
	check(f, KLPSCOPE_CORRUPT, "schedule+0x10 : it leads to no stack of this task");
}

/* Not aligned: the kernel looks there all the same, and so do we. */
static void test_unaligned(void **state)
{
	struct fake *f = sleeping(&modern);

	(void)state;
	set_sp(f, SP + 1);
	PUT(f, SP + 1, 0, 0, 0, 0, 0, 0, IN(SCHEDULE), FRAME(IN(ENTRY)));
	check(f, KLPSCOPE_OK, "schedule+0x10 entry+0x10");
}

/* --- loops --- */

static void test_down(void **state)
{
	struct fake *f = sleeping(&modern);

	(void)state;
	/* worker()'s frame hangs on bp, which leads back. */
	PUT(f, ABOVE, FRAME(IN(WORKER)));
	PUT(f, SP - 0x100, SP - 0x100, IN(WORKER));
	fake_write_uint(f, SP + 40, SP - 0x100, 8);
	assert_string_equal(unwound(f, "init", false)->why, "it does not lead upwards");
	fake_free(f);
}

/* An interrupt that interrupted itself. */
static void test_registers_in_a_loop(void **state)
{
	const struct x86_regs self = { .ip = AT(IRQ_ENTRY), .sp = ABOVE + 24 };
	struct fake *f = sleeping(&modern);
	struct stack_rec *stack;

	(void)state;
	PUT(f, ABOVE, FRAME(IN(IRQ_ENTRY)));
	put_regs(f, ABOVE + 24, &self);
	stack = unwound(f, "init", false);
	assert_string_equal(stack->why, "it does not lead upwards");
	assert_true(stack->count < LIMIT_FRAMES);
	fake_free(f);
}

/* From one stack to the other and back for ever. */
static void test_between_stacks(void **state)
{
	const struct x86_regs there = { .ip = AT(IRQ_ENTRY), .sp = IRQ_STACK(0) + 0x100 },
			      back = { .ip = AT(IRQ_ENTRY), .sp = STACK(1) + 0x100 };
	struct fake *f = stacks_kernel(&modern);
	struct stack_rec *stack;

	(void)state;
	fake_write_uint(f, fake_label(f, "thread") + TASK_STACK, STACK(1), 8);
	put_crash_note(f, 0, &back);
	put_regs(f, STACK(1) + 0x100, &there);
	put_regs(f, IRQ_STACK(0) + 0x100, &back);
	stack = unwound(f, "thread", true);
	assert_int_not_equal(stack->st, KLPSCOPE_OK);
	assert_true(stack->count <= LIMIT_FRAMES);
	fake_free(f);
}

/* --- where the tables lie --- */

static void test_symbols(void **state)
{
	static const struct {
		const char *without, *more;
		enum klpscope_status st;
		const char *says;
	} cases[] = {
		{ "symbol __start_orc_unwind_ip", "symbol __start_orc_unwind_ip excluded\n", KLPSCOPE_EXCLUDED,
		  " : where the kernel's unwind information lies is not known" },
		{ "symbol __stop_orc_unwind_ip", "", KLPSCOPE_NOT_FOUND,
		  " : where the kernel's unwind information lies is not known" },
		{ "symbol __start_orc_unwind 0", "symbol __start_orc_unwind truncated\n", KLPSCOPE_TRUNCATED,
		  " : where the kernel's unwind information lies is not known" },
		{ "symbol _stext", "symbol _stext fault\n", KLPSCOPE_FAULT,
		  " : where the kernel's unwind information lies is not known" },
		{ "type orc_entry", "type orc_entry unsupported\n", KLPSCOPE_UNSUPPORTED,
		  " : where the kernel's unwind information lies is not known" },
		/* Reversed, empty, and as far apart as can be: the kernel had other ones. */
		{ "symbol __stop_orc_unwind_ip", "symbol __stop_orc_unwind_ip 0xc003f000\n", KLPSCOPE_NOT_FOUND,
		  "schedule+0x10 : unwind information not readable" },
		{ "symbol __stop_orc_unwind_ip", "symbol __stop_orc_unwind_ip 0xc0040000\n", KLPSCOPE_NOT_FOUND,
		  "schedule+0x10 : unwind information not readable" },
		{ "symbol __stop_orc_unwind_ip", "symbol __stop_orc_unwind_ip 0xffffffffffffffff\n", KLPSCOPE_NOT_FOUND,
		  "schedule+0x10 : unwind information not readable" },
		/* The other symbols of the tables are of help, and no more. */
		{ "symbol orc_lookup 0", "symbol orc_lookup excluded\n", KLPSCOPE_OK,
		  "schedule+0x10 sleeper+0x10 caller+0x10 entry+0x10" },
		{ "symbol orc_lookup_end", "symbol orc_lookup_end 0xc0041000\n", KLPSCOPE_OK,
		  "schedule+0x10 sleeper+0x10 caller+0x10 entry+0x10" },
		{ "symbol orc_lookup 0", "symbol orc_lookup 0xfffffffffffffff0\n", KLPSCOPE_OK,
		  "schedule+0x10 sleeper+0x10 caller+0x10 entry+0x10" },
		{ "symbol ftrace_ops_list", "symbol ftrace_ops_list excluded\n", KLPSCOPE_OK,
		  "schedule+0x10 sleeper+0x10 caller+0x10 entry+0x10" },
		/* The text ends before it begins. */
		{ "symbol _etext", "symbol _etext 0xc0000000 1\n", KLPSCOPE_CORRUPT,
		  " : an address on it is not in the kernel's text" },
		/* What a task that left the CPU looks like. */
		{ "type inactive_task_frame", "", KLPSCOPE_NOT_FOUND, " : where it left the CPU is not known" },
		{ "member inactive_task_frame bp", "member inactive_task_frame bp excluded\n", KLPSCOPE_UNSUPPORTED,
		  " : where it left the CPU is not known" },
		{ "member thread_struct sp", "", KLPSCOPE_NOT_FOUND, " : where it left the CPU is not known" },
		{ "member task_struct thread ", "", KLPSCOPE_UNSUPPORTED, " : where it left the CPU is not known" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct stacks_kernel how = modern;
		struct stack_rec *stack;
		struct fake *f;

		how.without = cases[i].without;
		how.more = cases[i].more;
		f = sleeping(&how);
		stack = unwound(f, "init", false);
		/* What a scan found is another matter. */
		while (stack->count && !stack->frame[stack->count - 1].reliable)
			stack->count--;
		assert_frames(stack, cases[i].says);
		/* That there is no such thing is no answer about a stack. */
		assert_int_equal(stack->st, cases[i].st);
		fake_free(f);
	}
}

static void test_architecture(void **state)
{
	struct fake *f = sleeping(&modern);
	struct walk *w = stacks_walk(f);
	struct unwinder *u;

	(void)state;
	w->r->system.architecture.s = "s390x";
	u = walk_unwinder(w);
	unwind_task(u, &(struct stack_start){ .task = fake_label(f, "init") });
	assert_frames(unwind_keep(u), " : stacks of this architecture cannot be walked");
	fake_free(f);
}

/* --- tables that make no sense --- */

static void test_odd_entries(void **state)
{
	static const struct {
		uint16_t bits;
		const char *why;
	} cases[] = {
		{ 0x200, "its unwind information makes no sense" },	/* based on nothing */
		{ 0x201, "its unwind information makes no sense" },
		{ 0x20a, "its frame hangs on a register that nobody saved" },	/* ax, of 7.2 */
		{ 0x20f, "its unwind information makes no sense" },
		{ 0x225, "its unwind information makes no sense" },	/* bp from dx */
		{ 0x2f5, "its unwind information makes no sense" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = sleeping(&modern);
		struct stack_rec *stack;

		/* Of schedule()'s body, the third. */
		fake_write_uint(f, 0xc0041000 + 6 * 2 + 4, cases[i].bits, 2);
		stack = unwound(f, "init", false);
		assert_string_equal(stack->why, cases[i].why);
		assert_int_equal(stack->st, KLPSCOPE_CORRUPT);
		for (unsigned int k = 1; k < stack->count; k++)
			assert_false(stack->frame[k].reliable);
		fake_free(f);
	}
}

/* Offsets that lead off the stack, or around the end of all addresses. */
static void test_odd_offsets(void **state)
{
	static const int16_t offsets[] = { 0, -8, -32768, 32767, 0x3ff };

	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		struct fake *f = sleeping(&modern);
		struct stack_rec *stack;

		fake_write_uint(f, 0xc0041000 + 6 * 2, (uint16_t)offsets[i], 2);
		stack = unwound(f, "init", false);
		assert_int_not_equal(stack->st, KLPSCOPE_OK);
		for (unsigned int k = 1; k < stack->count; k++)
			assert_false(stack->frame[k].reliable);
		fake_free(f);
	}
}

/* --- each page --- */

/* An interrupt, a tracer, a function without information, a module, and a frame on bp: all in one stack. */
static struct fake *rich(void)
{
	const struct x86_regs handler = { .ip = AT(IRQ_HANDLER), .sp = IRQ_STACK(0) + STACK_SIZE - 32 },
			      worker = { .ip = AT(WORKER), .sp = TOP(1) - 0x200, .bp = TOP(1) - 0x100 };
	struct fake *f = stacks_kernel(&modern);
	uint64_t task_sp = TOP(1) - 0x400;

	put_module_table(f, "m1", 0xc0010000);
	put_call(f, CALLER, FN(NO_ORC));
	fake_write_uint(f, fake_label(f, "thread") + TASK_STACK, STACK(1), 8);
	fake_write_uint(f, fake_label(f, "thread") + TASK_RETHOOKS, SHADOW + 16, 8);
	PUT(f, SHADOW, 0, 0, 0, 0, 0xc0010110, TOP(1) - 0x100 + 24 + 16);
	put_crash_note(f, 0, &handler);
	PUT(f, handler.sp, FRAME(IN(IRQ_SWITCH)), task_sp);
	PUT(f, task_sp, IN(IRQ_ENTRY));
	put_regs(f, task_sp + 8, &worker);
	PUT(f, TOP(1) - 0x100, 0, IN(SLEEPER), 0, 0, 0);
	PUT(f, TOP(1) - 0x100 + 16, FRAME(FN(RETHOOK)), FRAME(IN(NO_ORC)), 1, 2, IN(CALLER), FRAME(IN(ENTRY)));
	fake_write_uint(f, TOP(1) - 0x100 + 16 + 16, FN(RETHOOK), 8);
	fake_write_uint(f, SHADOW + 40, TOP(1) - 0x100 + 16 + 16, 8);
	return f;
}

static void test_rich(void **state)
{
	struct fake *f = rich();

	(void)state;
	assert_frames(unwound(f, "thread", true), "!irq_handler+0x20 irq_switch+0x10 irq_entry+0x10 !worker+0x20 sleeper+0x10 "
		      "0xc0010110<arch_rethook_trampoline __crash_kexec+0x10 caller+0x10 entry+0x10");
	fake_free(f);
}

/* What is relied on must be what is there when nothing is missing, and the end is known only when all of it is. */
static void assert_less(const struct stack_rec *stack, const struct stack_rec *whole)
{
	for (unsigned int i = 0; i < stack->count && stack->frame[i].reliable; i++) {
		assert_true(i < whole->count);
		assert_int_equal(stack->frame[i].address, whole->frame[i].address);
	}
	if (!stack->st)
		assert_int_equal(stack->count, whole->count);
	for (unsigned int i = 1; i < stack->count; i++)
		assert_false(stack->frame[i].reliable && !stack->frame[i - 1].reliable);
}

static void test_holes(void **state)
{
	static const struct {
		uint64_t from, to;
	} pages[] = {
		{ 0xc0001000, 0xc0001000 }, { 0xc0003000, 0xc0003000 }, { 0xc0010000, 0xc0014000 },
		{ 0xc0020000, 0xc0024000 }, { 0xc0030000, 0xc003d000 }, { 0xc0040000, 0xc0042000 }, { SHADOW, SHADOW },
		{ TOP(1) - 0x1000, TOP(1) - 0x1000 },
		{ IRQ_STACK(0) + STACK_SIZE - 0x1000, IRQ_STACK(0) + STACK_SIZE - 0x1000 },
	};
	struct fake *sound = rich();
	const struct stack_rec *whole = unwound(sound, "thread", true);
	unsigned int mattered = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		for (uint64_t at = pages[i].from; at <= pages[i].to; at += 4096) {
			struct fake *f = rich();
			struct stack_rec *stack;

			fake_hole(f, at, 8, KLPSCOPE_EXCLUDED);
			stack = unwound(f, "thread", true);
			assert_less(stack, whole);
			mattered += stack->st != KLPSCOPE_OK;
			fake_free(f);
		}
	/* Text, module, its tables, tasks, CPUs, notes, both tables, nodes, stacks: no answer was made up for them. */
	assert_true(mattered >= 9);
	fake_free(sound);
}

/* --- anything --- */

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005 + 1442695040888963407;
	return *seed >> 16;
}

static uint64_t odd_value(uint64_t *seed)
{
	static const uint64_t values[] = {
		0, 1, 7, 8, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, UINT64_MAX, UINT64_MAX - 7,
		TOP(1), TOP(1) - 8, STACK(1), IRQ_STACK(0), FN(SCHEDULE), IN(WORKER), AT(IRQ_ENTRY), FN(RETHOOK), FN(RETURN),
		0xc0050001, 0xc0010110, SHADOW, 0xc0030000,
	};
	uint64_t r = next_random(seed);

	if (r % 4 == 0)
		return r;
	return values[r / 4 % (sizeof(values) / sizeof(*values))] + (r % 3 ? 0 : r / 128 % 64 - 32);
}

/* Numbers overwritten at random: each walk ends, within what it may keep. */
static void test_random(void **state)
{
	static const uint64_t places[] = {
		0xc0040000, 0xc0041000, 0xc0042000, TOP(1) - 0x400, TOP(1) - 0x200, TOP(1) - 0x100,
		IRQ_STACK(0) + STACK_SIZE - 64, SHADOW, 0xc0010000, 0xc0014800, 0xc003a000, 0xc003b000, 0xc003d000,
		0xc0032000, 0xc0013000, 0xc0003000,
	};
	uint64_t seed = 20261126;

	(void)state;
	for (unsigned int round = 0; round < 400; round++) {
		struct fake *f = rich();

		for (unsigned int i = 0; i < 8; i++) {
			uint64_t at = places[next_random(&seed) % (sizeof(places) / sizeof(*places))];
			struct stack_rec *stack;

			fake_write_uint(f, at + next_random(&seed) % 256, odd_value(&seed), 8);
			stack = unwound(f, "thread", true);
			assert_true(stack->count <= LIMIT_FRAMES);
			assert_true(!stack->st || stack->why || stack->st != KLPSCOPE_CORRUPT);
			for (unsigned int k = 1; k < stack->count; k++)
				assert_false(stack->frame[k].reliable && !stack->frame[k - 1].reliable);
			assert_false(!stack->st && stack->count && !stack->frame[stack->count - 1].reliable);
		}
		fake_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_odd_sp, start),
		cmocka_unit_test_setup(test_last_page, start),
		cmocka_unit_test_setup(test_leads_off, start),
		cmocka_unit_test_setup(test_unaligned, start),
		cmocka_unit_test_setup(test_down, start),
		cmocka_unit_test_setup(test_registers_in_a_loop, start),
		cmocka_unit_test_setup(test_between_stacks, start),
		cmocka_unit_test_setup(test_symbols, start),
		cmocka_unit_test_setup(test_architecture, start),
		cmocka_unit_test_setup(test_odd_entries, start),
		cmocka_unit_test_setup(test_odd_offsets, start),
		cmocka_unit_test_setup(test_rich, start),
		cmocka_unit_test_setup(test_holes, start),
		cmocka_unit_test_setup(test_random, start),
	};

	return cmocka_run_group_tests_name("unwind damage", tests, NULL, NULL);
}
