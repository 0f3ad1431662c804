// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/text_parts.h"

void text_shadows(struct page *pg)
{
	(void)pg;
}
