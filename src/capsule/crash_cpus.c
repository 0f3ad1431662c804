// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which CPUs there are, where each was at the crash, and its stacks of
 * interrupts and exceptions.
 */
#include <string.h>

#include "arch/x86_regs.h"
#include "capsule/for_crash_priv.h"

#define MAX_CPUS 8192u
#define BELOW_SP 512u

static void add_cpu(struct taker *tk, uint64_t offset)
{
	if (!(tk->cpus & (tk->cpus - 1))) {
		struct cpu *grown = arena_alloc(target_arena(tk->t), (tk->cpus ? 2 * tk->cpus : 1) * sizeof(*grown));

		if (!grown)
			return;
		if (tk->cpus)
			memcpy(grown, tk->cpu, tk->cpus * sizeof(*grown));
		tk->cpu = grown;
	}
	tk->cpu[tk->cpus++] = (struct cpu){ .offset = offset };
}

void find_cpus(struct taker *tk)
{
	uint64_t offsets = tk_symbol(tk, "__per_cpu_offset"), mask = tk_symbol(tk, "__cpu_possible_mask"), byte = 0;
	unsigned int word = target_pointer_size(tk->t);
	uint64_t size = tk_type_size(tk, "cpumask"), v;

	if (!mask)
		mask = tk_symbol(tk, "cpu_possible_bits");
	for (unsigned int cpu = 0; offsets && mask && cpu < 8 * size && cpu < MAX_CPUS; cpu++) {
		if (cpu % (8 * word) == 0)
			byte = tk_pointer(tk, mask + cpu / 8);
		if ((byte >> cpu % (8 * word) & 1) && !target_read_ptr(tk->t, offsets + (uint64_t)cpu * word, &v))
			add_cpu(tk, v);
	}
	if (!offsets)
		add_cpu(tk, 0);
}

void find_sps(struct taker *tk)
{
	struct x86_regs regs;
	unsigned char raw[512];
	size_t len;

	tk->sp = arena_alloc(target_arena(tk->t), (tk->cpus + 1) * sizeof(*tk->sp));
	for (unsigned int n = 0; tk->sp && n < tk->cpus; n++)
		if (!target_prstatus(tk->t, n, raw, sizeof(raw), &len) && x86_prstatus_decode(raw, len, &regs))
			tk->sp[tk->sps++] = regs.sp;
}

/*
 * Where a CPU was in this stack; 0: none was, or it left it for another.  The
 * one that panicked saved its registers on the way: crash starts at
 * machine_kexec(), which it called after that.
 */
uint64_t sp_in(const struct taker *tk, uint64_t base, uint64_t size)
{
	uint64_t sp = 0;

	for (unsigned int i = 0; i < tk->sps; i++)
		if (tk->sp[i] - base < size && (!sp || tk->sp[i] < sp))
			sp = tk->sp[i];
	return sp > base + BELOW_SP ? sp - BELOW_SP : sp ? base : 0;
}

/* An NMI that came while the CPU was in this stack has put its stack pointer into its own. */
static uint64_t interrupted_in(struct taker *tk, const struct cpu *cpu, uint64_t base, uint64_t size)
{
	unsigned int word = target_pointer_size(tk->t);
	uint64_t sp = 0;

	for (uint64_t i = 0; cpu->nmi && i + word <= cpu->nmi_size; i += word) {
		uint64_t v = tk_pointer(tk, cpu->nmi + i);

		if (v - base < size && (!sp || v < sp))
			sp = v;
	}
	return sp;
}

/* What the CPU had there, if it was there; crash reads it in any case. */
void take_irq_stack(struct taker *tk, const struct cpu *cpu, uint64_t top)
{
	uint64_t size = tk_type_size(tk, "irq_stack"), base, sp, nmi;

	if (!top || !size || size > MAX_STACK)
		return;
	/* It points to the last word, or, in older kernels, behind it. */
	base = ((top + 8) & ~(uint64_t)(PAGE - 1)) - size;
	sp = sp_in(tk, base, size);
	nmi = interrupted_in(tk, cpu, base, size);
	if (!sp || (nmi && nmi < sp))
		sp = nmi;
	take_stack(tk, base, size, sp ? sp : base + size);
}

static void take_exception_stack(struct taker *tk, struct cpu *cpu, uint64_t base, const char *name)
{
	struct member_info m;

	if (!base || !tk_member(tk, "cea_exception_stacks", name, &m) || m.size > MAX_STACK)
		return;
	if (!strcmp(name, "NMI_stack")) {
		cpu->nmi = base + m.offset;
		cpu->nmi_size = m.size;
		take_stack(tk, cpu->nmi, m.size, cpu->nmi);
	} else {
		tk_touch(tk, base + m.offset, m.size);
	}
}

/*
 * crash looks at each CPU's stack of NMIs for the one that stopped it, and
 * reads the others in passing.
 */
void take_exception_stacks(struct taker *tk)
{
	static const char *const names[] = { "DF_stack", "NMI_stack", "DB_stack", "MCE_stack", "VC_stack", "VC2_stack" };
	uint64_t stacks = tk_symbol(tk, "cea_exception_stacks");

	for (unsigned int c = 0; stacks && c < tk->cpus; c++)
		for (size_t i = 0; i < COUNT(names); i++)
			take_exception_stack(tk, &tk->cpu[c], tk_pointer(tk, stacks + tk->cpu[c].offset), names[i]);
}
