// SPDX-License-Identifier: GPL-2.0-or-later
/* The JSON contract: keys and their order, words, null for what is not known. */
#include <locale.h>
#include <stdio.h>

#include "output/words.h"
#include "tests/unit/json_parse.h"

/* --- the contract, by hand from the documentation --- */

static const char *const top_keys[] = {
	"schema", "generator", "dump", "summary", "patches", "detached_modules", "transition", "tasks",
	"shadow_variables", "relocations", "findings", NULL,
};
static const char *const dump_keys[] = {
	"path", "format", "architecture", "byte_order", "release", "version", "nodename", "build_id",
	"taints", "livepatch_taint", "panic_cpu", "panic_task", "panicked", "capsule", NULL,
};
static const char *const panic_task_keys[] = { "pid", "tgid", "comm", "address", "runs", NULL };
static const char *const summary_keys[] = {
	"livepatch", "in_effect", "applying", "reverting", "not_in_effect", "kernel_identity", "crash_path",
	"complete", "unknown", "crash_path_originals", NULL,
};
static const char *const patch_keys[] = {
	"name", "address", "order", "state", "in_effect", "enabled", "replace", "forced", "module", "states",
	"objects", NULL,
};
static const char *const module_keys[] = {
	"name", "address", "base", "size", "version", "srcversion", "build_id", "taints", "refcount", NULL,
};
static const char *const capsule_keys[] = { "generator", "format", "size", "redacted", NULL };
static const char *const state_keys[] = { "id", "version", "data", NULL };
static const char *const object_keys[] = {
	"name", "loaded", "patched", "dynamic", "callbacks", "functions", "in_effect", NULL,
};
static const char *const callback_keys[] = {
	"pre_patch", "post_patch", "pre_unpatch", "post_unpatch", "post_unpatch_enabled", "symbols", "ran", NULL,
};
static const char *const callback_name_keys[] = { "pre_patch", "post_patch", "pre_unpatch", "post_unpatch", NULL };
static const char *const function_keys[] = {
	"name", "sympos", "old", "new", "nop", "patched", "transition", "stack_position", "stack_depth",
	"entry", "in_effect", "reason", "tasks", "runs", NULL,
};
static const char *const function_tasks_keys[] = { "new", "old", NULL };
static const char *const code_keys[] = { "address", "size", "symbol", NULL };
static const char *const detached_keys[] = { "name", "module", "reason", NULL };
static const char *const transition_keys[] = {
	"patch", "target", "tasks_total", "tasks_pending", "signal_count", "pending", NULL,
};
static const char *const pending_keys[] = {
	"pid", "tgid", "comm", "cpu", "kernel_thread", "state", "patch_state", "flag_pending", "running",
	"blocked_by", "stack", "held_up", "address", NULL,
};
static const char *const blocker_keys[] = { "function", "symbol", "address", NULL };
static const char *const tasks_keys[] = { "total", "threads", "idle", "patched_stacks", NULL };
static const char *const patched_stack_keys[] = { "pid", "tgid", "comm", "cpu", "panic", "runs", "stack",
	"address", NULL };
static const char *const frame_keys[] = {
	"frame", "address", "symbol", "offset", "module", "patch", "function", "reliable", "code", "interrupted",
	"through", NULL,
};
static const char *const finding_keys[] = { "code", "severity", "message", "address", "expected", "found", NULL };

/* --- keys --- */

static void check_module(struct json_object *o)
{
	if (o)
		assert_keys(o, module_keys);
}

static void check_function(struct json_object *o)
{
	assert_keys(o, function_keys);
	assert_keys(get(o, "old"), code_keys);
	assert_keys(get(o, "new"), code_keys);
	if (get(o, "tasks"))
		assert_keys(get(o, "tasks"), function_tasks_keys);
}

static void check_object(struct json_object *o)
{
	assert_keys(o, object_keys);
	assert_keys(get(o, "callbacks"), callback_keys);
	assert_keys(get(get(o, "callbacks"), "symbols"), callback_name_keys);
	assert_keys(get(get(o, "callbacks"), "ran"), callback_name_keys);
	each(get(o, "functions"), check_function);
}

static void check_state(struct json_object *o)
{
	assert_keys(o, state_keys);
}

static void check_patch(struct json_object *o)
{
	assert_keys(o, patch_keys);
	check_module(get(o, "module"));
	each(get(o, "states"), check_state);
	each(get(o, "objects"), check_object);
}

static void check_detached(struct json_object *o)
{
	assert_keys(o, detached_keys);
	check_module(get(o, "module"));
}

static void check_finding(struct json_object *o)
{
	assert_keys(o, finding_keys);
}

static void check_blocker(struct json_object *o)
{
	assert_keys(o, blocker_keys);
}

static void check_frame(struct json_object *o)
{
	assert_keys(o, frame_keys);
}

static void check_pending(struct json_object *o)
{
	assert_keys(o, pending_keys);
	each(get(o, "blocked_by"), check_blocker);
	each(get(o, "stack"), check_frame);
}

static void check_patched_stack(struct json_object *o)
{
	assert_keys(o, patched_stack_keys);
	each(get(o, "stack"), check_frame);
}

static void check_tasks(struct json_object *o)
{
	if (!o)
		return;
	assert_keys(o, tasks_keys);
	each(get(o, "patched_stacks"), check_patched_stack);
}

static void check_transition(struct json_object *o)
{
	if (!o)
		return;
	assert_keys(o, transition_keys);
	each(get(o, "pending"), check_pending);
}

static void check_report(struct json_object *o)
{
	assert_keys(o, top_keys);
	assert_string_equal(get_string(o, "schema"), "klpscope-1");
	assert_keys(get(o, "dump"), dump_keys);
	if (get(get(o, "dump"), "panic_task"))
		assert_keys(get(get(o, "dump"), "panic_task"), panic_task_keys);
	assert_keys(get(o, "summary"), summary_keys);
	each(get(o, "patches"), check_patch);
	each(get(o, "detached_modules"), check_detached);
	check_transition(get(o, "transition"));
	check_tasks(get(o, "tasks"));
	assert_true(json_object_is_type(get(o, "shadow_variables"), json_type_object));
	/* test_relocs.c has some. */
	if (get(o, "relocations"))
		assert_int_equal(length(get(o, "relocations")), 0);
	each(get(o, "findings"), check_finding);
}

static void test_keys(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < nr_fixtures; i++) {
		struct json_object *o = rendered(fixtures[i].make, NULL);

		check_report(o);
		json_object_put(o);
	}
}

/* --- other parsers, other places --- */

static bool have_python(void)
{
	return system("python3 -c pass >/dev/null 2>&1") == 0;
}

static void test_python_parses(void **state)
{
	struct arena *a = arena_new(ARENA);

	(void)state;
	if (!have_python()) {
		arena_free(a);
		skip();
	}
	for (unsigned int i = 0; i < nr_fixtures; i++) {
		char *text = render(fixtures[i].make(a), NULL);
		FILE *f;

		/* Its path has a byte that is no UTF-8, which no door has let in. */
		if (strcmp(fixtures[i].name, "hostile") != 0) {
			f = popen("python3 -m json.tool >/dev/null", "w");
			assert_non_null(f);
			fputs(text, f);
			assert_int_equal(pclose(f), 0);
		}
		free(text);
	}
	arena_free(a);
}

static void test_same_bytes(void **state)
{
	static const char *const locales[] = { "C.UTF-8", "C" };
	struct arena *a = arena_new(ARENA);

	(void)state;
	for (unsigned int i = 0; i < nr_fixtures; i++) {
		const struct report *r = fixtures[i].make(a);
		char *first = render(r, NULL);

		for (int k = 0; k < 2; k++) {
			char *again;

			setlocale(LC_ALL, locales[k]);
			again = render(r, NULL);
			assert_string_equal(first, again);
			free(again);
		}
		free(first);
	}
	arena_free(a);
}

static void test_printing_of_empty_lists(void **state)
{
	struct arena *a = arena_new(ARENA);
	char *text = render(fixture_none(a), NULL);

	(void)state;
	assert_non_null(strstr(text, "\n  \"patches\": [],\n"));
	assert_non_null(strstr(text, "\n    \"path\": \"/var/crash/202610121153/vmcore\",\n"));
	free(text);
	arena_free(a);
}

/* --- what is not known --- */

/* A leaf that would be a statement: a number, a truth, an address of 0, an empty string, a "no". */
static void assert_silent(struct json_object *o)
{
	const char *s;

	if (!o)
		return;
	assert_true(json_object_is_type(o, json_type_string));
	s = json_object_get_string(o);
	assert_string_not_equal(s, "");
	assert_string_not_equal(s, "0x0");
	assert_string_not_equal(s, "no");
	assert_string_not_equal(s, "off");
}

static void assert_nothing_said(struct json_object *o)
{
	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, key, value) {
			/* These the records know without the dump. */
			if (strcmp(key, "complete") != 0 && strcmp(key, "order") != 0)
				assert_nothing_said(value);
		}
	} else if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			assert_nothing_said(json_object_array_get_idx(o, i));
	} else {
		assert_silent(o);
	}
}

static void test_blind_says_nothing(void **state)
{
	struct json_object *o = rendered(fixture_blind, NULL), *summary = get(o, "summary");

	(void)state;
	assert_nothing_said(o);
	assert_false(json_object_get_boolean(get(summary, "complete")));
	assert_string_equal(get_string(summary, "livepatch"), "unknown");
	assert_null(get(summary, "in_effect"));
	assert_null(get(summary, "not_in_effect"));
	assert_null(get(o, "patches"));
	assert_null(get(o, "detached_modules"));
	assert_non_null(get(o, "transition"));
	assert_null(get(get(o, "dump"), "panic_cpu"));
	assert_null(get(get(o, "dump"), "panic_task"));
	assert_null(get(summary, "crash_path"));
	assert_null(get(summary, "crash_path_originals"));
	assert_null(get(o, "tasks"));
	json_object_put(o);
}

static void test_lost_says_nothing(void **state)
{
	struct json_object *o = rendered(fixture_lost, NULL), *summary = get(o, "summary"), *f;

	(void)state;
	assert_nothing_said(o);
	f = at(get(at(get(at(get(o, "patches"), 0), "objects"), 0), "functions"), 0);
	assert_string_equal(get_string(f, "entry"), "unknown");
	assert_string_equal(get_string(f, "in_effect"), "unknown");
	assert_string_equal(get_string(f, "reason"), "unreadable");
	assert_null(get(f, "tasks"));
	assert_null(get(f, "runs"));
	/* The patch and the module go by their addresses. */
	assert_int_equal(length(get(summary, "unknown")), 2);
	assert_string_equal(json_object_get_string(at(get(summary, "unknown"), 0)), "0xffffffffc0602040");
	/* An empty list would deny what the unknown one may be. */
	assert_null(get(summary, "in_effect"));
	assert_null(get(summary, "not_in_effect"));
	json_object_put(o);
}

static void test_placeholders(void **state)
{
	struct json_object *o = rendered(fixture_damaged, NULL), *patches = get(o, "patches"), *p, *f;
	struct json_object *unknown = get(get(o, "summary"), "unknown");

	(void)state;
	assert_int_equal(length(patches), 3);
	p = at(patches, 2);
	assert_nothing_said(p);
	assert_null(get(p, "objects"));
	assert_null(get(p, "states"));
	f = at(get(at(get(at(patches, 1), "objects"), 0), "functions"), 1);
	assert_nothing_said(f);
	assert_int_equal(length(unknown), 3);
	assert_string_equal(json_object_get_string(at(unknown, 0)), "klp_test_modules");
	assert_null(at(unknown, 1));
	/* It may be on the rest of the list. */
	assert_string_equal(json_object_get_string(at(unknown, 2)), "klp_test_other");
	assert_nothing_said(get(o, "transition"));
	json_object_put(o);
}

/* --- what is known --- */

static void test_none(void **state)
{
	struct json_object *o = rendered(fixture_none, NULL), *summary = get(o, "summary");

	(void)state;
	assert_string_equal(get_string(summary, "livepatch"), "capable");
	assert_int_equal(length(get(summary, "in_effect")), 0);
	assert_true(json_object_get_boolean(get(summary, "complete")));
	assert_int_equal(length(get(o, "patches")), 0);
	assert_int_equal(length(get(o, "detached_modules")), 0);
	assert_null(get(o, "transition"));
	assert_int_equal(length(get(get(o, "dump"), "taints")), 0);
	assert_false(json_object_get_boolean(get(get(o, "dump"), "livepatch_taint")));
	/* Nothing to be found on it: that is known without a look at its stack. */
	assert_int_equal(length(get(summary, "crash_path")), 0);
	assert_int_equal(length(get(summary, "crash_path_originals")), 0);
	json_object_put(o);
}

static struct json_object *capsule_of(const struct capsule_rec *c, struct json_object **whole)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_none(a);
	char *text;

	r->system.capsule = c;
	text = render(r, NULL);
	*whole = parse(text);
	free(text);
	arena_free(a);
	return get(get(*whole, "dump"), "capsule");
}

static void test_capsule(void **state)
{
	struct capsule_rec c = {
		.generator = { "klpscope \"0.3\"", KLPSCOPE_OK }, .format = { "split ELF", KLPSCOPE_OK },
		.size = { (uint64_t)1 << 63, KLPSCOPE_OK }, .redacted = true,
	};
	struct json_object *whole, *o;

	(void)state;
	assert_null(capsule_of(NULL, &whole));
	json_object_put(whole);
	o = capsule_of(&c, &whole);
	assert_keys(o, capsule_keys);
	assert_string_equal(get_string(o, "generator"), "klpscope \"0.3\"");
	assert_string_equal(get_string(o, "format"), "split ELF");
	assert_int_equal(json_object_get_uint64(get(o, "size")), (uint64_t)1 << 63);
	assert_true(json_object_get_boolean(get(o, "redacted")));
	json_object_put(whole);
	c = (struct capsule_rec){ .generator.st = KLPSCOPE_NOT_FOUND, .format.st = KLPSCOPE_NOT_FOUND,
				  .size.st = KLPSCOPE_NOT_FOUND };
	o = capsule_of(&c, &whole);
	assert_keys(o, capsule_keys);
	assert_null(get(o, "generator"));
	assert_null(get(o, "format"));
	assert_null(get(o, "size"));
	assert_true(json_object_is_type(get(o, "redacted"), json_type_boolean));
	assert_false(json_object_get_boolean(get(o, "redacted")));
	json_object_put(whole);
}

static void test_not_built_in(void **state)
{
	struct json_object *o = rendered(fixture_not_built_in, NULL), *summary = get(o, "summary");

	(void)state;
	assert_string_equal(get_string(summary, "livepatch"), "not-built-in");
	assert_int_equal(length(get(summary, "in_effect")), 0);
	assert_int_equal(length(get(o, "patches")), 0);
	assert_null(get(o, "transition"));
	json_object_put(o);
}

static void test_active(void **state)
{
	struct json_object *o = rendered(fixture_active, NULL), *p = at(get(o, "patches"), 0), *obj, *f;

	(void)state;
	assert_string_equal(get_string(p, "name"), "klp_test_vmlinux");
	assert_string_equal(get_string(p, "address"), "0xffffffffc0602040");
	assert_int_equal(json_object_get_int(get(p, "order")), 1);
	assert_string_equal(get_string(get(p, "module"), "taints"), "OEK");
	assert_null(get(get(p, "module"), "version"));
	assert_int_equal(json_object_get_int(get(at(get(p, "states"), 0), "id")), 42);
	obj = at(get(p, "objects"), 0);
	assert_string_equal(get_string(get(obj, "callbacks"), "pre_patch"), "0xffffffffc0600800");
	assert_string_equal(get_string(get(obj, "callbacks"), "post_patch"), "0x0");
	f = at(get(obj, "functions"), 1);
	assert_int_equal(json_object_get_int(get(f, "sympos")), 2);
	assert_string_equal(get_string(get(f, "new"), "symbol"), "klp_version_proc_show");
	assert_null(get(f, "reason"));
	f = at(get(at(get(at(get(o, "patches"), 1), "objects"), 1), "functions"), 0);
	assert_string_equal(get_string(get(f, "old"), "address"), "0x0");
	assert_null(get(get(f, "old"), "size"));
	assert_string_equal(get_string(f, "reason"), "target-not-loaded");
	assert_int_equal(length(get(get(o, "dump"), "taints")), 3);
	json_object_put(o);
}

static void test_stack_positions(void **state)
{
	struct json_object *o = rendered(fixture_stacked, NULL), *patches = get(o, "patches");
	struct json_object *below = at(get(at(get(at(patches, 0), "objects"), 0), "functions"), 0);
	struct json_object *above = at(get(at(get(at(patches, 1), "objects"), 0), "functions"), 0);

	(void)state;
	assert_int_equal(json_object_get_int(get(above, "stack_position")), 1);
	assert_int_equal(json_object_get_int(get(below, "stack_position")), 2);
	assert_int_equal(json_object_get_int(get(below, "stack_depth")), 2);
	json_object_put(o);
}

static void test_words(void **state)
{
	static const char *const reasons[] = {
		NULL, "shadowed", "transition", "nop", "target-not-loaded", "not-patched", "patch-off",
		"entry-not-redirected", "unreadable",
	};
	static const char *const states[] = {
		"applied", "off", "detached", "unknown", "applying", "reverting",
	};
	static const char *const lists[] = {
		"in_effect", "applying", "reverting", "not_in_effect", "unknown",
	};
	static const size_t counts[] = { 2, 1, 1, 2, 2 };
	struct json_object *o = rendered(fixture_words, NULL), *patches = get(o, "patches");
	struct json_object *functions = get(at(get(at(patches, 0), "objects"), 0), "functions");

	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct json_object *reason = get(at(functions, i), "reason");

		if (reasons[i])
			assert_string_equal(json_object_get_string(reason), reasons[i]);
		else
			assert_null(reason);
	}
	assert_string_equal(get_string(at(functions, 0), "entry"), "redirected");
	assert_string_equal(get_string(at(functions, 6), "entry"), "original");
	assert_string_equal(get_string(at(functions, 7), "entry"), "other");
	assert_string_equal(get_string(at(functions, 8), "entry"), "unknown");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		assert_string_equal(get_string(at(patches, i), "state"), states[i]);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		assert_int_equal(length(get(get(o, "summary"), lists[i])), counts[i]);
	json_object_put(o);
}

static void test_transition(void **state)
{
	struct json_object *o = rendered(fixture_stalled, NULL), *t = get(o, "transition");

	(void)state;
	assert_string_equal(get_string(t, "patch"), "klp_test_single");
	assert_string_equal(get_string(t, "target"), "patched");
	assert_int_equal(json_object_get_int(get(t, "signal_count")), 23);
	json_object_put(o);
	o = rendered(fixture_reverting, NULL);
	assert_string_equal(get_string(get(o, "transition"), "target"), "unpatched");
	assert_string_equal(json_object_get_string(at(get(get(o, "summary"), "reverting"), 0)),
			    "klp_test_single");
	json_object_put(o);
}

static void test_pending(void **state)
{
	struct json_object *o = rendered(fixture_stalled, NULL), *t = get(o, "transition"), *p;

	(void)state;
	assert_int_equal(json_object_get_int(get(t, "tasks_total")), 6);
	assert_int_equal(json_object_get_int(get(t, "tasks_pending")), 2);
	assert_int_equal(length(get(t, "pending")), 2);
	p = at(get(t, "pending"), 1);
	assert_int_equal(json_object_get_int(get(p, "pid")), 113);
	assert_int_equal(json_object_get_int(get(p, "tgid")), 112);
	assert_string_equal(get_string(p, "comm"), "klp_waiter_k");
	assert_int_equal(json_object_get_int(get(p, "cpu")), 3);
	assert_true(json_object_get_boolean(get(p, "kernel_thread")));
	assert_string_equal(get_string(p, "state"), "D (disk sleep)");
	assert_string_equal(get_string(p, "patch_state"), "unpatched");
	assert_null(get(p, "flag_pending"));
	assert_true(json_object_get_boolean(get(at(get(t, "pending"), 0), "flag_pending")));
	assert_false(json_object_get_boolean(get(p, "running")));
	assert_int_equal(json_object_get_int(get(get(o, "tasks"), "total")), 6);
	assert_int_equal(json_object_get_int(get(get(o, "tasks"), "threads")), 4);
	assert_int_equal(json_object_get_int(get(get(o, "tasks"), "idle")), 2);
	json_object_put(o);
	/* Nobody looks at tasks for nothing. */
	o = rendered(fixture_active, NULL);
	assert_null(get(o, "tasks"));
	json_object_put(o);
}

/* A count of some is no count, and an element of nulls stands for those who may be pending, too. */
static void test_straggling(void **state)
{
	struct json_object *o = rendered(fixture_straggling, NULL), *t = get(o, "transition"), *p;

	(void)state;
	assert_null(get(t, "tasks_total"));
	assert_null(get(t, "tasks_pending"));
	assert_null(get(get(o, "tasks"), "total"));
	assert_null(get(get(o, "tasks"), "threads"));
	assert_int_equal(json_object_get_int(get(get(o, "tasks"), "idle")), 2);
	assert_int_equal(length(get(t, "pending")), 3);
	p = at(get(t, "pending"), 0);
	assert_int_equal(json_object_get_int(get(p, "pid")), 112);
	assert_null(get(p, "cpu"));
	assert_null(get(p, "kernel_thread"));
	assert_null(get(p, "running"));
	assert_null(get(p, "state"));
	assert_nothing_said(at(get(t, "pending"), 2));
	json_object_put(o);
}

static void test_detached_reasons(void **state)
{
	static const char *const reasons[] = { "replaced", "disabled", "failed", "loading", "unloading" };
	struct json_object *o = rendered(fixture_disabled, NULL), *list = get(o, "detached_modules");

	(void)state;
	assert_int_equal(length(list), 6);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(get_string(at(list, i), "reason"), reasons[i]);
	assert_null(get(at(list, 5), "reason"));
	assert_int_equal(length(get(get(o, "summary"), "not_in_effect")), 6);
	assert_string_equal(json_object_get_string(at(get(get(o, "summary"), "unknown"), 0)), "klp_test_odd");
	json_object_put(o);
}

static void test_hostile_names_survive(void **state)
{
	struct json_object *o = rendered(fixture_hostile, NULL);

	(void)state;
	assert_string_equal(get_string(at(get(o, "patches"), 0), "name"),
			    "klp_\xc3\xa9\xe6\xbc\xa2\\x1b[31m\"'</b>%s%n\\x5cx");
	json_object_put(o);
}

static void test_taint_letters(void **state)
{
	char word[TAINT_WORD_SIZE];

	(void)state;
	assert_string_equal(word_taint(0, word), "P");
	assert_string_equal(word_taint(12, word), "O");
	assert_string_equal(word_taint(TAINT_LIVEPATCH, word), "K");
	assert_string_equal(word_taint(18, word), "N");
	assert_string_equal(word_taint(28, word), "bit28");
	assert_string_equal(word_taint(63, word), "bit63");
}

/* --- -p --- */

static void test_patch_filter(void **state)
{
	static const char *const filters[] = { "klp_test_modules", "0xffffffffc0612040" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct json_object *o = rendered(fixture_active, filters[i]);

		assert_int_equal(length(get(o, "patches")), 1);
		assert_string_equal(get_string(at(get(o, "patches"), 0), "name"), "klp_test_modules");
		assert_int_equal(length(get(get(o, "summary"), "in_effect")), 2);
		check_report(o);
		json_object_put(o);
	}
}

static void test_detached_filter(void **state)
{
	struct json_object *o = rendered(fixture_replaced, "klp_test_older");

	(void)state;
	assert_int_equal(length(get(o, "patches")), 0);
	assert_int_equal(length(get(o, "detached_modules")), 1);
	json_object_put(o);
}

static void test_filter_finds_nothing(void **state)
{
	static const char *const filters[] = {
		"", "klp", "klp_test_modules2", "0x", "0xffffffffc0612041", "0x0",
	};
	struct arena *a = arena_new(ARENA);
	const struct report *r = fixture_damaged(a);

	(void)state;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		char *text;
		size_t len;

		assert_int_equal(json_render(r, filters[i], &text, &len), KLPSCOPE_NOT_FOUND);
		assert_null(text);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_python_parses),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_printing_of_empty_lists),
		cmocka_unit_test(test_blind_says_nothing),
		cmocka_unit_test(test_lost_says_nothing),
		cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_capsule),
		cmocka_unit_test(test_not_built_in),
		cmocka_unit_test(test_active),
		cmocka_unit_test(test_stack_positions),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_transition),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_straggling),
		cmocka_unit_test(test_detached_reasons),
		cmocka_unit_test(test_hostile_names_survive),
		cmocka_unit_test(test_taint_letters),
		cmocka_unit_test(test_patch_filter),
		cmocka_unit_test(test_detached_filter),
		cmocka_unit_test(test_filter_finds_nothing),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
