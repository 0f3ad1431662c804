// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_newer: replaces klp_test_older atomically. The functions that only
 * the older patch has get nops: klp_target_value in this patch's own object,
 * version_proc_show in an object that the kernel makes for it.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/wait.h>

static DECLARE_WAIT_QUEUE_HEAD(newer_queue);
static bool newer_release;

static void livepatch_wait(void)
{
	wait_event(newer_queue, READ_ONCE(newer_release));
}

static struct klp_func target_funcs[] = {
	{
		.old_name = "klp_target_wait",
		.new_func = livepatch_wait,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.name = "klp_test_target",
		.funcs = target_funcs,
	},
	{ }
};

static struct klp_state states[] = {
	{
		.id = 1001,
		.version = 2,
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

MODULE_DESCRIPTION("Replaces klp_test_older, for klpscope's tests");
MODULE_VERSION("2");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
