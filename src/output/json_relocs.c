// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/json_build.h"

json *json_relocations(struct build *b)
{
	(void)b;
	return NULL;
}
