// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every task and its side in a transition, as kernel/livepatch/transition.c
 * visits them (4.12 to 7.3-rc7): all threads of all processes, and the idle
 * task of each possible CPU, which is on no list.
 */
#include <stdlib.h>
#include <string.h>

#include "model/task.h"

static const struct {
	const char *what, *one, *many;
} gap_words[GAP_COUNT] = {
	[GAP_STATE] = { "patch_state of", "task", "tasks" },
	[GAP_THREADS] = { "threads of", "process", "processes" },
	[GAP_IDS] = { "pid, tgid or comm of", "task", "tasks" },
	[GAP_TWICE] = { "twice on the lists:", "task", "tasks" },
	[GAP_DETAILS] = { "details of", "pending task", "pending tasks" },
	[GAP_STACK] = { "stacks of", "task", "tasks" },
};

void task_gap(struct tasks_walk *tw, enum gap kind, enum klpscope_status st, uint64_t address)
{
	if (!tw->gap[kind][st].count++)
		tw->gap[kind][st].first = address;
}

static void list_gap(struct tasks_walk *tw, const struct node_list *list)
{
	if (!tw->gap[GAP_THREADS][list->st].count)
		tw->gap[GAP_THREADS][list->st].list = *list;
	task_gap(tw, GAP_THREADS, list->st, list->bad);
	tw->out->threads_st = list->st;
}

static void tell_gap(struct tasks_walk *tw, enum gap kind, enum klpscope_status st)
{
	unsigned int n = tw->gap[kind][st].count;
	const char *what;

	if (!n)
		return;
	what = arena_printf(tw->w->r->arena, "%s %u %s", gap_words[kind].what, n,
			    n == 1 ? gap_words[kind].one : gap_words[kind].many);
	what = what ? what : gap_words[kind].what;
	if (tw->gap[kind][st].list.st)
		walk_list_problem(tw->w, what, &tw->gap[kind][st].list);
	else
		walk_problem(tw->w, what, st, tw->gap[kind][st].first);
}

static void tell_gaps(struct tasks_walk *tw)
{
	for (unsigned int kind = 0; kind < GAP_COUNT; kind++)
		for (unsigned int st = 0; st < NR_STATUS; st++)
			tell_gap(tw, kind, st);
}

/* --- a task --- */

bool task_is_pending(const struct tasks_walk *tw, const struct task_rec *task)
{
	return !task->side_st && transition_pending(&tw->w->r->transition, task->side, tw->target);
}

static void read_side(struct tasks_walk *tw, struct task_rec *task)
{
	const struct transition_rec *tr = &tw->w->r->transition;
	struct val state = walk_peek(tw->w, task->addr, M_task_struct_patch_state);

	task->side_st = (uint8_t)state.st;
	if (!state.st)
		task->side = (uint8_t)transition_side(tr, state.v);
	/* Of none in a transition: only while that is set up or completed. */
	if (!state.st && task->side == SIDE_IDLE && tw->under_way && !tr->target.st && !tr->at_edge.v && !tr->idle_legal)
		task->side_st = (uint8_t)(tr->at_edge.st ? tr->at_edge.st : KLPSCOPE_CORRUPT);
	if (!state.st && task->side == SIDE_UNKNOWN) {
		task->side_st = (uint8_t)(tr->shifted.st ? tr->shifted.st : KLPSCOPE_CORRUPT);
		task->odd = !tr->shifted.st;
	}
}

/* What the kernel calls its idle tasks tells them from others, and nothing of the machine. */
static bool is_idle_name(const char *s)
{
	static const char idle[] = "swapper";

	if (strncmp(s, idle, strlen(idle)) != 0)
		return false;
	s += strlen(idle);
	return !*s || (*s == '/' && s[1 + strspn(s + 1, "0123456789")] == '\0');
}

static enum klpscope_status read_comm(struct walk *w, struct task_rec *task)
{
	uint64_t at = walk_at(w, task->addr, M_task_struct_comm), size = w->layout.member[M_task_struct_comm].size;
	enum klpscope_status st = target_read_string(w->t, at, size, &task->comm);

	if (st || !is_idle_name(task->comm))
		target_secret(w->t, at, size);
	return st;
}

static void read_ids(struct tasks_walk *tw, struct task_rec *task)
{
	struct walk *w = tw->w;
	struct val pid = walk_peek(w, task->addr, M_task_struct_pid), tgid = walk_peek(w, task->addr, M_task_struct_tgid);
	enum klpscope_status st = w->layout.member[M_task_struct_comm].st;

	task->pid = (uint32_t)pid.v;
	task->tgid = (uint32_t)tgid.v;
	task->ids_st = (uint8_t)(pid.st ? pid.st : tgid.st);
	if (!st)
		st = read_comm(w, task);
	if (task->ids_st || st)
		task_gap(tw, GAP_IDS, task->ids_st ? (enum klpscope_status)task->ids_st : st, task->addr);
}

void task_read(struct tasks_walk *tw, struct task_rec *task)
{
	read_side(tw, task);
	read_ids(tw, task);
}

static struct task_rec *add_task(struct tasks_walk *tw)
{
	struct tasks_rec *out = tw->out;

	if (out->count == tw->room) {
		unsigned int room = tw->room ? 2 * tw->room : 256;
		struct task_rec *grown = arena_alloc(tw->w->r->arena, room * sizeof(*grown));

		if (!grown)
			return NULL;
		if (out->count)
			memcpy(grown, out->task, out->count * sizeof(*grown));
		out->task = grown;
		tw->room = room;
	}
	return &out->task[out->count++];
}

/* Outside a transition a number that is no state is found, not missing: the integrity check tells of it. */
static bool state_matters(const struct tasks_walk *tw, const struct task_rec *task)
{
	return tw->under_way || (tw->w->r->want_integrity && !task->odd && task->side_st != KLPSCOPE_NOT_FOUND);
}

static enum klpscope_status add_thread(struct tasks_walk *tw, uint64_t addr)
{
	struct task_rec *task;

	if (tw->out->count >= LIMIT_TASKS)
		return KLPSCOPE_LIMIT;
	task = add_task(tw);
	if (!task)
		return KLPSCOPE_NO_MEMORY;
	tw->out->threads++;
	task->addr = addr;
	task_read(tw, task);
	if (task->side_st && state_matters(tw, task))
		task_gap(tw, GAP_STATE, (enum klpscope_status)task->side_st, addr);
	pending_compare_flag(tw, task);
	return KLPSCOPE_OK;
}

/* --- processes and their threads --- */

static struct node_list threads_of(struct tasks_walk *tw, uint64_t leader)
{
	struct walk *w = tw->w;
	struct val signal = walk_peek(w, leader, M_task_struct_signal);
	struct node_list list = { .st = signal.st, .bad = leader };

	if (!signal.st)
		list = list_collect(w->t, walk_at(w, signal.v, M_signal_struct_thread_head), LIMIT_TASKS);
	for (unsigned int i = 0; i < list.count; i++)
		list.node[i] -= w->layout.member[M_task_struct_thread_node].offset;
	return list;
}

/* Not OK: no further task can be kept. */
static enum klpscope_status add_process(struct tasks_walk *tw, uint64_t leader)
{
	struct node_list list = threads_of(tw, leader);
	enum klpscope_status st = KLPSCOPE_OK;
	bool leads = false;

	for (unsigned int i = 0; i < list.count && !st; i++) {
		leads |= list.node[i] == leader;
		st = add_thread(tw, list.node[i]);
	}
	/* A process is one of its own threads: otherwise this is not the list of its threads. */
	if (!st && !leads) {
		st = add_thread(tw, leader);
		if (!list.st)
			list = (struct node_list){ .st = KLPSCOPE_CORRUPT, .bad = leader };
	}
	if (list.st)
		list_gap(tw, &list);
	return st;
}

static void add_processes(struct tasks_walk *tw)
{
	struct walk *w = tw->w;
	struct node_list list = list_collect(w->t, walk_at(w, w->layout.symbol[S_init_task].v, M_task_struct_tasks),
					     LIMIT_TASKS);
	enum klpscope_status st = KLPSCOPE_OK;

	/* The first thread that ever ran, init's, is on it as long as the machine is up. */
	if (!list.st && !list.count)
		list.st = KLPSCOPE_CORRUPT;
	for (unsigned int i = 0; i < list.count && !st; i++)
		st = add_process(tw, list.node[i] - w->layout.member[M_task_struct_tasks].offset);
	if (list.st) {
		walk_list_problem(w, "the list of processes", &list);
		tw->out->threads_st = list.st;
	}
	if (st) {
		walk_problem(w, "more tasks", st, 0);
		tw->out->threads_st = st;
	}
}

/* --- idle tasks --- */

/*
 * Their PID is 0 and their name INIT_TASK_COMM, "swapper", from 4.0 to 7.3
 * (init_idle(), kernel/sched/core.c).  Memory that is something else must not
 * say that somebody has switched; zeros would be a state.
 */
static bool is_idle(const struct task_rec *task)
{
	return (task->ids_st || !task->pid) && (!task->comm || !strncmp(task->comm, "swapper", strlen("swapper")));
}

static void add_idle(struct tasks_walk *tw, const struct idle_task *idle)
{
	struct task_rec *task = add_task(tw);

	if (!task) {
		tw->out->idle_st = KLPSCOPE_NO_MEMORY;
		return;
	}
	tw->out->idle++;
	task->idle = true;
	task->side_st = (uint8_t)idle->st;
	if (!idle->st) {
		task->addr = idle->task;
		task_read(tw, task);
	}
	if (!idle->st && !is_idle(task)) {
		task->side_st = KLPSCOPE_CORRUPT;
		task->comm = NULL;
	}
	task->pid = task->tgid = 0;
	task->ids_st = KLPSCOPE_OK;
	if (task->side_st && (idle->st || state_matters(tw, task)))
		task_gap(tw, GAP_STATE, (enum klpscope_status)task->side_st, task->addr);
	pending_compare_flag(tw, task);
}

static void add_idles(struct tasks_walk *tw)
{
	struct idle_task *idle;
	unsigned int n;

	tw->out->idle_st = idle_tasks(tw->w, &idle, &n);
	if (tw->out->idle_st)
		walk_problem(tw->w, "the idle tasks of all CPUs", tw->out->idle_st, 0);
	for (unsigned int i = 0; i < n; i++)
		add_idle(tw, &idle[i]);
}

/* --- all of them --- */

static int by_pid(const void *a, const void *b)
{
	const struct task_rec *x = a, *y = b;

	if (x->ids_st != y->ids_st)
		return x->ids_st < y->ids_st ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* One that is on the lists twice is counted once, and then the lists are not what they should be. */
static void sort_tasks(struct tasks_walk *tw)
{
	struct tasks_rec *out = tw->out;
	unsigned int kept = 0;

	if (out->count)
		qsort(out->task, out->count, sizeof(*out->task), by_pid);
	for (unsigned int i = 0; i < out->count; i++) {
		const struct task_rec *task = &out->task[i];

		if (!kept || !task->addr || task->addr != out->task[kept - 1].addr) {
			out->task[kept++] = *task;
			continue;
		}
		if (task->idle)
			out->idle--;
		else
			out->threads--;
		out->threads_st = KLPSCOPE_CORRUPT;
		task_gap(tw, GAP_TWICE, KLPSCOPE_CORRUPT, task->addr);
	}
	out->count = kept;
}

static enum klpscope_status missing(const struct walk *w, bool under_way)
{
	static const enum member_id needed[] = {
		M_task_struct_tasks, M_task_struct_signal, M_signal_struct_thread_head, M_task_struct_thread_node,
	};

	if (w->layout.symbol[S_init_task].st)
		return w->layout.symbol[S_init_task].st;
	for (unsigned int i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!walk_has(w, needed[i]))
			return w->layout.member[needed[i]].st;
	return under_way ? w->layout.member[M_task_struct_patch_state].st : KLPSCOPE_OK;
}

/* Nothing is walked for nothing: while no transition is under way each task runs the same. */
static bool may_be_under_way(const struct transition_rec *tr, enum patch_side target)
{
	if (tr->patch.st == KLPSCOPE_NOT_FOUND || (!tr->patch.st && !tr->patch.v))
		return false;
	return tr->target.st || target != SIDE_IDLE;
}

void tasks_aim(struct tasks_walk *tw)
{
	const struct transition_rec *tr = &tw->w->r->transition;

	if (!tr->target.st)
		tw->target = transition_side(tr, tr->target.v);
	tw->under_way = tw->w->r->capability != KLP_NOT_BUILT_IN && may_be_under_way(tr, tw->target);
}

void tasks_walk(struct walk *w)
{
	struct tasks_walk tw = { .w = w, .out = &w->r->tasks };
	enum klpscope_status st;

	tasks_aim(&tw);
	if (!tw.under_way && !w->r->want_stacks && !w->r->want_integrity)
		return;
	st = missing(w, tw.under_way);
	w->where = "tasks";
	if (st) {
		/* A kernel that has transitions has these, and every kernel of today all but one. */
		st = st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_UNSUPPORTED : st;
		tw.out->threads_st = tw.out->idle_st = st;
		walk_problem(w, "how to find them", st, 0);
		w->where = NULL;
		return;
	}
	tw.out->walked = true;
	if (tw.under_way && !w->r->system.architecture.st)
		tw.tif = arch_patch_pending(w->r->system.architecture.s);
	add_processes(&tw);
	add_idles(&tw);
	sort_tasks(&tw);
	if (tw.under_way)
		pending_collect(&tw);
	if (w->r->want_stacks)
		stacks_collect(&tw);
	tell_gaps(&tw);
	w->where = NULL;
}
