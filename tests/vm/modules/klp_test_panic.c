// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_panic: functions of klp_test_target whose new versions bring the
 * kernel down, each in its own way, when they are called; and one that spins.
 */
#include <linux/irqflags.h>
#include <linux/irq_work.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/processor.h>

#include "target.h"

static bool panic_release;

/* Called with NULL. */
static int livepatch_fault(int *where)
{
	WRITE_ONCE(*where, 1);
	return 0;
}

static int livepatch_descend(int *where)
{
	return klp_target_bottom(where) + 1;
}

static void livepatch_spin(bool *spins)
{
	WRITE_ONCE(*spins, true);
	while (!READ_ONCE(panic_release))
		cpu_relax();
}

/* The interrupt comes in here, not in what is called from here. */
static void livepatch_interrupt(struct irq_work *work)
{
	local_irq_disable();
	irq_work_queue(work);
	local_irq_enable();
	while (!READ_ONCE(panic_release))
		cpu_relax();
}

static struct klp_func target_funcs[] = {
	{
		.old_name = "klp_target_fault",
		.new_func = livepatch_fault,
	},
	{
		.old_name = "klp_target_descend",
		.new_func = livepatch_descend,
	},
	{
		.old_name = "klp_target_spin",
		.new_func = livepatch_spin,
	},
	{
		.old_name = "klp_target_interrupt",
		.new_func = livepatch_interrupt,
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

MODULE_DESCRIPTION("Crashes when it is called, for klpscope's tests");
MODULE_VERSION("1");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
