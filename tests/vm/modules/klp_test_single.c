// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_single: one function of the kernel and one of a module, to be
 * patched and then disabled.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

static int livepatch_uptime_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_single: uptime\n");
	return 0;
}

static int livepatch_value(int number)
{
	return number + 500;
}

static struct klp_func kernel_funcs[] = {
	{
		.old_name = "uptime_proc_show",
		.new_func = livepatch_uptime_proc_show,
	},
	{ }
};

static struct klp_func target_funcs[] = {
	{
		.old_name = "klp_target_value",
		.new_func = livepatch_value,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.funcs = kernel_funcs,
	},
	{
		.name = "klp_test_target",
		.funcs = target_funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init patch_init(void)
{
	return klp_enable_patch(&patch);
}
module_init(patch_init);

/* A livepatch has to have an exit function to be removable. */
static void __exit patch_exit(void)
{
}
module_exit(patch_exit);

MODULE_DESCRIPTION("Patched and disabled again, for klpscope's tests");
MODULE_VERSION("0.1");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
