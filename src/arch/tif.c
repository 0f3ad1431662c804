// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TIF_PATCH_PENDING is a macro: no type information has its number.
 * arch/ARCH/include/asm/thread_info.h, and asm-generic/thread_info_tif.h where
 * an architecture has gone over to that one.
 */
#include <string.h>

#include "arch/arch.h"

static const struct tif known[] = {
	{ "x86_64", 2, { 13, 9 } },	/* 13 in 5.10 to 6.12; 9, the generic one, in 7.2 and 7.3 */
	{ "s390x", 2, { 5, 9 } },	/* 5 up to 6.12, 9 in 7.2 */
	{ "ppc64", 1, { 6 } },		/* to 7.3 */
	{ "ppc64le", 1, { 6 } },
	{ "arm64", 1, { 13 } },		/* 6.17+ */
};

const struct tif *arch_patch_pending(const char *name)
{
	for (unsigned int i = 0; name && i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].arch, name))
			return &known[i];
	return NULL;
}
