// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks: those of each CPU, and all that have a pid; each with its task_struct, mm and stack. */
#include <string.h>

#include "capsule/for_crash_priv.h"

#define MAX_PID_NODES 16384u			/* nodes of 64 pids each */
#define MAX_PIDS 65536u
#define MAX_TASKS 4096u				/* with their task_structs and stacks */
#define MAX_DEPTH 8

/*
 * The FPU registers lie at the end of the task_struct, before 6.16 in it, since
 * behind it.  They are what a program computed with, and nobody's business.
 */
static void measure_tasks(struct taker *tk)
{
	uint64_t arch_size = tk_number(tk, tk_symbol(tk, "arch_task_struct_size"), 4);
	uint64_t size = tk_type_size(tk, "task_struct");
	struct member_info thread, fpu;

	tk->task_size = arch_size ? arch_size : size;
	tk->task_known = size < tk->task_size ? size : tk->task_size;
	if (tk_member(tk, "task_struct", "thread", &thread) && tk_member(tk, "thread_struct", "fpu", &fpu) &&
	    fpu.size > target_pointer_size(tk->t) && thread.offset + fpu.offset < tk->task_known)
		tk->task_known = thread.offset + fpu.offset;
	tk->stack_size = tk_type_size(tk, "thread_union");
	if (!tk->stack_size)
		tk->stack_size = 4 * PAGE;
	/* More than any has: the size is made up. */
	if (tk->task_size > MAX_STACK)
		tk->task_size = tk->task_known = 0;
}

static uint64_t task_sp(struct taker *tk, uint64_t task)
{
	struct member_info thread, sp;

	if (!tk_member(tk, "task_struct", "thread", &thread) || !tk_member(tk, "thread_struct", "sp", &sp))
		return 0;
	return tk_pointer(tk, task + thread.offset + sp.offset);
}

/* The report tells of the tasks that it walks, and knows idle ones by the name that the kernel gives them. */
static void tell_name(struct taker *tk, uint64_t task)
{
	static const char idle[] = "swapper";
	char name[sizeof(idle) - 1];
	struct member_info comm;

	if (!tk_member(tk, "task_struct", "comm", &comm) || comm.size < sizeof(name) || comm.size > PAGE)
		return;
	if (target_read(tk->t, task + comm.offset, name, sizeof(name)) || memcmp(name, idle, sizeof(name)) != 0)
		target_secret(tk->t, task + comm.offset, (size_t)comm.size);
}

static bool take_task_struct(struct taker *tk, uint64_t task)
{
	if (task)
		tell_name(tk, task);
	if (!task || !tk_take(tk, task, tk->task_known))
		return false;
	tk_touch(tk, task + tk->task_known, tk->task_size - tk->task_known);
	return true;
}

/* Memory that a process has: ps. */
static void take_mm(struct taker *tk, uint64_t task)
{
	uint64_t mm = tk_member_pointer(tk, task, "task_struct", "mm");

	if (mm)
		tk_take(tk, mm, tk_type_size(tk, "mm_struct"));
}

static void take_task(struct taker *tk, uint64_t task)
{
	if (!take_task_struct(tk, task))
		return;
	take_mm(tk, task);
	take_stack(tk, tk_member_pointer(tk, task, "task_struct", "stack"), tk->stack_size, task_sp(tk, task));
}

/* What it ran on when the machine crashed: its thread.sp is of another time. */
static void take_running(struct taker *tk, uint64_t task)
{
	uint64_t base = tk_member_pointer(tk, task, "task_struct", "stack");

	if (!take_task_struct(tk, task))
		return;
	take_mm(tk, task);
	take_stack(tk, base, tk->stack_size, sp_in(tk, base, tk->stack_size));
}

static void take_cpu_tasks(struct taker *tk)
{
	uint64_t rq = tk_symbol(tk, "runqueues"), hard = tk_symbol(tk, "hardirq_stack_ptr");
	uint64_t hot = tk_symbol(tk, "pcpu_hot");
	struct member_info m;

	if (!hard && hot && tk_member(tk, "pcpu_hot", "hardirq_stack_ptr", &m))
		hard = hot + m.offset;
	for (unsigned int c = 0; rq && c < tk->cpus; c++) {
		take_task(tk, tk_member_pointer(tk, rq + tk->cpu[c].offset, "rq", "idle"));
		take_running(tk, tk_member_pointer(tk, rq + tk->cpu[c].offset, "rq", "curr"));
		take_irq_stack(tk, &tk->cpu[c], tk_pointer(tk, hard ? hard + tk->cpu[c].offset : 0));
	}
}

/* The task of a struct pid: its first, by the hlist of PIDTYPE_PID. */
static uint64_t pid_task(struct taker *tk, uint64_t pid)
{
	uint64_t node = tk_member_pointer(tk, pid, "pid", "tasks");
	struct member_info links;

	if (!node)
		return 0;
	if (!tk_member(tk, "task_struct", "pid_links", &links) && !tk_member(tk, "task_struct", "pids", &links))
		return 0;
	return node - links.offset;
}

/* numbers[] has as many as there are namespaces around it, and before 6.1 the first in the structure. */
static uint64_t pid_size(struct taker *tk, uint64_t pid)
{
	uint64_t size = tk_type_size(tk, "pid"), each = tk_type_size(tk, "upid"), all, level = 0;
	struct member_info numbers, m;

	if (!tk_member(tk, "pid", "numbers", &numbers))
		return size;
	if (tk_member(tk, "pid", "level", &m))
		level = tk_number(tk, pid + m.offset, 4);
	all = numbers.offset + (level < 32 ? level + 1 : 1) * each;
	return all > size ? all : size;
}

/*
 * Tasks behind the limit: crash goes over a struct pid of zeros without a word,
 * and complains of one that it cannot read.
 */
static void take_pid(struct taker *tk, uint64_t pid)
{
	if (tk->pids++ >= MAX_PIDS)
		return;
	if (tk->tasks++ >= MAX_TASKS) {
		tk_touch(tk, pid, pid_size(tk, pid));
		return;
	}
	tk_take(tk, pid, pid_size(tk, pid));
	take_task(tk, pid_task(tk, pid));
}

/* What one node is made of: an xa_node, before 4.20 a radix_tree_node. */
struct tree {
	struct member_info slots, shift;
	uint64_t size;
};

static void take_pid_node(struct taker *tk, const struct tree *tree, uint64_t node, unsigned int depth)
{
	unsigned int word = target_pointer_size(tk->t);
	uint64_t leaf;

	if (depth > MAX_DEPTH || tk->pid_nodes++ >= MAX_PID_NODES || !tk_take(tk, node, tree->size))
		return;
	leaf = tk_number(tk, node + tree->shift.offset, 1) == 0;
	for (uint64_t i = 0; i + word <= tree->slots.size; i += word) {
		/* The low bits say what kind of entry it is. */
		uint64_t entry = tk_pointer(tk, node + tree->slots.offset + i) & ~3ull;

		if (entry && leaf)
			take_pid(tk, entry);
		else if (entry)
			take_pid_node(tk, tree, entry, depth + 1);
	}
}

/* The nodes of the tree are fatal. */
static void take_pids(struct taker *tk)
{
	uint64_t ns = tk_symbol(tk, "init_pid_ns"), root;
	struct tree tree = { .size = tk_type_size(tk, "xa_node") };
	const char *type = tree.size ? "xa_node" : "radix_tree_node";
	struct member_info idr, rt, head;

	if (!tree.size)
		tree.size = tk_type_size(tk, type);
	if (!ns || !tk_member(tk, "pid_namespace", "idr", &idr) || !tk_member(tk, "idr", "idr_rt", &rt) ||
	    (!tk_member(tk, "xarray", "xa_head", &head) && !tk_member(tk, "radix_tree_root", "rnode", &head)) ||
	    !tk_member(tk, type, "slots", &tree.slots) || !tk_member(tk, type, "shift", &tree.shift))
		return;
	root = tk_pointer(tk, ns + idr.offset + rt.offset + head.offset);
	if ((root & 3) && (root & ~3ull))
		take_pid_node(tk, &tree, root & ~3ull, 0);
	else if (root)
		take_pid(tk, root);
}

void take_tasks(struct taker *tk)
{
	measure_tasks(tk);
	if (!tk->task_size)
		return;
	find_text(tk);
	take_exception_stacks(tk);
	take_task(tk, tk_symbol(tk, "init_task"));
	take_cpu_tasks(tk);
	take_pids(tk);
}
