/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small kernel of kernel.h, on x86_64, with stacks to be walked: a page
 * of functions, a line of unwind information for each, two CPUs.  "thread"
 * runs on CPU 0 and the idle task on CPU 1; the others sleep.
 *
 * Each function has a frame of two words and its return address (FRAME), and
 * calls somebody, to come back at IN(it), unless a test says otherwise.
 */
#ifndef KLPSCOPE_TESTS_STACKS_H
#define KLPSCOPE_TESTS_STACKS_H

#include "arch/orc.h"
#include "model/cpu.h"
#include "model/unwind.h"
#include "tests/unit/kernel.h"

enum function {
	SCHEDULE, WORKER, SLEEPER, CALLER, ENTRY, IRQ_ENTRY, IRQ_HANDLER, IRQ_SWITCH, CRASHER, NO_ORC, EXC_ENTRY, ON_R10,
	FORKED, RETURN, RETHOOK, KRETPROBE, OLD_KRETPROBE, FTRACE_CALLER, NR_FUNCTIONS
};

#define FN(f) (0xc0001300ull + 0x40 * (f))
#define IN(f) (FN(f) + 0x10)		/* behind its call */
#define AT(f) (FN(f) + 0x20)		/* where it was interrupted, say */
#define FRAME(ret) 0, 0, (ret)

/* The stack of the task with that number in tasks(); 16 KiB each, with room around it. */
#define STACK(n) (0xd0000000ull + 0x10000 * (n))
#define STACK_SIZE 0x4000
#define TOP(n) (STACK(n) + STACK_SIZE)
#define IRQ_STACK(cpu) STACK(10 + (cpu))
#define EXC_STACK(cpu) STACK(12 + (cpu))
#define EXC_SIZE 0x6000

/* Offsets of struct task_struct, as stacks_types has them. */
enum { TASK_STACK = 24, TASK_ON_CPU = 36, TASK_SP = 112, TASK_RET_STACK = 128, TASK_RETHOOKS = 144, TASK_KRETPROBES = 152 };

/* The unwind information of each function's body; stacks_reset() says the usual. */
extern struct orc_entry orc[NR_FUNCTIONS];
void stacks_reset(void);

/* What the kernel is built with. */
struct stacks_kernel {
	enum orc_format format;
	bool renumbered;		/* the registers in the new order; wants a symbol "panic" to tell */
	bool no_lookup;			/* no orc_lookup */
	bool frame_pointers;		/* no ORC at all */
	const char *more;		/* further lines */
	const char *without;		/* the one line that begins so is not there */
};

struct fake *stacks_kernel(const struct stacks_kernel *how);

/* Words upwards from an address. */
void put_words(struct fake *f, uint64_t at, const uint64_t *words, size_t n);
#define PUT(f, at, ...) \
	put_words(f, at, (const uint64_t[]){ __VA_ARGS__ }, sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

/* A task that left the CPU in SCHEDULE at `sp`, with that frame pointer; what lies above the 56 bytes is the caller's. */
#define INACTIVE 56
void put_to_sleep(struct fake *f, const char *task, unsigned int stack, uint64_t sp, uint64_t bp);

/* struct pt_regs; not those that are zero. */
void put_regs(struct fake *f, uint64_t at, const struct x86_regs *regs);
void put_iret(struct fake *f, uint64_t at, const struct x86_regs *regs);
/* What a crash leaves in crash_notes of a CPU, and what a hypervisor leaves in an NT_PRSTATUS at `at`. */
void put_crash_note(struct fake *f, unsigned int cpu, const struct x86_regs *regs);
void put_prstatus(struct fake *f, uint64_t at, const struct x86_regs *regs);
/* A call in `from` of `to`, right before IN(from). */
void put_call(struct fake *f, enum function from, uint64_t to);

/* One line of unwind information for all of the module at `base`: that of a usual function. */
void put_module_table(struct fake *f, const char *module, uint64_t base);

/* Everything but the tasks read; in the target's arena. */
struct walk *stacks_walk(struct fake *f);
/* The task's stack; running: with the registers of the CPU that runs it. */
struct stack_rec *unwound(struct fake *f, const char *task, bool running);

/* The whole report; all: with the stacks of all tasks. */
struct report *stacks_report(struct fake *f, bool all);

/*
 * The frames of a stack in words: "schedule+0x10 !worker+0x20 ?entry+0x10 :
 * why".  "!" stands before one that is exact, "?" before one that is not
 * reliable, "<" and its name behind one that came through a trampoline.
 */
void assert_frames(const struct stack_rec *stack, const char *expected);

#endif
