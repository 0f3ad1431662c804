// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_crowd: many kernel threads, all asleep in a function that nobody
 * patches.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/wait.h>

static unsigned int count = 1;
module_param(count, uint, 0444);

static DECLARE_WAIT_QUEUE_HEAD(crowd_queue);
static bool crowd_release;

/* Not static, so that the compiler keeps it as it is. */
void klp_crowd_wait(void);

noinline void klp_crowd_wait(void)
{
	/* Idle: neither load nor hung. */
	wait_event_idle(crowd_queue, READ_ONCE(crowd_release));
}

static int klp_crowd_thread(void *data)
{
	klp_crowd_wait();
	return 0;
}

static int __init klp_crowd_init(void)
{
	struct task_struct *thread;
	unsigned int i;

	for (i = 0; i < count; i++) {
		thread = kthread_run(klp_crowd_thread, NULL, "klp_crowd/%u", i);
		if (IS_ERR(thread)) {
			/* Not failing: those that there are need the code. */
			pr_err("%u threads and no more: %ld\n", i,
			       PTR_ERR(thread));
			break;
		}
	}
	return 0;
}
module_init(klp_crowd_init);

/* No module_exit: the threads sleep in here for good. */
MODULE_DESCRIPTION("Many kernel threads, for klpscope's tests");
MODULE_LICENSE("GPL");
