// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_states1: the oldest of three cumulative patches; two states.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "states.h"

static int livepatch_version_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_states1: version\n");
	return 0;
}

static struct klp_func kernel_funcs[] = {
	{
		.old_name = "version_proc_show",
		.new_func = livepatch_version_proc_show,
	},
	{ }
};

static struct klp_state states[] = {
	{
		.id = STATE_RISING,
		.version = 1,
	},
	{
		.id = STATE_LATE,
		.version = 1,
	},
	{ }
};

static struct klp_patch patch;

static void post_patch(struct klp_object *obj)
{
	tell_states(&patch);
}

static struct klp_object objs[] = {
	{
		.funcs = kernel_funcs,
		.callbacks = {
			.post_patch = post_patch,
		},
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
	.states = states,
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

MODULE_DESCRIPTION("The first of three patches with states, for klpscope's tests");
MODULE_VERSION("1");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
