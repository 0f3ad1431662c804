// SPDX-License-Identifier: GPL-2.0-or-later
/* Return addresses that tracers took from stacks, and stacks of kernels with frame pointers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/stacks.h"

static const struct stacks_kernel modern = { .format = ORC_TYPE3_SIGNAL };
static const struct stacks_kernel framed = { .frame_pointers = true };

static int start(void **state)
{
	(void)state;
	stacks_reset();
	return 0;
}

#define SP (TOP(0) - 0x400)
#define ABOVE (SP + INACTIVE)
#define SLOT (ABOVE + 16)		/* where schedule()'s return address lies */
#define SHADOW 0xc0060000ull

/* schedule() returns to a trampoline; its caller is sleeper(). */
static struct fake *traced(const struct stacks_kernel *how, enum function trampoline)
{
	struct fake *f = stacks_kernel(how);

	put_to_sleep(f, "init", 0, SP, 0);
	PUT(f, ABOVE, FRAME(FN(trampoline)), FRAME(IN(ENTRY)));
	return f;
}

static void point(struct fake *f, unsigned int member, uint64_t to)
{
	fake_write_uint(f, fake_label(f, "init") + member, to, 8);
}

static void check(struct fake *f, const char *expected)
{
	assert_frames(unwound(f, "init", false), expected);
	fake_free(f);
}

#define LOST " : where a return trampoline leads could not be found out"
#define FOUND(name) "schedule+0x10 sleeper+0x10<" name " entry+0x10"

/* --- the function graph tracer --- */

/* An array of struct ftrace_ret_stack, the newest last. */
static void test_graph_array(void **state)
{
	struct fake *f = traced(&modern, RETURN);

	(void)state;
	point(f, TASK_RET_STACK, SHADOW);
	PUT(f, SHADOW, IN(CALLER), 1, 2, 3, SLOT + 0x100, IN(SLEEPER), FN(SCHEDULE), 7, 8, SLOT);
	check(f, FOUND("return_to_handler"));
}

/* Words since 6.11: structures lie among data of others, and the count is one of words. */
static void test_graph_words(void **state)
{
	struct fake *f = traced(&modern, RETURN);

	(void)state;
	point(f, TASK_RET_STACK, SHADOW);
	fake_write_uint(f, fake_label(f, "init") + 136, 13, 4);
	PUT(f, SHADOW, 0x10005, IN(CALLER), 1, 2, 3, SLOT + 0x100, 0x20001, 0x99, IN(SLEEPER), FN(SCHEDULE), 7, 8, SLOT, 0x5);
	check(f, FOUND("return_to_handler"));
}

/* No shadow stack; one that does not know the slot; one that cannot be read; one at the end of all addresses. */
static void test_graph_lost(void **state)
{
	static const uint64_t stacks[] = { 0, SHADOW + 0x100, 0xdead0000, UINT64_MAX - 7, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(stacks) / sizeof(*stacks); i++) {
		struct fake *f = traced(&modern, RETURN);
		struct stack_rec *stack;

		point(f, TASK_RET_STACK, stacks[i]);
		/* Its first word: that would be of a structure that begins before it. */
		PUT(f, SHADOW + 0x100 - 32, IN(SLEEPER), 1, 2, 3, SLOT);
		stack = unwound(f, "init", false);
		assert_string_equal(stack->why, "where a return trampoline leads could not be found out");
		/* Why it could not be read, or that it is not there. */
		assert_int_not_equal(stack->st, KLPSCOPE_OK);
		assert_true(stack->frame[0].reliable);
		for (unsigned int k = 1; k < stack->count; k++)
			assert_false(stack->frame[k].reliable);
		fake_free(f);
	}
}

/* A kernel that knows no retp: nothing tells which structure is whose. */
static void test_graph_without_retp(void **state)
{
	struct fake *f = traced(&(struct stacks_kernel){ .format = ORC_TYPE3_SIGNAL, .without = "member ftrace_ret_stack retp" },
				RETURN);

	(void)state;
	point(f, TASK_RET_STACK, SHADOW);
	PUT(f, SHADOW, IN(SLEEPER), FN(SCHEDULE), 7, 8, SLOT);
	assert_false(unwound(f, "init", false)->frame[1].reliable);
	fake_free(f);
}

/* --- return probes --- */

/* A node: llist at 16, ret_addr at 32, frame or fp at 40. */
static void put_node(struct fake *f, uint64_t node, uint64_t next, uint64_t ret, uint64_t frame)
{
	PUT(f, node, 0, 0, next, 0, ret, frame);
}

static const struct {
	enum function trampoline;
	unsigned int member;
	const char *name, *expected;
} probes[] = {
	{ RETHOOK, TASK_RETHOOKS, "arch_rethook_trampoline", FOUND("arch_rethook_trampoline") },
	{ KRETPROBE, TASK_KRETPROBES, "__kretprobe_trampoline", FOUND("__kretprobe_trampoline") },
	{ OLD_KRETPROBE, TASK_KRETPROBES, "kretprobe_trampoline", FOUND("kretprobe_trampoline") },
};

#define NR_PROBES (sizeof(probes) / sizeof(*probes))

static void test_probes(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_PROBES; i++) {
		struct fake *f = traced(&modern, probes[i].trampoline);

		point(f, probes[i].member, SHADOW + 16);
		put_node(f, SHADOW, SHADOW + 0x116, IN(CALLER), SLOT + 8);
		put_node(f, SHADOW + 0x106, 0, IN(SLEEPER), SLOT);
		check(f, probes[i].expected);
	}
}

static void test_probes_lost(void **state)
{
	static const uint64_t next[] = { 0, SHADOW + 16, 0xdead0000, UINT64_MAX, 8 };

	(void)state;
	for (size_t i = 0; i < NR_PROBES; i++)
		for (size_t k = 0; k < sizeof(next) / sizeof(*next); k++) {
			struct fake *f = traced(&modern, probes[i].trampoline);
			struct stack_rec *stack;

			point(f, probes[i].member, SHADOW + 16);
			put_node(f, SHADOW, next[k], IN(SLEEPER), SLOT + 8);
			stack = unwound(f, "init", false);
			assert_int_not_equal(stack->st, KLPSCOPE_OK);
			assert_true(stack->frame[0].reliable);
			assert_false(stack->count > 1 && stack->frame[1].reliable);
			fake_free(f);
		}
}

/* One traced what another had taken already. */
static void test_twice_taken(void **state)
{
	struct fake *f = traced(&modern, RETHOOK);

	(void)state;
	point(f, TASK_RETHOOKS, SHADOW + 16);
	put_node(f, SHADOW, 0, FN(RETURN), SLOT);
	point(f, TASK_RET_STACK, SHADOW + 0x100);
	PUT(f, SHADOW + 0x100, IN(SLEEPER), 1, 2, 3, SLOT);
	check(f, FOUND("arch_rethook_trampoline"));
	/* And so on without an end. */
	f = traced(&modern, RETHOOK);
	point(f, TASK_RETHOOKS, SHADOW + 16);
	put_node(f, SHADOW, 0, FN(RETHOOK), SLOT);
	assert_int_equal(unwound(f, "init", false)->st, KLPSCOPE_CORRUPT);
	fake_free(f);
}

/* Nowhere that the kernel has code. */
static void test_leads_nowhere(void **state)
{
	struct fake *f = traced(&modern, RETHOOK);

	(void)state;
	point(f, TASK_RETHOOKS, SHADOW + 16);
	put_node(f, SHADOW, 0, 0, SLOT);
	check(f, "schedule+0x10 ?entry+0x10 : an address on it is not in the kernel's text");
}

/* --- kernels with frame pointers --- */

#define FRAME_1 (TOP(0) - 0x300)
#define LAST (TOP(0) - 168 - 16)

static struct fake *sleeping_framed(uint64_t bp)
{
	struct fake *f = stacks_kernel(&framed);

	put_to_sleep(f, "init", 0, SP, bp);
	return f;
}

static void test_frame_pointers(void **state)
{
	struct fake *f = sleeping_framed(FRAME_1);

	(void)state;
	PUT(f, FRAME_1, FRAME_1 + 0x40, IN(SLEEPER));
	PUT(f, FRAME_1 + 0x40, LAST, IN(ENTRY));
	check(f, "schedule+0x10 sleeper+0x10 entry+0x10");
}

/* Registers of an interrupt; kernel/livepatch does not trust what lies behind, and so neither do we. */
static void test_encoded_regs(void **state)
{
	const struct x86_regs caller = { .ip = AT(CALLER), .sp = FRAME_1 + 0x180, .bp = FRAME_1 + 0x1a0 };
	struct fake *f = sleeping_framed(FRAME_1);

	(void)state;
	PUT(f, FRAME_1, (FRAME_1 + 0x40) | 1, IN(IRQ_ENTRY));
	put_regs(f, FRAME_1 + 0x40, &caller);
	PUT(f, FRAME_1 + 0x1a0, LAST, IN(ENTRY));
	check(f, "schedule+0x10 irq_entry+0x10 ?!caller+0x20 ?entry+0x10 : "
		 "an interrupt, in which frame pointers need not be set up");
	/* Of a program: the end. */
	f = sleeping_framed(FRAME_1);
	PUT(f, FRAME_1, (FRAME_1 + 0x40) | 1, IN(ENTRY));
	put_regs(f, FRAME_1 + 0x40, &(struct x86_regs){ .ip = 0x401000, .cs = 0x33, .sp = 0x7ffe0000 });
	check(f, "schedule+0x10 entry+0x10");
}

static void test_odd_frame_pointers(void **state)
{
	static const struct {
		uint64_t first, second;
		const char *why;
	} cases[] = {
		{ 0, 0, "its frame pointers lead to no stack of this task" },
		{ STACK(1), 0, "its frame pointers lead to no stack of this task" },
		{ UINT64_MAX - 1, 0, "its frame pointers lead to no stack of this task" },
		{ UINT64_MAX, 0, "its frame pointers lead to no stack of this task" },
		{ TOP(0) - 8, 0, "it leads to no stack of this task" },
		{ (TOP(0) - 8) | 1, 0, "it leads to no stack of this task" },
		{ FRAME_1 + 2, 0, "its frame pointers make no sense" },
		{ FRAME_1, FRAME_1, "it does not lead upwards" },
		{ FRAME_1, FRAME_1 - 0x40, "it does not lead upwards" },
		{ FRAME_1, 0, "its frame pointers lead to no stack of this task" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = sleeping_framed(cases[i].first);
		struct stack_rec *stack;

		PUT(f, FRAME_1 - 0x40, LAST, IN(CALLER));
		PUT(f, FRAME_1, cases[i].second, IN(SLEEPER));
		stack = unwound(f, "init", false);
		assert_int_equal(stack->st, KLPSCOPE_CORRUPT);
		assert_string_equal(stack->why, cases[i].why);
		assert_true(stack->frame[0].reliable);
		fake_free(f);
	}
}

/* A tracer's trampoline is resolved on them, too. */
static void test_framed_and_traced(void **state)
{
	struct fake *f = sleeping_framed(FRAME_1);

	(void)state;
	PUT(f, FRAME_1, LAST, FN(RETHOOK));
	point(f, TASK_RETHOOKS, SHADOW + 16);
	put_node(f, SHADOW, 0, IN(ENTRY), FRAME_1 + 8);
	check(f, "schedule+0x10 entry+0x10<arch_rethook_trampoline");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_graph_array, start),
		cmocka_unit_test_setup(test_graph_words, start),
		cmocka_unit_test_setup(test_graph_lost, start),
		cmocka_unit_test_setup(test_graph_without_retp, start),
		cmocka_unit_test_setup(test_probes, start),
		cmocka_unit_test_setup(test_probes_lost, start),
		cmocka_unit_test_setup(test_twice_taken, start),
		cmocka_unit_test_setup(test_leads_nowhere, start),
		cmocka_unit_test_setup(test_frame_pointers, start),
		cmocka_unit_test_setup(test_encoded_regs, start),
		cmocka_unit_test_setup(test_odd_frame_pointers, start),
		cmocka_unit_test_setup(test_framed_and_traced, start),
	};

	return cmocka_run_group_tests_name("returns", tests, NULL, NULL);
}
