/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of x86_64 as they lie in memory and in notes: struct pt_regs
 * (arch/x86/include/asm/ptrace.h) and the struct user_regs_struct of an
 * NT_PRSTATUS, which starts in the same order.  An ABI: the same in 4.0 to 7.3.
 */
#ifndef KLPSCOPE_X86_REGS_H
#define KLPSCOPE_X86_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define X86_PT_REGS_SIZE 168
/* What an exception pushes by itself, the end of pt_regs: ip, cs, flags, sp, ss. */
#define X86_IRET_SIZE 40

struct x86_regs {
	uint64_t ip, cs, sp;
	/* Only with all of pt_regs: */
	uint64_t bp, r10, r13, di, dx, ax;
};

void x86_regs_decode(const uint8_t raw[X86_PT_REGS_SIZE], struct x86_regs *out);
/* Leaves what is not in it as it was. */
void x86_iret_decode(const uint8_t raw[X86_IRET_SIZE], struct x86_regs *out);

/* Of the contents of an NT_PRSTATUS; false: it is too short, or nobody was there to fill it in. */
bool x86_prstatus_decode(const uint8_t *desc, size_t len, struct x86_regs *out);

/* Taken from a program, not from the kernel. */
bool x86_user_mode(const struct x86_regs *regs);
/*
 * A program's cs with an ip of the kernel: one of them is not what it was, or the program has just jumped to where
 * it may not.  The reverse is what a wild jump of the kernel leaves.
 */
bool x86_odd_mode(const struct x86_regs *regs);

#endif
