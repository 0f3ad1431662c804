// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * x86_64: __fentry__ is the function's first instruction, behind endbr64 in
 * kernels with IBT (5.18+).  arch/x86/kernel/ftrace.c, 4.0 to 7.3-rc7.
 */
#include <string.h>

#include "arch/arch.h"

#define SITE_SIZE 5

/* The first, and what the kernel makes of it where nobody takes the address (ibt_seal): 5.18-6.11, 6.12+. */
static const uint8_t endbr[][4] = {
	{ 0xf3, 0x0f, 0x1e, 0xfa },
	{ 0x66, 0x0f, 0x1f, 0x00 },
	{ 0x0f, 0x1f, 0x40, 0xd6 },
};

/* P6_NOP5 everywhere since 5.13; before, the CPU decided between these. */
static const uint8_t nops[][SITE_SIZE] = {
	{ 0x0f, 0x1f, 0x44, 0x00, 0x00 },
	{ 0x66, 0x66, 0x66, 0x66, 0x90 },
	{ 0x66, 0x66, 0x66, 0x90, 0x90 },
	{ 0x3e, 0x8d, 0x74, 0x26, 0x00 },
};

static unsigned int site_offset(const uint8_t *text)
{
	for (unsigned int i = 0; i < sizeof(endbr) / sizeof(*endbr); i++)
		if (!memcmp(text, endbr[i], sizeof(endbr[i])))
			return sizeof(endbr[i]);
	return 0;
}

static enum site_kind decode(const uint8_t *site, uint64_t ip, uint64_t *dest)
{
	uint32_t rel = (uint32_t)site[1] | (uint32_t)site[2] << 8 | (uint32_t)site[3] << 16 |
		       (uint32_t)site[4] << 24;

	*dest = 0;
	for (unsigned int i = 0; i < sizeof(nops) / sizeof(*nops); i++)
		if (!memcmp(site, nops[i], SITE_SIZE))
			return SITE_NOP;
	if (site[0] == 0xcc)
		return SITE_BREAKPOINT;
	if (site[0] != 0xe8 && site[0] != 0xe9)
		return SITE_OTHER;
	*dest = ip + SITE_SIZE + (uint64_t)(int64_t)(int32_t)rel;
	return site[0] == 0xe8 ? SITE_CALL : SITE_JUMP;
}

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.entry_size = sizeof(*endbr) + SITE_SIZE,
	.site_size = SITE_SIZE,
	.site_offset = site_offset,
	.decode = decode,
};
