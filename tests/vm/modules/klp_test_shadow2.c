// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_shadow2: replaces klp_test_shadow1 and takes over two of its three
 * shadow variables; nobody has the one in the middle any more.
 */
#include <linux/init_task.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "numbered.h"

static int livepatch_uptime_proc_show(struct seq_file *m, void *v)
{
	struct numbered *one = klp_shadow_get(&init_task, ID_ONE);

	seq_printf(m, "klp_test_shadow2: uptime, number %u\n", one ? one->number : 0);
	return 0;
}

static struct klp_func kernel_funcs[] = {
	{
		.old_name = "uptime_proc_show",
		.new_func = livepatch_uptime_proc_show,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.funcs = kernel_funcs,
	},
	{ }
};

static struct klp_state states[] = {
	{
		.id = ID_MANY,
		.version = 2,
	},
	{
		.id = ID_ONE,
		.version = 1,
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
	.states = states,
	.replace = true,
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

MODULE_DESCRIPTION("Replaces klp_test_shadow1, for klpscope's tests");
MODULE_VERSION("2");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
