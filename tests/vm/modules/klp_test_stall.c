// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_stall: replaces klp_target_wait. Tasks asleep in the original hold
 * up its being applied; tasks asleep in the function here hold up its being
 * removed.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/wait.h>

static DECLARE_WAIT_QUEUE_HEAD(stall_queue);
static bool stall_release;

static int livepatch_uptime_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_stall: uptime\n");
	return 0;
}

static int livepatch_value(int number)
{
	return number + 700;
}

static void livepatch_wait(void)
{
	wait_event(stall_queue, READ_ONCE(stall_release));
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
		.old_name = "klp_target_wait",
		.new_func = livepatch_wait,
	},
	{
		.old_name = "klp_target_value",
		.new_func = livepatch_value,
	},
	{ }
};

static struct klp_func absent_funcs[] = {
	{
		.old_name = "klp_absent_value",
		.new_func = livepatch_absent_value,
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
	{
		.name = "klp_test_absent",
		.funcs = absent_funcs,
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

MODULE_DESCRIPTION("Held up by sleeping tasks, for klpscope's tests");
MODULE_VERSION("3");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
