// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel stacks by ORC: each way to a caller, and what makes a frame one that nobody can rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

/* init sleeps; above schedule()'s frame lies what a test says. */
static struct fake *sleeping(const struct stacks_kernel *how, uint64_t bp)
{
	struct fake *f = stacks_kernel(how);

	put_to_sleep(f, "init", 0, SP, bp);
	return f;
}

#define ABOVE (SP + INACTIVE)

static void check(struct fake *f, const char *expected)
{
	assert_frames(unwound(f, "init", false), expected);
	fake_free(f);
}

/* --- the tables --- */

static void test_formats(void **state)
{
	(void)state;
	for (unsigned int format = ORC_TYPE2_END; format <= ORC_TYPE3_SIGNAL; format++)
		for (unsigned int no_lookup = 0; no_lookup < 2; no_lookup++) {
			struct fake *f = sleeping(&(struct stacks_kernel){ .format = format, .no_lookup = no_lookup }, 0);

			PUT(f, ABOVE, FRAME(IN(SLEEPER)), FRAME(IN(CALLER)), FRAME(IN(ENTRY)));
			check(f, "schedule+0x10 sleeper+0x10 caller+0x10 entry+0x10");
		}
}

/* 7.2 has other numbers for the registers, which the first instruction of panic() tells. */
static void test_numbers(void **state)
{
	struct stacks_kernel how = { .format = ORC_TYPE3_SIGNAL, .more = "symbol panic 0xc0001500\n" };	/* crasher */
	struct fake *f;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		how.renumbered = i;
		f = sleeping(&how, TOP(0) - 0x100);
		PUT(f, ABOVE, FRAME(IN(WORKER)));
		PUT(f, TOP(0) - 0x100, TOP(0) - 0x80, IN(CALLER), FRAME(IN(ENTRY)));
		check(f, "schedule+0x10 worker+0x10 caller+0x10 entry+0x10");
	}
	/* In its body the frame is another: which numbers these are cannot be told. */
	how.more = "symbol panic 0xc0001504\n";
	check(sleeping(&how, 0), " : where the kernel's unwind information lies is not known");
	how.more = "symbol panic excluded\n";
	check(sleeping(&how, 0), " : where the kernel's unwind information lies is not known");
}

/* Before 4.18 an entry had neither `end` nor `signal`. */
static void test_first_format(void **state)
{
	struct fake *f = sleeping(&(struct stacks_kernel){ .format = ORC_TYPE2_END, .without = "member orc_entry end" }, 0);

	(void)state;
	PUT(f, ABOVE, FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 entry+0x10");
}

static void test_decode(void **state)
{
	static const struct {
		enum orc_format format;
		unsigned int bits;
		enum orc_kind kind;
	} cases[] = {
		{ ORC_TYPE2_END, 0x005, ORC_CALL }, { ORC_TYPE2_END, 0x105, ORC_REGS },
		{ ORC_TYPE2_END, 0x205, ORC_REGS_IRET }, { ORC_TYPE2_END, 0x305, ORC_NOTHING },
		{ ORC_TYPE2_END, 0x400, ORC_END }, { ORC_TYPE2_END, 0x800, ORC_NOTHING },
		{ ORC_TYPE2_END, 0x000, ORC_NOTHING }, { ORC_TYPE2_END, 0x405, ORC_CALL },
		{ ORC_TYPE2_SIGNAL_END, 0x400, ORC_NOTHING }, { ORC_TYPE2_SIGNAL_END, 0x800, ORC_END },
		{ ORC_TYPE2_SIGNAL_END, 0x505, ORC_REGS }, { ORC_TYPE2_SIGNAL_END, 0x005, ORC_CALL },
		{ ORC_TYPE3_SIGNAL, 0x000, ORC_NOTHING }, { ORC_TYPE3_SIGNAL, 0x100, ORC_END },
		{ ORC_TYPE3_SIGNAL, 0x205, ORC_CALL }, { ORC_TYPE3_SIGNAL, 0xb05, ORC_REGS },
		{ ORC_TYPE3_SIGNAL, 0x405, ORC_REGS_IRET }, { ORC_TYPE3_SIGNAL, 0x505, ORC_NOTHING },
		{ ORC_TYPE3_SIGNAL, 0x705, ORC_NOTHING }, { ORC_TYPE3_SIGNAL, 0xf05, ORC_NOTHING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const uint8_t raw[ORC_ENTRY_SIZE] = { 0xf8, 0xff, 0x00, 0x80, (uint8_t)cases[i].bits,
						      (uint8_t)(cases[i].bits >> 8) };
		struct orc_entry e;

		orc_decode(raw, cases[i].format, &e);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(e.sp_offset, -8);
		assert_int_equal(e.bp_offset, -32768);
		assert_int_equal(e.sp_reg, cases[i].bits & 15);
	}
	assert_int_equal(orc_format_of(false, false), ORC_TYPE2_END);
	assert_int_equal(orc_format_of(false, true), ORC_TYPE2_END);
	assert_int_equal(orc_format_of(true, true), ORC_TYPE2_SIGNAL_END);
	assert_int_equal(orc_format_of(true, false), ORC_TYPE3_SIGNAL);
}

/* A block of orc_lookup that makes no sense: the whole table is searched. */
static void test_odd_lookup(void **state)
{
	static const uint32_t blocks[][2] = { { 0xffffffff, 0xffffffff }, { 30, 2 }, { 0, 37 }, { 0, 0x80000000 } };

	(void)state;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		struct fake *f = sleeping(&modern, 0);

		PUT(f, ABOVE, FRAME(IN(SLEEPER)), FRAME(IN(ENTRY)));
		/* Of 0xc0001300. */
		fake_write_uint(f, 0xc0042000 + 12, blocks[i][0], 4);
		fake_write_uint(f, 0xc0042000 + 16, blocks[i][1], 4);
		check(f, "schedule+0x10 sleeper+0x10 entry+0x10");
	}
}

/* --- frame pointers where the table says so --- */

static void test_bp(void **state)
{
	struct fake *f = sleeping(&modern, TOP(0) - 0x100);

	(void)state;
	PUT(f, ABOVE, FRAME(IN(WORKER)));
	/* worker() has a frame of unknown size; bp leads over it, twice. */
	PUT(f, TOP(0) - 0x100, TOP(0) - 0x80, IN(WORKER));
	PUT(f, TOP(0) - 0x80, 0, IN(ENTRY));
	check(f, "schedule+0x10 worker+0x10 worker+0x10 entry+0x10");
}

static void test_bp_indirect(void **state)
{
	struct fake *f;

	(void)state;
	orc[SLEEPER].sp_reg = ORC_REG_BP_INDIRECT;
	orc[SLEEPER].sp_offset = -8;
	f = sleeping(&modern, TOP(0) - 0x100);
	PUT(f, ABOVE, FRAME(IN(SLEEPER)));
	PUT(f, TOP(0) - 0x108, TOP(0) - 0x40);
	PUT(f, TOP(0) - 0x48, IN(ENTRY));
	check(f, "schedule+0x10 sleeper+0x10 entry+0x10");
}

/* bp_reg BP: the caller's lies where this one leads. */
static void test_bp_on_bp(void **state)
{
	struct fake *f;

	(void)state;
	orc[SLEEPER].bp_reg = ORC_REG_BP;
	orc[SLEEPER].bp_offset = 8;
	f = sleeping(&modern, TOP(0) - 0x100);
	PUT(f, ABOVE, FRAME(IN(SLEEPER)), FRAME(IN(WORKER)));
	PUT(f, TOP(0) - 0xf8, TOP(0) - 0x80);
	PUT(f, TOP(0) - 0x80, 0, IN(ENTRY));
	check(f, "schedule+0x10 sleeper+0x10 worker+0x10 entry+0x10");
}

/* --- interrupts and exceptions --- */

/* thread is in an interrupt on the CPU's own stack. What it was at lies on the stack of the task. */
static struct fake *interrupted(const struct stacks_kernel *how)
{
	const struct x86_regs handler = { .ip = AT(IRQ_HANDLER), .sp = IRQ_STACK(0) + STACK_SIZE - 32 };
	struct fake *f = stacks_kernel(how);
	uint64_t task_sp = TOP(1) - 0x400;

	fake_write_uint(f, fake_label(f, "thread") + TASK_STACK, STACK(1), 8);
	put_crash_note(f, 0, &handler);
	PUT(f, handler.sp, FRAME(IN(IRQ_SWITCH)), task_sp);
	PUT(f, task_sp, IN(IRQ_ENTRY));
	return f;
}

static void test_interrupt(void **state)
{
	const struct x86_regs worker = { .ip = AT(WORKER), .sp = TOP(1) - 0x200, .bp = TOP(1) - 0x100 };
	struct fake *f = interrupted(&modern);

	(void)state;
	put_regs(f, TOP(1) - 0x3f8, &worker);
	PUT(f, TOP(1) - 0x100, 0, IN(ENTRY));
	assert_frames(unwound(f, "thread", true), "!irq_handler+0x20 irq_switch+0x10 irq_entry+0x10 !worker+0x20 entry+0x10");
	fake_free(f);
}

/* Before 5.13 the offset led to where the old stack pointer lay. */
static void test_old_indirect(void **state)
{
	const struct x86_regs handler = { .ip = AT(IRQ_HANDLER), .sp = IRQ_STACK(0) + STACK_SIZE - 48 };
	struct fake *f;

	(void)state;
	orc[IRQ_SWITCH].sp_offset = 16;
	f = interrupted(&(struct stacks_kernel){ .format = ORC_TYPE2_END });
	put_crash_note(f, 0, &handler);
	/* What lies where it should not look is an address of no stack. */
	PUT(f, handler.sp, FRAME(IN(IRQ_SWITCH)), 0x1234, 0, TOP(1) - 0x3f8);
	PUT(f, TOP(1) - 0x400, IN(CALLER));
	PUT(f, TOP(1) - 0x3f8, FRAME(IN(ENTRY)));
	assert_frames(unwound(f, "thread", true), "!irq_handler+0x20 irq_switch+0x10 caller+0x10 entry+0x10");
	fake_free(f);
}

/* An interrupt of a program: the kernel's stack ends there. */
static void test_from_user(void **state)
{
	const struct x86_regs program = { .ip = 0x401000, .cs = 0x33, .sp = 0x7ffe0000 };
	struct fake *f = interrupted(&modern);

	(void)state;
	put_regs(f, TOP(1) - 0x3f8, &program);
	assert_frames(unwound(f, "thread", true), "!irq_handler+0x20 irq_switch+0x10 irq_entry+0x10");
	fake_free(f);
}

/* In the page from which programs call the kernel by address. */
static void test_from_vsyscall(void **state)
{
	struct x86_regs program = { .ip = 0xffffffffff600000, .cs = 0x33, .sp = 0x7ffe0000 };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct fake *f = interrupted(&modern);

		put_regs(f, TOP(1) - 0x3f8, &program);
		assert_frames(unwound(f, "thread", true), "!irq_handler+0x20 irq_switch+0x10 irq_entry+0x10");
		fake_free(f);
		program.ip += 0xfff;
	}
}

/* A program's cs, and an address of the kernel: where the stack ends, nobody knows. */
static void test_odd_mode(void **state)
{
	static const struct {
		uint64_t ip, cs;
	} cases[] = {
		{ 0xffffffff81000000, 0x33 }, { 0xffffffff81000000, 0x13 }, { 0xffff800000000000, 0x23 },
		{ 0xffffffffff5fffff, 0x33 }, { 0xffffffffff601000, 0x33 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct x86_regs odd = { .ip = cases[i].ip, .cs = cases[i].cs, .sp = TOP(1) - 0x200 };
		struct fake *f = interrupted(&modern);
		struct stack_rec *stack;

		put_regs(f, TOP(1) - 0x3f8, &odd);
		stack = unwound(f, "thread", true);
		assert_int_equal(stack->st, KLPSCOPE_CORRUPT);
		assert_string_equal(stack->why, "saved registers have the cs of a program, and an address of the kernel");
		assert_non_null(stack->found);
		assert_false(stack->user);
		assert_int_equal(stack->count, 4);
		assert_true(stack->frame[2].reliable);
		assert_false(stack->frame[3].reliable);
		fake_free(f);
		/* Those of the CPU itself. */
		f = interrupted(&modern);
		put_crash_note(f, 0, &odd);
		stack = unwound(f, "thread", true);
		assert_int_equal(stack->st, KLPSCOPE_CORRUPT);
		assert_false(stack->user);
		assert_non_null(stack->found);
		assert_false(stack->frame[0].reliable);
		fake_free(f);
	}
}

/* A doubt from before it stays the one to tell, which is the kernel's, too. */
static void test_odd_mode_later(void **state)
{
	const struct x86_regs odd = { .ip = 0xffffffff81000000, .cs = 0x33, .sp = TOP(1) - 0x200 };
	struct fake *f = stacks_kernel(&(struct stacks_kernel){ .frame_pointers = true });
	struct stack_rec *stack;

	(void)state;
	fake_write_uint(f, fake_label(f, "thread") + TASK_STACK, STACK(1), 8);
	put_crash_note(f, 0, &(struct x86_regs){ .ip = AT(CALLER), .sp = TOP(1) - 0x400, .bp = (TOP(1) - 0x380) | 1 });
	put_regs(f, TOP(1) - 0x380, &(struct x86_regs){ .ip = AT(WORKER), .sp = TOP(1) - 0x2c0, .bp = (TOP(1) - 0x280) | 1 });
	put_regs(f, TOP(1) - 0x280, &odd);
	stack = unwound(f, "thread", true);
	assert_string_equal(stack->why, "an interrupt, in which frame pointers need not be set up");
	assert_null(stack->found);
	fake_free(f);
}

/* The processor pushed five words, in code that has pushed no more yet. */
static void test_iret(void **state)
{
	const struct x86_regs sleeper = { .ip = AT(SLEEPER), .sp = TOP(0) - 0x200 };
	struct fake *f = sleeping(&modern, 0);

	(void)state;
	PUT(f, ABOVE, FRAME(IN(EXC_ENTRY)), 0xffffffffffffffff);
	put_iret(f, ABOVE + 32, &sleeper);
	PUT(f, TOP(0) - 0x200, FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 exc_entry+0x10 !sleeper+0x20 entry+0x10");
}

/* Interrupted at its first instruction: its table line is that of its start, not of what lies before. */
static void test_exact_at_start(void **state)
{
	const struct x86_regs caller = { .ip = FN(CALLER), .sp = TOP(0) - 0x200 };
	struct fake *f = sleeping(&modern, 0);

	(void)state;
	PUT(f, ABOVE, FRAME(IN(IRQ_ENTRY)));
	put_regs(f, ABOVE + 24, &caller);
	PUT(f, TOP(0) - 0x200, IN(ENTRY));
	check(f, "schedule+0x10 irq_entry+0x10 !caller+0x0 entry+0x10");
}

static const struct x86_regs on_r10 = { .ip = AT(ON_R10), .sp = TOP(0) - 0x300, .r10 = TOP(0) - 0x100,
					.r13 = TOP(0) - 0xc0, .di = TOP(0) - 0x80, .dx = TOP(0) - 0x40, .ax = TOP(0) - 0x20 };

/* A frame that hangs on a register that only an interrupt has saved. */
static void test_odd_bases(void **state)
{
	static const struct {
		enum orc_reg reg;
		uint64_t base;
	} cases[] = {
		{ ORC_REG_R10, TOP(0) - 0x100 }, { ORC_REG_R13, TOP(0) - 0xc0 }, { ORC_REG_DI, TOP(0) - 0x80 },
		{ ORC_REG_DX, TOP(0) - 0x40 }, { ORC_REG_AX, TOP(0) - 0x20 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f;

		orc[ON_R10].sp_reg = (uint8_t)cases[i].reg;
		f = sleeping(&modern, 0);
		PUT(f, ABOVE, FRAME(IN(IRQ_ENTRY)));
		put_regs(f, ABOVE + 24, &on_r10);
		/* It is where the frame ends, whatever the offset. */
		PUT(f, cases[i].base - 8, IN(ENTRY));
		check(f, "schedule+0x10 irq_entry+0x10 !on_r10+0x20 entry+0x10");
	}
}

/* And what is known of it after a call, or before any: nothing. */
static void test_odd_base_not_saved(void **state)
{
	struct fake *f = sleeping(&modern, 0);

	(void)state;
	PUT(f, ABOVE, FRAME(IN(ON_R10)), FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 on_r10+0x10 ?entry+0x10 : its frame hangs on a register that nobody saved");
	f = sleeping(&modern, 0);
	PUT(f, ABOVE, FRAME(IN(IRQ_ENTRY)));
	put_regs(f, ABOVE + 24, &(struct x86_regs){ .ip = AT(CALLER), .sp = TOP(0) - 0x300, .r10 = TOP(0) - 0x100 });
	PUT(f, TOP(0) - 0x300, FRAME(IN(ON_R10)));
	PUT(f, TOP(0) - 0x108, IN(ENTRY));
	check(f, "schedule+0x10 irq_entry+0x10 !caller+0x20 on_r10+0x10 ?entry+0x10 : "
		 "its frame hangs on a register that nobody saved");
	/* An iret frame has only five of them; what was known before is known still. */
	f = sleeping(&modern, 0);
	PUT(f, ABOVE, FRAME(IN(EXC_ENTRY)), 0);
	put_iret(f, ABOVE + 32, &on_r10);
	PUT(f, TOP(0) - 0x108, IN(ENTRY));
	check(f, "schedule+0x10 exc_entry+0x10 !on_r10+0x20 ?entry+0x10 : its frame hangs on a register that nobody saved");
}

/* Somebody called NULL: the caller's address is what the stack pointer leads to. */
static void test_null_call(void **state)
{
	struct fake *f = stacks_kernel(&modern);
	const struct x86_regs null = { .ip = 0, .sp = TOP(1) - 0x100 };

	(void)state;
	fake_write_uint(f, fake_label(f, "thread") + TASK_STACK, STACK(1), 8);
	put_crash_note(f, 0, &null);
	PUT(f, null.sp, IN(CALLER), FRAME(IN(ENTRY)));
	assert_frames(unwound(f, "thread", true), "!0x0 caller+0x10 entry+0x10");
	fake_free(f);
}

/* Something jumped anywhere: that is where it stood, and the rest is a guess. */
static void test_wild_jump(void **state)
{
	struct fake *f = stacks_kernel(&modern);
	const struct x86_regs wild = { .ip = 0xdeadbeef, .sp = TOP(1) - 0x100, .bp = TOP(1) - 0x80 };

	(void)state;
	fake_write_uint(f, fake_label(f, "thread") + TASK_STACK, STACK(1), 8);
	put_crash_note(f, 0, &wild);
	PUT(f, wild.sp, IN(CALLER), FRAME(IN(ENTRY)));
	PUT(f, wild.bp, 0, IN(ENTRY));
	assert_frames(unwound(f, "thread", true), "!0xdeadbeef ?entry+0x10 : no unwind information for some of its code");
	fake_free(f);
}

/* --- functions without unwind information --- */

/* A call of that very function lies before a word of the stack: that is its return address. */
static void test_proof(void **state)
{
	struct fake *f = sleeping(&modern, 0);

	(void)state;
	put_call(f, CALLER, FN(NO_ORC));
	/* Left behind by calls that are over: they called somebody else. */
	PUT(f, ABOVE, FRAME(IN(NO_ORC)), IN(SLEEPER), 3, IN(WORKER), IN(CALLER), FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 __crash_kexec+0x10 caller+0x10 entry+0x10");
}

static void test_no_proof(void **state)
{
	struct fake *f = sleeping(&modern, 0);

	(void)state;
	PUT(f, ABOVE, FRAME(IN(NO_ORC)), IN(SLEEPER), 3, IN(CALLER), FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 __crash_kexec+0x10 ?sleeper+0x10 ?caller+0x10 ?entry+0x10 : "
		 "no unwind information for some of its code");
	/* Too far away to be its own frame. */
	f = sleeping(&modern, 0);
	put_call(f, CALLER, FN(NO_ORC));
	fake_write_uint(f, fake_label(f, "init") + TASK_SP, STACK(0) + 0x200, 8);
	PUT(f, STACK(0) + 0x200, 0, 0, 0, 0, 0, 0, IN(SCHEDULE), FRAME(IN(NO_ORC)));
	fake_write_uint(f, STACK(0) + 0x1300, IN(CALLER), 8);
	check(f, "schedule+0x10 __crash_kexec+0x10 ?caller+0x10 ?schedule+0x10 : no unwind information for some of its code");
}

/* What a scan takes for return addresses: what lies behind a call, by an offset, a register, or an address in memory. */
static void test_scan(void **state)
{
	static const struct {
		uint8_t bytes[7];
		bool call;
	} cases[] = {
		{ { 0x90, 0x90, 0xe8, 1, 2, 3, 4 }, true },
		{ { 0x90, 0xe8, 1, 2, 3, 4, 0x90 }, false },
		{ { 0x90, 0x90, 0xe9, 1, 2, 3, 4 }, false },		/* a jump */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0 }, true },	/* call *%rax */
		{ { 0x90, 0x90, 0x90, 0x90, 0x41, 0xff, 0xd3 }, true },	/* call *%r11 */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xe0 }, false },	/* jmp *%rax */
		{ { 0x90, 0x90, 0x90, 0x90, 0xff, 0x50, 0x18 }, true },	/* call *0x18(%rax) */
		{ { 0x90, 0xff, 0x15, 1, 2, 3, 4 }, true },		/* call *0x4030201(%rip) */
		{ { 0xff, 0x94, 0x24, 1, 2, 3, 4 }, true },		/* call *0x4030201(%rsp) */
		{ { 0x90, 0xff, 0x25, 1, 2, 3, 4 }, false },
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = sleeping(&modern, 0);

		fake_write(f, AT(SLEEPER) - 7, cases[i].bytes, 7);
		/* Nor are numbers that are small, or lead to no text. */
		PUT(f, ABOVE, FRAME(0xdead0000), AT(SLEEPER), 0, 1, 4095, UINT64_MAX, 0xc0030000);
		check(f, cases[i].call ? "schedule+0x10 ?sleeper+0x20 : an address on it is not in the kernel's text" :
					 "schedule+0x10 : an address on it is not in the kernel's text");
	}
}

/* The caller's frame hangs on bp, which such a function may have used: but for a proof, it is a guess. */
static void test_bp_lost(void **state)
{
	struct fake *f = sleeping(&modern, TOP(0) - 0x100);

	(void)state;
	put_call(f, WORKER, FN(NO_ORC));
	put_call(f, CALLER, FN(WORKER));
	PUT(f, ABOVE, FRAME(IN(NO_ORC)), IN(WORKER));
	PUT(f, TOP(0) - 0x100, TOP(0) - 0x80, IN(CALLER), FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 __crash_kexec+0x10 worker+0x10 caller+0x10 entry+0x10");
	/* It did: the call of its caller itself is where that one's frame ends. */
	f = sleeping(&modern, 0xdead);
	put_call(f, WORKER, FN(NO_ORC));
	put_call(f, CALLER, FN(WORKER));
	PUT(f, ABOVE, FRAME(IN(NO_ORC)), IN(WORKER), 1, IN(SLEEPER), TOP(0) - 0x80, IN(CALLER), FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 __crash_kexec+0x10 worker+0x10 caller+0x10 entry+0x10");
	f = sleeping(&modern, TOP(0) - 0x100);
	put_call(f, WORKER, FN(NO_ORC));
	PUT(f, ABOVE, FRAME(IN(NO_ORC)), IN(WORKER));
	PUT(f, TOP(0) - 0x100, TOP(0) - 0x80, IN(CALLER), FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 __crash_kexec+0x10 worker+0x10 ?caller+0x10 ?entry+0x10 : "
		 "its frame hangs on a register that nobody saved");
}

/* --- code that no table describes --- */

/* ftrace's copy of ftrace_caller: as the original. */
static void test_trampoline(void **state)
{
	struct fake *f;

	(void)state;
	orc[FTRACE_CALLER].sp_offset = 40;
	f = sleeping(&modern, 0);
	PUT(f, ABOVE, FRAME(0xc0050010), 0, 0, 0, 0, IN(CALLER), FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 ftrace_trampoline+0x10 caller+0x10 entry+0x10");
	/* Behind its end: no code that the kernel knows. */
	f = sleeping(&modern, 0);
	PUT(f, ABOVE, FRAME(0xc0050041), 0, 0, 0, 0, IN(CALLER), FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 ?caller+0x10 ?entry+0x10 : an address on it is not in the kernel's text");
}

/* Its name and its module's are those that /proc/kallsyms has: it is none of vmlinux's. */
static void test_trampoline_name(void **state)
{
	struct fake *f = sleeping(&modern, 0);
	const struct stack_rec *stack;

	(void)state;
	PUT(f, ABOVE, FRAME(0xc0050010), FRAME(IN(ENTRY)));
	stack = unwound(f, "init", false);
	assert_string_equal(stack->frame[1].symbol.name, "ftrace_trampoline");
	assert_string_equal(stack->frame[1].symbol.module, "__builtin__ftrace");
	fake_free(f);
}

/* Flags of another: a copy of ftrace_regs_caller, whose frame is another. */
static void test_regs_trampoline(void **state)
{
	struct fake *f = sleeping(&modern, 0);

	(void)state;
	fake_write_uint(f, fake_label(f, "tramp_ops") + 8, 0x45, 8);
	PUT(f, ABOVE, FRAME(0xc0050010), FRAME(IN(CALLER)), FRAME(IN(ENTRY)));
	check(f, "schedule+0x10 ftrace_trampoline+0x10 caller+0x10 entry+0x10");
}

/* A list of ftrace_ops without an end, and odd sizes of trampolines: no harm. */
static void test_odd_trampolines(void **state)
{
	static const struct {
		unsigned int offset;
		uint64_t value;
	} bends[] = {
		{ 32, 0xc003d010 }, { 32, 0xdead0000 }, { 24, 0 }, { 24, 0x100000 }, { 24, UINT64_MAX }, { 16, 0 },
		{ 16, UINT64_MAX - 0x10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bends) / sizeof(*bends); i++) {
		struct fake *f = sleeping(&modern, 0);

		fake_write_uint(f, fake_label(f, "tramp_ops") + bends[i].offset, bends[i].value, 8);
		PUT(f, ABOVE, FRAME(IN(ENTRY)));
		check(f, "schedule+0x10 entry+0x10");
	}
}

/* A module without tables (or BPF's code, was it known): by frame pointer, and unreliable from there on. */
static void test_module(void **state)
{
	struct fake *f = sleeping(&modern, TOP(0) - 0x100);

	(void)state;
	PUT(f, ABOVE, FRAME(0xc0010110));
	PUT(f, TOP(0) - 0x100, 0, IN(ENTRY));
	check(f, "schedule+0x10 0xc0010110 ?entry+0x10 : no unwind information for some of its code");
}

/* A symbol of klp_one, the only one that it has. */
static void put_module_symbol(struct fake *f, uint64_t value)
{
	const uint64_t at = 0xc0044000;

	PUT(f, fake_label(f, "m1") + 144, at);
	PUT(f, at, at + 32, 2, at + 96);
	/* st_info: a function; st_shndx 1. */
	PUT(f, at + 32 + 24, 1 | 2ull << 32 | 1ull << 48, value, 0x10);
	PUT(f, at + 96, 0x6b726f7700);	/* "work" */
}

/* And one with them. */
static void test_module_tables(void **state)
{
	struct fake *f = sleeping(&modern, 0);
	uint64_t arch = fake_label(f, "m1") + 192;
	const struct stack_rec *stack;

	(void)state;
	fake_write_uint(f, arch, 1, 4);
	PUT(f, arch + 8, 0xc0043000, 0xc0043100);
	fake_write_uint(f, 0xc0043000, (0xc0010100 - 0xc0043000) & 0xffffffff, 4);
	PUT(f, 0xc0043100, 0x020500000018);
	PUT(f, ABOVE, FRAME(0xc0010110), FRAME(IN(ENTRY)));
	stack = unwound(f, "init", false);
	assert_frames(stack, "schedule+0x10 0xc0010110 entry+0x10");
	assert_int_equal(stack->frame[1].code, CODE_NEW);
	assert_string_equal(stack->frame[1].func->name.s, "f1");
	assert_string_equal(stack->frame[1].module->name.s, "klp_one");
	/* By its name, but not by that of whoever lies before it. */
	put_module_symbol(f, 0xc0010100);
	assert_frames(unwound(f, "init", false), "schedule+0x10 work+0x10 entry+0x10");
	put_module_symbol(f, 0xc00100f0);
	stack = unwound(f, "init", false);
	assert_frames(stack, "schedule+0x10 0xc0010110 entry+0x10");
	assert_int_equal(stack->frame[1].code, CODE_NEW);
	fake_free(f);
}

static void test_module_odd_tables(void **state)
{
	static const struct {
		uint64_t count, ips, entries;
		const char *says;
	} cases[] = {
		{ 0, 0xc0043000, 0xc0043100, "no unwind information for some of its code" },
		{ 1, 0, 0xc0043100, "no unwind information for some of its code" },
		{ 1, 0xc0043000, 0, "no unwind information for some of its code" },
		{ 0xffffffff, 0xc0043000, 0xc0043100, "unwind information not readable" },
		{ 100, 0xdead0000, 0xc0043100, "unwind information not readable" },
		{ 1, 0xfffffffffffffffc, 0xfffffffffffffffa, "unwind information not readable" },
		{ 100000, 0xffffffffffffff00, 0xffffffffffffff00, "unwind information not readable" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = sleeping(&modern, TOP(0) - 0x100);
		uint64_t arch = fake_label(f, "m1") + 192;
		struct stack_rec *stack;

		fake_write_uint(f, arch, cases[i].count, 4);
		PUT(f, arch + 8, cases[i].ips, cases[i].entries);
		PUT(f, ABOVE, FRAME(0xc0010110), FRAME(IN(ENTRY)));
		stack = unwound(f, "init", false);
		assert_true(stack->count >= 2);
		assert_true(stack->frame[1].reliable);
		assert_string_equal(stack->why, cases[i].says);
		for (unsigned int k = 2; k < stack->count; k++)
			assert_false(stack->frame[k].reliable);
		fake_free(f);
	}
}

/* --- the end --- */

/* It never ran: the address is that of an instruction that was to run, not one behind a call. */
static void test_fresh(void **state)
{
	struct fake *f = sleeping(&modern, 0);

	(void)state;
	fake_write_uint(f, SP + 48, FN(FORKED), 8);
	check(f, "!ret_from_fork_asm+0x0");
	/* Its name until 6.5. */
	f = sleeping(&(struct stacks_kernel){ .format = ORC_TYPE2_END, .without = "symbol ret_from_fork_asm",
					      .more = "symbol ret_from_fork 0xc0001600 64\n" }, 0);
	fake_write_uint(f, SP + 48, FN(FORKED), 8);
	check(f, "!ret_from_fork+0x0");
}

/* It has exited: no stack is an answer. */
static void test_exited(void **state)
{
	struct fake *f = sleeping(&modern, 0);
	struct stack_rec *stack;

	(void)state;
	fake_write_uint(f, fake_label(f, "init") + TASK_STACK, 0, 8);
	stack = unwound(f, "init", false);
	assert_int_equal(stack->st, KLPSCOPE_OK);
	assert_int_equal(stack->count, 0);
	fake_free(f);
}

static void test_limit(void **state)
{
	struct fake *f = sleeping(&modern, 0);
	struct stack_rec *stack;

	(void)state;
	fake_write_uint(f, fake_label(f, "init") + TASK_SP, STACK(0) + 0x100, 8);
	PUT(f, STACK(0) + 0x100, 0, 0, 0, 0, 0, 0, IN(SCHEDULE));
	for (uint64_t at = STACK(0) + 0x138; at + 24 <= TOP(0); at += 24)
		PUT(f, at, FRAME(IN(SLEEPER)));
	stack = unwound(f, "init", false);
	assert_int_equal(stack->count, LIMIT_FRAMES);
	assert_int_equal(stack->st, KLPSCOPE_LIMIT);
	assert_true(stack->frame[LIMIT_FRAMES - 1].reliable);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_formats, start),
		cmocka_unit_test_setup(test_numbers, start),
		cmocka_unit_test_setup(test_first_format, start),
		cmocka_unit_test_setup(test_decode, start),
		cmocka_unit_test_setup(test_odd_lookup, start),
		cmocka_unit_test_setup(test_bp, start),
		cmocka_unit_test_setup(test_bp_indirect, start),
		cmocka_unit_test_setup(test_bp_on_bp, start),
		cmocka_unit_test_setup(test_interrupt, start),
		cmocka_unit_test_setup(test_old_indirect, start),
		cmocka_unit_test_setup(test_from_user, start),
		cmocka_unit_test_setup(test_from_vsyscall, start),
		cmocka_unit_test_setup(test_odd_mode, start),
		cmocka_unit_test_setup(test_odd_mode_later, start),
		cmocka_unit_test_setup(test_iret, start),
		cmocka_unit_test_setup(test_exact_at_start, start),
		cmocka_unit_test_setup(test_odd_bases, start),
		cmocka_unit_test_setup(test_odd_base_not_saved, start),
		cmocka_unit_test_setup(test_null_call, start),
		cmocka_unit_test_setup(test_wild_jump, start),
		cmocka_unit_test_setup(test_proof, start),
		cmocka_unit_test_setup(test_no_proof, start),
		cmocka_unit_test_setup(test_scan, start),
		cmocka_unit_test_setup(test_bp_lost, start),
		cmocka_unit_test_setup(test_trampoline, start),
		cmocka_unit_test_setup(test_trampoline_name, start),
		cmocka_unit_test_setup(test_regs_trampoline, start),
		cmocka_unit_test_setup(test_odd_trampolines, start),
		cmocka_unit_test_setup(test_module, start),
		cmocka_unit_test_setup(test_module_tables, start),
		cmocka_unit_test_setup(test_module_odd_tables, start),
		cmocka_unit_test_setup(test_fresh, start),
		cmocka_unit_test_setup(test_exited, start),
		cmocka_unit_test_setup(test_limit, start),
	};

	return cmocka_run_group_tests_name("unwind", tests, NULL, NULL);
}
