// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/analysis.h"

void analysis_states(struct report *r)
{
	(void)r;
}
