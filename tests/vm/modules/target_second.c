// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One of the two files of klp_test_target that have a static function called
 * klp_target_twin: the symbol position tells them apart.
 */
#include <linux/kernel.h>

#include "target.h"

static noinline __noclone int klp_target_twin(void)
{
	/* Keeps the function from being folded into its caller. */
	asm volatile("");
	return 2;
}

int klp_target_second(void)
{
	return klp_target_twin();
}
