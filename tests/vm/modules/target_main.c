// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_target: the module that the test livepatches patch.
 *
 * Reading /proc/klp_test_target calls klp_target_show and both functions
 * called klp_target_twin. Writing "wait" puts the writing task to sleep inside
 * klp_target_wait for good, writing "kthread" does so with a kernel thread: a
 * task that sleeps there holds up the transition of a patch that replaces
 * klp_target_wait.
 *
 * Writing "fault" calls klp_target_fault, which klp_test_panic makes crash.
 * Writing "spin" keeps a CPU inside klp_target_spin for good, which the
 * parameter spins then tells. Writing "interrupt" calls klp_target_interrupt,
 * which klp_test_panic makes wait for an interrupt that crashes. Writing
 * "descend" calls klp_target_descend, which klp_test_panic makes call
 * klp_target_bottom; that crashes, patches or not, and writing "trap" calls it
 * without any other function.
 */
#include <linux/err.h>
#include <linux/init.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/processor.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "target.h"

static DECLARE_WAIT_QUEUE_HEAD(klp_target_queue);
static bool klp_target_release;
static bool klp_target_spins;
module_param_named(spins, klp_target_spins, bool, 0444);

/* Not static, so that the compiler keeps them as they are. */
int klp_target_show(struct seq_file *m, void *v);
int klp_target_value(int number);
void klp_target_wait(void);
int klp_target_fault(int *where);
void klp_target_spin(bool *spins);
void klp_target_interrupt(struct irq_work *work);
int klp_target_descend(int *where);
int klp_target_trap(int *where);

noinline int klp_target_value(int number)
{
	return number + 1;
}

noinline int klp_target_show(struct seq_file *m, void *v)
{
	seq_printf(m, "original show, value %d, twins %d %d\n",
		   klp_target_value(1), klp_target_first(),
		   klp_target_second());
	return 0;
}

noinline void klp_target_wait(void)
{
	wait_event(klp_target_queue, READ_ONCE(klp_target_release));
}

noinline int klp_target_fault(int *where)
{
	/* Keeps calls from being dropped as having no effect. */
	asm volatile("");
	return where ? *where : 0;
}

/* Interrupts are on, but no other task gets the CPU. */
noinline void klp_target_spin(bool *spins)
{
	WRITE_ONCE(*spins, true);
	while (!READ_ONCE(klp_target_release))
		cpu_relax();
}

static void klp_target_irq(struct irq_work *work)
{
	panic("klp_test_target: crashed in an interrupt");
}

static struct irq_work klp_target_work = IRQ_WORK_INIT_HARD(klp_target_irq);

noinline void klp_target_interrupt(struct irq_work *work)
{
	asm volatile("");
}

/* Called with NULL. */
noinline int klp_target_trap(int *where)
{
	WRITE_ONCE(*where, 1);
	return 0;
}

noinline int klp_target_bottom(int *where)
{
	/* More than a jump, so that it is on the stack. */
	return klp_target_trap(where) + 1;
}
EXPORT_SYMBOL_GPL(klp_target_bottom);

noinline int klp_target_descend(int *where)
{
	asm volatile("");
	return where ? *where : 0;
}

static int klp_target_thread(void *data)
{
	klp_target_wait();
	return 0;
}

static int klp_target_open(struct inode *inode, struct file *file)
{
	return single_open(file, klp_target_show, NULL);
}

static ssize_t klp_target_write(struct file *file, const char __user *from,
				size_t count, loff_t *pos)
{
	struct task_struct *thread;
	char word[16] = "";

	if (count >= sizeof(word))
		return -EINVAL;
	if (copy_from_user(word, from, count))
		return -EFAULT;
	strim(word);

	if (!strcmp(word, "wait")) {
		klp_target_wait();
	} else if (!strcmp(word, "kthread")) {
		thread = kthread_run(klp_target_thread, NULL, "klp_waiter_k");
		if (IS_ERR(thread))
			return PTR_ERR(thread);
	} else if (!strcmp(word, "fault")) {
		return klp_target_fault(NULL) ?: count;
	} else if (!strcmp(word, "spin")) {
		klp_target_spin(&klp_target_spins);
	} else if (!strcmp(word, "interrupt")) {
		klp_target_interrupt(&klp_target_work);
	} else if (!strcmp(word, "descend")) {
		return klp_target_descend(NULL) ?: count;
	} else if (!strcmp(word, "trap")) {
		return klp_target_bottom(NULL) ?: count;
	} else {
		return -EINVAL;
	}
	return count;
}

static const struct proc_ops klp_target_ops = {
	.proc_open	= klp_target_open,
	.proc_read	= seq_read,
	.proc_write	= klp_target_write,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
};

static int __init klp_target_init(void)
{
	if (!proc_create("klp_test_target", 0600, NULL, &klp_target_ops))
		return -ENOMEM;
	return 0;
}
module_init(klp_target_init);

/* No module_exit: tasks may sleep in here for good. */
MODULE_DESCRIPTION("Something to patch, for klpscope's tests");
MODULE_VERSION("1.2.3");
MODULE_LICENSE("GPL");
