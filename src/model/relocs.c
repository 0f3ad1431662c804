// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk.h"

void relocs_walk(struct walk *w)
{
	(void)w;
}
