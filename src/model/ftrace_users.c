// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk.h"

void ftrace_users_walk(struct walk *w)
{
	(void)w;
}
