// SPDX-License-Identifier: GPL-2.0-or-later
/* As arch/x86/kernel/module.c, __write_relocate_add(), writes them. */
#include <elf.h>

#include "arch/reloc.h"

bool x86_reloc_form(unsigned int type, struct reloc_form *form)
{
	switch (type) {
	case R_X86_64_NONE:
		*form = (struct reloc_form){ 0 };
		return true;
	case R_X86_64_64:
		*form = (struct reloc_form){ .size = 8 };
		return true;
	case R_X86_64_32:
		*form = (struct reloc_form){ .size = 4 };
		return true;
	case R_X86_64_32S:
		*form = (struct reloc_form){ .size = 4, .extended = true };
		return true;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		*form = (struct reloc_form){ .size = 4, .relative = true, .extended = true };
		return true;
	case R_X86_64_PC64:
		*form = (struct reloc_form){ .size = 8, .relative = true };
		return true;
	default:
		return false;
	}
}

uint64_t reloc_encode(const struct reloc_form *form, uint64_t place, uint64_t to)
{
	uint64_t number = form->relative ? to - place : to;

	return form->size == 4 ? (uint32_t)number : number;
}

uint64_t reloc_decode(const struct reloc_form *form, uint64_t place, uint64_t number)
{
	if (form->size == 4)
		number = form->extended ? (uint64_t)(int64_t)(int32_t)(uint32_t)number : (uint32_t)number;
	return form->relative ? place + number : number;
}
