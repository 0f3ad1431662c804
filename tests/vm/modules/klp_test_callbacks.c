// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_callbacks: callbacks of all kinds, for the kernel itself, for a
 * module that is loaded, for one that is loaded and in which nothing is patched,
 * and for one that is not loaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "callback.h"

static int klp_callback_pre_patch(struct klp_object *obj)
{
	tell_callback(obj);
	return 0;
}

static void klp_callback_post_patch(struct klp_object *obj)
{
	tell_callback(obj);
}

static void klp_callback_pre_unpatch(struct klp_object *obj)
{
	tell_callback(obj);
}

static void klp_callback_post_unpatch(struct klp_object *obj)
{
	tell_callback(obj);
}

static int klp_callback_crowd_pre_patch(struct klp_object *obj)
{
	tell_callback(obj);
	return 0;
}

static void klp_callback_crowd_post_unpatch(struct klp_object *obj)
{
	tell_callback(obj);
}

static int livepatch_uptime_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_callbacks: uptime\n");
	return 0;
}

static int livepatch_value(int number)
{
	return number + 800;
}

static int livepatch_absent_value(int number)
{
	return number + 3000;
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

static struct klp_func no_funcs[] = {
	{ }
};

static struct klp_func absent_funcs[] = {
	{
		.old_name = "klp_absent_value",
		.new_func = livepatch_absent_value,
	},
	{ }
};

#define ALL_CALLBACKS {						\
		.pre_patch = klp_callback_pre_patch,		\
		.post_patch = klp_callback_post_patch,		\
		.pre_unpatch = klp_callback_pre_unpatch,	\
		.post_unpatch = klp_callback_post_unpatch,	\
	}

static struct klp_object objs[] = {
	{
		.funcs = kernel_funcs,
		.callbacks = ALL_CALLBACKS,
	},
	{
		.name = "klp_test_target",
		.funcs = target_funcs,
		.callbacks = ALL_CALLBACKS,
	},
	{
		.name = "klp_test_crowd",
		.funcs = no_funcs,
		.callbacks = {
			.pre_patch = klp_callback_crowd_pre_patch,
			.post_unpatch = klp_callback_crowd_post_unpatch,
		},
	},
	{
		.name = "klp_test_absent",
		.funcs = absent_funcs,
		.callbacks = ALL_CALLBACKS,
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

MODULE_DESCRIPTION("Has callbacks, for klpscope's tests");
MODULE_VERSION("1");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
