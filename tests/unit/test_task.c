// SPDX-License-Identifier: GPL-2.0-or-later
/* Who had switched: every task counted once, and never one as switched that could not be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/analysis.h"
#include "model/model.h"
#include "tests/unit/kernel.h"

/* Where kernel_types has them. */
enum { THREAD_FLAGS = 0, STATE = 16, EXIT_STATE = 20, PID = 40, TASKS = 48, THREAD_NODE = 64, COMM = 80, SIGNAL = 96,
       PATCH_STATE = 104, FUNC_TRANSITION = 82 };

#define PENDING_13 (1u << 13)
#define PENDING_9 (1u << 9)

static const char *const everybody[] = { "swapper0", "swapper1", "init", "kthread", "thread" };

#define NR_TASKS (sizeof(everybody) / sizeof(*everybody))

static void set_state(struct fake *f, const char *label, uint32_t state)
{
	fake_write_uint(f, fake_label(f, label) + PATCH_STATE, state, 4);
}

static void begin(struct fake *f, unsigned int pointer_size, uint32_t target, uint32_t everybodys)
{
	fake_write_uint(f, fake_label(f, "transition_patch"), fake_label(f, "p2"), pointer_size);
	fake_write_uint(f, fake_label(f, "target_state"), target, 4);
	fake_write_uint(f, fake_label(f, "two_f1") + FUNC_TRANSITION, 1, 1);
	for (size_t i = 0; i < NR_TASKS; i++)
		set_state(f, everybody[i], everybodys);
}

/* klp_two is being applied; the kernel thread and init's second thread have not switched. */
static struct fake *applying(void)
{
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory, NULL);

	begin(f, 8, 1, 1);
	set_state(f, "kthread", 0);
	set_state(f, "thread", 0);
	return f;
}

static void assert_counts(const struct report *r, uint64_t total, uint64_t pending)
{
	assert_true(r->tasks.walked);
	assert_int_equal(r->tasks.total.st, KLPSCOPE_OK);
	assert_int_equal(r->tasks.total.v, total);
	assert_int_equal(r->tasks.total_pending.st, KLPSCOPE_OK);
	assert_int_equal(r->tasks.total_pending.v, pending);
	assert_int_equal(r->tasks.nr_unknown, 0);
}

static const struct pending_rec *pending_task(const struct report *r, uint32_t pid)
{
	for (const struct pending_rec *p = r->tasks.pending; p; p = p->next)
		if (!p->task->ids_st && p->task->pid == pid)
			return p;
	return NULL;
}

static const struct task_rec *task(const struct report *r, uint64_t addr)
{
	for (unsigned int i = 0; i < r->tasks.count; i++)
		if (r->tasks.task[i].addr == addr)
			return &r->tasks.task[i];
	return NULL;
}

/* The text without the line that begins so. */
static char *without(const char *text, const char *line)
{
	char *copy = strdup(text), *s = strstr(copy, line);

	assert_non_null(s);
	*s = '#';
	return copy;
}

/* --- whole --- */

static void test_not_walked_for_nothing(void **state)
{
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory, NULL);
	struct report *r;
	char *memory;

	(void)state;
	/* Not one byte of a task is needed. */
	fake_hole(f, 0xc0030000, 0x8000, KLPSCOPE_FAULT);
	r = kernel_report(f, "x86_64");
	assert_false(r->tasks.walked);
	assert_null(r->tasks.task);
	assert_true(r->complete);
	/* In the window before the target is set no task can have switched. */
	fake_write_uint(f, fake_label(f, "transition_patch"), fake_label(f, "p2"), 8);
	assert_false(kernel_report(f, "x86_64")->tasks.walked);
	fake_free(f);
	/* It is not known whether one is under way, but the target says that none is. */
	memory = without(kernel_memory, "symbol klp_transition_patch");
	f = kernel_parse("little", 8, kernel_types, memory, "symbol klp_transition_patch excluded\n", NULL);
	assert_false(kernel_report(f, "x86_64")->tasks.walked);
	/* It may be, and then who had switched is of interest. */
	fake_write_uint(f, fake_label(f, "target_state"), 1, 4);
	assert_true(kernel_report(f, "x86_64")->tasks.walked);
	fake_free(f);
	free(memory);
}

static void test_applying(void **state)
{
	struct fake *f = applying();
	struct report *r = kernel_report(f, "x86_64");
	const struct pending_rec *p;

	(void)state;
	assert_counts(r, 5, 2);
	assert_int_equal(r->tasks.threads, 3);
	assert_int_equal(r->tasks.idle, 2);
	assert_true(r->complete);
	assert_null(r->findings);
	/* By PID. */
	p = r->tasks.pending;
	assert_int_equal(p->task->pid, 2);
	assert_int_equal(p->task->tgid, 2);
	assert_string_equal(p->task->comm, "kworker/0:1");
	assert_int_equal(p->task->side, SIDE_UNPATCHED);
	assert_int_equal(p->kernel_thread.v, 1);
	assert_int_equal(p->cpu.v, 0);
	assert_int_equal(p->running.v, 0);
	assert_string_equal(p->state_word, "I (idle)");
	p = p->next;
	assert_int_equal(p->task->pid, 7);
	assert_int_equal(p->task->tgid, 1);
	assert_int_equal(p->kernel_thread.v, 0);
	assert_int_equal(p->running.v, 1);
	assert_string_equal(p->state_word, "D (disk sleep)");
	assert_null(p->next);
	/* Three take the new function, two the one below. */
	assert_int_equal(analysis_tasks_of(r, kernel_func(r, 2, "f1")).v, 3);
	assert_int_equal(analysis_tasks_of(r, kernel_func(r, 1, "f1")).v, 2);
	assert_int_equal(analysis_tasks_of(r, kernel_func(r, 1, "f2")).st, KLPSCOPE_NOT_FOUND);
	fake_free(f);
}

static void test_reverting(void **state)
{
	struct fake *f = applying();
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "target_state"), 0, 4);
	r = kernel_report(f, "x86_64");
	assert_counts(r, 5, 3);
	assert_non_null(pending_task(r, 0));
	assert_non_null(pending_task(r, 1));
	assert_null(pending_task(r, 2));
	assert_int_equal(analysis_tasks_of(r, kernel_func(r, 2, "f1")).v, 3);
	fake_free(f);
}

/* The kernel compares numbers: one that is in no transition at all is pending, and takes the new function. */
/* While a transition is set up nobody has switched, while it is completed everybody has: a task of no side is either. */
static void test_idle_state(void **state)
{
	struct fake *f = applying();
	struct report *r;

	(void)state;
	set_state(f, "init", UINT32_MAX);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.nr_unknown, 1);
	assert_int_equal(r->tasks.total_pending.st, KLPSCOPE_CORRUPT);
	assert_int_not_equal(analysis_tasks_of(r, kernel_func(r, 2, "f1")).st, KLPSCOPE_OK);
	assert_false(r->complete);
	fake_free(f);
}

/* As klp_complete_transition() leaves it to post_patch: of tasks only some are cleared yet. */
static struct fake *completing(void)
{
	struct fake *f = applying();

	fake_write_uint(f, fake_label(f, "klp_mutex"), fake_label(f, "init") | 1, 8);
	fake_write_uint(f, fake_label(f, "two_f1") + FUNC_TRANSITION, 0, 1);
	for (size_t i = 0; i < NR_TASKS; i++)
		set_state(f, everybody[i], i < 2 ? UINT32_MAX : 1);
	return f;
}

static void test_edge(void **state)
{
	struct fake *f = completing();
	struct report *r = kernel_report(f, "x86_64");

	(void)state;
	assert_counts(r, 5, 0);
	assert_null(r->tasks.pending);
	assert_true(r->complete);
	assert_true(r->transition.under_way);
	assert_int_equal(r->transition.of->state, PATCH_APPLYING);
	assert_int_equal(kernel_func(r, 2, "f1")->in_effect, KLPSCOPE_EFFECT_YES);
	assert_int_equal(kernel_func(r, 1, "f1")->in_effect, KLPSCOPE_EFFECT_NO);
	assert_int_equal(r->transition.of->in_effect, KLPSCOPE_EFFECT_YES);
	/* klp_init_transition() of a removal: some tasks have got a side, which is not that to switch to. */
	fake_write_uint(f, fake_label(f, "target_state"), 0, 4);
	r = kernel_report(f, "x86_64");
	assert_counts(r, 5, 0);
	assert_true(r->complete);
	assert_int_equal(kernel_func(r, 2, "f1")->in_effect, KLPSCOPE_EFFECT_YES);
	/* Whether klp_mutex was held is not known: no more of it is. */
	fake_hole(f, fake_label(f, "klp_mutex"), 8, KLPSCOPE_EXCLUDED);
	assert_counts(kernel_report(f, "x86_64"), 5, 0);
	fake_free(f);
}

/* A patch without functions has no flags that could tell: it goes by the tasks, while klp_mutex is held. */
static void test_edge_without_functions(void **state)
{
	struct fake *f = completing();
	uint64_t p2 = fake_label(f, "p2");

	(void)state;
	fake_write_uint(f, p2 + 32, p2 + 32, 8);
	fake_write_uint(f, p2 + 40, p2 + 32, 8);
	assert_counts(kernel_report(f, "x86_64"), 5, 0);
	fake_write_uint(f, fake_label(f, "init") + PATCH_STATE, 0, 4);
	assert_counts(kernel_report(f, "x86_64"), 5, 1);
	fake_write_uint(f, fake_label(f, "klp_mutex"), 0, 8);
	assert_int_equal(kernel_report(f, "x86_64")->tasks.total_pending.st, KLPSCOPE_CORRUPT);
	fake_free(f);
}

static void test_no_edge(void **state)
{
	struct fake *f = completing();
	struct report *r;

	(void)state;
	/* Nobody is at it. */
	fake_write_uint(f, fake_label(f, "klp_mutex"), 0, 8);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.nr_unknown, 2);
	assert_int_equal(r->tasks.total_pending.st, KLPSCOPE_CORRUPT);
	fake_free(f);
	/* A function still has the flag: then so has each task a side. */
	f = completing();
	fake_write_uint(f, fake_label(f, "two_f1") + FUNC_TRANSITION, 1, 1);
	assert_int_equal(kernel_report(f, "x86_64")->tasks.total_pending.st, KLPSCOPE_CORRUPT);
	fake_free(f);
	/* Nobody knows whether one has. */
	f = completing();
	fake_hole(f, fake_label(f, "two_f1"), 8, KLPSCOPE_EXCLUDED);
	fake_hole(f, fake_label(f, "two_f1") + FUNC_TRANSITION, 1, KLPSCOPE_EXCLUDED);
	assert_int_equal(kernel_report(f, "x86_64")->tasks.total_pending.st, KLPSCOPE_EXCLUDED);
	fake_free(f);
}

/* Four bytes a pointer, big endian: nothing depends on either. */
static void test_foreign(void **state)
{
	static const struct { const char *endian; unsigned int size; } kinds[] = {
		{ "big", 8 }, { "big", 4 }, { "little", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct fake *f = kernel_parse(kinds[i].endian, kinds[i].size, kernel_types, kernel_memory, NULL);
		struct report *r;

		begin(f, kinds[i].size, 1, 1);
		set_state(f, "thread", 0);
		fake_write_uint(f, fake_label(f, "thread") + THREAD_FLAGS, 1u << 6, kinds[i].size);
		r = kernel_report(f, "ppc64");
		assert_counts(r, 5, 1);
		assert_int_equal(pending_task(r, 7)->cpu.v, 0);
		assert_int_equal(pending_task(r, 7)->flag_pending.v, 1);
		assert_string_equal(pending_task(r, 7)->task->comm, "init");
		fake_free(f);
	}
}

/* RHEL 7: 1 is unpatched, 2 is patched, 0 is neither. */
static void test_shifted_states(void **state)
{
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory,
				      "symbol __bss_start @patches\nsymbol __bss_stop @page\n", NULL);
	struct report *r;

	(void)state;
	begin(f, 8, 2, 2);
	set_state(f, "thread", 1);
	r = kernel_report(f, "x86_64");
	assert_string_equal(r->transition.direction, "patched");
	assert_counts(r, 5, 1);
	assert_int_equal(pending_task(r, 7)->task->side, SIDE_UNPATCHED);
	/* 0 is of no side there, and -1 is no state at all. */
	set_state(f, "thread", 0);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.nr_unknown, 1);
	set_state(f, "thread", UINT32_MAX);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.nr_unknown, 1);
	assert_int_equal(r->tasks.total_pending.st, KLPSCOPE_CORRUPT);
	/* And while a transition is idle there, its target is 0. */
	begin(f, 8, 0, 0);
	assert_false(kernel_report(f, "x86_64")->tasks.walked);
	fake_free(f);
}

/* Which of the two ways of counting it is, nobody knows: 1 may be either side, 2 is one side only. */
static void test_unknown_shift(void **state)
{
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory,
				      "symbol __bss_start excluded\nsymbol __bss_stop @page\n", NULL);
	struct report *r;

	(void)state;
	begin(f, 8, 1, 1);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->transition.st, KLPSCOPE_EXCLUDED);
	assert_false(r->transition.under_way);
	assert_int_not_equal(r->tasks.total_pending.st, KLPSCOPE_OK);
	assert_null(r->tasks.pending);
	assert_false(r->complete);
	begin(f, 8, 2, 2);
	set_state(f, "init", 1);
	r = kernel_report(f, "x86_64");
	assert_string_equal(r->transition.direction, "patched");
	assert_int_equal(r->tasks.nr_unknown, 1);
	assert_int_not_equal(r->tasks.total_pending.st, KLPSCOPE_OK);
	fake_free(f);
}

/* --- what a task was doing --- */

static void test_state_words(void **state)
{
	static const struct { uint32_t state, exit; const char *word; } words[] = {
		{ 0, 0, "R (running)" }, { 1, 0, "S (sleeping)" }, { 2, 0, "D (disk sleep)" },
		{ 0x102, 0, "D (disk sleep)" }, { 0x2001, 0, "S (sleeping)" }, { 4, 0, "T (stopped)" },
		{ 0x104, 0, "T (stopped)" }, { 8, 0, "t (tracing stop)" }, { 0x40, 0, "P (parked)" },
		{ 0x402, 0, "I (idle)" }, { 0x2402, 0, "I (idle)" }, { 0x200, 0, "R (running)" },
		{ 0x800, 0, "R (running)" }, { 0x1000, 0, "D (disk sleep)" }, { 0x8000, 0, "D (disk sleep)" },
		{ 0x80, 0x20, "Z (zombie)" }, { 0x80, 0x10, "X (dead)" }, { 0x40, 0x20, "Z (zombie)" },
	};
	struct fake *f = applying();

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		fake_write_uint(f, fake_label(f, "thread") + STATE, words[i].state, 4);
		fake_write_uint(f, fake_label(f, "thread") + EXIT_STATE, words[i].exit, 4);
		assert_string_equal(pending_task(kernel_report(f, "x86_64"), 7)->state_word, words[i].word);
	}
	fake_free(f);
}

/* Of a kernel before 5.14 nobody can say which meaning 0x200 has. */
static void test_old_state(void **state)
{
	char *types = strdup(kernel_types), *line = strstr(types, "__state 16 4");
	struct fake *f;

	(void)state;
	memcpy(line, "  state 16 4", strlen("  state 16 4"));
	f = kernel_parse("little", 8, types, kernel_memory, NULL);
	begin(f, 8, 1, 1);
	set_state(f, "thread", 0);
	assert_string_equal(pending_task(kernel_report(f, "x86_64"), 7)->state_word, "D (disk sleep)");
	fake_write_uint(f, fake_label(f, "thread") + STATE, 0x200, 4);
	assert_null(pending_task(kernel_report(f, "x86_64"), 7)->state_word);
	fake_free(f);
	free(types);
}

static struct val flag_of(struct fake *f, const char *architecture, uint32_t pid)
{
	return pending_task(kernel_report(f, architecture), pid)->flag_pending;
}

/* Which bit it is, the tasks themselves show, or nobody does. */
static void test_flag(void **state)
{
	struct fake *f = applying();
	uint64_t thread = fake_label(f, "thread"), kthread = fake_label(f, "kthread"), init = fake_label(f, "init");

	(void)state;
	fake_write_uint(f, thread, PENDING_13, 8);
	fake_write_uint(f, kthread, PENDING_13, 8);
	assert_int_equal(flag_of(f, "x86_64", 7).st, KLPSCOPE_OK);
	assert_int_equal(flag_of(f, "x86_64", 7).v, 1);
	/* TIF_SPEC_IB, as it is in kernels that have 13. */
	fake_write_uint(f, thread, PENDING_13 | PENDING_9, 8);
	fake_write_uint(f, kthread, PENDING_13 | PENDING_9, 8);
	assert_int_equal(flag_of(f, "x86_64", 7).st, KLPSCOPE_NOT_FOUND);
	fake_write_uint(f, init, PENDING_9, 8);
	assert_int_equal(flag_of(f, "x86_64", 7).v, 1);
	/* The other way round. */
	fake_write_uint(f, thread, PENDING_9, 8);
	fake_write_uint(f, kthread, PENDING_9, 8);
	fake_write_uint(f, init, 0, 8);
	assert_int_equal(flag_of(f, "x86_64", 2).v, 1);
	/* Neither fits. */
	fake_write_uint(f, thread, 0, 8);
	assert_int_equal(flag_of(f, "x86_64", 2).st, KLPSCOPE_NOT_FOUND);
	/* Where there is but one, it says what it says. */
	fake_write_uint(f, kthread, PENDING_13, 8);
	assert_int_equal(flag_of(f, "arm64", 2).v, 1);
	assert_int_equal(flag_of(f, "arm64", 7).v, 0);
	assert_int_equal(flag_of(f, "z80", 7).st, KLPSCOPE_NOT_FOUND);
	assert_true(kernel_report(f, "x86_64")->complete);
	fake_free(f);
}

/* thread_info in the stack, as before 4.9; and .cpu in the task, as from 4.9 to 5.15. */
static void test_places_of_cpu(void **state)
{
	static const char stack[] = "at 0xc0050000\n@stack: ptr 0x2000\nalign 8\nu32 5\n";
	char *types = strdup(kernel_types), *line = strstr(types, "task_struct thread_info");
	struct fake *f;

	(void)state;
	memcpy(line, "task_struct thread_xxxx", strlen("task_struct thread_xxxx"));
	f = kernel_parse("little", 8, types, kernel_memory, stack, NULL);
	begin(f, 8, 1, 1);
	set_state(f, "thread", 0);
	fake_write_uint(f, fake_label(f, "thread") + 24, fake_label(f, "stack"), 8);
	assert_int_equal(pending_task(kernel_report(f, "arm64"), 7)->cpu.v, 5);
	assert_int_equal(flag_of(f, "arm64", 7).v, 1);
	fake_free(f);
	f = kernel_parse("little", 8, types, "member task_struct cpu 44 4\n", kernel_memory, stack, NULL);
	begin(f, 8, 1, 1);
	set_state(f, "thread", 0);
	assert_int_equal(pending_task(kernel_report(f, "arm64"), 7)->cpu.v, 1);
	fake_free(f);
	free(types);
}

static void test_hostile_name(void **state)
{
	struct fake *f = applying();

	(void)state;
	fake_write(f, fake_label(f, "thread") + COMM, "\033[2J\xff\nx", 8);
	assert_string_equal(pending_task(kernel_report(f, "x86_64"), 7)->task->comm, "\\x1b[2J\\xff\\x0ax");
	fake_free(f);
}

/* --- damage --- */

/* Whoever cannot be read is unknown: neither pending nor switched, and no count says otherwise. */
static void test_unreadable_task(void **state)
{
	static const enum klpscope_status why[] = { KLPSCOPE_EXCLUDED, KLPSCOPE_TRUNCATED, KLPSCOPE_FAULT };

	(void)state;
	for (size_t i = 0; i < NR_TASKS; i++)
		for (size_t k = 0; k < 3; k++) {
			struct fake *f = applying();
			struct report *r;

			fake_hole(f, fake_label(f, everybody[i]) + PATCH_STATE, 4, why[k]);
			/* Pages are read whole. */
			r = kernel_report(f, "x86_64");
			assert_false(r->complete);
			assert_int_equal(r->tasks.total_pending.st, why[k]);
			assert_int_not_equal(r->tasks.new_side.st, KLPSCOPE_OK);
			assert_int_not_equal(r->tasks.old_side.st, KLPSCOPE_OK);
			assert_true(kernel_has_finding(r, "unreadable", "tasks: "));
			assert_true(r->tasks.nr_pending <= 2);
			if (task(r, fake_label(f, everybody[i])))
				assert_int_equal(task(r, fake_label(f, everybody[i]))->side_st, why[k]);
			/* Its place is on a list with others: those that are left are right. */
			for (unsigned int n = 0; n < r->tasks.count; n++)
				if (!r->tasks.task[n].side_st)
					assert_int_equal(r->tasks.task[n].side == SIDE_UNPATCHED,
							 r->tasks.task[n].pid == 2 || r->tasks.task[n].pid == 7);
			fake_free(f);
		}
}

static void test_odd_state(void **state)
{
	struct fake *f = applying();
	struct report *r;

	(void)state;
	set_state(f, "thread", 0x6b6b6b6b);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.nr_unknown, 1);
	assert_int_equal(r->tasks.nr_pending, 1);
	assert_int_equal(r->tasks.total.v, 5);
	assert_int_equal(r->tasks.total_pending.st, KLPSCOPE_CORRUPT);
	assert_true(kernel_has_finding(r, "corrupt", "patch_state of 1 task"));
	assert_false(r->complete);
	fake_free(f);
}

static void write_ptr(struct fake *f, const char *label, unsigned int offset, uint64_t value)
{
	fake_write_uint(f, fake_label(f, label) + offset, value, 8);
}

/* Lists bent into a loop, to nowhere, or to another's: an end, and no count that claims to be all. */
static void test_bent_lists(void **state)
{
	struct fake *f = applying();
	const struct {
		const char *label;
		unsigned int offset;
		uint64_t value;
	} bends[] = {
		{ "kthread", TASKS, fake_label(f, "init") + TASKS },
		{ "init", TASKS, fake_label(f, "init") + TASKS },
		{ "init", TASKS, 0xdead0000 },
		{ "init", TASKS, 0 },
		{ "swapper0", TASKS, fake_label(f, "swapper0") + TASKS },
		{ "thread", THREAD_NODE, fake_label(f, "init") + THREAD_NODE },
		{ "thread", THREAD_NODE, fake_label(f, "thread") + THREAD_NODE },
		{ "init_signal", 0, 0xdead0000 },
		{ "init_signal", 0, fake_label(f, "init_signal") },
		/* Two processes with the threads of one. */
		{ "kthread", SIGNAL, fake_label(f, "init_signal") },
		{ "init", SIGNAL, fake_label(f, "kthread_signal") },
		{ "init", SIGNAL, 0 },
	};

	(void)state;
	fake_free(f);
	for (size_t i = 0; i < sizeof(bends) / sizeof(*bends); i++) {
		struct report *r;

		f = applying();
		write_ptr(f, bends[i].label, bends[i].offset, bends[i].value);
		r = kernel_report(f, "x86_64");
		assert_int_not_equal(r->tasks.threads_st, KLPSCOPE_OK);
		assert_int_not_equal(r->tasks.total.st, KLPSCOPE_OK);
		assert_int_not_equal(r->tasks.total_pending.st, KLPSCOPE_OK);
		assert_false(r->complete);
		assert_true(r->tasks.count <= 5);
		assert_true(r->tasks.nr_pending <= 2);
		assert_true(kernel_has_finding(r, "corrupt", "tasks: ") || kernel_has_finding(r, "unreadable", "tasks: "));
		/* Nobody twice. */
		for (unsigned int n = 1; n < r->tasks.count; n++)
			assert_int_not_equal(r->tasks.task[n].addr, r->tasks.task[n - 1].addr);
		fake_free(f);
	}
}

/* An empty list, whose pointers agree: the head reads as one, but init must be on it. */
static void test_empty_list(void **state)
{
	struct fake *f = applying();
	struct report *r;

	(void)state;
	write_ptr(f, "swapper0", TASKS, fake_label(f, "swapper0") + TASKS);
	write_ptr(f, "swapper0", TASKS + 8, fake_label(f, "swapper0") + TASKS);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.threads_st, KLPSCOPE_CORRUPT);
	assert_false(r->complete);
	fake_free(f);
}

/* A process without a thread: itself is one. */
static void test_empty_process(void **state)
{
	struct fake *f = applying();
	struct report *r;

	(void)state;
	write_ptr(f, "kthread_signal", 0, fake_label(f, "kthread_signal"));
	write_ptr(f, "kthread_signal", 8, fake_label(f, "kthread_signal"));
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.threads_st, KLPSCOPE_CORRUPT);
	assert_int_equal(r->tasks.count, 5);
	assert_non_null(pending_task(r, 2));
	fake_free(f);
}

/* Two lists, each without a fault of its own, that share a task. */
static void test_twice(void **state)
{
	struct fake *f = applying();
	struct report *r;

	(void)state;
	/* init's second thread stands on the list of processes, too, and is a thread of init's. */
	write_ptr(f, "init", TASKS, fake_label(f, "thread") + TASKS);
	write_ptr(f, "thread", TASKS, fake_label(f, "kthread") + TASKS);
	write_ptr(f, "thread", TASKS + 8, fake_label(f, "init") + TASKS);
	write_ptr(f, "kthread", TASKS + 8, fake_label(f, "thread") + TASKS);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.count, 5);
	assert_int_equal(r->tasks.threads, 3);
	assert_int_equal(r->tasks.nr_pending, 2);
	assert_int_equal(r->tasks.total.st, KLPSCOPE_CORRUPT);
	assert_true(kernel_has_finding(r, "corrupt", "twice on the lists"));
	fake_free(f);
}

/* --- idle tasks --- */

static void test_idle_damage(void **state)
{
	static const struct {
		const char *label;
		unsigned int offset;
		uint64_t value;
	} bends[] = {
		{ "rq1", 8, 0 },		/* each possible CPU has one */
		{ "rq1", 8, 0xdead0000 },
		{ "rq1", 8, 0xc0031000 },	/* init */
		{ "rq1", 8, 0xc0038000 },	/* zeros: PID 0, unpatched, but no swapper */
		{ "swapper1", PID, 3 },
		{ "offsets", 8, 0xdead0000 },
		{ "possible", 0, 7 },		/* a third CPU, whose offset is none */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bends) / sizeof(*bends); i++) {
		struct fake *f = applying();
		struct report *r;

		fake_write_uint(f, 0xc0038000, 0, 8);
		fake_write_uint(f, 0xc0038000 + COMM, 0x3f, 1);
		write_ptr(f, bends[i].label, bends[i].offset, bends[i].value);
		r = kernel_report(f, "x86_64");
		assert_int_equal(r->tasks.nr_unknown, 1);
		assert_int_equal(r->tasks.total_pending.st, bends[i].value == 0xdead0000 || bends[i].value == 7 ?
				 KLPSCOPE_FAULT : KLPSCOPE_CORRUPT);
		assert_int_equal(r->tasks.nr_pending, 2);
		assert_false(r->complete);
		fake_free(f);
	}
}

static void test_no_possible_cpus(void **state)
{
	struct fake *f = applying();
	struct report *r;

	(void)state;
	write_ptr(f, "possible", 0, 0);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.idle_st, KLPSCOPE_CORRUPT);
	assert_int_equal(r->tasks.total.st, KLPSCOPE_CORRUPT);
	assert_false(r->complete);
	fake_hole(f, fake_label(f, "possible"), 8, KLPSCOPE_EXCLUDED);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.idle_st, KLPSCOPE_EXCLUDED);
	fake_free(f);
}

/* Without CONFIG_SMP: no offsets, one run queue where the symbol says. */
static void test_uniprocessor(void **state)
{
	char *memory = without(kernel_memory, "symbol __per_cpu_offset");
	struct fake *f;
	struct report *r;
	char *line = strstr(memory, "runqueues 0x1000");

	(void)state;
	memcpy(line, "runqueues @rq0  ", strlen("runqueues @rq0  "));
	f = kernel_parse("little", 8, kernel_types, memory, NULL);
	begin(f, 8, 1, 1);
	set_state(f, "thread", 0);
	r = kernel_report(f, "x86_64");
	assert_counts(r, 4, 1);
	assert_int_equal(r->tasks.idle, 1);
	fake_free(f);
	free(memory);
}

/* What is needed to find tasks is not there: nothing is said of any. */
static void test_missing_parts(void **state)
{
	static const char *const members[] = {
		"member task_struct patch_state", "member task_struct tasks", "member task_struct signal", "member signal_struct thread_head",
		"member task_struct thread_node",
	};
	static const char *const idle[] = { "member rq idle" };

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		char *types = without(kernel_types, members[i]);
		struct fake *f = kernel_parse("little", 8, types, kernel_memory, NULL);
		struct report *r;

		begin(f, 8, 1, 1);
		r = kernel_report(f, "x86_64");
		assert_false(r->tasks.walked);
		assert_int_not_equal(r->tasks.total.st, KLPSCOPE_OK);
		assert_int_not_equal(r->tasks.total_pending.st, KLPSCOPE_OK);
		assert_false(r->complete);
		fake_free(f);
		free(types);
	}
	for (size_t i = 0; i < sizeof(idle) / sizeof(*idle); i++) {
		char *types = without(kernel_types, idle[i]);
		struct fake *f = kernel_parse("little", 8, types, kernel_memory, NULL);
		struct report *r;

		begin(f, 8, 1, 1);
		r = kernel_report(f, "x86_64");
		assert_int_equal(r->tasks.threads_st, KLPSCOPE_OK);
		assert_int_not_equal(r->tasks.total.st, KLPSCOPE_OK);
		assert_false(r->complete);
		fake_free(f);
		free(types);
	}
}

/* --- many --- */

#define FIRST 0xd0000000ull
#define ROOM 0x100ull

static uint64_t nth(struct fake *f, unsigned int i, unsigned int n)
{
	if (i == n)
		return fake_label(f, "swapper0");
	return FIRST + i * ROOM;
}

/* n processes of one thread each instead of the two; every seventh has not switched. */
static struct fake *crowd(unsigned int n)
{
	struct fake *f = applying();

	for (unsigned int i = 0; i < n; i++) {
		uint64_t addr = nth(f, i, n), signal = addr + 128;

		fake_write_uint(f, addr + PID, i + 1, 4);
		fake_write_uint(f, addr + PID + 4, i + 1, 4);
		fake_write_uint(f, addr + TASKS, nth(f, i + 1, n) + TASKS, 8);
		fake_write_uint(f, addr + TASKS + 8, nth(f, i ? i - 1 : n, n) + TASKS, 8);
		fake_write_uint(f, addr + THREAD_NODE, signal, 8);
		fake_write_uint(f, addr + THREAD_NODE + 8, signal, 8);
		fake_write_uint(f, signal, addr + THREAD_NODE, 8);
		fake_write_uint(f, signal + 8, addr + THREAD_NODE, 8);
		fake_write_uint(f, addr + SIGNAL, signal, 8);
		fake_write_uint(f, addr + PATCH_STATE, i % 7 != 0, 4);
		fake_write(f, addr + COMM, "crowd", 6);
	}
	write_ptr(f, "swapper0", TASKS, nth(f, 0, n) + TASKS);
	write_ptr(f, "swapper0", TASKS + 8, nth(f, n - 1, n) + TASKS);
	return f;
}

static uint64_t reads_of(unsigned int n)
{
	struct fake *f = crowd(n);
	struct report *r = kernel_report(f, "x86_64");
	uint64_t reads = fake_reads(f);

	assert_counts(r, n + 2, (n + 6) / 7);
	assert_int_equal(r->tasks.pending->task->pid, 1);
	assert_int_equal(r->tasks.pending->next->task->pid, 8);
	assert_true(r->complete);
	fake_free(f);
	return reads;
}

/* Twice the tasks are twice the reads, no more. */
static void test_many(void **state)
{
	uint64_t none = reads_of(10), some, twice;

	(void)state;
	some = reads_of(10000) - none;
	twice = reads_of(20000) - none;
	assert_true(twice < some * 21 / 10);
}

/* Loops behind thousands: still an end. */
static void test_many_in_a_loop(void **state)
{
	struct fake *f = crowd(20000);
	struct report *r;

	(void)state;
	fake_write_uint(f, nth(f, 19999, 20000) + TASKS, nth(f, 5, 20000) + TASKS, 8);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->tasks.total.st, KLPSCOPE_CORRUPT);
	assert_int_equal(r->tasks.threads, 20000);
	fake_free(f);
}

/* --- names that a capsule may have to leave out --- */

struct secrets {
	struct fake *f;
	unsigned int idle, others, wrong;
};

static void saw_secret(void *arg, uint64_t addr, size_t len)
{
	struct secrets *s = arg;

	for (size_t i = 0; i < NR_TASKS; i++)
		if (addr == fake_label(s->f, everybody[i]) + COMM)
			i < 2 ? s->idle++ : s->others++;
	s->wrong += len != 16;
}

/* Of all tasks but those whose name is the kernel's own; somebody else's may begin like it. */
static void test_secrets(void **state)
{
	static const struct {
		const char *name;
		bool secret;
	} names[] = {
		{ "swapper/0", false }, { "swapper", false },	{ "swapper/", false },	{ "swapper/12345", false },
		{ "swapper/0x", true }, { "swapper0", true },	{ "swapper/a", true },	{ "swapper/1 ", true },
		{ "swappe", true },	{ "Swapper/0", true },	{ "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct fake *f = applying();
		struct target *t = fake_target(f);
		struct report *r = arena_alloc(target_arena(t), sizeof(*r));
		struct secrets secrets = { .f = f };
		char name[16] = "";

		memcpy(name, names[i].name, strlen(names[i].name));
		fake_write(f, fake_label(f, "swapper0") + COMM, name, sizeof(name));
		r->arena = target_arena(t);
		r->system.architecture = (struct text){ "x86_64", KLPSCOPE_OK };
		target_observe(t, &(struct target_observer){ .arg = &secrets, .secret = saw_secret });
		assert_int_equal(model_collect(t, r), KLPSCOPE_OK);
		assert_int_equal(secrets.others, 3);
		assert_int_equal(secrets.idle, names[i].secret);
		fake_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_walked_for_nothing),
		cmocka_unit_test(test_applying),
		cmocka_unit_test(test_reverting),
		cmocka_unit_test(test_idle_state),
		cmocka_unit_test(test_edge),
		cmocka_unit_test(test_edge_without_functions),
		cmocka_unit_test(test_no_edge),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_shifted_states),
		cmocka_unit_test(test_unknown_shift),
		cmocka_unit_test(test_state_words),
		cmocka_unit_test(test_old_state),
		cmocka_unit_test(test_flag),
		cmocka_unit_test(test_places_of_cpu),
		cmocka_unit_test(test_hostile_name),
		cmocka_unit_test(test_unreadable_task),
		cmocka_unit_test(test_odd_state),
		cmocka_unit_test(test_bent_lists),
		cmocka_unit_test(test_empty_list),
		cmocka_unit_test(test_empty_process),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_idle_damage),
		cmocka_unit_test(test_no_possible_cpus),
		cmocka_unit_test(test_uniprocessor),
		cmocka_unit_test(test_missing_parts),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_many_in_a_loop),
		cmocka_unit_test(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
