// SPDX-License-Identifier: GPL-2.0-or-later
#include "arch/x86_regs.h"

/* struct elf_prstatus of a 64-bit kernel, include/linux/elfcore.h: pr_reg, and all of it. */
#define PRSTATUS_REGS 112

#define VSYSCALL_PAGE 0xffffffffff600000ull
#define VSYSCALL_SIZE 4096

static uint64_t word(const uint8_t *raw, size_t at)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < 8; i++)
		v |= (uint64_t)raw[at + i] << 8 * i;
	return v;
}

void x86_iret_decode(const uint8_t raw[X86_IRET_SIZE], struct x86_regs *out)
{
	out->ip = word(raw, 0);
	out->cs = word(raw, 8);
	out->sp = word(raw, 24);
}

void x86_regs_decode(const uint8_t raw[X86_PT_REGS_SIZE], struct x86_regs *out)
{
	out->r13 = word(raw, 16);
	out->bp = word(raw, 32);
	out->r10 = word(raw, 56);
	out->ax = word(raw, 80);
	out->dx = word(raw, 96);
	out->di = word(raw, 112);
	x86_iret_decode(raw + X86_PT_REGS_SIZE - X86_IRET_SIZE, out);
}

bool x86_prstatus_decode(const uint8_t *desc, size_t len, struct x86_regs *out)
{
	if (len < PRSTATUS_REGS + X86_PT_REGS_SIZE)
		return false;
	x86_regs_decode(desc + PRSTATUS_REGS, out);
	return out->ip || out->sp;
}

static bool user_cs(const struct x86_regs *regs)
{
	return (regs->cs & 3) == 3;
}

/* The upper half, but for one page in which programs call the kernel by address (asm/vsyscall.h). */
static bool kernel_ip(const struct x86_regs *regs)
{
	return regs->ip >> 63 && regs->ip - VSYSCALL_PAGE >= VSYSCALL_SIZE;
}

bool x86_user_mode(const struct x86_regs *regs)
{
	return user_cs(regs) && !kernel_ip(regs);
}

bool x86_odd_mode(const struct x86_regs *regs)
{
	return user_cs(regs) && kernel_ip(regs);
}
