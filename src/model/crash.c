// SPDX-License-Identifier: GPL-2.0-or-later
/* Who panicked, and what was on its stack. */
#include "model/cpu.h"
#include "model/task.h"
#include "model/unwind.h"

#define NO_CPU 0xffffffffu		/* PANIC_CPU_INVALID, kernel/panic.c; crashing_cpu starts as -1, too */

/*
 * nmi_shootdown_cpus() sets crashing_cpu on the way into the crash kernel, on the CPU that has set panic_cpu
 * (arch/x86/kernel/reboot.c, 4.5 to 7.3-rc7), and else only on the way into the machine's reset.  On ppc64le firmware
 * may be called to dump with one of them alone.  It starts as -1, but until 4.11 as 0, in .bss: there 0 is no CPU.
 */
static bool has_crashed(struct walk *w, struct val *crashing)
{
	struct val at = w->layout.symbol[S_crashing_cpu];

	*crashing = at;
	if (at.st || !is_x86_64(w) || target_read_uint(w->t, at.v, 4, &crashing->v) || crashing->v > INT32_MAX)
		return false;
	if (crashing->v)
		return true;
	return !w->layout.symbol[S___bss_start].st && !w->layout.symbol[S___bss_stop].st &&
	       !walk_within(w, S___bss_start, S___bss_stop, at.v);
}

/* Two CPUs cannot have panicked. */
static bool contradicted(struct walk *w, struct val panicked, struct val redirected)
{
	struct arena *a = w->r->arena;
	struct val crashing;

	if (w->layout.symbol[S_panic_cpu].st || panicked.st || !has_crashed(w, &crashing) || crashing.v == panicked.v ||
	    (!redirected.st && redirected.v == crashing.v))
		return false;
	walk_problem(w, "panic_cpu", KLPSCOPE_CORRUPT, w->layout.symbol[S_panic_cpu].v);
	walk_contradiction(w, arena_printf(a, "%d, as crashing_cpu", (int)(int32_t)crashing.v),
			   arena_printf(a, "%d", (int)(int32_t)panicked.v));
	return true;
}

/* panic() and crash_kexec() set panic_cpu before anything else happens, 4.5 to 7.3-rc7. */
static struct val panic_cpu(struct walk *w)
{
	enum symbol_id id = w->layout.symbol[S_panic_cpu].st == KLPSCOPE_NOT_FOUND ? S_crashing_cpu : S_panic_cpu;
	struct val cpu = walk_symbol_value(w, id, 4, layout_symbol_name(id));
	struct val from = walk_symbol_value(w, S_panic_redirect_cpu, 4, "panic_redirect_cpu");

	if (contradicted(w, cpu, from))
		return (struct val){ 0, KLPSCOPE_CORRUPT };
	/* The crash path is that of the CPU that panicked, not of the one that it asked to dump. */
	if (!cpu.st && from.st && from.st != KLPSCOPE_NOT_FOUND)
		cpu.st = from.st;
	else if (!cpu.st && cpu.v != NO_CPU && !from.st && from.v != NO_CPU)
		return from;

	/* A kernel that has neither panics without a trace. */
	if (cpu.st == KLPSCOPE_NOT_FOUND)
		cpu.st = KLPSCOPE_UNSUPPORTED;
	else if (!cpu.st && cpu.v == NO_CPU)
		cpu.st = KLPSCOPE_NOT_FOUND;
	return cpu;
}

static void read_task(struct walk *w, struct crash_rec *crash)
{
	struct tasks_walk tw = { .w = w };

	crash->task.addr = crash->task_at.v;
	tasks_aim(&tw);
	task_read(&tw, &crash->task);
	if (crash->task.ids_st)
		walk_problem(w, "pid and tgid", (enum klpscope_status)crash->task.ids_st, crash->task.addr);
	if (tw.under_way && crash->task.side_st)
		walk_problem(w, "patch_state", (enum klpscope_status)crash->task.side_st, crash->task.addr);
}

static void read_stack(struct walk *w, struct crash_rec *crash, const struct cpu_rec *cpu)
{
	struct unwinder *u = walk_unwinder(w);

	if (!u)
		return;
	unwind_task(u, &(struct stack_start){ .task = crash->task.addr, .running = true, .cpu = cpu });
	crash->stack = unwind_keep(u);
	if (crash->stack && crash->stack->st)
		walk_problem(w, crash->stack->why ? crash->stack->why : "stack", crash->stack->st, 0);
	if (crash->stack && crash->stack->expected)
		walk_contradiction(w, crash->stack->expected, crash->stack->found);
}

void crash_walk(struct walk *w)
{
	struct crash_rec *crash = &w->r->crash;
	const struct cpu_rec *cpu = NULL;
	/* Of a kernel without livepatch this is asked all the same, and missed by nobody. */
	bool hotfix = code_any_hotfix(w->r) && w->r->capability != KLP_NOT_BUILT_IN;

	crash->stack_needed = code_any_hotfix(w->r);
	w->where = "panicking task";
	crash->cpu = panic_cpu(w);
	crash->task_at.st = crash->cpu.st;
	crash->task.ids_st = crash->task.side_st = (uint8_t)crash->cpu.st;
	if (crash->cpu.st == KLPSCOPE_UNSUPPORTED && hotfix)
		walk_problem(w, "no symbol panic_cpu", KLPSCOPE_UNSUPPORTED, 0);
	if (!crash->cpu.st) {
		crash->task_at.st = cpu_find(w, crash->cpu.v, &cpu);
		if (!crash->task_at.st)
			crash->task_at = cpu->task;
		/* A kernel without these types has no task that could be read. */
		if (crash->task_at.st && (hotfix || crash->task_at.st != KLPSCOPE_NOT_FOUND))
			walk_problem(w, "the task of its CPU", crash->task_at.st, 0);
		crash->task.ids_st = crash->task.side_st = (uint8_t)crash->task_at.st;
	}
	if (!crash->task_at.st) {
		read_task(w, crash);
		if (crash->stack_needed || w->r->want_stacks)
			read_stack(w, crash, cpu);
	}
	w->where = NULL;
}
