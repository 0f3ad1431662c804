// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_test_relocs: uses what is not exported, of the kernel itself, of a module
 * that is loaded, and of one that is not. ../klp-relocate.c makes livepatch
 * relocations of that; until then the module cannot be loaded.
 *
 * For each object there are relocations in .text, in .rodata and in .data:
 * calls, PC-relative and absolute ones.
 */
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

/*
 * OBJECT, NAME, and which of that name it is, or 0 if there is one only. Weak,
 * so that modpost bears with it.
 */
#define UNEXPORTED(object, name, sympos)	KLPREL_##object##__##name##__##sympos
#define DECLARE(type, symbol, args...)		extern type symbol args __attribute__((weak))

#define nr_processes		UNEXPORTED(vmlinux, nr_processes, 0)
#define total_forks		UNEXPORTED(vmlinux, total_forks, 0)
#define saved_command_line	UNEXPORTED(vmlinux, saved_command_line, 1)
#define linux_proc_banner	UNEXPORTED(vmlinux, linux_proc_banner, 0)
#define target_value		UNEXPORTED(klp_test_target, klp_target_value, 0)
#define target_twin_first	UNEXPORTED(klp_test_target, klp_target_twin, 1)
#define target_twin_second	UNEXPORTED(klp_test_target, klp_target_twin, 2)
#define target_spins		UNEXPORTED(klp_test_target, klp_target_spins, 0)
#define absent_value		UNEXPORTED(klp_test_absent, klp_absent_value, 0)
#define absent_init		UNEXPORTED(klp_test_absent, klp_absent_init, 0)

DECLARE(int, nr_processes, (void));
DECLARE(unsigned long, total_forks);
DECLARE(char *, saved_command_line);
DECLARE(const char, linux_proc_banner, []);
DECLARE(int, target_value, (int number));
DECLARE(int, target_twin_first, (void));
DECLARE(int, target_twin_second, (void));
DECLARE(bool, target_spins);
DECLARE(int, absent_value, (int number));
DECLARE(int, absent_init, (void));

struct table {
	char **command_line;
	int (*first)(void);
	int (*second)(void);
	int (*absent)(void);
};

static const struct table constant = {
	.command_line = &saved_command_line,
	.first = target_twin_first,
	.absent = absent_init,
};

static struct table variable = {
	.command_line = &saved_command_line,
	.second = target_twin_second,
	.absent = absent_init,
};

static unsigned long banner_index = sizeof("%s ") - 1;

/* The compiler must not know which table it is, and read it by itself. */
static const struct table *hidden(const struct table *table)
{
	OPTIMIZER_HIDE_VAR(table);
	return table;
}

static int livepatch_uptime_proc_show(struct seq_file *m, void *v)
{
	char **by_constant = hidden(&constant)->command_line;
	char **by_variable = hidden(&variable)->command_line;

	seq_printf(m, "klp_test_relocs: %s processes, %s forks, banner %c, %.15s %.15s\n",
		   nr_processes() > 0 ? "some" : "no", total_forks > 0 ? "some" : "no",
		   linux_proc_banner[READ_ONCE(banner_index)], *by_constant, *by_variable);
	return 0;
}

static int livepatch_show(struct seq_file *m, void *v)
{
	seq_printf(m, "klp_test_relocs: value %d, twins %d %d, by table %d %d, spins %d\n",
		   target_value(1), target_twin_first(), target_twin_second(),
		   hidden(&constant)->first(), hidden(&variable)->second(), READ_ONCE(target_spins));
	return 0;
}

/* Never called. */
static int livepatch_absent_value(int number)
{
	return absent_value(number) + hidden(&constant)->absent() + hidden(&variable)->absent();
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
		.old_name = "klp_target_show",
		.new_func = livepatch_show,
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

MODULE_DESCRIPTION("Has livepatch relocations, for klpscope's tests");
MODULE_VERSION("1");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
