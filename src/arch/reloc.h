/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a relocation puts in a place, and where what is there leads to. */
#ifndef KLPSCOPE_ARCH_RELOC_H
#define KLPSCOPE_ARCH_RELOC_H

#include <stdbool.h>
#include <stdint.h>

#define X86_JMP 0xe9		/* with 4 bytes behind it */
#define X86_INT3 0xcc

struct reloc_form {
	unsigned int size;	/* bytes; 0: nothing is written */
	bool relative;		/* to the place */
	bool extended;		/* by its sign, when the processor uses it */
};

/* The form of an R_X86_64_*; false: none that the kernel applies. */
bool x86_reloc_form(unsigned int type, struct reloc_form *form);

/* The number at `place` that leads to `to`; `size` bytes of it. */
uint64_t reloc_encode(const struct reloc_form *form, uint64_t place, uint64_t to);
/* Where the number at `place` leads to. */
uint64_t reloc_decode(const struct reloc_form *form, uint64_t place, uint64_t number);

#endif
