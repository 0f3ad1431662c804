// SPDX-License-Identifier: GPL-2.0-or-later
/* The JSON contract: the crash path, who ran what, what held up whom, and stacks. */
#include "tests/unit/json_parse.h"

/* --- the crash path --- */

static void assert_names(struct json_object *list, const char *const *names)
{
	size_t n = 0;

	for (; names[n]; n++)
		assert_string_equal(json_object_get_string(at(list, n)), names[n]);
	assert_int_equal(length(list), n);
}

static void check_path(struct report *(*make)(struct arena *), const char *const *hotfixes, const char *const *originals)
{
	struct json_object *o = rendered(make, NULL), *summary = get(o, "summary");

	if (hotfixes)
		assert_names(get(summary, "crash_path"), hotfixes);
	else
		assert_null(get(summary, "crash_path"));
	if (originals)
		assert_names(get(summary, "crash_path_originals"), originals);
	else
		assert_null(get(summary, "crash_path_originals"));
	json_object_put(o);
}

#define NAMES(...) (const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL }

static void test_crash_path(void **state)
{
	(void)state;
	check_path(fixture_active, NAMES("klp_version_proc_show"), NAMES());
	check_path(fixture_replaced, NAMES(), NAMES("cmdline_proc_show"));
	check_path(fixture_disabled, NAMES("klp_left_behind"), NAMES());
	check_path(fixture_stalled, NAMES(), NAMES());
	check_path(fixture_words, NAMES("klp_f_plain", "helper"), NAMES("f_plain"));
	/* Nobody panicked; or what was on it is not known, and what may have been is no answer. */
	check_path(fixture_stacked, NULL, NULL);
	check_path(fixture_straggling, NULL, NULL);
	check_path(fixture_damaged, NULL, NULL);
}

static void test_panic_task(void **state)
{
	struct json_object *o = rendered(fixture_active, NULL), *dump = get(o, "dump"), *task = get(dump, "panic_task");

	(void)state;
	assert_int_equal(json_object_get_int(get(dump, "panic_cpu")), 2);
	assert_int_equal(json_object_get_int(get(task, "pid")), 4242);
	assert_int_equal(json_object_get_int(get(task, "tgid")), 4242);
	assert_string_equal(get_string(task, "comm"), "bash");
	assert_string_equal(get_string(task, "address"), "0xffff888005a04c80");
	assert_string_equal(get_string(task, "runs"), "new");
	json_object_put(o);
	o = rendered(fixture_straggling, NULL);
	assert_string_equal(get_string(get(get(o, "dump"), "panic_task"), "runs"), "unknown");
	json_object_put(o);
	/* Nobody. */
	o = rendered(fixture_stacked, NULL);
	assert_null(get(get(o, "dump"), "panic_cpu"));
	assert_null(get(get(o, "dump"), "panic_task"));
	json_object_put(o);
}

static void test_panic_task_unreadable(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_active(a);
	struct json_object *o, *task;
	char *text;

	(void)state;
	r->crash.task.ids_st = KLPSCOPE_EXCLUDED;
	r->crash.task.comm = NULL;
	r->crash.runs = RUNS_UNKNOWN;
	text = render(r, NULL);
	o = parse(text);
	task = get(get(o, "dump"), "panic_task");
	assert_null(get(task, "pid"));
	assert_null(get(task, "tgid"));
	assert_null(get(task, "comm"));
	assert_null(get(task, "address"));
	/* The CPU is known, the task on it is not. */
	json_object_put(o);
	free(text);
	r->crash.task_at.st = KLPSCOPE_EXCLUDED;
	text = render(r, NULL);
	o = parse(text);
	assert_int_equal(json_object_get_int(get(get(o, "dump"), "panic_cpu")), 2);
	assert_null(get(get(o, "dump"), "panic_task"));
	json_object_put(o);
	free(text);
	arena_free(a);
}

static struct json_object *function_of(struct json_object *o, size_t patch, size_t function)
{
	return at(get(at(get(at(get(o, "patches"), patch), "objects"), 0), "functions"), function);
}

static void check_function_tasks(struct json_object *f, const char *runs, int new, int old)
{
	assert_string_equal(get_string(f, "runs"), runs);
	assert_int_equal(json_object_get_int(get(get(f, "tasks"), "new")), new);
	assert_int_equal(json_object_get_int(get(get(f, "tasks"), "old")), old);
}

static void test_who_runs_what(void **state)
{
	struct json_object *o = rendered(fixture_stalled, NULL);

	(void)state;
	/* The panicking task had switched: it no longer runs what lies below. */
	check_function_tasks(function_of(o, 0, 0), "old", 2, 4);
	check_function_tasks(function_of(o, 1, 0), "new", 4, 2);
	check_function_tasks(function_of(o, 1, 1), "new", 4, 2);
	json_object_put(o);
	o = rendered(fixture_reverting, NULL);
	check_function_tasks(function_of(o, 0, 0), "old", 0, 4);
	json_object_put(o);
	o = rendered(fixture_straggling, NULL);
	assert_string_equal(get_string(function_of(o, 1, 0), "runs"), "unknown");
	assert_null(get(get(function_of(o, 1, 0), "tasks"), "new"));
	assert_null(get(get(function_of(o, 1, 0), "tasks"), "old"));
	json_object_put(o);
	/* Not decided task by task. */
	o = rendered(fixture_active, NULL);
	assert_string_equal(get_string(function_of(o, 0, 0), "runs"), "new");
	assert_null(get(function_of(o, 0, 0), "tasks"));
	json_object_put(o);
	o = rendered(fixture_replaced, NULL);
	assert_string_equal(get_string(function_of(o, 0, 1), "runs"), "old");
	json_object_put(o);
	/* Nobody panicked: nobody ran anything. */
	o = rendered(fixture_stacked, NULL);
	assert_null(get(function_of(o, 0, 0), "runs"));
	json_object_put(o);
}

/* --- what held up whom --- */

static void test_held_up(void **state)
{
	struct json_object *o = rendered(fixture_stalled, NULL), *list = get(get(o, "transition"), "pending"), *b;

	(void)state;
	assert_string_equal(get_string(at(list, 0), "held_up"), "function");
	assert_int_equal(length(get(at(list, 0), "blocked_by")), 1);
	b = at(get(at(list, 0), "blocked_by"), 0);
	assert_string_equal(get_string(b, "function"), "cmdline_proc_show");
	/* It is in the older replacement. */
	assert_string_equal(get_string(b, "symbol"), "klp_cmdline_proc_show");
	assert_string_equal(get_string(b, "address"), "0xffffffffc060105c");
	b = at(get(at(list, 1), "blocked_by"), 0);
	assert_string_equal(get_string(b, "function"), "klp_waiter_work");
	assert_string_equal(get_string(b, "symbol"), "klp_waiter_work");
	/* Nobody asked for stacks. */
	assert_null(get(at(list, 0), "stack"));
	json_object_put(o);
	o = rendered(fixture_straggling, NULL);
	list = get(get(o, "transition"), "pending");
	assert_string_equal(get_string(at(list, 0), "held_up"), "unknown");
	assert_null(get(at(list, 0), "blocked_by"));
	assert_null(get(at(list, 0), "stack"));
	assert_string_equal(get_string(at(list, 1), "held_up"), "unreliable-stack");
	assert_int_equal(length(get(at(list, 1), "blocked_by")), 1);
	assert_int_equal(length(get(at(list, 1), "stack")), 5);
	json_object_put(o);
}

/* "Nothing is on its stack" is said of a whole stack only, and when all that must not be on it is known. */
static void test_blocked_by_nothing(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_stalled(a);
	struct pending_rec *p = r->tasks.pending;
	static const struct {
		enum held_up_by held_up;
		enum klpscope_status blockers_st;
		const char *word;
		bool empty;
	} cases[] = {
		{ HELD_NOTHING, KLPSCOPE_OK, "nothing", true },
		{ HELD_RUNNING, KLPSCOPE_OK, "running", true },
		{ HELD_RUNNING, KLPSCOPE_EXCLUDED, "running", false },
		{ HELD_UNRELIABLE, KLPSCOPE_CORRUPT, "unreliable-stack", false },
		{ HELD_UNKNOWN, KLPSCOPE_EXCLUDED, "unknown", false },
	};

	(void)state;
	p->blockers = NULL;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *o, *task;
		char *text;

		p->held_up = cases[i].held_up;
		p->blockers_st = cases[i].blockers_st;
		text = render(r, NULL);
		o = parse(text);
		task = at(get(get(o, "transition"), "pending"), 0);
		assert_string_equal(get_string(task, "held_up"), cases[i].word);
		if (cases[i].empty)
			assert_int_equal(length(get(task, "blocked_by")), 0);
		else
			assert_null(get(task, "blocked_by"));
		json_object_put(o);
		free(text);
	}
	arena_free(a);
}

/* --- stacks --- */

static void test_frames(void **state)
{
	static const char *const codes[] = { NULL, NULL, "entry", "old", "new", "hotfix", NULL, NULL };
	struct json_object *o = rendered(fixture_words, NULL), *list = get(get(o, "tasks"), "patched_stacks"), *f;

	(void)state;
	assert_int_equal(length(list), 1);
	assert_true(json_object_get_boolean(get(at(list, 0), "panic")));
	assert_int_equal(json_object_get_int(get(at(list, 0), "cpu")), 2);
	list = get(at(list, 0), "stack");
	assert_int_equal(length(list), 8);
	for (size_t i = 0; i < 8; i++) {
		f = at(list, i);
		assert_int_equal(json_object_get_int(get(f, "frame")), i);
		assert_int_equal(json_object_get_boolean(get(f, "reliable")), i != 7);
		/* The first one stood there; nobody interrupted it. */
		assert_int_equal(json_object_get_boolean(get(f, "interrupted")), i == 3);
		if (codes[i])
			assert_string_equal(get_string(f, "code"), codes[i]);
		else
			assert_null(get(f, "code"));
	}
	f = at(list, 4);
	assert_string_equal(get_string(f, "address"), "0xffffffffc060105c");
	assert_string_equal(get_string(f, "symbol"), "klp_f_plain");
	assert_int_equal(json_object_get_int(get(f, "offset")), 0x1c);
	assert_string_equal(get_string(f, "module"), "klp_words");
	assert_string_equal(get_string(f, "patch"), "klp_words");
	assert_string_equal(get_string(f, "function"), "f_plain");
	assert_string_equal(get_string(f, "through"), "arch_rethook_trampoline");
	assert_string_equal(get_string(at(list, 3), "module"), "vmlinux");
	/* Code of a hotfix that is no function's replacement. */
	assert_string_equal(get_string(at(list, 5), "patch"), "klp_words");
	assert_null(get(at(list, 5), "function"));
	f = at(list, 6);
	assert_null(get(f, "symbol"));
	assert_null(get(f, "offset"));
	assert_null(get(f, "module"));
	assert_null(get(f, "patch"));
	json_object_put(o);
}

static void test_patched_stacks(void **state)
{
	struct json_object *o = rendered(fixture_reverting, NULL), *list = get(get(o, "tasks"), "patched_stacks");

	(void)state;
	assert_int_equal(length(list), 2);
	assert_int_equal(json_object_get_int(get(at(list, 0), "pid")), 4242);
	assert_int_equal(json_object_get_int(get(at(list, 1), "pid")), 1);
	assert_false(json_object_get_boolean(get(at(list, 1), "panic")));
	assert_string_equal(get_string(at(list, 1), "runs"), "old");
	assert_string_equal(get_string(at(get(at(list, 1), "stack"), 1), "code"), "new");
	json_object_put(o);
	/* Not asked for: that is no empty list. */
	o = rendered(fixture_stalled, NULL);
	assert_null(get(get(o, "tasks"), "patched_stacks"));
	json_object_put(o);
	/* An element of nulls stands for those that may be. */
	o = rendered(fixture_straggling, NULL);
	list = get(get(o, "tasks"), "patched_stacks");
	assert_int_equal(length(list), 2);
	assert_null(get(at(list, 1), "pid"));
	assert_null(get(at(list, 1), "stack"));
	assert_string_equal(get_string(at(list, 1), "runs"), "unknown");
	json_object_put(o);
}

/* Without a stack, [] is said of one that had none, and null of one that could not be read. */
static void test_no_stack(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_reverting(a);
	struct stack_rec *stack = r->crash.stack;

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct json_object *o, *list;
		char *text;

		stack->count = 0;
		stack->user = i == 0;
		stack->st = i < 2 ? KLPSCOPE_OK : KLPSCOPE_EXCLUDED;
		if (i == 3)
			r->crash.stack = NULL;
		text = render(r, NULL);
		o = parse(text);
		list = get(at(get(get(o, "tasks"), "patched_stacks"), 0), "stack");
		if (i < 2)
			assert_int_equal(length(list), 0);
		else
			assert_null(list);
		json_object_put(o);
		free(text);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crash_path),
		cmocka_unit_test(test_panic_task),
		cmocka_unit_test(test_panic_task_unreadable),
		cmocka_unit_test(test_who_runs_what),
		cmocka_unit_test(test_held_up),
		cmocka_unit_test(test_blocked_by_nothing),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_patched_stacks),
		cmocka_unit_test(test_no_stack),
	};

	return cmocka_run_group_tests_name("json tasks", tests, NULL, NULL);
}
