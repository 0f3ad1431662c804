// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/analysis.h"
#include "tests/unit/stacks.h"

#define ROOM 65536
#define ORC_IPS 0xc0040000ull
#define ORC_ENTRIES 0xc0041000ull
#define ORC_LOOKUP 0xc0042000ull
#define TEXT 0xc0001000ull
#define TEXT_END 0xc0002000ull
#define BLOCK 256
#define NR_ROWS (1 + 2 * NR_FUNCTIONS)

static const char *const names[NR_FUNCTIONS] = {
	[SCHEDULE] = "schedule", [WORKER] = "worker", [SLEEPER] = "sleeper", [CALLER] = "caller", [ENTRY] = "entry",
	[IRQ_ENTRY] = "irq_entry", [IRQ_HANDLER] = "irq_handler", [IRQ_SWITCH] = "irq_switch", [CRASHER] = "crasher",
	[NO_ORC] = "__crash_kexec", [EXC_ENTRY] = "exc_entry", [ON_R10] = "on_r10", [FORKED] = "ret_from_fork_asm",
	[RETURN] = "return_to_handler", [RETHOOK] = "arch_rethook_trampoline", [KRETPROBE] = "__kretprobe_trampoline",
	[OLD_KRETPROBE] = "kretprobe_trampoline", [FTRACE_CALLER] = "ftrace_caller",
};

static const char types[] =
	"member rq curr 16 8\n"
	"member task_struct thread 112 8\n"
	"member task_struct ret_stack 128 8\n"
	"member task_struct curr_ret_stack 136 4\n"
	"member task_struct rethooks 144 8\n"
	"member task_struct kretprobe_instances 152 8\n"
	"member thread_struct sp 0 8\n"
	"member inactive_task_frame bp 40 8\n"
	"member inactive_task_frame ret_addr 48 8\n"
	"member ftrace_ret_stack ret 0 8\n"
	"member ftrace_ret_stack retp 32 8\n"
	"member rethook_node llist 16 8\n"
	"member rethook_node ret_addr 32 8\n"
	"member rethook_node frame 40 8\n"
	"member kretprobe_instance llist 16 8\n"
	"member kretprobe_instance ret_addr 32 8\n"
	"member kretprobe_instance fp 40 8\n"
	"member module arch 192 24\n"
	"member mod_arch_specific num_orcs 0 4\n"
	"member mod_arch_specific orc_unwind_ip 8 8\n"
	"member mod_arch_specific orc_unwind 16 8\n"
	"type inactive_task_frame 56\n"
	"type orc_entry 6\n"
	"type cea_exception_stacks 0x6000\n";

static const char memory[] =
	"symbol _stext 0xc0001000 1\n"
	"symbol _etext 0xc0002000 1\n"
	"symbol crash_notes @crash_notes\n"
	"symbol hardirq_stack_ptr 0x5000\n"
	"symbol cea_exception_stacks 0x5008\n"
	"at 0xc00100c0\n"
	"zero 32\n"
	"at 0xc00200c0\n"
	"zero 32\n"
	"at 0xc003d000\n"
	"@crash_notes: ptr 0x4000\n"
	/* A trampoline of 0x40 bytes, a copy of ftrace_caller: stacks_kernel() puts it at the start of ftrace_ops_list. */
	"@tramp_ops: ptr @regs_caller 0x41 0xc0050000 0x40 @o2+32 @nowhere_hash 0 0\n"
	"@nowhere_hash: ptr 0 @nowhere\n"
	"@nowhere: ptr 0 @nowhere_bucket 1 0\n"
	"@nowhere_bucket: ptr @nowhere_entry\n"
	"@nowhere_entry: ptr 0 0 1 0\n";

struct orc_entry orc[NR_FUNCTIONS];

static const struct orc_entry usual = {
	.sp_offset = 24, .sp_reg = ORC_REG_SP, .bp_reg = ORC_REG_UNDEFINED, .kind = ORC_CALL,
};

void stacks_reset(void)
{
	for (unsigned int i = 0; i < NR_FUNCTIONS; i++)
		orc[i] = usual;
	orc[ENTRY].kind = orc[FORKED].kind = ORC_END;
	orc[NO_ORC].kind = ORC_NOTHING;
	orc[WORKER] = (struct orc_entry){
		.sp_offset = 16, .sp_reg = ORC_REG_BP, .bp_offset = -16, .bp_reg = ORC_REG_PREV_SP, .kind = ORC_CALL,
	};
	orc[IRQ_ENTRY] = (struct orc_entry){ .sp_reg = ORC_REG_SP, .kind = ORC_REGS };
	orc[EXC_ENTRY] = (struct orc_entry){ .sp_offset = 8, .sp_reg = ORC_REG_SP, .kind = ORC_REGS_IRET };
	orc[IRQ_SWITCH] = (struct orc_entry){ .sp_offset = 8, .sp_reg = ORC_REG_SP_INDIRECT, .kind = ORC_CALL };
	orc[ON_R10] = (struct orc_entry){ .sp_offset = 8, .sp_reg = ORC_REG_R10, .kind = ORC_CALL };
}

/* --- the tables --- */

static unsigned int kind_bits(enum orc_kind kind, enum orc_format format)
{
	static const unsigned int type2[] = { [ORC_CALL] = 0, [ORC_REGS] = 1, [ORC_REGS_IRET] = 2 };
	static const unsigned int type3[] = {
		[ORC_NOTHING] = 0, [ORC_END] = 1, [ORC_CALL] = 2, [ORC_REGS] = 3, [ORC_REGS_IRET] = 4,
	};

	if (format == ORC_TYPE3_SIGNAL)
		return type3[kind] << 8;
	if (kind == ORC_END)
		return 1u << (format == ORC_TYPE2_END ? 10 : 11);
	return kind == ORC_NOTHING ? 0 : type2[kind] << 8;
}

/* 7.2's number of a register. */
static unsigned int renumbered(unsigned int reg)
{
	static const unsigned int numbers[] = {
		[ORC_REG_UNDEFINED] = 0, [ORC_REG_AX] = 1, [ORC_REG_DX] = 2, [ORC_REG_SP] = 3, [ORC_REG_BP] = 4,
		[ORC_REG_DI] = 5, [ORC_REG_R10] = 6, [ORC_REG_R13] = 7, [ORC_REG_PREV_SP] = 8,
		[ORC_REG_SP_INDIRECT] = 9, [ORC_REG_BP_INDIRECT] = 10,
	};

	return numbers[reg];
}

static void put_row(struct fake *f, unsigned int i, uint64_t ip, const struct orc_entry *row,
		    const struct stacks_kernel *how)
{
	enum orc_format format = how->format;
	bool nobody = row->kind == ORC_END || row->kind == ORC_NOTHING;
	unsigned int sp_reg = format != ORC_TYPE3_SIGNAL && nobody ? ORC_REG_UNDEFINED : row->sp_reg;
	unsigned int bp_reg = row->bp_reg;

	if (how->renumbered) {
		sp_reg = renumbered(sp_reg);
		bp_reg = renumbered(bp_reg);
	}

	fake_write_uint(f, ORC_IPS + 4 * i, (ip - (ORC_IPS + 4 * i)) & 0xffffffff, 4);
	fake_write_uint(f, ORC_ENTRIES + 6 * i, (uint16_t)row->sp_offset, 2);
	fake_write_uint(f, ORC_ENTRIES + 6 * i + 2, (uint16_t)row->bp_offset, 2);
	fake_write_uint(f, ORC_ENTRIES + 6 * i + 4, sp_reg | bp_reg << 4 |
			kind_bits((enum orc_kind)row->kind, format), 2);
}

/* The first instructions of each are before its frame is made. */
static void put_tables(struct fake *f, const struct stacks_kernel *how)
{
	static const struct orc_entry bare = { .sp_offset = 8, .sp_reg = ORC_REG_SP, .kind = ORC_CALL };
	uint64_t ip[NR_ROWS] = { TEXT };
	unsigned int n = 1, last = 0;

	put_row(f, 0, TEXT, &usual, how);
	for (unsigned int i = 0; i < NR_FUNCTIONS; i++) {
		ip[n] = FN(i);
		put_row(f, n++, FN(i), orc[i].kind < ORC_CALL ? &orc[i] : &bare, how);
		ip[n] = FN(i) + 4;
		put_row(f, n++, FN(i) + 4, &orc[i], how);
	}
	for (uint64_t block = 0; block <= (TEXT_END - TEXT) / BLOCK; block++) {
		while (last + 1 < n && ip[last + 1] <= TEXT + block * BLOCK)
			last++;
		fake_write_uint(f, ORC_LOOKUP + 4 * block, last, 4);
	}
}

static void add(char *text, const char *more)
{
	strncat(text, more, ROOM - strlen(text) - 1);
}

static void add_symbols(char *text, const struct stacks_kernel *how)
{
	char line[128];

	for (unsigned int i = 0; i < NR_FUNCTIONS; i++) {
		snprintf(line, sizeof(line), "symbol %s 0x%llx 64\n", names[i], FN(i));
		add(text, line);
	}
	if (how->frame_pointers)
		return;
	snprintf(line, sizeof(line), "symbol __start_orc_unwind_ip 0x%llx\nsymbol __stop_orc_unwind_ip 0x%llx\n", ORC_IPS,
		 ORC_IPS + 4 * NR_ROWS);
	add(text, line);
	snprintf(line, sizeof(line), "symbol __start_orc_unwind 0x%llx\nsymbol __stop_orc_unwind 0x%llx\n", ORC_ENTRIES,
		 ORC_ENTRIES + 6 * NR_ROWS);
	add(text, line);
	if (how->no_lookup)
		return;
	snprintf(line, sizeof(line), "symbol orc_lookup 0x%llx\nsymbol orc_lookup_end 0x%llx\n", ORC_LOOKUP,
		 ORC_LOOKUP + 4 * ((TEXT_END - TEXT) / BLOCK + 1));
	add(text, line);
}

static const char *format_types(enum orc_format format)
{
	static const char *const lines[] = {
		[ORC_TYPE2_END] = "member orc_entry end 4 2\n",
		[ORC_TYPE2_SIGNAL_END] = "member orc_entry signal 4 2\nmember orc_entry end 4 2\n",
		[ORC_TYPE3_SIGNAL] = "member orc_entry signal 4 2\n",
	};

	return lines[format];
}

/* --- memory --- */

void put_words(struct fake *f, uint64_t at, const uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fake_write_uint(f, at + 8 * i, words[i], 8);
}

void put_call(struct fake *f, enum function from, uint64_t to)
{
	fake_write_uint(f, IN(from) - 5, 0xe8, 1);
	fake_write_uint(f, IN(from) - 4, (to - IN(from)) & 0xffffffff, 4);
}

void put_iret(struct fake *f, uint64_t at, const struct x86_regs *regs)
{
	PUT(f, at, regs->ip, regs->cs ? regs->cs : 0x10, 0x246, regs->sp, 0x18);
}

void put_regs(struct fake *f, uint64_t at, const struct x86_regs *regs)
{
	PUT(f, at, 0, 0, regs->r13, 0, regs->bp, 0, 0, regs->r10, 0, 0, regs->ax, 0, regs->dx, 0, regs->di, 0);
	put_iret(f, at + 128, regs);
}

void put_prstatus(struct fake *f, uint64_t at, const struct x86_regs *regs)
{
	fake_write_uint(f, at + 328, 0, 8);
	put_regs(f, at + 112, regs);
}

void put_crash_note(struct fake *f, unsigned int cpu, const struct x86_regs *regs)
{
	uint64_t at = 0xc003a000 + 0x800ull * cpu;

	fake_write_uint(f, at, 5, 4);
	fake_write_uint(f, at + 4, 336, 4);
	fake_write_uint(f, at + 8, 1, 4);
	fake_write(f, at + 12, "CORE\0\0\0\0", 8);
	put_prstatus(f, at + 20, regs);
}

void put_to_sleep(struct fake *f, const char *task, unsigned int stack, uint64_t sp, uint64_t bp)
{
	uint64_t addr = fake_label(f, task);

	fake_write_uint(f, STACK(stack), 0x57ac6e9d, 8);
	fake_write_uint(f, addr + TASK_STACK, STACK(stack), 8);
	fake_write_uint(f, addr + TASK_SP, sp, 8);
	PUT(f, sp, 0, 0, 0, 0, 0, bp, IN(SCHEDULE));
}

void put_module_table(struct fake *f, const char *module, uint64_t base)
{
	uint64_t arch = fake_label(f, module) + 192, ips = base + 0x4800, entries = base + 0x4900;

	fake_write_uint(f, arch, 1, 4);
	PUT(f, arch + 8, ips, entries);
	fake_write_uint(f, ips, (base - ips) & 0xffffffff, 4);
	/* CALL, 24 bytes above the stack pointer, as 6.4 and later have it. */
	PUT(f, entries, 0x020500000018);
}

static void put_cpus(struct fake *f)
{
	static const char *const curr[] = { "thread", "swapper1" };

	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		uint64_t base = 0xc0036000 + 0x800ull * cpu;

		fake_write_uint(f, base + 0x1010, fake_label(f, curr[cpu]), 8);
		/* It points to the word below the top, as on kernels since 5.13 or so. */
		fake_write_uint(f, base + 0x5000, IRQ_STACK(cpu) + STACK_SIZE - 8, 8);
		fake_write_uint(f, base + 0x5008, EXC_STACK(cpu), 8);
		fake_write_uint(f, IRQ_STACK(cpu), 0, 8);
		/* Of crash_notes: nobody crashed. */
		fake_write_uint(f, 0xc003a000 + 0x800ull * cpu, 0, 8);
	}
}

static void put_text(struct fake *f)
{
	for (unsigned int i = 0; i < NR_FUNCTIONS; i++)
		put_call(f, i, FN(SCHEDULE));
	/* f1 ends one byte before f2 begins. */
	fake_write_uint(f, fake_label(f, "one_f1") + 64, 15, 8);
	fake_write_uint(f, fake_label(f, "two_f1") + 64, 15, 8);
	fake_write_uint(f, fake_label(f, "one_f2") + 64, 48, 8);
}

/* The text without the line that begins so. */
static void cut(char *text, const char *line)
{
	char *s = strstr(text, line);

	assert_non_null(s);
	*s = '#';
}

struct fake *stacks_kernel(const struct stacks_kernel *how)
{
	char *text = calloc(1, ROOM);
	struct fake *f;

	add(text, types);
	if (!how->frame_pointers)
		add(text, format_types(how->format));
	add(text, kernel_memory);
	add(text, memory);
	add_symbols(text, how);
	add(text, how->more ? how->more : "");
	if (how->without)
		cut(text, how->without);
	f = kernel_parse("little", 8, kernel_types, text, NULL);
	free(text);
	put_tables(f, how);
	put_text(f);
	put_cpus(f);
	fake_write_uint(f, fake_label(f, "ftrace_ops_list"), fake_label(f, "tramp_ops"), 8);
	return f;
}

/* --- what is read of it --- */

struct walk *stacks_walk(struct fake *f)
{
	struct target *t = fake_target(f);
	struct walk *w = arena_alloc(target_arena(t), sizeof(*w));
	struct report *r = arena_alloc(target_arena(t), sizeof(*r));

	assert_true(w && r);
	r->arena = target_arena(t);
	r->capability = KLP_CAPABLE;
	r->system.architecture = (struct text){ "x86_64", KLPSCOPE_OK };
	w->t = t;
	w->r = r;
	layout_symbols(&w->layout, t);
	layout_types(&w->layout, t);
	assert_int_equal(w->layout.st, KLPSCOPE_OK);
	system_walk(w);
	modules_walk(w);
	transition_walk(w);
	ops_walk(w);
	patches_walk(w);
	return w;
}

struct stack_rec *unwound(struct fake *f, const char *task, bool running)
{
	struct walk *w = stacks_walk(f);
	struct unwinder *u = walk_unwinder(w);
	struct stack_start start = { .task = fake_label(f, task), .running = running };
	struct stack_rec *stack;

	assert_non_null(u);
	if (running)
		start.cpu = cpu_of_task(w, start.task);
	unwind_task(u, &start);
	stack = unwind_keep(u);
	assert_non_null(stack);
	return stack;
}

struct report *stacks_report(struct fake *f, bool all)
{
	struct target *t = fake_target(f);
	struct report *r = arena_alloc(target_arena(t), sizeof(*r));

	assert_non_null(r);
	r->arena = target_arena(t);
	r->want_stacks = all;
	r->system.architecture = (struct text){ "x86_64", KLPSCOPE_OK };
	assert_int_equal(model_collect(t, r), KLPSCOPE_OK);
	assert_int_equal(analysis_run(r), KLPSCOPE_OK);
	return r;
}

void assert_frames(const struct stack_rec *stack, const char *expected)
{
	char said[8192] = "";

	for (unsigned int i = 0; i < stack->count; i++) {
		const struct frame_rec *f = &stack->frame[i];
		size_t n = strlen(said);

		n += (size_t)snprintf(said + n, sizeof(said) - n, "%s%s%s", i ? " " : "", f->reliable ? "" : "?",
				      f->exact ? "!" : "");
		if (f->symbol.name)
			n += (size_t)snprintf(said + n, sizeof(said) - n, "%s+0x%llx", f->symbol.name,
					      (unsigned long long)(f->address - f->symbol.start));
		else
			n += (size_t)snprintf(said + n, sizeof(said) - n, "0x%llx", (unsigned long long)f->address);
		if (f->through)
			snprintf(said + n, sizeof(said) - n, "<%s", f->through);
	}
	if (stack->user)
		strcat(said, "user");
	if (stack->st)
		snprintf(said + strlen(said), sizeof(said) - strlen(said), " : %s",
			 stack->why ? stack->why : klpscope_strstatus(stack->st));
	assert_string_equal(said, expected);
}
