// SPDX-License-Identifier: GPL-2.0-or-later
/* What each CPU was at, with which registers; how large stacks are, and whose; and who panicked. */
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

#define NOTES 0xe0000000ull		/* where the kernel has nothing */

static const struct cpu_rec *cpus(struct fake *f)
{
	const struct cpu_rec *all;
	unsigned int n;

	assert_int_equal(cpus_read(stacks_walk(f), &all, &n), KLPSCOPE_OK);
	assert_int_equal(n, 2);
	return all;
}

/* Both CPUs' tasks have stacks; notes as the text says. */
static struct fake *with_notes(const char *notes)
{
	struct fake *f = stacks_kernel(&(struct stacks_kernel){ .format = ORC_TYPE3_SIGNAL, .more = notes });

	fake_write_uint(f, fake_label(f, "thread") + TASK_STACK, STACK(1), 8);
	fake_write_uint(f, fake_label(f, "swapper1") + TASK_STACK, STACK(2), 8);
	fake_write_uint(f, STACK(1), 0, 8);
	fake_write_uint(f, STACK(2), 0, 8);
	return f;
}

static const struct x86_regs of_thread = { .ip = AT(CALLER), .sp = TOP(1) - 0x100 },
			     of_idle = { .ip = AT(SLEEPER), .sp = TOP(2) - 0x100 },
			     of_irq = { .ip = AT(IRQ_HANDLER), .sp = IRQ_STACK(1) + STACK_SIZE - 0x100 },
			     of_nmi = { .ip = AT(EXC_ENTRY), .sp = EXC_STACK(0) + 0x1100 },
			     of_nobody = { .ip = AT(CALLER), .sp = STACK(7) + 0x100 },
			     of_program = { .ip = 0x401000, .cs = 0x33, .sp = 0x7ffe0000 },
			     of_program_too = { .ip = 0x402000, .cs = 0x33, .sp = 0x7fff0000 };

/* --- crash_notes --- */

static void test_crash_notes(void **state)
{
	struct fake *f = with_notes("");
	const struct cpu_rec *cpu;

	(void)state;
	put_crash_note(f, 1, &of_idle);
	cpu = cpus(f);
	assert_int_equal(cpu[0].regs_st, KLPSCOPE_NOT_FOUND);
	assert_int_equal(cpu[1].regs_st, KLPSCOPE_OK);
	assert_int_equal(cpu[1].regs.sp, of_idle.sp);
	assert_int_equal(cpu[0].task.v, fake_label(f, "thread"));
	assert_int_equal(cpu[1].task.v, fake_label(f, "swapper1"));
	assert_int_equal(cpu[0].irq.low, IRQ_STACK(0));
	assert_int_equal(cpu[0].irq.high, IRQ_STACK(0) + STACK_SIZE);
	assert_int_equal(cpu[1].exceptions.low, EXC_STACK(1));
	assert_int_equal(cpu[1].exceptions.high, EXC_STACK(1) + EXC_SIZE);
	assert_frames(unwound(f, "thread", true), " : it was running, and its registers are not in the dump");
	fake_free(f);
}

/* Registers that were saved at the crash are newer than those of any note. */
static void test_crash_notes_first(void **state)
{
	struct fake *f = with_notes("prstatus 0xe0000000 336\n");

	(void)state;
	put_prstatus(f, NOTES, &of_idle);
	put_crash_note(f, 0, &of_thread);
	assert_int_equal(cpus(f)[0].regs_st, KLPSCOPE_OK);
	assert_int_equal(cpus(f)[0].regs.sp, of_thread.sp);
	/* A CPU that the crash did not get to is looked for in the notes. */
	assert_int_equal(cpus(f)[1].regs_st, KLPSCOPE_OK);
	assert_int_equal(cpus(f)[1].regs.sp, of_idle.sp);
	fake_free(f);
}

static void test_odd_crash_notes(void **state)
{
	static const struct {
		unsigned int offset;
		uint64_t value;
		unsigned int size;
	} bends[] = {
		{ 8, 2, 4 }, { 8, 0, 4 }, { 12, 0x21, 1 }, { 16, 1, 1 },
		/* ip and sp both 0: nobody was there to fill it in. */
		{ 20 + 112 + 128, 0, 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bends) / sizeof(*bends); i++) {
		struct fake *f = with_notes("");
		struct x86_regs regs = of_thread;

		if (bends[i].size == 8)
			regs.sp = 0;
		put_crash_note(f, 0, &regs);
		fake_write_uint(f, 0xc003a000 + bends[i].offset, bends[i].value, bends[i].size);
		assert_int_equal(cpus(f)[0].regs_st, KLPSCOPE_NOT_FOUND);
		fake_free(f);
	}
}

/* Not to have been able to read them is not that there are none. */
static void test_crash_notes_damage(void **state)
{
	struct fake *f = with_notes("hole 0xc003a000 8 excluded\nprstatus 0xe0000000 336\n");

	(void)state;
	/* The file may still have them. */
	put_crash_note(f, 1, &of_idle);
	put_prstatus(f, NOTES, &of_thread);
	assert_int_equal(cpus(f)[0].regs_st, KLPSCOPE_OK);
	assert_int_equal(cpus(f)[0].regs.sp, of_thread.sp);
	fake_free(f);
	f = with_notes("hole 0xc003a000 8 excluded\n");
	put_crash_note(f, 1, &of_idle);
	assert_int_equal(cpus(f)[0].regs_st, KLPSCOPE_EXCLUDED);
	assert_frames(unwound(f, "thread", true), " : it was running, and its registers are not in the dump");
	assert_int_equal(unwound(f, "thread", true)->st, KLPSCOPE_EXCLUDED);
	fake_free(f);
	f = with_notes("");
	fake_write_uint(f, fake_label(f, "crash_notes"), UINT64_MAX - 0x10, 8);
	assert_int_not_equal(cpus(f)[0].regs_st, KLPSCOPE_OK);
	fake_free(f);
	f = with_notes("");
	fake_write_uint(f, fake_label(f, "crash_notes"), 0, 8);
	assert_int_equal(cpus(f)[0].regs_st, KLPSCOPE_NOT_FOUND);
	fake_free(f);
}

/* --- NT_PRSTATUS --- */

struct notes {
	const struct x86_regs *regs[3];
	const char *more;
	uint64_t ip[2];			/* of each CPU; 0: nobody knows */
};

static void test_prstatus(void **state)
{
	static const struct notes cases[] = {
		{ { &of_thread, &of_idle }, "", { AT(CALLER), AT(SLEEPER) } },
		/* Whose they are their stack pointers tell, not their order. */
		{ { &of_idle, &of_thread }, "", { AT(CALLER), AT(SLEEPER) } },
		{ { &of_irq, &of_nmi }, "", { AT(EXC_ENTRY), AT(IRQ_HANDLER) } },
		{ { &of_nmi, &of_idle }, "", { AT(EXC_ENTRY), AT(SLEEPER) } },
		/* One for one of them. */
		{ { &of_idle }, "", { 0, AT(SLEEPER) } },
		{ { &of_idle, &of_idle }, "", { 0, AT(SLEEPER) } },
		/* A program's is that of the CPU which is left, when it is the only one. */
		{ { &of_program, &of_idle }, "", { 0x401000, AT(SLEEPER) } },
		{ { &of_thread, &of_program }, "", { AT(CALLER), 0x401000 } },
		{ { &of_program }, "", { 0, 0 } },
		{ { &of_program, &of_nobody }, "", { 0, 0 } },
		{ { &of_program, &of_idle, &of_nobody }, "", { 0, AT(SLEEPER) } },
		{ { &of_program, &of_idle, &of_program_too }, "", { 0, AT(SLEEPER) } },
		/* And not when a note could not be read. */
		{ { &of_program, &of_idle }, "prstatus truncated\n", { 0, AT(SLEEPER) } },
		{ { &of_program, &of_idle }, "prstatus unsupported\n", { 0, AT(SLEEPER) } },
		{ { &of_program, &of_idle }, "prstatus 0xe0001000 279\n", { 0, AT(SLEEPER) } },
		{ { &of_idle, &of_nobody, &of_thread }, "prstatus fault\n", { AT(CALLER), AT(SLEEPER) } },
		{ { NULL }, "prstatus unsupported\n", { 0, 0 } },
		{ { NULL }, "", { 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		static const char *const lines[] = {
			"prstatus 0xe0000000 336\n", "prstatus 0xe0000200 336\n", "prstatus 0xe0000400 336\n",
		};
		char text[256] = "";
		const struct cpu_rec *cpu;
		unsigned int n = 0;
		struct fake *f;

		while (n < 3 && cases[i].regs[n])
			strcat(text, lines[n++]);
		strcat(text, cases[i].more);
		f = with_notes(text);
		fake_write_uint(f, NOTES + 0x1000, 0, 8);
		for (unsigned int k = 0; k < n; k++)
			put_prstatus(f, NOTES + 0x200 * k, cases[i].regs[k]);
		cpu = cpus(f);
		for (unsigned int k = 0; k < 2; k++) {
			assert_int_equal(cpu[k].regs_st, cases[i].ip[k] ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND);
			assert_int_equal(cpu[k].regs_st ? 0 : cpu[k].regs.ip, cases[i].ip[k]);
		}
		fake_free(f);
	}
}

/* All CPUs ran programs: whichever is whose, nobody was in the kernel. */
static void test_all_programs(void **state)
{
	struct fake *f = with_notes("prstatus 0xe0000000 336\nprstatus 0xe0000200 336\n");

	(void)state;
	put_prstatus(f, NOTES, &of_program);
	put_prstatus(f, NOTES + 0x200, &of_program_too);
	assert_frames(unwound(f, "thread", true), "user");
	assert_frames(unwound(f, "swapper1", true), "user");
	fake_free(f);
}

/* --- how large a stack is, and where --- */

static void check_size(const char *more, const char *without, uint64_t size, enum klpscope_status st)
{
	struct fake *f = stacks_kernel(&(struct stacks_kernel){ .format = ORC_TYPE3_SIGNAL, .more = more, .without = without });
	struct val v = stack_size(stacks_walk(f));

	assert_int_equal(v.st, st);
	if (!st)
		assert_int_equal(v.v, size);
	fake_free(f);
}

static void test_stack_size(void **state)
{
	static const char no_task[] = "symbol __start_init_task";

	(void)state;
	check_size("", NULL, 0x4000, KLPSCOPE_OK);
	check_size("symbol __start_init_stack 0x8000\nsymbol __end_init_stack 0x10000\n", NULL, 0x8000, KLPSCOPE_OK);
	check_size("type thread_union 0x2000\n", no_task, 0x2000, KLPSCOPE_OK);
	check_size("", no_task, 0, KLPSCOPE_NOT_FOUND);
	check_size("symbol __start_init_task excluded\n", no_task, 0, KLPSCOPE_EXCLUDED);
	/* Not one that a stack has. */
	check_size("type thread_union 0x3000\n", no_task, 0, KLPSCOPE_CORRUPT);
	check_size("type thread_union 0\n", no_task, 0, KLPSCOPE_CORRUPT);
	check_size("type thread_union 0x800\n", no_task, 0, KLPSCOPE_CORRUPT);
	check_size("type thread_union 0x200000\n", no_task, 0, KLPSCOPE_CORRUPT);
	/* The wrong way round. */
	check_size("symbol __start_init_stack 0x10000\nsymbol __end_init_stack 0x8000\n", NULL, 0, KLPSCOPE_CORRUPT);
}

static void test_stack_of_task(void **state)
{
	static const struct {
		uint64_t at;
		enum klpscope_status st;
	} cases[] = {
		{ STACK(3), KLPSCOPE_OK }, { 0, KLPSCOPE_NOT_FOUND }, { STACK(3) + 8, KLPSCOPE_CORRUPT },
		{ UINT64_MAX, KLPSCOPE_CORRUPT }, { 0xfffffffffffff000, KLPSCOPE_CORRUPT },
		{ 0xffffffffffffb000, KLPSCOPE_OK }, { 0xffffffffffffc000, KLPSCOPE_CORRUPT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = stacks_kernel(&modern);
		struct region stack;

		fake_write_uint(f, fake_label(f, "init") + TASK_STACK, cases[i].at, 8);
		/* The last page of all ends at 2^64, which is 0: such a stack no kernel has. */
		if (cases[i].at == 0xffffffffffffc000)
			assert_int_not_equal(stack_of_task(stacks_walk(f), fake_label(f, "init"), &stack), KLPSCOPE_OK);
		else
			assert_int_equal(stack_of_task(stacks_walk(f), fake_label(f, "init"), &stack), cases[i].st);
		fake_free(f);
	}
}

/* Numbers of the per-CPU memory that no kernel would have there. */
static void test_hostile_regions(void **state)
{
	static const uint64_t values[] = {
		0, 1, 8, 0x3fff, UINT64_MAX, UINT64_MAX - 7, 0xfffffffffffff000, 0x8000000000000000, 0xdead0000,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		for (unsigned int which = 0; which < 2; which++) {
			struct fake *f = with_notes("");
			const struct cpu_rec *cpu;

			fake_write_uint(f, 0xc0036000 + 0x5000 + 8 * which, values[i], 8);
			put_crash_note(f, 0, &of_thread);
			PUT(f, of_thread.sp, FRAME(IN(ENTRY)));
			cpu = cpus(f);
			assert_false(region_has(&cpu[0].irq, UINT64_MAX - 8, 16));
			assert_false(region_has(&cpu[0].exceptions, UINT64_MAX - 8, 16));
			assert_frames(unwound(f, "thread", true), "!caller+0x20 entry+0x10");
			fake_free(f);
		}
}

/* --- who panicked --- */

static void set_panic_cpu(struct fake *f, uint32_t cpu)
{
	fake_write_uint(f, fake_label(f, "panic_cpu"), cpu, 4);
}

static void test_panicked(void **state)
{
	struct fake *f = with_notes("");
	struct report *r;

	(void)state;
	set_panic_cpu(f, 0);
	put_crash_note(f, 0, &of_thread);
	PUT(f, of_thread.sp, FRAME(IN(ENTRY)));
	r = stacks_report(f, false);
	assert_int_equal(r->crash.cpu.v, 0);
	assert_int_equal(r->crash.task.pid, 7);
	assert_int_equal(r->crash.task.tgid, 1);
	assert_string_equal(r->crash.task.comm, "init");
	assert_frames(r->crash.stack, "!caller+0x20 entry+0x10");
	assert_int_equal(r->crash.hotfix_on_path.st, KLPSCOPE_OK);
	assert_int_equal(r->crash.hotfix_on_path.v, 0);
	assert_int_equal(r->crash.old_on_path.st, KLPSCOPE_OK);
	assert_int_equal(r->crash.old_on_path.v, 0);
	assert_int_equal(r->crash.runs, RUNS_NEW);
	assert_true(r->complete);
	fake_free(f);
}

/* That nobody panicked is an answer, and a complete one. */
static void test_nobody_panicked(void **state)
{
	struct fake *f = stacks_kernel(&modern);
	struct report *r = stacks_report(f, false);

	(void)state;
	assert_int_equal(r->crash.cpu.st, KLPSCOPE_NOT_FOUND);
	assert_int_equal(r->crash.hotfix_on_path.st, KLPSCOPE_NOT_FOUND);
	assert_true(r->complete);
	fake_free(f);
}

/* Until 4.4 there was only crashing_cpu. */
static void test_crashing_cpu(void **state)
{
	struct fake *f = stacks_kernel(&(struct stacks_kernel){
		.format = ORC_TYPE2_END, .without = "symbol panic_cpu", .more = "symbol crashing_cpu 0xc003e000\n" });
	struct report *r;

	(void)state;
	fake_write_uint(f, 0xc003e000, 1, 4);
	r = stacks_report(f, false);
	assert_int_equal(r->crash.cpu.st, KLPSCOPE_OK);
	assert_int_equal(r->crash.cpu.v, 1);
	assert_int_equal(r->crash.task_at.v, fake_label(f, "swapper1"));
	fake_write_uint(f, 0xc003e000, UINT32_MAX, 4);
	assert_int_equal(stacks_report(f, false)->crash.cpu.st, KLPSCOPE_NOT_FOUND);
	fake_free(f);
}

#define DATA "symbol __bss_start 0xc0050000\nsymbol __bss_stop 0xc0051000\n"
#define BSS "symbol __bss_start 0xc003e000\nsymbol __bss_stop 0xc003f000\n"
#define CRASHING "symbol crashing_cpu 0xc003e000\n"
#define REDIRECT "symbol panic_redirect_cpu 0xc003e010\n"

/* Since 4.5 there are both, and they are the same CPU, once crashing_cpu is set. */
static void test_both_crashed(void **state)
{
	static const struct {
		const char *more;
		uint32_t panic, crashing, redirect;
		enum klpscope_status st;
		uint32_t cpu;
	} cases[] = {
		{ CRASHING DATA, 1, 1, 0, KLPSCOPE_OK, 1 },
		{ CRASHING DATA, 0, 0, 0, KLPSCOPE_OK, 0 },
		/* Nobody went into the crash kernel. */
		{ CRASHING DATA, 1, UINT32_MAX, 0, KLPSCOPE_OK, 1 },
		{ CRASHING DATA, UINT32_MAX, UINT32_MAX, 0, KLPSCOPE_NOT_FOUND, 0 },
		{ CRASHING DATA, 1, 0x80000000, 0, KLPSCOPE_OK, 1 },
		{ CRASHING DATA, 0, 1, 0, KLPSCOPE_CORRUPT, 0 },
		{ CRASHING DATA, 1, 0, 0, KLPSCOPE_CORRUPT, 0 },
		{ CRASHING DATA, UINT32_MAX, 0, 0, KLPSCOPE_CORRUPT, 0 },
		{ CRASHING DATA, UINT32_MAX, 1, 0, KLPSCOPE_CORRUPT, 0 },
		/* Until 4.11 it started as 0. */
		{ CRASHING BSS, 1, 0, 0, KLPSCOPE_OK, 1 },
		{ CRASHING BSS, UINT32_MAX, 0, 0, KLPSCOPE_NOT_FOUND, 0 },
		{ CRASHING, 1, 0, 0, KLPSCOPE_OK, 1 },
		{ CRASHING BSS, 0, 1, 0, KLPSCOPE_CORRUPT, 0 },
		{ CRASHING, 0, 1, 0, KLPSCOPE_CORRUPT, 0 },
		/* Handed over by 1 to 0, which both are about. */
		{ CRASHING REDIRECT DATA, 0, 0, 1, KLPSCOPE_OK, 1 },
		{ CRASHING REDIRECT DATA, 0, 1, 1, KLPSCOPE_OK, 1 },
		{ CRASHING REDIRECT DATA, 0, 1, UINT32_MAX, KLPSCOPE_CORRUPT, 0 },
		/* Not in the dump: panic_cpu alone tells. */
		{ CRASHING DATA "hole 0xc003e000 4 excluded\n", 0, 1, 0, KLPSCOPE_OK, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = stacks_kernel(&(struct stacks_kernel){ .format = ORC_TYPE3_SIGNAL, .more = cases[i].more });
		struct report *r;

		set_panic_cpu(f, cases[i].panic);
		fake_write_uint(f, 0xc003e000, cases[i].crashing, 4);
		fake_write_uint(f, 0xc003e010, cases[i].redirect, 4);
		r = stacks_report(f, false);
		assert_int_equal(r->crash.cpu.st, cases[i].st);
		assert_int_equal(kernel_has_finding(r, "corrupt", "panic_cpu"), cases[i].st == KLPSCOPE_CORRUPT);
		if (!cases[i].st) {
			assert_int_equal(r->crash.cpu.v, cases[i].cpu);
		} else if (cases[i].st == KLPSCOPE_CORRUPT) {
			assert_int_equal(r->crash.task_at.st, KLPSCOPE_CORRUPT);
			assert_int_equal(r->crash.hotfix_on_path.st, KLPSCOPE_CORRUPT);
			assert_int_equal(r->crash.old_on_path.st, KLPSCOPE_CORRUPT);
			assert_int_equal(r->crash.runs, RUNS_UNKNOWN);
			assert_int_equal(r->problems.count, 1);
			assert_false(r->complete);
		}
		fake_free(f);
	}
}

static void check_unknown(struct fake *f, enum klpscope_status st)
{
	struct report *r = stacks_report(f, false);

	assert_int_equal(r->crash.task_at.st, st);
	assert_int_equal(r->crash.task.ids_st, st);
	/* Which is said of a machine on which nobody panicked. */
	if (st == KLPSCOPE_NOT_FOUND)
		st = KLPSCOPE_UNSUPPORTED;
	assert_int_equal(r->crash.hotfix_on_path.st, st);
	assert_int_equal(r->crash.old_on_path.st, st);
	assert_int_equal(r->crash.runs, RUNS_UNKNOWN);
	assert_false(r->complete);
	assert_true(r->problems.count > 0);
	/* The rest stands. */
	assert_int_equal(kernel_patch(r, 2)->in_effect, KLPSCOPE_EFFECT_YES);
	fake_free(f);
}

static void test_panicked_unknown(void **state)
{
	static const char no_symbol[] = "symbol panic_cpu";
	struct fake *f = stacks_kernel(&(struct stacks_kernel){ .without = no_symbol });

	(void)state;
	check_unknown(f, KLPSCOPE_UNSUPPORTED);
	f = stacks_kernel(&(struct stacks_kernel){ .without = no_symbol, .more = "symbol panic_cpu excluded\n" });
	check_unknown(f, KLPSCOPE_EXCLUDED);
	f = stacks_kernel(&(struct stacks_kernel){
		.without = no_symbol, .more = "symbol panic_cpu 0xc003e000\nhole 0xc003e000 4 truncated\n" });
	check_unknown(f, KLPSCOPE_TRUNCATED);
	/* A CPU that there is not. */
	f = with_notes("");
	set_panic_cpu(f, 5);
	check_unknown(f, KLPSCOPE_CORRUPT);
	f = with_notes("");
	set_panic_cpu(f, 0x80000000);
	check_unknown(f, KLPSCOPE_CORRUPT);
	/* Its run queue has nobody, or nobody knows. */
	f = with_notes("");
	set_panic_cpu(f, 0);
	fake_write_uint(f, 0xc0037010, 0, 8);
	check_unknown(f, KLPSCOPE_CORRUPT);
	f = with_notes("hole 0xc0037810 8 excluded\n");
	set_panic_cpu(f, 1);
	check_unknown(f, KLPSCOPE_EXCLUDED);
	/* Neither is rq->curr known to the kernel's types. */
	f = stacks_kernel(&(struct stacks_kernel){ .without = "member rq curr" });
	set_panic_cpu(f, 1);
	check_unknown(f, KLPSCOPE_NOT_FOUND);
}

/* Its registers are nowhere: that is not that nobody panicked. */
static void test_panicked_without_registers(void **state)
{
	struct fake *f = with_notes("");
	struct report *r;

	(void)state;
	set_panic_cpu(f, 0);
	r = stacks_report(f, false);
	assert_int_equal(r->crash.task.pid, 7);
	assert_int_equal(r->crash.stack->st, KLPSCOPE_TRUNCATED);
	assert_int_equal(r->crash.hotfix_on_path.st, KLPSCOPE_TRUNCATED);
	assert_int_equal(r->crash.old_on_path.st, KLPSCOPE_TRUNCATED);
	assert_false(r->complete);
	fake_free(f);
}

/* It is known where it is, and not what. */
static void test_panicked_unreadable(void **state)
{
	struct fake *f = with_notes("hole @thread 200 excluded\n");
	struct report *r;

	(void)state;
	set_panic_cpu(f, 0);
	put_crash_note(f, 0, &of_thread);
	r = stacks_report(f, false);
	assert_int_equal(r->crash.task_at.st, KLPSCOPE_OK);
	assert_int_equal(r->crash.task.ids_st, KLPSCOPE_EXCLUDED);
	assert_null(r->crash.task.comm);
	assert_int_equal(r->crash.hotfix_on_path.st, KLPSCOPE_EXCLUDED);
	assert_false(r->complete);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_crash_notes, start),
		cmocka_unit_test_setup(test_crash_notes_first, start),
		cmocka_unit_test_setup(test_odd_crash_notes, start),
		cmocka_unit_test_setup(test_crash_notes_damage, start),
		cmocka_unit_test_setup(test_prstatus, start),
		cmocka_unit_test_setup(test_all_programs, start),
		cmocka_unit_test_setup(test_stack_size, start),
		cmocka_unit_test_setup(test_stack_of_task, start),
		cmocka_unit_test_setup(test_hostile_regions, start),
		cmocka_unit_test_setup(test_panicked, start),
		cmocka_unit_test_setup(test_nobody_panicked, start),
		cmocka_unit_test_setup(test_crashing_cpu, start),
		cmocka_unit_test_setup(test_both_crashed, start),
		cmocka_unit_test_setup(test_panicked_unknown, start),
		cmocka_unit_test_setup(test_panicked_without_registers, start),
		cmocka_unit_test_setup(test_panicked_unreadable, start),
	};

	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
