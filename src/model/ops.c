// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_ops: for each patched function of the kernel, the ftrace_ops that
 * redirects it and the stack of its replacements.  The first entry of the
 * stack decides what runs.
 */
#include <stdlib.h>

#include "model/list.h"
#include "model/module.h"

static struct val fops_field(struct walk *w, uint64_t ops, enum member_id id)
{
	return walk_field(w, walk_at(w, ops, M_klp_ops_fops), id);
}

static void read_stack(struct walk *w, struct ops_rec *ops)
{
	struct node_list list = list_collect(w->t, walk_at(w, ops->addr, M_klp_ops_func_stack), LIMIT_STACK);

	ops->stack = list.node;
	ops->depth = list.count;
	ops->stack_st = list.st;
	ops->owned = arena_alloc(w->r->arena, list.count * sizeof(*ops->owned));
	if (!ops->owned) {
		ops->depth = 0;
		ops->stack_st = KLPSCOPE_NO_MEMORY;
		return;
	}
	/* Positions behind a gap are not known: what was found there backwards does not count. */
	if (list.st && ops->depth > list.gap + list.only_bad)
		ops->depth = list.gap + list.only_bad;
	if (list.st)
		walk_list_problem(w, "func_stack", &list);
	for (unsigned int i = 0; i < ops->depth; i++)
		ops->stack[i] -= w->layout.member[M_klp_func_stack_node].offset;
	ops->top_transition.st = list.st ? list.st : KLPSCOPE_NOT_FOUND;
	ops->old_addr.st = ops->top_transition.st;
	if (!ops->depth)
		return;
	ops->top_transition = walk_field(w, ops->stack[0], M_klp_func_transition);
	ops->old_addr = walk_field(w, ops->stack[0], walk_has(w, M_klp_func_old_func) ? M_klp_func_old_func :
								M_klp_func_old_addr);
}

static struct ops_rec *read_ops(struct walk *w, uint64_t addr)
{
	struct ops_rec *ops = arena_alloc(w->r->arena, sizeof(*ops));

	if (!ops)
		return NULL;
	ops->addr = addr;
	/* As long as nobody looked. */
	ops->registered.st = ops->covers.st = KLPSCOPE_NOT_FOUND;
	w->where = arena_printf(w->r->arena, "klp_ops 0x%llx", (unsigned long long)addr);
	ops->flags = fops_field(w, addr, M_ftrace_ops_flags);
	ops->func = fops_field(w, addr, M_ftrace_ops_func);
	ops->trampoline = fops_field(w, addr, M_ftrace_ops_trampoline);
	read_stack(w, ops);
	return ops;
}

static int by_key(const void *a, const void *b)
{
	const struct stack_slot *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static const struct stack_slot *slot_find(const struct slot_index *index, uint64_t key)
{
	struct stack_slot wanted = { .key = key };

	return index->count ? bsearch(&wanted, index->slot, index->count, sizeof(wanted), by_key) : NULL;
}

static void index_stacks(struct walk *w)
{
	struct slot_index *funcs = &w->by_func, *olds = &w->by_old_addr;
	struct ops_rec *ops;
	size_t n = 0, m = 0;

	for (ops = w->r->ops; ops; ops = ops->next, m++)
		n += ops->depth;
	funcs->slot = arena_alloc(w->r->arena, n * sizeof(*funcs->slot));
	olds->slot = arena_alloc(w->r->arena, m * sizeof(*olds->slot));
	if (!funcs->slot || !olds->slot) {
		w->r->ops_st = KLPSCOPE_NO_MEMORY;
		return;
	}
	w->owners_st = w->r->ops_st;
	for (ops = w->r->ops; ops; ops = ops->next) {
		for (unsigned int i = 0; i < ops->depth; i++)
			funcs->slot[funcs->count++] = (struct stack_slot){ ops->stack[i], ops, i };
		if (ops->old_addr.st)
			w->owners_st = ops->old_addr.st;
		else
			olds->slot[olds->count++] = (struct stack_slot){ ops->old_addr.v, ops, 0 };
	}
	qsort(funcs->slot, funcs->count, sizeof(*funcs->slot), by_key);
	qsort(olds->slot, olds->count, sizeof(*olds->slot), by_key);
}

const struct stack_slot *ops_find(const struct walk *w, uint64_t func)
{
	return slot_find(&w->by_func, func);
}

const struct ops_rec *ops_of_function(const struct walk *w, uint64_t old_addr)
{
	const struct stack_slot *slot = slot_find(&w->by_old_addr, old_addr);

	return slot ? slot->ops : NULL;
}

void ops_walk(struct walk *w)
{
	struct val head = w->layout.symbol[S_klp_ops];
	struct ops_rec **tail = &w->r->ops;
	struct node_list list;

	w->where = "klp_ops";
	if (head.st || w->layout.st) {
		w->owners_st = w->r->ops_st = head.st ? head.st : w->layout.st;
		return;
	}
	list = list_collect(w->t, head.v, LIMIT_OPS);
	w->r->ops_st = list.st;
	if (list.st)
		walk_list_problem(w, "node", &list);
	for (unsigned int i = 0; i < list.count; i++) {
		*tail = read_ops(w, list.node[i] - w->layout.member[M_klp_ops_node].offset);
		if (!*tail) {
			w->r->ops_st = KLPSCOPE_NO_MEMORY;
			break;
		}
		tail = &(*tail)->next;
	}
	w->where = NULL;
	index_stacks(w);
}

static struct unowned_rec *read_unowned(struct walk *w, uint64_t func)
{
	struct unowned_rec *u = arena_alloc(w->r->arena, sizeof(*u));
	struct val new_func;
	struct mod_info *m;

	if (!u)
		return NULL;
	u->func = func;
	w->where = arena_printf(w->r->arena, "klp_func 0x%llx", (unsigned long long)func);
	u->name = walk_string(w, func, M_klp_func_old_name);
	new_func = walk_field(w, func, M_klp_func_new_func);
	m = new_func.st ? NULL : module_at(w, new_func.v);
	u->module = m ? m->name : NULL;
	u->st = u->name.st ? new_func.st : KLPSCOPE_OK;
	w->where = NULL;
	return u;
}

void unowned_walk(struct walk *w)
{
	struct unowned_rec **tail = &w->r->unowned;

	for (struct ops_rec *ops = w->r->ops; ops; ops = ops->next)
		for (unsigned int i = 0; i < ops->depth; i++) {
			if (ops->owned[i])
				continue;
			*tail = read_unowned(w, ops->stack[i]);
			if (!*tail)
				return;
			tail = &(*tail)->next;
		}
}
