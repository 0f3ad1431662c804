// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a hotfix was on the crash path: from memory to the verdict, and to what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/analysis.h"
#include "output/text.h"
#include "tests/unit/stacks.h"

#define PATCH_STATE 104
#define SP (TOP(1) - 0x400)
#define F1 0xc0001000ull		/* its entry calls ftrace: 5 bytes */
#define F2 0xc0001010ull
#define ONE_F1 0xc0010100ull
#define TWO_F1 0xc0020100ull
#define HELPER 0xc0020400ull		/* in a livepatch module, and no function's replacement */

static int start(void **state)
{
	(void)state;
	stacks_reset();
	return 0;
}

/* thread panics in crasher(), called by what lies at `ret`. */
static struct fake *panicked(uint64_t ret, const char *more)
{
	struct fake *f = stacks_kernel(&(struct stacks_kernel){ .format = ORC_TYPE3_SIGNAL, .more = more });

	put_module_table(f, "m1", 0xc0010000);
	put_module_table(f, "m2", 0xc0020000);
	fake_write_uint(f, fake_label(f, "panic_cpu"), 0, 4);
	fake_write_uint(f, fake_label(f, "thread") + TASK_STACK, STACK(1), 8);
	put_crash_note(f, 0, &(struct x86_regs){ .ip = AT(CRASHER), .sp = SP });
	PUT(f, SP, FRAME(ret), FRAME(IN(CALLER)), FRAME(IN(ENTRY)));
	return f;
}

static void assert_val(struct val v, enum klpscope_status st, uint64_t wanted)
{
	assert_int_equal(v.st, st);
	if (!st)
		assert_int_equal(v.v, wanted);
}

static void assert_says(const struct report *r, const char *words)
{
	const struct klpscope_render how = { .size = sizeof(how), .sections = KLPSCOPE_SECTION_STACKS };
	size_t len;
	char *text;

	assert_int_equal(text_render(r, &how, &text, &len), KLPSCOPE_OK);
	if (!strstr(text, words))
		fail_msg("\"%s\" is missing in:\n%s", words, text);
	free(text);
}

/* What the second frame is, whose, and what follows. */
static void check(uint64_t ret, enum code_kind kind, const char *module, unsigned int hotfix, unsigned int old)
{
	struct fake *f = panicked(ret, "");
	struct report *r = stacks_report(f, false);
	const struct frame_rec *frame = &r->crash.stack->frame[1];

	assert_int_equal(r->crash.stack->st, KLPSCOPE_OK);
	assert_int_equal(r->crash.stack->count, 4);
	assert_int_equal(frame->code, kind);
	if (module) {
		assert_string_equal(frame->module->name.s, module);
		assert_true(!frame->patch || frame->patch->module == frame->module);
	} else {
		assert_null(frame->module);
	}
	assert_val(r->crash.hotfix_on_path, KLPSCOPE_OK, hotfix);
	assert_val(r->crash.old_on_path, KLPSCOPE_OK, old);
	assert_true(r->complete);
	fake_free(f);
}

static void test_kinds(void **state)
{
	(void)state;
	check(IN(SLEEPER), CODE_OTHER, NULL, 0, 0);
	check(TWO_F1 + 8, CODE_NEW, "klp_two", 1, 0);
	check(ONE_F1 + 8, CODE_NEW, "klp_one", 1, 0);
	check(HELPER, CODE_HOTFIX, "klp_two", 1, 0);
	/* The return address behind the last instruction of a function that calls and does not come back. */
	check(TWO_F1 + 32, CODE_NEW, "klp_two", 1, 0);
	check(F1 + 8, CODE_OLD, NULL, 0, 1);
	check(F2 + 0x30, CODE_OLD, NULL, 0, 1);
	/* The call at its entry is not the body, wherever it is: f2 starts with endbr64. */
	check(F1 + 5, CODE_ENTRY, NULL, 0, 0);
	check(F1 + 6, CODE_OLD, NULL, 0, 1);
	check(F2 + 9, CODE_ENTRY, NULL, 0, 0);
}

/* The newest of those that replace it is whose the original is. */
static void test_whose_original(void **state)
{
	struct fake *f = panicked(F1 + 8, "");
	struct report *r = stacks_report(f, false);

	(void)state;
	assert_ptr_equal(r->crash.stack->frame[1].patch, kernel_patch(r, 2));
	assert_says(r, "Crash path: no hotfix on it, but it ran the original f1(), which patch klp_two replaces.");
	fake_free(f);
	/* It has gone from the stack, and is still on the list. */
	f = panicked(F1 + 8, "");
	PUT(f, fake_label(f, "o1") + 16, fake_label(f, "one_f1") + 48, fake_label(f, "one_f1") + 48);
	PUT(f, fake_label(f, "one_f1") + 48, fake_label(f, "o1") + 16, fake_label(f, "o1") + 16);
	r = stacks_report(f, false);
	assert_ptr_equal(r->crash.stack->frame[1].patch, kernel_patch(r, 1));
	fake_free(f);
}

/* Off, on no function stack: nothing replaces it, and so it is no original. */
static void test_off(void **state)
{
	struct fake *f = panicked(F2 + 0x30, "");
	struct report *r;

	(void)state;
	PUT(f, fake_label(f, "ops"), fake_label(f, "o1"), fake_label(f, "o1"));
	PUT(f, fake_label(f, "o1"), fake_label(f, "ops"), fake_label(f, "ops"));
	fake_write_uint(f, fake_label(f, "one_f2") + 81, 0, 1);
	r = stacks_report(f, false);
	assert_int_equal(r->crash.stack->frame[1].code, CODE_OTHER);
	assert_val(r->crash.old_on_path, KLPSCOPE_OK, 0);
	fake_free(f);
}

/* A nop of an atomic replace: it is the original that is to run. */
static void test_nop(void **state)
{
	struct fake *f = panicked(F2 + 0x30, "");
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "one_f2") + 80, 1, 1);
	PUT(f, fake_label(f, "one_f2") + 8, F2);
	r = stacks_report(f, false);
	assert_int_equal(r->crash.stack->frame[1].code, CODE_OTHER);
	assert_val(r->crash.old_on_path, KLPSCOPE_OK, 0);
	fake_free(f);
	/* With a real one below, which it takes the place of task by task. */
	f = panicked(F1 + 8, "");
	fake_write_uint(f, fake_label(f, "two_f1") + 80, 1, 1);
	PUT(f, fake_label(f, "two_f1") + 8, F1);
	r = stacks_report(f, false);
	assert_int_equal(r->crash.stack->frame[1].code, CODE_OLD);
	assert_ptr_equal(r->crash.stack->frame[1].patch, kernel_patch(r, 1));
	fake_free(f);
}

/* Loaded and on no list any more: its code is a hotfix's still. */
static void test_detached(void **state)
{
	struct fake *f = panicked(TWO_F1 + 8, "");
	struct report *r;

	(void)state;
	PUT(f, fake_label(f, "patches"), fake_label(f, "p1") + 16, fake_label(f, "p1") + 16);
	PUT(f, fake_label(f, "p1") + 16, fake_label(f, "patches"), fake_label(f, "patches"));
	PUT(f, fake_label(f, "o1") + 16, fake_label(f, "one_f1") + 48, fake_label(f, "one_f1") + 48);
	PUT(f, fake_label(f, "one_f1") + 48, fake_label(f, "o1") + 16, fake_label(f, "o1") + 16);
	r = stacks_report(f, false);
	assert_int_equal(r->crash.stack->frame[1].code, CODE_HOTFIX);
	assert_null(r->crash.stack->frame[1].patch);
	assert_val(r->crash.hotfix_on_path, KLPSCOPE_OK, 1);
	assert_says(r, " of patch klp_two, which was not in effect; the crash came in a call from it.");
	fake_free(f);
}

/* What may have been left by a call that was over is no answer. */
static void test_unreliable(void **state)
{
	struct fake *f = panicked(0xdead0000, "");
	struct report *r;

	(void)state;
	fake_write_uint(f, TWO_F1 + 3, 0xe8, 1);
	PUT(f, SP + 24, TWO_F1 + 8);
	r = stacks_report(f, false);
	assert_false(r->crash.stack->frame[1].reliable);
	assert_int_equal(r->crash.stack->frame[1].code, CODE_NEW);
	assert_val(r->crash.hotfix_on_path, KLPSCOPE_CORRUPT, 0);
	assert_val(r->crash.old_on_path, KLPSCOPE_CORRUPT, 0);
	assert_false(r->complete);
	assert_says(r, "Crash path: UNKNOWN: the stack could be followed only in part (an address on it is not in the kernel's text); "
		       "no hotfix on that part. It may have run ");
	assert_says(r, "- whether a hotfix was on the crash path\n");
	fake_free(f);
	/* But one below the doubt is, and then the rest is not hidden. */
	f = panicked(TWO_F1 + 8, "");
	PUT(f, SP + 24, FRAME(0xdead0000));
	r = stacks_report(f, false);
	assert_val(r->crash.hotfix_on_path, KLPSCOPE_OK, 1);
	assert_val(r->crash.old_on_path, KLPSCOPE_CORRUPT, 0);
	assert_false(r->complete);
	assert_says(r, "Further out the stack could not be followed (an address on it is not in the kernel's text).");
	fake_free(f);
}

/* Nothing was found on it, and not all hotfixes are known: that is no "no". */
static void test_hotfixes_unknown(void **state)
{
	static const struct {
		const char *more;
		enum klpscope_status hotfix, old;
	} cases[] = {
		{ "hole 0xc0013000 8 excluded\n", KLPSCOPE_OK, KLPSCOPE_CORRUPT },	/* functions of a patch */
		{ "hole 0xc0012000 8 excluded\n", KLPSCOPE_OK, KLPSCOPE_CORRUPT },	/* its object */
		{ "hole 0xc0011000 8 excluded\n", KLPSCOPE_OK, KLPSCOPE_CORRUPT },	/* itself */
		{ "hole 0xc0003000 8 excluded\n", KLPSCOPE_OK, KLPSCOPE_CORRUPT },	/* function stacks */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = panicked(IN(SLEEPER), cases[i].more);
		struct report *r = stacks_report(f, false);

		assert_int_equal(r->crash.stack->st, KLPSCOPE_OK);
		assert_val(r->crash.hotfix_on_path, cases[i].hotfix, 0);
		assert_val(r->crash.old_on_path, cases[i].old, 0);
		assert_false(r->complete);
		assert_says(r, "UNKNOWN whether it ran the original of a function that a hotfix replaces.");
		fake_free(f);
	}
}

/* The list of modules ends early: any may be a livepatch. */
static void test_modules_unknown(void **state)
{
	struct fake *f = panicked(IN(SLEEPER), "hole 0xc0020000 8 excluded\n");
	struct report *r = stacks_report(f, false);

	(void)state;
	assert_val(r->crash.hotfix_on_path, r->modules_st ? r->modules_st : KLPSCOPE_EXCLUDED, 0);
	assert_int_not_equal(r->crash.hotfix_on_path.st, KLPSCOPE_OK);
	assert_false(r->complete);
	fake_free(f);
}

/* The list is whole, and of one module it is not known whether it is a livepatch. */
static void test_module_unknown(void **state)
{
	struct fake *f = panicked(IN(SLEEPER), "");
	struct report *r = stacks_report(f, false);

	(void)state;
	r->klp_modules->klp.st = KLPSCOPE_TRUNCATED;
	analysis_crash_path(r);
	assert_val(r->crash.hotfix_on_path, KLPSCOPE_TRUNCATED, 0);
	/* A kernel that does not tell has it by the patches. */
	r->klp_modules->klp.st = KLPSCOPE_NOT_FOUND;
	analysis_crash_path(r);
	assert_val(r->crash.hotfix_on_path, KLPSCOPE_OK, 0);
	fake_free(f);
}

/* Each named once, with the name that there is. */
static void test_names(void **state)
{
	struct fake *f = panicked(TWO_F1 + 8, "");

	(void)state;
	PUT(f, SP + 24, FRAME(TWO_F1 + 12), FRAME(HELPER), FRAME(HELPER + 8), FRAME(ONE_F1 + 8), FRAME(ONE_F1 + 12),
	    FRAME(IN(ENTRY)));
	assert_says(stacks_report(f, false),
		    "Crash path: ran the replacement of f1() of patch klp_two; further out code at 0xc0020400 of patch klp_two; "
		    "further out code at 0xc0020408 of patch klp_two; further out the replacement of f1() of patch klp_one. init (7) panicked");
	PUT(f, SP + 24 * 6, FRAME(HELPER + 12), FRAME(HELPER + 16), FRAME(IN(ENTRY)));
	assert_says(stacks_report(f, false), "further out the replacement of f1() of patch klp_one and 2 more. init (7)");
	fake_free(f);
}

/* --- who ran which body --- */

static void test_runs(void **state)
{
	static const struct {
		uint32_t target, state;
		enum task_runs task, two_f1, one_f1;
	} cases[] = {
		{ 1, 1, RUNS_NEW, RUNS_NEW, RUNS_OLD }, { 1, 0, RUNS_OLD, RUNS_OLD, RUNS_NEW },
		{ 0, 1, RUNS_NEW, RUNS_NEW, RUNS_OLD }, { 0, 0, RUNS_OLD, RUNS_OLD, RUNS_NEW },
		/* As the ftrace handler takes it: any but unpatched. And then something is wrong. */
		{ 1, 7, RUNS_UNKNOWN, RUNS_UNKNOWN, RUNS_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fake *f = panicked(IN(SLEEPER), "");
		struct report *r;

		fake_write_uint(f, fake_label(f, "transition_patch"), fake_label(f, "p2"), 8);
		fake_write_uint(f, fake_label(f, "target_state"), cases[i].target, 4);
		fake_write_uint(f, fake_label(f, "two_f1") + 82, 1, 1);
		fake_write_uint(f, fake_label(f, "thread") + PATCH_STATE, cases[i].state, 4);
		r = stacks_report(f, false);
		assert_int_equal(r->crash.runs, cases[i].task);
		assert_int_equal(analysis_panic_runs(r, kernel_func(r, 2, "f1")), cases[i].two_f1);
		assert_int_equal(analysis_panic_runs(r, kernel_func(r, 1, "f1")), cases[i].one_f1);
		/* Not in transition. */
		assert_int_equal(analysis_panic_runs(r, kernel_func(r, 1, "f2")), RUNS_NEW);
		fake_free(f);
	}
}

/* --- all stacks --- */

static void put_all_to_sleep(struct fake *f)
{
	static const char *const asleep[] = { "init", "kthread" };

	for (unsigned int i = 0; i < 2; i++) {
		put_to_sleep(f, asleep[i], 3 + i, TOP(3 + i) - 0x400, 0);
		PUT(f, TOP(3 + i) - 0x400 + INACTIVE, FRAME(IN(CALLER)), FRAME(IN(ENTRY)));
	}
	/* The idle tasks: one has no registers, the other one's run queue says that it sleeps. */
	put_crash_note(f, 1, &(struct x86_regs){ .ip = AT(SLEEPER), .sp = TOP(5) - 0x100 });
	fake_write_uint(f, fake_label(f, "swapper1") + TASK_STACK, STACK(5), 8);
	PUT(f, TOP(5) - 0x100, FRAME(IN(ENTRY)));
	put_to_sleep(f, "swapper0", 6, TOP(6) - 0x400, 0);
	fake_write_uint(f, fake_label(f, "swapper0") + TASK_ON_CPU, 0, 4);
	PUT(f, TOP(6) - 0x400 + INACTIVE, FRAME(IN(ENTRY)));
}

static void test_passing(void **state)
{
	struct fake *f = panicked(TWO_F1 + 8, "");
	struct report *r;

	(void)state;
	put_all_to_sleep(f);
	r = stacks_report(f, true);
	assert_true(r->tasks.stacks_walked);
	assert_null(r->tasks.passing);
	assert_int_equal(r->tasks.nr_doubtful, 0);
	assert_true(r->complete);
	/* One is in a replacement, one in an original; an entry is neither. */
	PUT(f, TOP(3) - 0x400 + INACTIVE, FRAME(F2 + 0x30), FRAME(IN(ENTRY)));
	PUT(f, TOP(4) - 0x400 + INACTIVE, FRAME(ONE_F1 + 8), FRAME(IN(ENTRY)));
	PUT(f, TOP(6) - 0x400 + INACTIVE, FRAME(F1 + 5), FRAME(IN(ENTRY)));
	r = stacks_report(f, true);
	assert_int_equal(r->tasks.passing->task->pid, 1);
	assert_int_equal(r->tasks.passing->stack->frame[1].code, CODE_OLD);
	assert_int_equal(r->tasks.passing->next->task->pid, 2);
	assert_int_equal(r->tasks.passing->next->stack->frame[1].code, CODE_NEW);
	assert_int_equal(r->tasks.passing->runs, RUNS_NEW);
	assert_null(r->tasks.passing->next->next);
	assert_says(r, "\n2 of the other 4 tasks' stacks pass through a patched function.\n");
	assert_true(r->complete);
	fake_free(f);
}

/* A stack that could not be followed might pass through anything. */
static void test_doubtful(void **state)
{
	struct fake *f = panicked(TWO_F1 + 8, "hole 0xd0033000 8 truncated\n");
	struct report *r;

	(void)state;
	put_all_to_sleep(f);
	r = stacks_report(f, true);
	assert_null(r->tasks.passing);
	assert_int_equal(r->tasks.nr_doubtful, 1);
	assert_int_equal(r->tasks.doubtful_st, KLPSCOPE_TRUNCATED);
	assert_false(r->complete);
	assert_says(r, "- whether the stacks of 1 task pass through patched functions\n");
	fake_free(f);
}

/* The list of tasks ends early: those behind might, too, and the banner says so though nothing is in transition. */
static void test_tasks_unknown(void **state)
{
	struct fake *f = panicked(IN(SLEEPER), "hole 0xc0033000 8 truncated\n");
	struct report *r;

	(void)state;
	put_all_to_sleep(f);
	assert_true(stacks_report(f, false)->complete);
	r = stacks_report(f, true);
	assert_int_not_equal(r->tasks.total.st, KLPSCOPE_OK);
	assert_false(r->complete);
	assert_says(r, "- the list of tasks, to its end (not in the dump's files");
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_kinds, start),
		cmocka_unit_test_setup(test_whose_original, start),
		cmocka_unit_test_setup(test_off, start),
		cmocka_unit_test_setup(test_nop, start),
		cmocka_unit_test_setup(test_detached, start),
		cmocka_unit_test_setup(test_unreliable, start),
		cmocka_unit_test_setup(test_hotfixes_unknown, start),
		cmocka_unit_test_setup(test_modules_unknown, start),
		cmocka_unit_test_setup(test_module_unknown, start),
		cmocka_unit_test_setup(test_names, start),
		cmocka_unit_test_setup(test_runs, start),
		cmocka_unit_test_setup(test_passing, start),
		cmocka_unit_test_setup(test_doubtful, start),
		cmocka_unit_test_setup(test_tasks_unknown, start),
	};

	return cmocka_run_group_tests_name("crash path", tests, NULL, NULL);
}
