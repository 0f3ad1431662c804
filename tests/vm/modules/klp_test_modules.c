// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_modules: functions of a module that is loaded (one of two that
 * share a name among them), a function of one that is not, and an object for
 * the kernel itself that has callbacks and no functions.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/livepatch.h>
#include <linux/module.h>

static int livepatch_value(int number)
{
	return number + 1000;
}

static int livepatch_twin(void)
{
	return 2000;
}

static int livepatch_absent_value(int number)
{
	return number + 3000;
}

static const char *object_name(const struct klp_object *obj)
{
	return obj->name ? obj->name : "vmlinux";
}

static int pre_patch(struct klp_object *obj)
{
	pr_info("pre_patch %s\n", object_name(obj));
	return 0;
}

static void post_patch(struct klp_object *obj)
{
	pr_info("post_patch %s\n", object_name(obj));
}

static void pre_unpatch(struct klp_object *obj)
{
	pr_info("pre_unpatch %s\n", object_name(obj));
}

static void post_unpatch(struct klp_object *obj)
{
	pr_info("post_unpatch %s\n", object_name(obj));
}

static struct klp_func no_funcs[] = {
	{ }
};

static struct klp_func target_funcs[] = {
	{
		.old_name = "klp_target_value",
		.new_func = livepatch_value,
	},
	{
		.old_name = "klp_target_twin",
		.new_func = livepatch_twin,
		.old_sympos = 2,
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
		/* No name: the kernel itself. */
		.funcs = no_funcs,
		.callbacks = {
			.pre_patch = pre_patch,
			.post_patch = post_patch,
			.pre_unpatch = pre_unpatch,
			.post_unpatch = post_unpatch,
		},
	},
	{
		.name = "klp_test_target",
		.funcs = target_funcs,
		.callbacks = {
			.post_patch = post_patch,
		},
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

MODULE_DESCRIPTION("Patches functions of modules, for klpscope's tests");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
