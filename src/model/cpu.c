// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The CPUs at the crash.  Registers are in crash_notes, where the kernel saves
 * them as it crashes (kernel/crash_core.c, crash_save_cpu(), 4.0 to 7.3-rc7);
 * a dump that a hypervisor made of a running machine has them in its notes,
 * and whose they are their stack pointers tell.
 */
#include <string.h>

#include "model/cpu.h"

#define NT_PRSTATUS 1
#define NOTE_HEAD 20			/* sizes and type, and "CORE" with its NUL, padded */
#define PRSTATUS_SIZE 336
#define PAGE 4096			/* of x86_64; what a stack starts at is a multiple of it elsewhere, too */
#define STACK_MAX (1u << 20)

bool is_x86_64(const struct walk *w)
{
	return !w->r->system.architecture.st && !strcmp(w->r->system.architecture.s, "x86_64");
}

/* --- stacks --- */

static struct val between(const struct walk *w, enum symbol_id low, enum symbol_id high)
{
	struct val from = w->layout.symbol[low], to = w->layout.symbol[high];

	return (struct val){ to.v - from.v, from.st ? from.st : to.st };
}

struct val stack_size(struct walk *w)
{
	struct val size = between(w, S___start_init_stack, S___end_init_stack);

	if (size.st)
		size = between(w, S___start_init_task, S___end_init_task);
	if (size.st == KLPSCOPE_NOT_FOUND)
		size = w->layout.type_size[T_thread_union];
	if (!size.st && (size.v < PAGE || size.v > STACK_MAX || size.v & (size.v - 1)))
		size.st = KLPSCOPE_CORRUPT;
	return size;
}

enum klpscope_status stack_of_task(struct walk *w, uint64_t task, struct region *out)
{
	struct val at = walk_peek(w, task, M_task_struct_stack), size = stack_size(w);

	*out = (struct region){ 0 };
	if (!walk_has(w, M_task_struct_stack) || size.st == KLPSCOPE_NOT_FOUND)
		return KLPSCOPE_UNSUPPORTED;
	if (at.st || size.st)
		return at.st ? at.st : size.st;
	/* Freed already: a dead task keeps its task_struct longer than its stack. */
	if (!at.v || at.v % PAGE || at.v + size.v < at.v)
		return at.v ? KLPSCOPE_CORRUPT : KLPSCOPE_NOT_FOUND;
	*out = (struct region){ at.v, at.v + size.v };
	return KLPSCOPE_OK;
}

/* hardirq_stack_ptr points to the top, or to the word below it (arch/x86/kernel/irq_64.c). */
static struct region irq_stack(struct walk *w, uint64_t offset)
{
	struct val at = w->layout.symbol[S_hardirq_stack_ptr], size = stack_size(w);

	if (at.st && walk_has(w, M_pcpu_hot_hardirq_stack_ptr) && !w->layout.symbol[S_pcpu_hot].st)
		at = (struct val){ walk_at(w, w->layout.symbol[S_pcpu_hot].v, M_pcpu_hot_hardirq_stack_ptr), KLPSCOPE_OK };
	if (!at.st)
		at.st = target_read_ptr(w->t, at.v + offset, &at.v);
	/* IRQ_STACK_SIZE is THREAD_SIZE on x86_64, page_64_types.h. */
	if (at.st || size.st || at.v < size.v)
		return (struct region){ 0 };
	at.v = (at.v + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	return (struct region){ at.v - size.v, at.v };
}

/* One behind the other, with pages between them that are not mapped. */
static struct region exception_stacks(struct walk *w, uint64_t offset)
{
	struct val at = w->layout.symbol[S_cea_exception_stacks], size = w->layout.type_size[T_cea_exception_stacks];

	if (!at.st)
		at.st = target_read_ptr(w->t, at.v + offset, &at.v);
	if (at.st || size.st || !at.v || size.v > STACK_MAX)
		return (struct region){ 0 };
	return (struct region){ at.v, at.v + size.v };
}

/* --- registers --- */

static enum klpscope_status saved_registers(struct walk *w, uint64_t offset, struct x86_regs *out)
{
	struct val at = w->layout.symbol[S_crash_notes];
	uint8_t note[NOTE_HEAD + PRSTATUS_SIZE];

	if (!at.st)
		at.st = target_read_ptr(w->t, at.v, &at.v);
	if (at.st || !at.v)
		return at.st ? at.st : KLPSCOPE_NOT_FOUND;
	at.st = target_read(w->t, at.v + offset, note, sizeof(note));
	if (at.st)
		return at.st;
	if (target_decode(w->t, note + 8, 4) != NT_PRSTATUS || memcmp(note + 12, "CORE", 5) != 0)
		return KLPSCOPE_NOT_FOUND;
	return x86_prstatus_decode(note + NOTE_HEAD, PRSTATUS_SIZE, out) ? KLPSCOPE_OK : KLPSCOPE_NOT_FOUND;
}

static bool runs_on(struct walk *w, const struct cpu_rec *cpu, const struct x86_regs *regs)
{
	struct region task;

	if (region_has(&cpu->irq, regs->sp, 8) || region_has(&cpu->exceptions, regs->sp, 8))
		return true;
	return !cpu->task.st && !stack_of_task(w, cpu->task.v, &task) &&
	       regs->sp > task.low && regs->sp <= task.high;
}

/*
 * A program's stack pointer is nobody's.  Once each other set has found its CPU, and as many sets of programs
 * are left as CPUs, they are those CPUs', whichever is whose.
 */
static void assign_programs(struct walk *w, const struct x86_regs *program, unsigned int programs, unsigned int strays)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < w->nr_cpus; i++)
		left += w->cpus[i].regs_st != KLPSCOPE_OK;
	if (strays || !programs || left != programs)
		return;
	for (unsigned int i = 0; i < w->nr_cpus; i++) {
		if (w->cpus[i].regs_st == KLPSCOPE_OK)
			continue;
		w->cpus[i].regs = *program;
		w->cpus[i].regs_st = KLPSCOPE_OK;
	}
}

static bool assign(struct walk *w, const struct x86_regs *regs)
{
	for (unsigned int i = 0; i < w->nr_cpus; i++) {
		struct cpu_rec *cpu = &w->cpus[i];

		if (cpu->regs_st == KLPSCOPE_OK || !runs_on(w, cpu, regs))
			continue;
		cpu->regs = *regs;
		cpu->regs_st = KLPSCOPE_OK;
		return true;
	}
	return false;
}

/* Those of a dump that was not made by a crash; or by one that did not get to all CPUs: then programs' are any's. */
static void noted_registers(struct walk *w, bool all)
{
	struct x86_regs regs = { 0 }, program = { 0 };
	unsigned int programs = 0, strays = 0;
	uint8_t desc[PRSTATUS_SIZE];
	size_t len;

	for (unsigned int n = 0; n < LIMIT_CPUS; n++) {
		enum klpscope_status st = target_prstatus(w->t, n, desc, sizeof(desc), &len);

		if (st == KLPSCOPE_NOT_FOUND)
			break;
		if (st || !x86_prstatus_decode(desc, len, &regs)) {
			strays++;
		} else if (x86_user_mode(&regs)) {
			program = regs;
			programs++;
		} else if (!assign(w, &regs)) {
			strays++;
		}
		if (st == KLPSCOPE_UNSUPPORTED)
			break;
	}
	if (all)
		assign_programs(w, &program, programs, strays);
}

/* --- a CPU --- */

static void read_cpu(struct walk *w, struct cpu_rec *cpu, unsigned int number)
{
	struct val rq = w->layout.symbol[S_runqueues], offset = percpu_offset(w, number);

	cpu->cpu = number;
	cpu->task.st = offset.st ? offset.st : rq.st;
	cpu->regs_st = offset.st;
	if (offset.st)
		return;
	if (!rq.st)
		cpu->task = walk_peek(w, rq.v + offset.v, M_rq_curr);
	if (!cpu->task.st && !cpu->task.v)
		cpu->task.st = KLPSCOPE_CORRUPT;
	cpu->regs_st = KLPSCOPE_UNSUPPORTED;
	if (!is_x86_64(w))
		return;
	cpu->irq = irq_stack(w, offset.v);
	cpu->exceptions = exception_stacks(w, offset.v);
	cpu->regs_st = saved_registers(w, offset.v, &cpu->regs);
}

static enum klpscope_status read_all(struct walk *w)
{
	struct idle_task *idle;
	unsigned int n;
	enum klpscope_status st = idle_tasks(w, &idle, &n);
	unsigned int saved = 0;

	w->cpus = arena_alloc(w->r->arena, (n ? n : 1) * sizeof(*w->cpus));
	if (!w->cpus)
		return KLPSCOPE_NO_MEMORY;
	for (w->nr_cpus = 0; w->nr_cpus < n; w->nr_cpus++) {
		read_cpu(w, &w->cpus[w->nr_cpus], idle[w->nr_cpus].cpu);
		saved += w->cpus[w->nr_cpus].regs_st == KLPSCOPE_OK;
	}
	if (saved < n && is_x86_64(w))
		noted_registers(w, !saved);
	return st;
}

enum klpscope_status cpus_read(struct walk *w, const struct cpu_rec **cpus, unsigned int *n)
{
	if (!w->cpus)
		w->cpus_st = read_all(w);
	*cpus = w->cpus;
	*n = w->nr_cpus;
	return w->cpus_st;
}

enum klpscope_status cpu_find(struct walk *w, uint64_t number, const struct cpu_rec **out)
{
	const struct cpu_rec *cpus;
	unsigned int n;
	enum klpscope_status st = cpus_read(w, &cpus, &n);

	*out = NULL;
	for (unsigned int i = 0; i < n; i++)
		if (cpus[i].cpu == number)
			*out = &cpus[i];
	return *out ? KLPSCOPE_OK : st ? st : KLPSCOPE_CORRUPT;
}

const struct cpu_rec *cpu_of_task(struct walk *w, uint64_t task)
{
	const struct cpu_rec *cpus;
	unsigned int n;

	if (cpus_read(w, &cpus, &n) && !n)
		return NULL;
	for (unsigned int i = 0; i < n; i++)
		if (!cpus[i].task.st && cpus[i].task.v == task)
			return &cpus[i];
	return NULL;
}
