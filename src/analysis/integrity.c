// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/analysis.h"

void analysis_integrity(struct report *r)
{
	(void)r;
}
