/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ORC, the unwind tables of x86_64: where the caller's frame is, for each
 * address of the kernel's text.  arch/x86/include/asm/orc_types.h, 4.14 to 7.3.
 */
#ifndef KLPSCOPE_ORC_H
#define KLPSCOPE_ORC_H

#include <stdbool.h>
#include <stdint.h>

#define ORC_ENTRY_SIZE 6

/* How the third of its 16-bit words is cut: sp_reg 4, bp_reg 4, and then … */
enum orc_format {
	ORC_TYPE2_END,		/* 4.14-6.2: type 2, end 1 (no `end` before 4.18) */
	ORC_TYPE2_SIGNAL_END,	/* 6.3: type 2, signal 1, end 1 (ffb1b4a41016) */
	ORC_TYPE3_SIGNAL,	/* 6.4+: type 3, signal 1 (fb799447ae29) */
};

/* ORC_REG_*, as in Debian's 5.10 to 6.12; a fix for clang added AX, 10 at first (7.x and its stable series). */
enum orc_reg {
	ORC_REG_UNDEFINED = 0, ORC_REG_PREV_SP = 1, ORC_REG_DX = 2, ORC_REG_DI = 3, ORC_REG_BP = 4, ORC_REG_SP = 5,
	ORC_REG_R10 = 6, ORC_REG_R13 = 7, ORC_REG_BP_INDIRECT = 8, ORC_REG_SP_INDIRECT = 9, ORC_REG_AX = 10,
	ORC_REG_UNKNOWN = 15,
};

/* These are macros: no type information has their values, and the hash in the kernel's orc_header is not in all. */
enum orc_numbers {
	ORC_NUMBERS_UNKNOWN,
	ORC_NUMBERS_OLD,	/* as above */
	ORC_NUMBERS_NEW,	/* in another order: Debian's 7.2.13 */
};

/* What the frame above looks like. */
enum orc_kind {
	ORC_NOTHING,		/* no information about this code */
	ORC_END,		/* nobody called this */
	ORC_CALL,		/* a return address */
	ORC_REGS,		/* all of struct pt_regs */
	ORC_REGS_IRET,		/* the end of it, which the processor pushed */
};

struct orc_entry {
	int16_t sp_offset, bp_offset;
	uint8_t sp_reg, bp_reg;	/* enum orc_reg, or something else in a damaged table */
	uint8_t kind;		/* enum orc_kind */
};

/* By the members that the kernel's struct orc_entry has. */
enum orc_format orc_format_of(bool has_signal, bool has_end);

/* With the old numbers. */
void orc_decode(const uint8_t raw[ORC_ENTRY_SIZE], enum orc_format format, struct orc_entry *out);

/* By the entry for a function's first instruction, decoded: its frame is its return address, on the stack pointer. */
enum orc_numbers orc_numbers_of(const struct orc_entry *at_start);
/* Gives the registers of an entry their old numbers. */
void orc_renumber(struct orc_entry *entry);

#endif
