/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLP_TEST_NUMBERED_H
#define KLP_TEST_NUMBERED_H

#include <linux/types.h>

/* The shadow variables of klp_test_shadow1; klp_test_shadow2 takes over the first and the last. */
#define ID_MANY		1
#define ID_ORPHAN	2
#define ID_ONE		3

#define NUMBERED_MAGIC	"KLPSHADW"
#define NUMBERED_FILL	0xa5

/* What their data begin with; the fill byte is behind it. */
struct numbered {
	char magic[8];
	u32 id;
	u32 number;
};

#endif
