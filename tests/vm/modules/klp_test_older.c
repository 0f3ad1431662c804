// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_older: the patch that klp_test_newer replaces. Of its functions
 * only klp_target_wait is in the newer one too.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/wait.h>

static DECLARE_WAIT_QUEUE_HEAD(older_queue);
static bool older_release;

static int livepatch_version_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_older: version\n");
	return 0;
}

static int livepatch_value(int number)
{
	return number + 100;
}

static void livepatch_wait(void)
{
	wait_event(older_queue, READ_ONCE(older_release));
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

static struct klp_state states[] = {
	{
		.id = 1001,
		.version = 1,
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

MODULE_DESCRIPTION("Replaced by klp_test_newer, for klpscope's tests");
MODULE_VERSION("1");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
