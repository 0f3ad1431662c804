// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_vmlinux: two functions of the kernel itself, one of them with its
 * symbol position spelled out, and two system states.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "shadow.h"

static int livepatch_cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_vmlinux: cmdline\n");
	return 0;
}

static int livepatch_version_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_vmlinux: version\n");
	return 0;
}

static struct klp_func kernel_funcs[] = {
	{
		.old_name = "cmdline_proc_show",
		.new_func = livepatch_cmdline_proc_show,
	},
	{
		.old_name = "version_proc_show",
		.new_func = livepatch_version_proc_show,
		.old_sympos = 1,
	},
	{ }
};

static struct klp_object objs[] = {
	{
		/* No name: the kernel itself. */
		.funcs = kernel_funcs,
	},
	{ }
};

static struct klp_state states[] = {
	{
		.id = 1001,
		.version = 2,
	},
	{
		.id = 1002,
		.version = 7,
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
	int err = add_shadow_data(&patch);

	return err ?: klp_enable_patch(&patch);
}
module_init(patch_init);

/* A livepatch has to have an exit function to be removable. */
static void __exit patch_exit(void)
{
}
module_exit(patch_exit);

MODULE_DESCRIPTION("Patches functions of vmlinux, for klpscope's tests");
MODULE_VERSION("2.0-7");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
