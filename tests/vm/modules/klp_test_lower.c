// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_lower: the older of two patches on cmdline_proc_show; it has
 * loadavg_proc_show to itself.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "shadow.h"

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_lower: cmdline\n");
	return 0;
}

static int livepatch_loadavg_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_lower: loadavg\n");
	return 0;
}

static struct klp_func kernel_funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = livepatch_cmdline_proc_show,
	},
	{
		.old_name = "loadavg_proc_show",
		.new_func = livepatch_loadavg_proc_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.funcs = kernel_funcs,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init patch_init(void)
{
	int err = add_shadow_data(&patch);

	return err ?: klp_enable_patch(&patch);
}
module_init(patch_init);

/* A livepatch has to have an exit function to be removable. */
static void __exit patch_exit(void)
{
}
module_exit(patch_exit);

MODULE_DESCRIPTION("The lower of two patches on a function, for klpscope's tests");
MODULE_VERSION("1");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
