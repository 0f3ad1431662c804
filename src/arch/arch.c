// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "arch/arch.h"

static const struct arch *const known[] = { &arch_x86_64 };

const struct arch *arch_by_name(const char *name)
{
	for (unsigned int i = 0; name && i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i]->name, name))
			return known[i];
	return NULL;
}
