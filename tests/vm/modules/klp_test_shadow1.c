// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_shadow1: has shadow variables of three ids, which stay when
 * klp_test_shadow2 replaces it. The second id is none of its states: the kernel
 * would refuse a replacement that lacks it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init_task.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "numbered.h"

#define OBJECTS		300
#define OBJECT_SIZE	100
#define ORPHANS		5

/* With the 48 bytes before them: in kmalloc-96, kmalloc-256 and kmalloc-64. */
#define MANY_SIZE	24
#define ORPHAN_SIZE	200
#define ONE_SIZE	sizeof(struct numbered)

static unsigned int more;
module_param(more, uint, 0444);
MODULE_PARM_DESC(more, "as many more of the first id");

static void *objects[OBJECTS];

struct contents {
	u32 id;
	u32 number;
	size_t size;
};

static int fill(void *obj, void *data, void *arg)
{
	struct contents *contents = arg;
	struct numbered *numbered = data;

	memset(data, NUMBERED_FILL, contents->size);
	memcpy(numbered->magic, NUMBERED_MAGIC, sizeof(numbered->magic));
	numbered->id = contents->id;
	numbered->number = contents->number;
	return 0;
}

/* Numbers begin with 1. */
static int add(void *obj, u32 id, u32 number, size_t size, bool tell)
{
	struct contents contents = { .id = id, .number = number, .size = size };
	void *data = klp_shadow_alloc(obj, id, size, GFP_KERNEL, fill, &contents);

	if (!data)
		return -ENOMEM;
	if (tell)
		pr_info("shadow %u number %u object 0x%px data 0x%px\n", id, number, obj, data);
	return 0;
}

/* For a dump that has many, each of an object of its own. */
static int add_more(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < more && !err; i++) {
		void *obj = kzalloc(OBJECT_SIZE, GFP_KERNEL);

		err = obj ? add(obj, ID_MANY, OBJECTS + i + 1, MANY_SIZE, false) : -ENOMEM;
		cond_resched();
	}
	return err;
}

static void tell_count(u32 id, unsigned int count, size_t size)
{
	pr_info("shadow %u count %u size %zu\n", id, count, size);
}

static int add_shadows(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < OBJECTS && !err; i++) {
		objects[i] = kzalloc(OBJECT_SIZE, GFP_KERNEL);
		err = objects[i] ? add(objects[i], ID_MANY, i + 1, MANY_SIZE, i == 0 || i == OBJECTS - 1) : -ENOMEM;
	}
	if (!err)
		err = add_more();
	/* The objects are those that have one of the first id, too. */
	for (i = 0; i < ORPHANS && !err; i++)
		err = add(objects[i], ID_ORPHAN, i + 1, ORPHAN_SIZE, true);
	/* One more, which is gone again. */
	if (!err)
		err = add(objects[ORPHANS], ID_ORPHAN, ORPHANS + 1, ORPHAN_SIZE, false);
	if (!err) {
		klp_shadow_free(objects[ORPHANS], ID_ORPHAN, NULL);
		/* An object that is not from the slab allocator. */
		err = add(&init_task, ID_ONE, 1, ONE_SIZE, true);
	}
	if (!err) {
		tell_count(ID_MANY, OBJECTS + more, MANY_SIZE);
		tell_count(ID_ORPHAN, ORPHANS, ORPHAN_SIZE);
		tell_count(ID_ONE, 1, ONE_SIZE);
	}
	return err;
}

static int livepatch_uptime_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "klp_test_shadow1: uptime\n");
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
		.version = 1,
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
};

static int __init patch_init(void)
{
	int err = add_shadows();

	return err ?: klp_enable_patch(&patch);
}
module_init(patch_init);

/* A livepatch has to have an exit function to be removable. */
static void __exit patch_exit(void)
{
}
module_exit(patch_exit);

MODULE_DESCRIPTION("Leaves shadow variables behind, for klpscope's tests");
MODULE_VERSION("1");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
