// SPDX-License-Identifier: GPL-2.0-or-later
/* The walk and the verdicts on a small kernel: whole, in transition, and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/analysis.h"
#include "tests/unit/kernel.h"

static struct fake *healthy(void)
{
	return kernel_parse("little", 8, kernel_types, kernel_memory, NULL);
}

static void assert_verdict(const struct func_rec *f, enum klpscope_in_effect e, enum effect_reason reason)
{
	assert_non_null(f);
	assert_int_equal(f->in_effect, e);
	assert_int_equal(f->reason, reason);
}

static void test_healthy(void **state)
{
	struct fake *f = healthy();
	struct report *r = kernel_report(f, "x86_64");

	(void)state;
	for (struct finding_rec *x = r->findings; x; x = x->next)
		print_message("%s: %s\n", x->code, x->message);
	assert_null(r->findings);
	assert_true(r->complete);
	assert_int_equal(r->nr_patches, 2);
	assert_string_equal(kernel_patch(r, 1)->module->name.s, "klp_one");
	assert_string_equal(kernel_patch(r, 2)->module->name.s, "klp_two");
	assert_int_equal(kernel_patch(r, 1)->state, PATCH_APPLIED);
	assert_verdict(kernel_func(r, 1, "f1"), KLPSCOPE_EFFECT_NO, REASON_SHADOWED);
	assert_verdict(kernel_func(r, 1, "f2"), KLPSCOPE_EFFECT_YES, REASON_NONE);
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_YES, REASON_NONE);
	assert_int_equal(kernel_patch(r, 1)->in_effect, KLPSCOPE_EFFECT_PARTLY);
	assert_int_equal(kernel_patch(r, 2)->in_effect, KLPSCOPE_EFFECT_YES);
	assert_int_equal(kernel_func(r, 1, "f1")->stack_position, 1);
	assert_int_equal(kernel_func(r, 1, "f1")->ops->depth, 2);
	assert_null(r->detached);
	fake_free(f);
}

/* Structures do not depend on byte order or pointer size; entries of an unknown architecture are unknown. */
static void test_foreign(void **state)
{
	static const struct { const char *endian; unsigned int size; } kind[] = {
		{ "big", 8 }, { "big", 4 }, { "little", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kind) / sizeof(*kind); i++) {
		struct fake *f = kernel_parse(kind[i].endian, kind[i].size, kernel_types, kernel_memory, NULL);
		struct report *r = kernel_report(f, "z80");

		assert_int_equal(r->nr_patches, 2);
		assert_int_equal(r->patches_st, KLPSCOPE_OK);
		assert_int_equal(r->ops_st, KLPSCOPE_OK);
		assert_string_equal(kernel_patch(r, 2)->module->name.s, "klp_two");
		assert_int_equal(kernel_func(r, 2, "f1")->new_addr.v, 0xc0020100);
		assert_int_equal(kernel_func(r, 1, "f2")->old_size.v, 64);
		assert_verdict(kernel_func(r, 1, "f1"), KLPSCOPE_EFFECT_NO, REASON_SHADOWED);
		assert_verdict(kernel_func(r, 1, "f2"), KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
		assert_false(r->complete);
		fake_free(f);
	}
}

static const char *const everybody[] = { "swapper0", "init", "thread", "kthread", "swapper1" };

static void set_transition(struct fake *f, const char *patch, uint32_t target, const char *func)
{
	fake_write_uint(f, fake_label(f, "transition_patch"), fake_label(f, patch), 8);
	fake_write_uint(f, fake_label(f, "target_state"), target, 4);
	fake_write_uint(f, fake_label(f, func) + 82, 1, 1);
	/* patch_state of a transition that has just begun */
	for (unsigned int i = 0; i < sizeof(everybody) / sizeof(*everybody); i++)
		fake_write_uint(f, fake_label(f, everybody[i]) + 104, target ? 0 : 1, 4);
}

static void test_applying(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	set_transition(f, "p2", 1, "two_f1");
	r = kernel_report(f, "x86_64");
	assert_int_equal(kernel_patch(r, 2)->state, PATCH_APPLYING);
	assert_true(r->transition.under_way);
	assert_string_equal(r->transition.direction, "patched");
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_PARTLY, REASON_TRANSITION);
	/* Tasks that have not switched run what is below. */
	assert_verdict(kernel_func(r, 1, "f1"), KLPSCOPE_EFFECT_PARTLY, REASON_TRANSITION);
	assert_verdict(kernel_func(r, 1, "f2"), KLPSCOPE_EFFECT_YES, REASON_NONE);
	assert_true(r->complete);
	fake_free(f);
}

static void test_reverting(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	set_transition(f, "p2", 0, "two_f1");
	fake_write_uint(f, fake_label(f, "p2") + 48, 0, 1);
	r = kernel_report(f, "x86_64");
	assert_int_equal(kernel_patch(r, 2)->state, PATCH_REVERTING);
	assert_string_equal(r->transition.direction, "unpatched");
	assert_int_equal(kernel_patch(r, 2)->in_effect, KLPSCOPE_EFFECT_PARTLY);
	fake_free(f);
}

/* klp_init_transition() has set the patch and not yet the target. */
static void test_transition_window(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "transition_patch"), fake_label(f, "p2"), 8);
	r = kernel_report(f, "x86_64");
	assert_false(r->transition.under_way);
	assert_int_equal(kernel_patch(r, 2)->state, PATCH_APPLIED);
	fake_free(f);
}

/* RHEL 7 counts from 0 and keeps klp_target_state in .bss: 1 is "unpatched" there. */
static void test_shifted_states(void **state)
{
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory,
				      "symbol __bss_start @patches\nsymbol __bss_stop @page\n", NULL);
	struct report *r;

	(void)state;
	set_transition(f, "p2", 1, "two_f1");
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->transition.shifted.v, 1);
	assert_int_equal(kernel_patch(r, 2)->state, PATCH_REVERTING);
	fake_free(f);
}

static void test_nop(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "two_f1") + 80, 1, 1);
	r = kernel_report(f, "x86_64");
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_YES, REASON_NOP);
	fake_free(f);
}

static void test_entry_not_redirected(void **state)
{
	static const uint8_t nop[] = { 0x0f, 0x1f, 0x44, 0, 0 }, breakpoint[] = { 0xcc };
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	fake_write(f, 0xc0001000, nop, sizeof(nop));
	r = kernel_report(f, "x86_64");
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_NO, REASON_ENTRY_NOT_REDIRECTED);
	assert_true(kernel_has_finding(r, "entry-not-redirected", "klp_two"));
	/* In the middle of a text change nobody can tell. */
	fake_write(f, 0xc0001000, breakpoint, sizeof(breakpoint));
	r = kernel_report(f, "x86_64");
	assert_int_equal(kernel_func(r, 2, "f1")->entry.state, ENTRY_OTHER);
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_UNKNOWN, REASON_ENTRY_NOT_REDIRECTED);
	assert_false(r->complete);
	fake_free(f);
}

/* A call alone proves tracing: the record must say that somebody changes the instruction pointer. */
static void test_traced_only(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "records") + 8, 0x80000001, 8);
	r = kernel_report(f, "x86_64");
	assert_int_equal(kernel_func(r, 2, "f1")->entry.state, ENTRY_OTHER);
	fake_write_uint(f, fake_label(f, "records") + 8, 0x84000001, 8);
	fake_write_uint(f, fake_label(f, "o1") + 40, 0x1000, 8);	/* fops.flags without ENABLED */
	r = kernel_report(f, "x86_64");
	assert_int_equal(kernel_func(r, 2, "f1")->entry.state, ENTRY_OTHER);
	fake_free(f);
}

static void test_ftrace_disabled(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "ftrace_off"), 1, 4);
	r = kernel_report(f, "x86_64");
	assert_true(kernel_has_finding(r, "ftrace-disabled", "shut down"));
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_YES, REASON_NONE);
	fake_free(f);
}

static void test_own_trampoline(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "o1") + 48, 0xc0001500, 8);
	fake_write_uint(f, 0xc0001001, 0x4fb, 4);
	r = kernel_report(f, "x86_64");
	assert_int_equal(kernel_func(r, 2, "f1")->entry.state, ENTRY_REDIRECTED);
	fake_free(f);
}

/* klp_patches bent into a loop: the node behind the break is found from the other end. */
static void test_loop(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "p1") + 16, fake_label(f, "p1") + 16, 8);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->patches_st, KLPSCOPE_CORRUPT);
	assert_true(kernel_has_finding(r, "corrupt", "klp_patches"));
	assert_false(r->complete);
	assert_null(r->kernel_identity);
	assert_verdict(kernel_func(r, 1, "f2"), KLPSCOPE_EFFECT_YES, REASON_NONE);
	assert_verdict(kernel_func(r, 0, "f1"), KLPSCOPE_EFFECT_YES, REASON_NONE);
	fake_free(f);
}

static void test_wild_pointer(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "patches"), 0xdead0000, 8);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->patches_st, KLPSCOPE_FAULT);
	/* The first pointer is gone, the last one is not. */
	assert_verdict(kernel_func(r, 0, "f2"), KLPSCOPE_EFFECT_YES, REASON_NONE);
	assert_false(r->complete);
	fake_free(f);
}

/* Whatever is taken away, nothing that was in effect may turn into a "no". */
static void test_holes(void **state)
{
	static const char *const label[] = {
		"patches", "ops", "modules", "transition_patch", "target_state", "pages_start", "records", "o1",
		"o2", "m1", "m2", "p1", "p2", "one_obj", "two_obj", "one_f1", "one_f2", "two_f1", "n1", "two_n1",
		"f1", "f2",
	};
	static const enum klpscope_status why[] = { KLPSCOPE_EXCLUDED, KLPSCOPE_TRUNCATED, KLPSCOPE_FAULT };

	(void)state;
	for (size_t i = 0; i < sizeof(label) / sizeof(*label); i++)
		for (size_t k = 0; k < sizeof(why) / sizeof(*why); k++) {
			struct fake *f = healthy();
			struct report *r;

			fake_hole(f, fake_label(f, label[i]) & ~0xfffull, 0x1000, why[k]);
			r = kernel_report(f, "x86_64");
			assert_false(r->complete);
			assert_non_null(r->findings);
			for (struct patch_rec *p = r->patches; p; p = p->next) {
				assert_int_not_equal(p->in_effect, KLPSCOPE_EFFECT_NO);
				for (struct object_rec *o = p->objects; o; o = o->next)
					for (struct func_rec *fn = o->funcs; fn; fn = fn->next)
						assert_true(fn->in_effect != KLPSCOPE_EFFECT_NO ||
							    (p->order != 2 && fn->reason == REASON_SHADOWED));
			}
			/* klp_two is not lost: it is a patch, or one of unknown name stands for it. */
			if (!kernel_func(r, 2, "f1") && !kernel_func(r, 0, "f1"))
				assert_true(r->patches_st || kernel_patch(r, 2));
			assert_null(r->detached);
			fake_free(f);
		}
}

static void test_unlisted_function(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	/* The list has lost klp_two, consistently; its function is still on a stack. */
	fake_write_uint(f, fake_label(f, "p1") + 16, fake_label(f, "patches"), 8);
	fake_write_uint(f, fake_label(f, "patches") + 8, fake_label(f, "p1") + 16, 8);
	r = kernel_report(f, "x86_64");
	assert_true(kernel_has_finding(r, "unlisted-function", "klp_two"));
	assert_non_null(r->detached);
	assert_int_equal(r->detached->in_effect, KLPSCOPE_EFFECT_UNKNOWN);
	assert_false(r->complete);
	assert_null(r->kernel_identity);
	fake_free(f);
}

/* A table of symbols without one that every kernel with livepatches has is not whole. */
static void test_missing_symbols(void **state)
{
	static const char *const lost[] = {
		"symbol klp_patches", "symbol klp_ops", "symbol klp_transition_patch", "symbol klp_ftrace_handler",
		"symbol modules",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lost) / sizeof(*lost); i++) {
		char *memory = strdup(kernel_memory), *line = strstr(memory, lost[i]);
		struct report *r;
		struct fake *f;

		assert_non_null(line);
		*line = '#';
		f = kernel_parse("little", 8, kernel_types, memory, NULL);
		r = kernel_report(f, "x86_64");
		assert_int_not_equal(r->capability, KLP_NOT_BUILT_IN);
		assert_false(r->complete);
		assert_non_null(r->findings);
		for (struct patch_rec *p = r->patches; p; p = p->next)
			assert_int_not_equal(p->in_effect, KLPSCOPE_EFFECT_NO);
		fake_free(f);
		free(memory);
	}
}

/* Neither the other symbols nor the taint needs the other to doubt that livepatch is not built in. */
static void test_lost_klp_patches(void **state)
{
	char *memory = strdup(kernel_memory);
	struct report *r;
	struct fake *f;

	(void)state;
	*strstr(memory, "symbol klp_patches") = '#';
	f = kernel_parse("little", 8, kernel_types, memory, NULL);
	fake_write_uint(f, fake_label(f, "tainted"), 0, 8);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->capability, KLP_UNKNOWN);
	fake_free(f);
	for (char *klp; (klp = strstr(memory, "symbol klp_"));)
		*klp = '#';
	f = kernel_parse("little", 8, kernel_types, memory, NULL);
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->capability, KLP_UNKNOWN);
	fake_free(f);
	free(memory);
}

/* A module off the list is surely off only when everything that could still hold its code was read. */
static void test_detached(void **state)
{
	struct module_rec m = { .klp = { 1, KLPSCOPE_OK } };
	struct detached_rec d = { .module = &m, .patch_addr = 0x1000, .listed_once = { 1, KLPSCOPE_OK } };
	struct ops_rec ops = { .stack_st = KLPSCOPE_EXCLUDED };
	struct patch_rec unnamed = { .addr = 0x2000 };
	struct report r = { .detached = &d };

	(void)state;
	analysis_detached(&r);
	assert_int_equal(d.in_effect, KLPSCOPE_EFFECT_NO);
	assert_string_equal(d.reason, "disabled");
	d.unpatch_pending.v = 1;
	analysis_detached(&r);
	assert_string_equal(d.reason, "replaced");
	r.ops = &ops;
	analysis_detached(&r);
	assert_int_equal(d.in_effect, KLPSCOPE_EFFECT_UNKNOWN);
	assert_null(d.reason);
	r.ops = NULL;
	r.patches = &unnamed;
	analysis_detached(&r);
	assert_int_equal(d.in_effect, KLPSCOPE_EFFECT_UNKNOWN);
	r.patches = NULL;
	r.transition.patch.v = d.patch_addr;
	analysis_detached(&r);
	assert_int_equal(d.in_effect, KLPSCOPE_EFFECT_UNKNOWN);
}

/* klp_two's function off its stack, by a klp_ops list that is empty and consistent. */
static void test_off_stack(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	fake_write_uint(f, fake_label(f, "ops"), fake_label(f, "ops"), 8);
	fake_write_uint(f, fake_label(f, "ops") + 8, fake_label(f, "ops"), 8);
	fake_write_uint(f, fake_label(f, "two_f1") + 81, 0, 1);
	r = kernel_report(f, "x86_64");
	/* The function says no, its object says yes, and the text calls somebody. */
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	fake_write_uint(f, fake_label(f, "two_obj") + 56, 0, 1);
	r = kernel_report(f, "x86_64");
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_NO, REASON_NOT_PATCHED);
	fake_free(f);
	/* All flags say no, but the stack that could hold it is unreadable. */
	f = healthy();
	fake_write_uint(f, fake_label(f, "two_f1") + 81, 0, 1);
	fake_write_uint(f, fake_label(f, "two_obj") + 56, 0, 1);
	fake_write_uint(f, fake_label(f, "o1") + 16, 0xdead0000, 8);
	fake_write_uint(f, fake_label(f, "o1") + 24, 0xdead0000, 8);
	r = kernel_report(f, "x86_64");
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	fake_free(f);
}

/* Three on one stack: in transition the second runs for some, the third for nobody. */
static void test_three_on_a_stack(void **state)
{
	struct fake *f = healthy();
	struct report *r;
	uint64_t head = fake_label(f, "o1") + 16, first = fake_label(f, "two_f1") + 48;
	uint64_t second = fake_label(f, "one_f1") + 48, third = fake_label(f, "one_f2") + 48;

	(void)state;
	fake_write_uint(f, second, third, 8);
	fake_write_uint(f, third, head, 8);
	fake_write_uint(f, third + 8, second, 8);
	fake_write_uint(f, head + 8, third, 8);
	fake_write_uint(f, fake_label(f, "one_f2") + 16, fake_label(f, "f1"), 8);
	/* The second stack is gone. */
	fake_write_uint(f, fake_label(f, "o2") + 16, fake_label(f, "o2") + 16, 8);
	fake_write_uint(f, fake_label(f, "o2") + 24, fake_label(f, "o2") + 16, 8);
	set_transition(f, "p2", 1, "two_f1");
	r = kernel_report(f, "x86_64");
	assert_int_equal(kernel_func(r, 1, "f2")->stack_position, 2);
	assert_int_equal(kernel_func(r, 2, "f1")->ops->stack[0], first - 48);
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_PARTLY, REASON_TRANSITION);
	assert_verdict(kernel_func(r, 1, "f1"), KLPSCOPE_EFFECT_PARTLY, REASON_TRANSITION);
	assert_verdict(kernel_func(r, 1, "f2"), KLPSCOPE_EFFECT_NO, REASON_SHADOWED);
	fake_write_uint(f, fake_label(f, "two_f1") + 82, 0, 1);
	fake_write_uint(f, fake_label(f, "transition_patch"), 0, 8);
	r = kernel_report(f, "x86_64");
	assert_verdict(kernel_func(r, 1, "f1"), KLPSCOPE_EFFECT_NO, REASON_SHADOWED);
	fake_free(f);
}

static void test_hostile_name(void **state)
{
	struct fake *f = healthy();
	struct report *r;

	(void)state;
	fake_write(f, fake_label(f, "m2_name"), "\033[2Jx\n", 7);
	r = kernel_report(f, "x86_64");
	assert_string_equal(kernel_patch(r, 2)->module->name.s, "\\x1b[2Jx\\x0a");
	fake_free(f);
}

/* Of what is described, all lines that begin so become comments. */
static char *without(const char *text, const char *const lines[], size_t n)
{
	char *left = strdup(text);

	assert_non_null(left);
	for (size_t i = 0; i < n && lines[i]; i++) {
		char *line = strstr(left, lines[i]);

		assert_non_null(line);
		*line = '#';
	}
	return left;
}

/* A member is lost that the kernel must have, by what came with it: that is no kernel from before. */
static void test_missing_members(void **state)
{
	static const struct {
		const char *lost[3];
		const char *symbols[2];
		const char *words;		/* NULL: such kernels there are */
	} cases[] = {
		{ { "member klp_func transition" }, { 0 }, "types: klp_func.transition" },
		{ { "member klp_func transition" }, { "symbol klp_target_state" }, "types: klp_func.transition" },
		{ { "member klp_func transition", "member task_struct patch_state" }, { "symbol klp_transition_patch" },
		  "types: klp_func.transition" },
		{ { "member klp_func transition" }, { "symbol klp_transition_patch", "symbol klp_target_state" },
		  "types: klp_func.transition" },
		{ { "member klp_func patched" }, { 0 }, "types: klp_func.patched" },
		{ { "member klp_object patched", "member klp_func patched" }, { 0 },
		  "types: klp_object.patched, klp_func.patched" },
		{ { "member klp_patch enabled", "member klp_object patched" }, { 0 },
		  "types: klp_patch.enabled, klp_object.patched" },
		{ { "member klp_func nop" }, { 0 }, "types: klp_func.nop" },
		{ { "member klp_patch forced" }, { 0 }, "types: klp_patch.forced" },
		{ { "member klp_patch forced", "member klp_object dynamic" }, { 0 }, "types: klp_patch.forced" },
		/* Lists came before atomic replace. */
		{ { "member klp_func nop", "member klp_object dynamic" }, { 0 }, NULL },
		{ { "member klp_patch forced", "member klp_func nop", "member klp_object dynamic" }, { 0 }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *types = without(kernel_types, cases[i].lost, 3), *memory = without(kernel_memory, cases[i].symbols, 2);
		struct fake *f = kernel_parse("little", 8, types, memory, NULL);
		struct report *r = kernel_report(f, "x86_64");
		unsigned int findings = 0;

		for (const struct finding_rec *n = r->findings; n; n = n->next)
			findings += !strcmp(n->code, "corrupt");
		assert_int_equal(findings, cases[i].words != NULL);
		assert_int_equal(r->complete, !cases[i].words);
		if (cases[i].words)
			assert_true(kernel_has_finding(r, "corrupt", cases[i].words));
		fake_free(f);
		free(types);
		free(memory);
	}
}

/* Nobody knows whether the one on top is in transition. */
static void test_missing_transition(void **state)
{
	static const char *const lost[] = { "member klp_func transition" };
	char *types = without(kernel_types, lost, 1);
	struct fake *f = kernel_parse("little", 8, types, kernel_memory, NULL);
	struct report *r;

	(void)state;
	set_transition(f, "p2", 1, "two_f1");
	r = kernel_report(f, "x86_64");
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	assert_verdict(kernel_func(r, 1, "f1"), KLPSCOPE_EFFECT_UNKNOWN, REASON_UNREADABLE);
	assert_int_equal(kernel_func(r, 2, "f1")->transition.st, KLPSCOPE_CORRUPT);
	assert_false(r->complete);
	fake_free(f);
	free(types);
}

/* 4.0 to 5.0: static arrays, old_addr, enum klp_state; no transitions before 4.12. */
static void test_static_arrays(void **state)
{
	static const char old_types[] =
		"member klp_patch mod 0 8\nmember klp_patch objs 8 8\nmember klp_patch list 16 16\n"
		"member klp_patch state 48 1\nmember klp_object name 0 8\nmember klp_object funcs 8 8\n"
		"member klp_object mod 48 8\nmember klp_object state 56 1\nmember klp_func old_name 0 8\n"
		"member klp_func new_func 8 8\nmember klp_func old_addr 16 8\nmember klp_func stack_node 48 16\n"
		"member klp_func state 81 1\nmember klp_ops node 0 16\nmember klp_ops func_stack 16 16\n"
		"member klp_ops fops 32 32\nmember ftrace_ops func 0 8\nmember ftrace_ops flags 8 8\n"
		"member ftrace_ops trampoline 16 8\nmember ftrace_page next 0 8\nmember ftrace_page records 8 8\n"
		"member ftrace_page index 16 4\nmember dyn_ftrace ip 0 8\nmember dyn_ftrace flags 8 8\n"
		"member module list 16 16\nmember module name 32 56\nmember module module_core 112 8\n"
		"member module core_size 120 4\ntype klp_patch 64\ntype klp_object 112\ntype klp_func 256\n"
		"type dyn_ftrace 16\n";
	static const char *const newer[] = { "symbol klp_transition_patch", "symbol klp_target_state" };
	char *memory = without(kernel_memory, newer, 2);
	struct fake *f = kernel_parse("little", 8, old_types, memory, NULL);
	struct report *r = kernel_report(f, "x86_64");

	(void)state;
	assert_int_equal(r->nr_patches, 2);
	assert_int_equal(kernel_patch(r, 1)->state, PATCH_APPLIED);
	assert_int_equal(kernel_patch(r, 1)->nr_objects, 1);
	assert_int_equal(kernel_patch(r, 1)->objects->nr_funcs, 2);
	assert_verdict(kernel_func(r, 1, "f1"), KLPSCOPE_EFFECT_NO, REASON_SHADOWED);
	assert_verdict(kernel_func(r, 2, "f1"), KLPSCOPE_EFFECT_YES, REASON_NONE);
	/* This kernel has no such thing: a fact, not a gap. */
	assert_int_equal(kernel_patch(r, 1)->replace.st, KLPSCOPE_NOT_FOUND);
	assert_int_equal(kernel_patch(r, 1)->states_st, KLPSCOPE_NOT_FOUND);
	assert_string_equal(kernel_patch(r, 2)->module->name.s, "klp_two");
	assert_false(kernel_has_finding(r, "corrupt", ""));
	fake_free(f);
	free(memory);
}

static void test_not_built_in(void **state)
{
	struct fake *f = fake_parse("symbol init_task 0xc0000000\nsymbol modules @m\nmember module list 0 16\n"
				    "member module name 16 16\nat 0xc0001000\n@m: ptr @k @k\n"
				    "@k: ptr @m @m\nstr \"kpatch\"\n");
	struct report *r = kernel_report(f, "x86_64");

	(void)state;
	assert_int_equal(r->capability, KLP_NOT_BUILT_IN);
	/* A complete answer; but somebody else patches functions here. */
	assert_true(r->complete);
	assert_true(kernel_has_finding(r, "other-hotfix-technology", "kpatch"));
	fake_free(f);
	/* A symbol table with a gap proves nothing. */
	f = fake_parse("symbol init_task 0xc0000000\nsymbol klp_patches excluded\n"
		       "member module list 0 16\nat 0xc0001000\n@m: ptr @m @m\n");
	r = kernel_report(f, "x86_64");
	assert_int_equal(r->capability, KLP_UNKNOWN);
	assert_false(r->complete);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_applying),
		cmocka_unit_test(test_reverting),
		cmocka_unit_test(test_transition_window),
		cmocka_unit_test(test_shifted_states),
		cmocka_unit_test(test_nop),
		cmocka_unit_test(test_entry_not_redirected),
		cmocka_unit_test(test_traced_only),
		cmocka_unit_test(test_ftrace_disabled),
		cmocka_unit_test(test_own_trampoline),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_wild_pointer),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_unlisted_function),
		cmocka_unit_test(test_missing_symbols),
		cmocka_unit_test(test_lost_klp_patches),
		cmocka_unit_test(test_detached),
		cmocka_unit_test(test_off_stack),
		cmocka_unit_test(test_three_on_a_stack),
		cmocka_unit_test(test_hostile_name),
		cmocka_unit_test(test_missing_members),
		cmocka_unit_test(test_missing_transition),
		cmocka_unit_test(test_static_arrays),
		cmocka_unit_test(test_not_built_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
