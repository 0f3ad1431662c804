// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_absent: a module that klp_test_modules has a patch for and that no
 * scenario loads.
 */
#include <linux/module.h>

int klp_absent_value(int number);

noinline int klp_absent_value(int number)
{
	return number + 1;
}
EXPORT_SYMBOL_GPL(klp_absent_value);

static int __init klp_absent_init(void)
{
	return 0;
}
module_init(klp_absent_init);

static void __exit klp_absent_exit(void)
{
}
module_exit(klp_absent_exit);

MODULE_DESCRIPTION("Never loaded, for klpscope's tests");
MODULE_LICENSE("GPL");
