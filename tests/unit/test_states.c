// SPDX-License-Identifier: GPL-2.0-or-later
/* States of several patches, and callbacks: what is concluded, and what is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/analysis.h"
#include "output/json.h"
#include "output/text.h"
#include "tests/unit/fixture_parts.h"

#define ARENA (64u << 20)

static struct arena *a;

static int setup(void **state)
{
	(void)state;
	a = arena_new(ARENA);
	return !a;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static struct patch_rec *add_patch(struct report *r, const char *name, unsigned int order, bool replace)
{
	struct patch_rec *p = patch_add(a, r, name, PATCH_APPLIED, KLPSCOPE_EFFECT_YES);

	p->order = order;
	p->replace = num(replace);
	return p;
}

static struct state_rec *add_state(struct patch_rec *p, uint64_t id, uint64_t version)
{
	struct state_rec *s = need(arena_alloc(a, sizeof(*s))), **tail = &p->states;

	s->id = num(id);
	s->version = num(version);
	s->data = num(0);
	while (*tail)
		tail = &(*tail)->next;
	*tail = s;
	return s;
}

static unsigned int conflicts(const struct report *r)
{
	unsigned int n = 0;

	for (const struct finding_rec *f = r->findings; f; f = f->next)
		n += !strcmp(f->code, "state-conflict");
	return n;
}

static char *text_of(const struct report *r, const char *patch)
{
	const struct klpscope_render how = { .sections = KLPSCOPE_SECTION_STATES, .patch = patch };
	size_t length;
	char *text;

	assert_int_equal(text_render(r, &how, &text, &length), KLPSCOPE_OK);
	return text;
}

static void assert_says(const struct report *r, const char *words)
{
	char *text = text_of(r, NULL);

	if (!strstr(text, words))
		fail_msg("\"%s\" is not in\n%s", words, text);
	free(text);
}

static void test_rising_versions_fit(void **state)
{
	struct report *r = report_new(a);

	(void)state;
	add_state(add_patch(r, "one", 1, false), 10, 1);
	add_state(add_patch(r, "two", 2, false), 10, 1);
	add_state(add_patch(r, "three", 3, false), 10, 3);
	analysis_states(r);
	assert_int_equal(conflicts(r), 0);
	assert_int_equal(r->states_compared, KLPSCOPE_OK);
	assert_says(r, "\nthree        10        3  none\nThey fit: ");
}

static void test_lower_version(void **state)
{
	struct report *r = report_new(a);
	const struct finding_rec *f;

	(void)state;
	add_state(add_patch(r, "one", 1, false), 10, 2);
	add_state(add_patch(r, "two", 2, false), 11, 1);
	add_state(add_patch(r, "three", 3, false), 10, 1);
	analysis_states(r);
	assert_int_equal(conflicts(r), 1);
	f = r->findings;
	assert_string_equal(f->expected, "version 2 or higher");
	assert_string_equal(f->found, "version 1");
	assert_says(r, "\nState 10: one has it in version 2, three, which is newer, in version 1: the kernel would not have "
		       "loaded it.\n");
}

/* Only a patch that replaces the others has to have all of theirs. */
static void test_missing_state(void **state)
{
	struct report *r = report_new(a);
	struct patch_rec *newer;

	(void)state;
	add_state(add_patch(r, "one", 1, false), 10, 2);
	newer = add_patch(r, "two", 2, false);
	analysis_states(r);
	assert_int_equal(conflicts(r), 0);
	newer->replace = num(1);
	analysis_states(r);
	assert_int_equal(conflicts(r), 1);
	assert_string_equal(r->findings->found, "no such state");
	assert_says(r, "\nState 10: one has it in version 2, two, which is newer, replaces it and has no such state: ");
}

/* What was not read is not missing. */
static void test_unknown_states(void **state)
{
	struct report *r = report_new(a);
	struct patch_rec *newer;
	struct state_rec *s;

	(void)state;
	add_state(add_patch(r, "one", 1, false), 10, 2);
	newer = add_patch(r, "two", 2, true);
	newer->states_st = EXCLUDED;
	analysis_states(r);
	assert_int_equal(conflicts(r), 0);
	assert_int_equal(r->states_compared, EXCLUDED);
	assert_says(r, "\nThere may be more: the lists could not be read to their ends (page excluded from the dump).\n"
		       "Whether the states of all listed patches fit together is unknown (page excluded from the dump).\n");
	newer->states_st = KLPSCOPE_OK;
	s = add_state(newer, 10, 1);
	s->version = lost();
	analysis_states(r);
	assert_int_equal(conflicts(r), 0);
	assert_int_equal(r->states_compared, EXCLUDED);
}

static void test_too_many_states(void **state)
{
	struct report *r = report_new(a);
	struct patch_rec *one = add_patch(r, "one", 1, false), *two = add_patch(r, "two", 2, false);

	(void)state;
	for (unsigned int i = 1; i < 4000; i++) {
		add_state(one, i, 1);
		add_state(two, 100000 + i, 1);
	}
	analysis_states(r);
	assert_int_equal(r->states_compared, KLPSCOPE_LIMIT);
}

/* --- callbacks --- */

static struct object_rec *with_callbacks(struct report *r, enum patch_state patch_state, bool loaded, struct val enabled)
{
	struct patch_rec *p = patch_add(a, r, "klp_a", patch_state, KLPSCOPE_EFFECT_YES);
	struct object_rec *o = object_add(a, p, loaded ? "vmlinux" : "absent", loaded);

	for (unsigned int i = 0; i < CB_COUNT; i++)
		o->callbacks.cb[i] = (struct callback_rec){ .addr = num(0xffffffffc0600800 + i),
							    .symbol = { .name = "callback", .start = 0xffffffffc0600800 } };
	o->callbacks.post_unpatch_enabled = enabled;
	return o;
}

static void check_ran(enum patch_state patch_state, bool loaded, struct val enabled, enum callback_ran pre_patch,
		      enum callback_ran post_patch, enum callback_ran pre_unpatch, enum callback_ran post_unpatch)
{
	struct report *r = report_new(a);
	struct object_rec *o = with_callbacks(r, patch_state, loaded, enabled);

	analysis_callbacks(r);
	assert_int_equal(o->callbacks.cb[CB_PRE_PATCH].ran, pre_patch);
	assert_int_equal(o->callbacks.cb[CB_POST_PATCH].ran, post_patch);
	assert_int_equal(o->callbacks.cb[CB_PRE_UNPATCH].ran, pre_unpatch);
	assert_int_equal(o->callbacks.cb[CB_POST_UNPATCH].ran, post_unpatch);
}

static void test_ran(void **state)
{
	(void)state;
	check_ran(PATCH_APPLIED, true, num(1), RAN_YES, RAN_YES, RAN_NO, RAN_NO);
	check_ran(PATCH_APPLYING, true, num(1), RAN_YES, RAN_IF_REVERSED, RAN_IF_REVERSED, RAN_NO);
	check_ran(PATCH_REVERTING, true, num(1), RAN_YES, RAN_UNLESS_REVERSED, RAN_UNLESS_REVERSED, RAN_NO);
	check_ran(PATCH_OFF, true, num(1), RAN_YES, RAN_UNKNOWN, RAN_UNKNOWN, RAN_NO);
	check_ran(PATCH_UNKNOWN, true, num(1), RAN_YES, RAN_UNKNOWN, RAN_UNKNOWN, RAN_NO);
	check_ran(PATCH_APPLIED, false, num(0), RAN_UNKNOWN, RAN_UNKNOWN, RAN_UNKNOWN, RAN_UNKNOWN);
	check_ran(PATCH_APPLIED, true, num(0), RAN_UNKNOWN, RAN_UNKNOWN, RAN_UNKNOWN, RAN_UNKNOWN);
	check_ran(PATCH_APPLIED, true, lost(), RAN_UNKNOWN, RAN_UNKNOWN, RAN_UNKNOWN, RAN_UNKNOWN);
}

/* Whatever changes is changed with klp_mutex held: the one that runs has not ended, those before it have. */
static void test_ran_while_changing(void **state)
{
	static const enum patch_state states[] = { PATCH_APPLIED, PATCH_APPLYING, PATCH_REVERTING };
	const struct val held[] = { num(1), lost() };

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		struct report *r = report_new(a);
		struct object_rec *o = with_callbacks(r, states[i / 2], true, num(1));

		r->transition.changing = held[i % 2];
		analysis_callbacks(r);
		assert_int_equal(o->callbacks.cb[CB_PRE_PATCH].ran, RAN_YES);
		for (enum callback c = CB_POST_PATCH; c < CB_COUNT; c++)
			assert_int_equal(o->callbacks.cb[c].ran, RAN_UNKNOWN);
	}
}

static void test_no_callback(void **state)
{
	struct report *r = report_new(a);
	struct object_rec *o = with_callbacks(r, PATCH_APPLIED, true, num(1));

	(void)state;
	o->callbacks.cb[CB_PRE_PATCH].addr = num(0);
	o->callbacks.cb[CB_POST_PATCH].addr = lost();
	o->callbacks.cb[CB_PRE_UNPATCH].addr.st = KLPSCOPE_NOT_FOUND;
	analysis_callbacks(r);
	assert_int_equal(o->callbacks.cb[CB_PRE_PATCH].ran, RAN_NONE);
	assert_int_equal(o->callbacks.cb[CB_POST_PATCH].ran, RAN_UNKNOWN);
	assert_int_equal(o->callbacks.cb[CB_PRE_UNPATCH].ran, RAN_NONE);
	assert_int_equal(o->callbacks.cb[CB_POST_UNPATCH].ran, RAN_NO);
}

static void test_callbacks_in_words(void **state)
{
	struct report *r = report_new(a);
	char *text;

	(void)state;
	with_callbacks(r, PATCH_APPLYING, true, num(1));
	analysis_callbacks(r);
	text = text_of(r, NULL);
	assert_non_null(strstr(text, "\nPatch klp_a, applying\n"
				     "  OBJECT   CALLBACK      FUNCTION      HAD RUN\n"
				     "  vmlinux  pre_patch     callback      yes\n"
				     "  vmlinux  post_patch    callback+0x1  not yet (1)\n"
				     "  vmlinux  pre_unpatch   callback+0x2  not yet (1)\n"
				     "  vmlinux  post_unpatch  callback+0x3  no\n(1) Yes, if the patch had been "));
	assert_null(strstr(text, "(2)"));
	free(text);
	r = report_new(a);
	with_callbacks(r, PATCH_APPLIED, false, num(0));
	analysis_callbacks(r);
	assert_says(r, "  absent  post_patch    callback+0x1  unknown: not loaded\n");
	detached_add(a, r, "klp_gone", "replaced");
	text = text_of(r, "klp_gone");
	assert_non_null(strstr(text, "\nThose of a patch that is not on klp_patches are not looked at.\n"));
	free(text);
}

static void test_callbacks_in_json(void **state)
{
	struct report *r = report_new(a);
	size_t length;
	char *text;

	(void)state;
	with_callbacks(r, PATCH_APPLYING, true, num(1));
	analysis_callbacks(r);
	assert_int_equal(json_render(r, NULL, &text, &length), KLPSCOPE_OK);
	/* The others are not where their symbol starts. */
	assert_non_null(strstr(text, "\"symbols\": {\n              \"pre_patch\": \"callback\",\n"
				     "              \"post_patch\": null,\n"));
	assert_non_null(strstr(text, "\"ran\": {\n              \"pre_patch\": true,\n              \"post_patch\": null,\n"
				     "              \"pre_unpatch\": null,\n              \"post_unpatch\": false\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rising_versions_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lower_version, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing_state, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_states, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many_states, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ran, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ran_while_changing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_callback, setup, teardown),
		cmocka_unit_test_setup_teardown(test_callbacks_in_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_callbacks_in_json, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
