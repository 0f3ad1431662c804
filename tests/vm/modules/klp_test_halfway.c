// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_halfway: replaces klp_target_wait. Tasks asleep in the original hold
 * up its being applied: some of its callbacks have run by then, and some have
 * not.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/wait.h>

#include "callback.h"

static DECLARE_WAIT_QUEUE_HEAD(halfway_queue);
static bool halfway_release;

static int klp_callback_pre_patch(struct klp_object *obj)
{
	tell_callback(obj);
	return 0;
}

static void klp_callback_post_patch(struct klp_object *obj)
{
	tell_callback(obj);
}

static void klp_callback_post_unpatch(struct klp_object *obj)
{
	tell_callback(obj);
}

static int livepatch_version_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_halfway: version\n");
	return 0;
}

static void livepatch_wait(void)
{
	wait_event(halfway_queue, READ_ONCE(halfway_release));
}

static struct klp_func kernel_funcs[] = {
	{
		.old_name = "version_proc_show",
		.new_func = livepatch_version_proc_show,
	},
	{ }
};

static struct klp_func target_funcs[] = {
	{
		.old_name = "klp_target_wait",
		.new_func = livepatch_wait,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		.funcs = kernel_funcs,
		.callbacks = {
			.pre_patch = klp_callback_pre_patch,
			.post_patch = klp_callback_post_patch,
		},
	},
	{
		.name = "klp_test_target",
		.funcs = target_funcs,
		.callbacks = {
			.post_patch = klp_callback_post_patch,
			.post_unpatch = klp_callback_post_unpatch,
		},
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

MODULE_DESCRIPTION("Held up between its callbacks, for klpscope's tests");
MODULE_VERSION("1");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
