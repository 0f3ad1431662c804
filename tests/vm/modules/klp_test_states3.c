// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_states3: the newest of three cumulative patches; takes over the data
 * that the second has for a state, and has a state of its own.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "states.h"

static char new_data[64] = "klp_test_states3: state data";

static int livepatch_version_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_states3: version\n");
	return 0;
}

static int livepatch_uptime_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_states3: uptime\n");
	return 0;
}

static int livepatch_loadavg_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_states3: loadavg\n");
	return 0;
}

static struct klp_func kernel_funcs[] = {
	{
		.old_name = "version_proc_show",
		.new_func = livepatch_version_proc_show,
	},
	{
		.old_name = "uptime_proc_show",
		.new_func = livepatch_uptime_proc_show,
	},
	{
		.old_name = "loadavg_proc_show",
		.new_func = livepatch_loadavg_proc_show,
	},
	{ }
};

static struct klp_state states[] = {
	{
		.id = STATE_RISING,
		.version = 3,
	},
	{
		.id = STATE_LATE,
		.version = 2,
	},
	{
		.id = STATE_NEW,
		.version = 1,
	},
	{ }
};

static struct klp_patch patch;

static int pre_patch(struct klp_object *obj)
{
	struct klp_state *old = klp_get_prev_state(STATE_RISING);

	klp_get_state(&patch, STATE_RISING)->data = old ? old->data : NULL;
	klp_get_state(&patch, STATE_NEW)->data = new_data;
	return 0;
}

static void post_patch(struct klp_object *obj)
{
	tell_states(&patch);
}

static struct klp_object objs[] = {
	{
		.funcs = kernel_funcs,
		.callbacks = {
			.pre_patch = pre_patch,
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

MODULE_DESCRIPTION("The third of three patches with states, for klpscope's tests");
MODULE_VERSION("3");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
