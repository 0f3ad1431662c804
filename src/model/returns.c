// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Return addresses that somebody took from the stack to be told of the return:
 * the function graph tracer and return probes leave the address of a
 * trampoline there, and remember where the real one had been and what it was.
 */
#include "model/walk.h"
#include "model/unwind.h"

#define LIMIT_WORDS 4096		/* of a shadow stack, a page or so */
#define LIMIT_NODES 4096

static bool is(const struct walk *w, enum symbol_id id, uint64_t addr)
{
	return !w->layout.symbol[id].st && w->layout.symbol[id].v == addr;
}

/*
 * task_struct.ret_stack: an array of struct ftrace_ret_stack up to 6.10, since
 * then words, among which such structures lie; curr_ret_stack counts in what
 * it is made of.  Each holds the address of the slot that it took (retp), by
 * which it is found in either.
 */
static enum klpscope_status graph_return(struct walk *w, uint64_t task, uint64_t slot, uint64_t *addr)
{
	struct val stack = walk_peek(w, task, M_task_struct_ret_stack);
	uint64_t back = w->layout.member[M_ftrace_ret_stack_retp].offset - w->layout.member[M_ftrace_ret_stack_ret].offset;
	unsigned int size = target_pointer_size(w->t);

	if (!walk_has(w, M_ftrace_ret_stack_retp) || !walk_has(w, M_ftrace_ret_stack_ret) || stack.st || !stack.v)
		return stack.st ? stack.st : KLPSCOPE_NOT_FOUND;
	for (unsigned int i = 0; i < LIMIT_WORDS; i++) {
		uint64_t at = stack.v + (uint64_t)i * size, word;
		enum klpscope_status st = target_read_uint(w->t, at, size, &word);

		if (st)
			return st;
		if (word == slot && (uint64_t)i * size >= back)
			return target_read_uint(w->t, at - back, size, addr);
	}
	return KLPSCOPE_NOT_FOUND;
}

/* A list of nodes on the task; each says at which slot it took which address. */
static enum klpscope_status probe_return(struct walk *w, uint64_t task, uint64_t slot, uint64_t *addr,
					 const enum member_id m[4])
{
	struct val node = walk_peek(w, task, m[0]);

	for (unsigned int i = 0; i < LIMIT_NODES && !node.st && node.v; i++) {
		uint64_t entry = node.v - w->layout.member[m[1]].offset;
		struct val at = walk_peek(w, entry, m[2]), ret = walk_peek(w, entry, m[3]);

		if (at.st || ret.st)
			return at.st ? at.st : ret.st;
		if (at.v == slot) {
			*addr = ret.v;
			return KLPSCOPE_OK;
		}
		node.st = target_read_ptr(w->t, node.v, &node.v);
	}
	return node.st ? node.st : KLPSCOPE_NOT_FOUND;
}

static enum klpscope_status rethook_return(struct walk *w, uint64_t task, uint64_t slot, uint64_t *addr)
{
	static const enum member_id rethook[4] = {
		M_task_struct_rethooks, M_rethook_node_llist, M_rethook_node_frame, M_rethook_node_ret_addr,
	};

	return probe_return(w, task, slot, addr, rethook);
}

static enum klpscope_status kretprobe_return(struct walk *w, uint64_t task, uint64_t slot, uint64_t *addr)
{
	static const enum member_id kretprobe[4] = {
		M_task_struct_kretprobe_instances, M_kretprobe_instance_llist, M_kretprobe_instance_fp,
		M_kretprobe_instance_ret_addr,
	};

	return probe_return(w, task, slot, addr, kretprobe);
}

static const struct {
	enum symbol_id id;
	const char *name;
	enum klpscope_status (*find)(struct walk *w, uint64_t task, uint64_t slot, uint64_t *addr);
} known[] = {
	{ S_return_to_handler, "return_to_handler", graph_return },
	{ S_arch_rethook_trampoline, "arch_rethook_trampoline", rethook_return },
	{ S___kretprobe_trampoline, "__kretprobe_trampoline", kretprobe_return },
	{ S_kretprobe_trampoline, "kretprobe_trampoline", kretprobe_return },
};

/* Nothing calls a trampoline, and nothing in front of it calls anything. */
static enum klpscope_status may_be_unknown(struct walk *w, uint64_t addr)
{
	for (unsigned int i = 0; i < sizeof(known) / sizeof(*known); i++) {
		enum klpscope_status st = w->layout.symbol[known[i].id].st;

		if (st && st != KLPSCOPE_NOT_FOUND)
			return behind_a_call(w, addr) ? KLPSCOPE_OK : st;
	}
	return KLPSCOPE_OK;
}

enum klpscope_status returns_resolve(struct unwinder *u, uint64_t task, uint64_t slot, uint64_t *addr,
				     const char **through)
{
	struct walk *w = u->w;

	/* One may have taken what another had put there. */
	for (unsigned int depth = 0; depth < 3; depth++) {
		enum klpscope_status st;
		unsigned int i;

		for (i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (is(w, known[i].id, *addr))
				break;
		if (i == sizeof(known) / sizeof(*known))
			return may_be_unknown(w, *addr);
		if (!*through)
			*through = known[i].name;
		if (!unwind_spend(u, LIMIT_WORDS))
			return KLPSCOPE_LIMIT;
		st = known[i].find(w, task, slot, addr);
		if (st)
			return st;
	}
	return KLPSCOPE_NOT_FOUND;
}
