// SPDX-License-Identifier: GPL-2.0-or-later
/* The text report: what it says, that it fits, and that nothing is lost or made up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "output/out.h"
#include "output/table.h"
#include "output/text.h"

#define ARENA (16u << 20)

/* --- helpers --- */

static char *render(const struct report *r, struct klpscope_render how)
{
	size_t len;
	char *text;

	how.size = sizeof(how);
	assert_int_equal(text_render(r, &how, &text, &len), KLPSCOPE_OK);
	assert_int_equal(strlen(text), len);
	assert_true(len > 0 && text[len - 1] == '\n');
	return text;
}

/* Not wrapped, so that sentences can be looked for. */
static char *rendered(struct report *(*make)(struct arena *), unsigned int sections, const char *patch)
{
	const struct klpscope_render how = { .sections = sections, .patch = patch };
	struct arena *a = arena_new(ARENA);
	char *text = render(make(a), how);

	arena_free(a);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is missing in:\n%s", part, text);
}

static void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" should not be in:\n%s", part, text);
}

static void check_says(struct report *(*make)(struct arena *), unsigned int sections,
		       const char *const *parts)
{
	char *text = rendered(make, sections, NULL);

	for (; *parts; parts++)
		assert_has(text, *parts);
	free(text);
}

#define SAYS(make, sections, ...) \
	check_says(make, sections, (const char *const[]){ __VA_ARGS__, NULL })

/* Without SGR sequences, in place. */
static void strip_colour(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\033' && s[1] == '[')
			s += strcspn(s, "m") + 1;
		else
			*to++ = *s++;
	}
	*to = '\0';
}

/* --- it fits --- */

static void assert_fits(const char *name, const char *text, unsigned int width)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len > width)
			fail_msg("%s at %u columns: \"%.*s\"", name, width, (int)len, text);
		assert_true(!len || text[len - 1] != ' ');
		for (size_t i = 0; i < len; i++)
			assert_true(text[i] >= 0x20 && text[i] < 0x7f);
		text += len + 1;
	}
}

static void test_width(void **state)
{
	static const unsigned int widths[] = { 60, 72, 80, 100, 132 };
	struct arena *a = arena_new(ARENA);

	(void)state;
	for (unsigned int i = 0; i < nr_fixtures; i++) {
		const struct report *r = fixtures[i].make(a);

		for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
			char *text = render(r, (struct klpscope_render){ .width = widths[w],
									 .sections = KLPSCOPE_SECTIONS_ALL });

			assert_fits(fixtures[i].name, text, widths[w]);
			free(text);
		}
	}
	arena_free(a);
}

static void test_absurd_width(void **state)
{
	struct arena *a = arena_new(ARENA);
	char *text = render(fixture_long(a), (struct klpscope_render){ .width = 1 });

	(void)state;
	assert_fits("long", text, OUT_WIDTH_MIN);
	free(text);
	arena_free(a);
}

/* --- nothing is cut, nothing depends on where it runs --- */

static void test_break_loses_nothing(void **state)
{
	const char *const texts[] = {
		"one two  three", "livepatch_livepatch_livepatch", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"a b_c_d_e_f_g h", "",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t width = 1; width < 40; width++) {
			const char *s = texts[i];
			char joined[128] = "";

			do {
				size_t next, len = out_break(s, width, &next);

				assert_true(len <= width && len <= next);
				assert_true(next || !*s);
				strncat(joined, s, len);
				/* What is left out between lines is blanks. */
				assert_int_equal(strspn(s + len, " ") >= next - len, 1);
				strncat(joined, s + len, next - len);
				s += next;
			} while (*s);
			assert_string_equal(joined, texts[i]);
		}
	}
}

/* All pieces of a cell, joined, are the cell. */
static void test_table_cuts_nothing(void **state)
{
	static const struct table_column columns[] = {
		{ .title = "N", .right = true },
		{ .title = "NAME", .gives = 1, .least = 5 },
	};
	const char *const cells[] = {
		"1", "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789",
	};
	struct table *t = table_new(columns, 2);
	struct out o;
	char joined[128] = "";
	const char *s;

	(void)state;
	out_init(&o, OUT_WIDTH_MIN, false);
	table_row(t, cells, 0, TONE_PLAIN);
	table_print(t, &o, 2);
	assert_false(o.sb.failed);
	s = sb_str(&o.sb);
	s = strchr(s, '\n') + 1;
	while (*s) {
		size_t len = strcspn(s, "\n");

		assert_true(len > 5);
		strncat(joined, s + 5, len - 5);
		s += len + 1;
	}
	assert_string_equal(joined, cells[1]);
	sb_free(&o.sb);
}

static void test_same_bytes_in_every_locale(void **state)
{
	static const char *const locales[] = { "C.UTF-8", "C" };
	struct arena *a = arena_new(ARENA);

	(void)state;
	for (unsigned int i = 0; i < nr_fixtures; i++) {
		const struct report *r = fixtures[i].make(a);
		const struct klpscope_render how = { .width = 80, .sections = KLPSCOPE_SECTIONS_ALL };
		char *first = render(r, how);

		for (int k = 0; k < 2; k++) {
			char *again;

			assert_non_null(setlocale(LC_ALL, locales[k]));
			again = render(r, how);
			assert_string_equal(first, again);
			free(again);
		}
		free(first);
	}
	arena_free(a);
}

static void test_colour_adds_only_colour(void **state)
{
	struct arena *a = arena_new(ARENA);

	(void)state;
	for (unsigned int i = 0; i < nr_fixtures; i++) {
		const struct report *r = fixtures[i].make(a);
		struct klpscope_render how = { .width = 80, .sections = KLPSCOPE_SECTIONS_ALL };
		char *plain = render(r, how), *coloured;

		how.colour = true;
		coloured = render(r, how);
		assert_null(strchr(plain, '\033'));
		assert_non_null(strchr(coloured, '\033'));
		strip_colour(coloured);
		/* Padding inside a coloured cell cannot be trimmed: compare without blanks. */
		for (const char *p = plain, *c = coloured; *p || *c;) {
			while (*p && isspace((unsigned char)*p))
				p++;
			while (*c && isspace((unsigned char)*c))
				c++;
			assert_int_equal(*p, *c);
			if (*p) {
				p++;
				c++;
			}
		}
		free(plain);
		free(coloured);
	}
	arena_free(a);
}

static void test_hostile_names(void **state)
{
	char *text = rendered(fixture_hostile, KLPSCOPE_SECTIONS_ALL, NULL);

	(void)state;
	assert_has(text, "klp_\\xc3\\xa9\\xe6\\xbc\\xa2\\x1b[31m\"'</b>%s%n\\x5cx");
	assert_has(text, "/tmp/\\xff raw \\x1b[2J\\x0a.vmcore");
	free(text);
}

/* --- unknown is not no --- */

/* Is there one of these as a word of its own? */
static void assert_no_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *s = text; (s = strstr(s, word)); s += len) {
		bool before = s > text && (isalnum((unsigned char)s[-1]) || s[-1] == '_');
		bool after = isalnum((unsigned char)s[len]) || s[len] == '_';

		if (!before && !after)
			fail_msg("\"%s\" is said in:\n%s", word, text);
	}
}

/* Phrases that contain a "not" without answering anything. */
static const char *const no_answers[] = {
	"not everything", "unknown is not \"no\"", "Loaded but not in effect:", "could not be",
	"but not on klp_patches",
	/* Of functions whose number is known, none is known to be in effect. */
	"0/1 1 unknown",
};

static void check_says_no_no(struct report *(*make)(struct arena *))
{
	static const char *const words[] = { "no", "none", "not", "No", "0", "0x0", "off", "empty" };
	char *text = rendered(make, KLPSCOPE_SECTIONS_ALL, NULL), *s;

	assert_has(text, "INCOMPLETE:");
	for (size_t i = 0; i < sizeof(no_answers) / sizeof(no_answers[0]); i++)
		while ((s = strstr(text, no_answers[i])))
			memset(s, '.', strlen(no_answers[i]));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_no_word(text, words[i]);
	assert_has(text, "UNKNOWN whether one was under way");
	assert_has(text, "What ran  unknown");
	free(text);
}

static void test_unknown_is_not_no(void **state)
{
	(void)state;
	check_says_no_no(fixture_blind);
	check_says_no_no(fixture_lost);
}

static void test_blind(void **state)
{
	(void)state;
	SAYS(fixture_blind, 0,
	     "- whether this kernel has livepatch at all",
	     "- klp_patches, the list of patches, to its end (page excluded from the dump)",
	     "In effect at the crash: UNKNOWN: klp_patches could not be read (page excluded from the dump).",
	     "Loaded but not in effect: UNKNOWN: the list of modules could not be read to its end");
}

static void test_damaged(void **state)
{
	(void)state;
	SAYS(fixture_damaged, KLPSCOPE_SECTIONS_ALL,
	     "In effect at the crash: at least 1 hotfix: klp_patches could not be read to its end",
	     "UNKNOWN whether in effect: 3\n",
	     "  (unreadable)      UNKNOWN: page excluded from the dump\n",
	     "UNKNOWN: its module is loaded; it may be on the unread rest of klp_patches",
	     "0/? 2 unknown",
	     "2 of at least 2 functions unknown",
	     "- the verdict on 2 patches\n",
	     "- the verdict on 2 functions\n",
	     "    (unreadable): unknown (page excluded from the dump)\n",
	     "There may be more functions: the list could not be read to its end",
	     "stack unknown, entry unknown (page excluded from the dump), nop unknown",
	     "Findings: 2 errors and 1 warning, listed below.",
	     "function 1: page excluded from the dump (0xffffffffc0612148)");
}

/* A complete report has no banner. */
static void test_banner_only_when_incomplete(void **state)
{
	struct arena *a = arena_new(ARENA);

	(void)state;
	for (unsigned int i = 0; i < nr_fixtures; i++) {
		const struct report *r = fixtures[i].make(a);
		char *text = render(r, (struct klpscope_render){ 0 });

		assert_int_equal(strstr(text, "INCOMPLETE:") != NULL, !r->complete);
		free(text);
	}
	arena_free(a);
}

/* --- the answers --- */

static void test_none(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_none(a);
	char *text;

	(void)state;
	SAYS(fixture_none, 0,
	     "In effect at the crash: none: klp_patches is empty. The livepatch taint is not set: there was "
	     "none since boot.\n",
	     "Transition: none was under way.\n", "Loaded but not in effect: none.\n", ", not tainted\n");
	r->system.taints.v = 1u << 15;
	text = render(r, (struct klpscope_render){ 0 });
	assert_has(text, "The livepatch taint is set: there was one at some time since boot.");
	free(text);
	arena_free(a);
}

static void test_live(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_active(a);
	char *text;

	(void)state;
	r->system.path = (struct text){ NULL, KLPSCOPE_NOT_FOUND };
	r->system.format = (struct text){ "live system", KLPSCOPE_OK };
	text = render(r, (struct klpscope_render){ 0 });
	assert_has(text, "Dump      live system\n");
	free(text);
	r->system.format = r->system.path;
	text = render(r, (struct klpscope_render){ 0 });
	assert_has(text, "Dump      unknown\n");
	free(text);
	arena_free(a);
}

static void check_capsule(const struct capsule_rec *c, const char *line)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_active(a);
	char *text;

	r->system.capsule = c;
	text = render(r, (struct klpscope_render){ 0 });
	assert_has(text, line);
	free(text);
	arena_free(a);
}

static void test_capsule(void **state)
{
	struct capsule_rec c = {
		.generator = { "klpscope 0.3", KLPSCOPE_OK }, .format = { "split ELF", KLPSCOPE_OK },
		.size = { UINT64_MAX, KLPSCOPE_OK },
	};
	char *text = rendered(fixture_active, 0, NULL);

	(void)state;
	assert_has_not(text, "Capsule");
	free(text);
	check_capsule(&c, "Capsule   only what klpscope 0.3 used of a dump of 18446744073709551615 bytes, split ELF\n");
	c.redacted = true;
	check_capsule(&c, "bytes, split ELF; names of tasks and of the host are redacted\n");
	/* It says nothing of itself. */
	c = (struct capsule_rec){ .generator.st = KLPSCOPE_NOT_FOUND, .format.st = KLPSCOPE_NOT_FOUND,
				  .size.st = KLPSCOPE_NOT_FOUND };
	check_capsule(&c, "Capsule   only what klpscope used of a dump\n");
}

/* What its maker did not look at is not in it. */
static void test_capsule_of_another(void **state)
{
	static const char words[] = "did not look at (a new capsule of the dump has it)\n";
	struct capsule_rec c = { .generator = { "klpscope 0.1", KLPSCOPE_OK } };
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_detail(a);
	char *text;

	(void)state;
	r->system.capsule = &c;
	text = render(r, (struct klpscope_render){ 0 });
	assert_has(text, "- what klpscope 0.1, which made this capsule, ");
	assert_has(text, words);
	free(text);
	c.generator.s = "klpscope " KLPSCOPE_VERSION;
	text = render(r, (struct klpscope_render){ 0 });
	assert_has_not(text, words);
	free(text);
	arena_free(a);
}

static void test_not_built_in(void **state)
{
	char *text = rendered(fixture_not_built_in, 0, NULL);

	(void)state;
	assert_has(text, "This kernel was built without livepatch");
	assert_has(text, "OTHER HOTFIX TECHNOLOGY: ksplice_7xk2, kpatch loaded.");
	assert_has_not(text, "INCOMPLETE");
	free(text);
}

static void test_active(void **state)
{
	(void)state;
	SAYS(fixture_active, 0,
	     "What ran  6.1.0-56-cloud-amd64+klp_test_vmlinux+klp_test_modules\n",
	     "Kernel    6.1.0-56-cloud-amd64 x86_64, host db3, tainted O E K\n",
	     "In effect at the crash: 2 hotfixes\n",
	     "  klp_test_vmlinux  yes, for every task: 2 functions\n",
	     "  klp_test_modules  yes, for every task: 1 function; 1 more for klp_target_two, which was not "
	     "loaded\n",
	     "#  PATCH             STATE    IN EFFECT  FUNCS  VERSION  ADDRESS\n",
	     "2  klp_test_modules  applied  yes        1/1    1.2      0xffffffffc0612040\n");
}

static void test_functions(void **state)
{
	(void)state;
	SAYS(fixture_active, KLPSCOPE_SECTION_FUNCTIONS,
	     "\nPatch klp_test_vmlinux\n",
	     "    version_proc_show (sympos 2): yes, for every task\n"
	     "        old  0xffffffff8a3b1a30  version_proc_show\n"
	     "        new  0xffffffffc0601080  klp_version_proc_show [klp_test_vmlinux]\n"
	     "        stack 1/1, entry redirected\n",
	     "    klp_absent_show: no, klp_target_two was not loaded\n",
	     "    callbacks: pre_patch\n",
	     "  State id    42, version 1\n",
	     "taints OEK, references 0\n");
}

static void test_no_functions_unless_asked(void **state)
{
	char *text = rendered(fixture_active, 0, NULL);

	(void)state;
	assert_has_not(text, "cmdline_proc_show");
	free(text);
}

static void test_stacked(void **state)
{
	(void)state;
	SAYS(fixture_stacked, KLPSCOPE_SECTION_FUNCTIONS,
	     "  klp_test_lower  PARTLY: 1 of 2 functions for every task, 1 shadowed by klp_test_upper\n",
	     "    cmdline_proc_show: no, shadowed by klp_test_upper\n",
	     "        stack 2/2, entry redirected\n",
	     "        stack 1/2 (newest), entry redirected\n");
}

static void test_replaced(void **state)
{
	(void)state;
	SAYS(fixture_replaced, KLPSCOPE_SECTION_FUNCTIONS,
	     "yes, for every task: 1 function; 1 nop of its atomic replace, where the original runs\n",
	     "  klp_test_older  no: replaced by a newer patch; its module is still loaded\n",
	     "klp_test_older  replaced  0xffffffffc0500000  0xffffffffc04ff000\n",
	     "    version_proc_show: yes, a nop of an atomic replace: the original runs\n",
	     "        new  none, it is a nop: the original runs\n",
	     "\nModule klp_test_older\n");
}

static void test_not_in_effect(void **state)
{
	(void)state;
	SAYS(fixture_disabled, 0,
	     "In effect at the crash: UNKNOWN\n",
	     "  klp_test_odd  UNKNOWN: its module is loaded; it is on no list, and why is not known\n",
	     "Loaded but not in effect: 6 hotfixes\n",
	     "no: on klp_patches, but off: not enabled and not in transition\n",
	     "no: disabled; its module is still loaded\n",
	     "no: it could not be enabled; its module is loaded\n",
	     "no: its module was just being loaded\n",
	     "no: its module was just being unloaded\n");
}

static void test_unowned(void **state)
{
	(void)state;
	SAYS(fixture_unowned, 0,
	     "- what 1 function ran: no patch that could be read has the replacement\n",
	     "- the verdict on 1 loaded module\n",
	     "In effect at the crash: at least 2 hotfixes\n",
	     "  klp_test_lost  UNKNOWN: its module is loaded; it is on no list, but some function runs a "
	     "replacement that no listed patch has\n");
}

static void test_detail(void **state)
{
	(void)state;
	SAYS(fixture_detail, KLPSCOPE_SECTIONS_ALL,
	     "- details, none of which decides an answer\n",
	     "In effect at the crash: 2 hotfixes\n",
	     "  Srcversion  unknown (page excluded from the dump)\n");
}

static void test_transitions(void **state)
{
	(void)state;
	SAYS(fixture_stalled, KLPSCOPE_SECTION_FUNCTIONS,
	     "Transition: UNDER WAY. klp_test_single was being applied. Each task ran the old code until it "
	     "switched. 2 of 6 tasks had not switched yet: klp_waiter_u (112), klp_waiter_k (113). Held up by "
	     "klp_cmdline_proc_show(): 1 task; by klp_waiter_work(): 1 task. The kernel had tried 23 times",
	     "PARTLY: it was being applied; tasks that had switched ran it, the others did not yet\n",
	     "PARTLY: 1 of 1 function only for tasks that had not switched to klp_test_single\n",
	     "cmdline_proc_show: partly, only for tasks that had switched to the patch (4 of 6), the panicking "
	     "task among them\n",
	     "cmdline_proc_show: partly, only for tasks that had not switched to klp_test_single (2 of 6), the "
	     "panicking task not among them\n");
	SAYS(fixture_reverting, KLPSCOPE_SECTION_FUNCTIONS,
	     "klp_test_single was being reverted. Each task ran the new code until it switched back. "
	     "All 4 tasks had switched back.",
	     "PARTLY: it was being reverted; tasks that had not switched back yet still ran it\n",
	     "cmdline_proc_show: partly, only for tasks that had not switched back yet (0 of 4), the panicking task not among them\n");
}

/* All of it was read, and a name that more than one function has could not be asked for. */
static struct report *checked(struct arena *a)
{
	struct report *r = fixture_active(a);

	r->tasks.walked = true;
	r->findings = NULL;
	return r;
}

static struct report *unchecked(struct arena *a)
{
	struct report *r = checked(a);

	r->patches->objects->funcs->symbol_addr.st = KLPSCOPE_UNSUPPORTED;
	return r;
}

static void test_checked(void **state)
{
	(void)state;
	SAYS(checked, KLPSCOPE_SECTION_INTEGRITY, "Checked, and nothing contradicts: 2 patches");
	SAYS(unchecked, KLPSCOPE_SECTION_INTEGRITY, "Checked, and nothing of it contradicts: 2 patches",
	     "Not checked: whether 1 function that a patch replaces is of that name.");
}

/* Its post_patch runs. */
static struct report *completing(struct arena *a)
{
	struct report *r = fixture_stalled(a);

	r->transition.at_edge = (struct val){ 1, KLPSCOPE_OK };
	r->tasks.pending = NULL;
	r->tasks.nr_pending = 0;
	r->tasks.total_pending.v = 0;
	return r;
}

static void test_edge(void **state)
{
	(void)state;
	SAYS(completing, KLPSCOPE_SECTION_TRANSITION,
	     "Transition: UNDER WAY. klp_test_single was being applied. That was just beginning or ending: no task had to "
	     "switch, and all of them ran the same code.",
	     "\nTransition, task by task\nThat was just beginning or ending: no task had to switch");
}

static void test_tasks(void **state)
{
	(void)state;
	SAYS(fixture_stalled, KLPSCOPE_SECTION_TRANSITION,
	     "\nTransition, task by task\n2 of 6 tasks had not switched yet: klp_waiter_u (112), klp_waiter_k "
	     "(113). Held up by klp_cmdline_proc_show(): 1 task; by klp_waiter_work(): 1 task.\n",
	     "PID  TGID  COMM          CPU  KIND    STATE           PATCH STATE  FLAG     ON CPU  HELD UP BY\n",
	     "112   112  klp_waiter_u    3  user    D (disk sleep)  unpatched    pending  no      klp_cmdline_proc_show()\n",
	     "113   112  klp_waiter_k    3  kernel  D (disk sleep)  unpatched    unknown  no      klp_waiter_work()\n");
	SAYS(fixture_reverting, KLPSCOPE_SECTION_TRANSITION,
	     "\nTransition, task by task\nAll 4 tasks had switched back.\n");
	SAYS(fixture_active, KLPSCOPE_SECTION_TRANSITION, "\nTransition, task by task\nNone was under way: the answers above are the same for every task");
	SAYS(fixture_not_built_in, KLPSCOPE_SECTION_TRANSITION, "\nTransition, task by task\nNone was under way: ");
	SAYS(fixture_blind, KLPSCOPE_SECTION_TRANSITION,
	     "\nTransition, task by task\nUNKNOWN whether one was under way (page excluded from the dump).\n");
	SAYS(fixture_straggling, KLPSCOPE_SECTION_TRANSITION | KLPSCOPE_SECTION_FUNCTIONS,
	     "- the list of tasks, to its end (page excluded from the dump)\n",
	     "- whether 1 task had switched\n",
	     "Of 5 tasks that could be read, 3 had switched and 2 had not: klp_waiter_u (112), klp_waiter_k (113). "
	     "Held up by an unreliable stack: 1 task; by UNKNOWN: 1 task. Of 1 more it is UNKNOWN. How many tasks there were is UNKNOWN (page excluded from the dump).",
	     "only for tasks that had switched to the patch\n",
	     "112   112  klp_waiter_u  unknown  unknown  unknown         unpatched    unknown  unknown  unknown\n",
	     "unpatched    unknown  no       an unreliable stack, in klp_waiter_work()\n",
	     "- what held up 1 task\n",
	     "There are more: ");
}

/* --- the crash path, and stacks --- */

#define BASH "bash (4242) panicked on CPU 2"

static void test_crash_path(void **state)
{
	(void)state;
	SAYS(fixture_none, 0, "\nCrash path: no patched function on it. " BASH ".\n");
	SAYS(fixture_active, 0, "\nCrash path: ran klp_version_proc_show() of patch klp_test_vmlinux; the crash came in a call from it. " BASH ".\n");
	SAYS(fixture_stacked, 0, "\nCrash path: there is none: nobody had panicked when the dump was made.\n");
	SAYS(fixture_replaced, 0, "\nCrash path: no hotfix on it, but it ran the original cmdline_proc_show(), which patch "
				  "klp_test_newer replaces. " BASH ".\n");
	SAYS(fixture_disabled, 0, "\nCrash path: ran klp_left_behind() of patch klp_test_replaced, which was not in effect; the crash came in a call from it. " BASH ".\n");
	SAYS(fixture_stalled, 0, "\nCrash path: no patched function on it. " BASH "; it had switched to the new code.\n");
	SAYS(fixture_reverting, 0, BASH "; it had switched back to the old code.\n");
	SAYS(fixture_straggling, 0,
	     "\nCrash path: UNKNOWN: the stack could be followed only in part (it does not lead upwards); no hotfix on that "
	     "part. It may have run klp_cmdline_proc_show() of patch klp_test_single. " BASH "; UNKNOWN whether it had "
	     "switched to the new code.\n",
	     "- whether a hotfix was on the crash path\n",
	     "- whether the stacks of 3 tasks pass through patched functions\n");
	SAYS(fixture_damaged, 0, "\nCrash path: UNKNOWN: no hotfix that could be read is on the stack, but not all could be read.");
	SAYS(fixture_blind, 0, "\nCrash path: UNKNOWN: who panicked could not be found out (page excluded from the dump).\n");
	SAYS(fixture_words, 0,
	     "\nCrash path: ran klp_f_plain() of patch klp_words; further out helper() of patch klp_words. It also ran "
	     "the original f_plain(), which patch klp_words replaces.");
}

/* Hotfixes are known by their modules, what they replace is not. */
static void test_crash_path_originals_unknown(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_stalled(a);
	char *text;

	(void)state;
	r->crash.old_on_path.st = KLPSCOPE_CORRUPT;
	text = render(r, (struct klpscope_render){ 0 });
	assert_has(text, "no hotfix on it. UNKNOWN whether it ran the original of a function that a hotfix replaces.");
	free(text);
	/* Read as far as the CPU. */
	r->crash.task_at.st = r->crash.hotfix_on_path.st = KLPSCOPE_TRUNCATED;
	r->crash.stack = NULL;
	text = render(r, (struct klpscope_render){ 0 });
	assert_has(text, "Crash path: UNKNOWN: who panicked could not be found out (not in the dump's files");
	assert_has_not(text, "bash");
	free(text);
	arena_free(a);
}

static void test_stacks(void **state)
{
	(void)state;
	SAYS(fixture_active, KLPSCOPE_SECTION_STACKS, "\nStacks\nThey were not asked for when the dump was read.\n");
	SAYS(fixture_reverting, KLPSCOPE_SECTION_STACKS,
	     "\nThe panicking task: bash (4242), CPU 2; had switched back to the old code\n",
	     "  0  0xffffffff8a00101c  sysrq_handle_crash+0x1c\n",
	     "  2  0xffffffff8a3b164c  cmdline_proc_show+0x1c               the original (patch klp_test_single replaces it)\n",
	     "\ninit (1), last on CPU 1; had switched back to the old code\n",
	     "klp_cmdline_proc_show+0x1c [klp_test_single]  patch klp_test_single: replaces cmdline_proc_show; the call "
	     "returns through return_to_handler\n",
	     "\n1 of the other 3 tasks' stacks passes through a patched function.\n");
	SAYS(fixture_straggling, KLPSCOPE_SECTION_STACKS,
	     "CPU 2; UNKNOWN whether it had switched to the new code\n",
	     "  Could not be followed to its end (it does not lead upwards). Lines with \"?\" may be left over from "
	     "earlier calls; nothing is concluded from them.\n",
	     "  ? klp_cmdline_proc_show+0x1c [klp_test_single]",
	     "\nNone of the other at least 5 tasks' stacks passes through a patched function. Of 3 more it is "
	     "UNKNOWN (corrupt).\n");
	SAYS(fixture_words, KLPSCOPE_SECTION_STACKS,
	     "  entry, on the way to patch klp_words\n",
	     "  the original (patch klp_words replaces it); interrupted here\n",
	     "  patch klp_words: other code\n",
	     "  unknown\n");
	SAYS(fixture_blind, KLPSCOPE_SECTION_STACKS, "\nUNKNOWN which task panicked (page excluded from the dump).\n",
	     "\nWhich other stacks pass through patched functions is UNKNOWN (page excluded from the dump).\n");
}

/* A stack without frames: each time for another reason. */
static void test_empty_stacks(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_reverting(a);
	struct stack_rec *stack = r->crash.stack;
	const struct klpscope_render how = { .sections = KLPSCOPE_SECTION_STACKS };
	char *text;

	(void)state;
	stack->count = 0;
	text = render(r, how);
	assert_has(text, "  It had exited and has no stack any more.\n");
	free(text);
	stack->user = true;
	text = render(r, how);
	assert_has(text, "  It was running its program, outside the kernel.\n");
	free(text);
	stack->user = false;
	stack->st = KLPSCOPE_EXCLUDED;
	stack->why = "where it lies is not known";
	text = render(r, how);
	assert_has(text, "  Could not be followed to its end (where it lies is not known: page excluded from the dump).\n");
	free(text);
	arena_free(a);
}

/* What holds up whom, in words, for each of the reasons. */
static void test_held_up(void **state)
{
	static const char *const words[] = {
		[HELD_UNKNOWN] = "unknown", [HELD_RUNNING] = "running", [HELD_UNRELIABLE] = "an unreliable stack",
		[HELD_FUNCTION] = "klp_cmdline_proc_show(), klp_waiter_work()", [HELD_NOTHING] = "nothing any more",
	};
	static const char *const sums[] = {
		[HELD_UNKNOWN] = "UNKNOWN: 2 tasks", [HELD_RUNNING] = "running on a CPU: 2 tasks",
		[HELD_UNRELIABLE] = "an unreliable stack: 2 tasks", [HELD_FUNCTION] = "klp_cmdline_proc_show(): 2 tasks",
		[HELD_NOTHING] = "nothing any more: 2 tasks",
	};
	struct arena *a = arena_new(ARENA);

	(void)state;
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct report *r = fixture_stalled(a);
		struct pending_rec *p = r->tasks.pending;
		char *text;

		/* Both are in both. */
		p->blockers->next = p->next->blockers;
		p->next->blockers = p->blockers;
		if (i != HELD_FUNCTION)
			p->blockers = p->next->blockers = NULL;
		p->held_up = p->next->held_up = i;
		text = render(r, (struct klpscope_render){ .sections = KLPSCOPE_SECTION_TRANSITION });
		assert_has(text, arena_printf(a, "  %s\n", words[i]));
		assert_has(text, arena_printf(a, " Held up by %s. The kernel", sums[i]));
		free(text);
	}
	arena_free(a);
}

static char *one_task(struct report *(*make)(struct arena *), uint64_t pid)
{
	struct arena *a = arena_new(ARENA);
	char *text = render(make(a), (struct klpscope_render){
		.sections = KLPSCOPE_SECTION_TRANSITION, .one_task = true, .pid = pid,
	});

	arena_free(a);
	return text;
}

static void test_one_task(void **state)
{
	static const struct {
		struct report *(*make)(struct arena *);
		uint64_t pid;
		const char *says;
	} asked[] = {
		{ fixture_stalled, 113, "Task klp_waiter_k (113) of process 112: had not switched yet: its patch_state was "
					"\"unpatched\".\n" },
		{ fixture_stalled, 1, "Task init (1): had switched: its patch_state was \"patched\".\n" },
		{ fixture_stalled, 0, "Task swapper/1 (0): had switched: " },
		{ fixture_stalled, 3, "Task 3: there was no such task: none of the 6 tasks has that PID.\n" },
		{ fixture_stalled, UINT64_MAX, ": there was no such task: " },
		{ fixture_reverting, 1, "Task init (1): had switched back: " },
		{ fixture_straggling, 3, "Task 3: UNKNOWN: no task that could be read has that PID, but " },
		{ completing, 113, "Task klp_waiter_k (113) of process 112: did not have to switch: the transition was just "
				   "beginning or ending." },
		{ fixture_straggling, 112, "Task klp_waiter_u (112): had not switched yet: " },
		{ fixture_active, 1, "None was under way: the answers above are the same for every task" },
		{ fixture_blind, 1, "UNKNOWN whether one was under way" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		char *text = one_task(asked[i].make, asked[i].pid);

		assert_has(text, asked[i].says);
		/* Its own row of the table, and no other's. */
		assert_int_equal(strstr(text, "112   112") != NULL, asked[i].pid == 112);
		free(text);
	}
}

/* Its PID is known and its state is not. */
static void test_one_unreadable_task(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_straggling(a);
	const struct klpscope_render how = { .sections = KLPSCOPE_SECTION_TRANSITION, .one_task = true, .pid = 2 };
	char *text;

	(void)state;
	r->tasks.task[3].ids_st = KLPSCOPE_OK;
	text = render(r, how);
	assert_has(text, "Task (unreadable) (2): UNKNOWN whether it had switched: task not readable (page excluded");
	free(text);
	arena_free(a);
}

/* Nothing could be walked: that is no number of tasks. */
static void test_tasks_not_walked(void **state)
{
	struct arena *a = arena_new(ARENA);
	struct report *r = fixture_stalled(a);
	char *text;

	(void)state;
	r->tasks = (struct tasks_rec){ .threads_st = KLPSCOPE_EXCLUDED, .idle_st = KLPSCOPE_EXCLUDED };
	r->tasks.total = r->tasks.total_pending = r->tasks.old_side = r->tasks.new_side = (struct val){ 0, KLPSCOPE_EXCLUDED };
	r->complete = false;
	text = render(r, (struct klpscope_render){ .sections = KLPSCOPE_SECTIONS_ALL, .one_task = true });
	assert_has(text, "Which tasks had switched is UNKNOWN (page excluded from the dump).");
	assert_has_not(text, "0 tasks");
	assert_has_not(text, "no such task");
	free(text);
	arena_free(a);
}

static void test_words(void **state)
{
	(void)state;
	SAYS(fixture_words, KLPSCOPE_SECTIONS_ALL,
	     "PARTLY: 1 of 7 functions for every task, 1 shadowed by a newer patch, 1 only for some tasks "
	     "(transition), 1 not put in place, 1 off with the patch, 1 not called by the old function's "
	     "entry, 1 unknown; 1 nop of its atomic replace, where the original runs; 1 more for modules "
	     "that were not loaded\n",
	     "UNKNOWN: its state could not be read\n",
	     "f_plain: yes, for every task\n",
	     "f_shadowed: no, shadowed by a newer patch\n",
	     "f_transition: partly, it depends on the task: a transition was under way\n",
	     "f_nop: yes, a nop of an atomic replace: the original runs\n",
	     "f_target_not_loaded: no, vmlinux was not loaded\n",
	     "f_not_patched: no, it was never put in place\n",
	     "on no function stack, entry original\n",
	     "f_patch_off: no, the patch is off\n",
	     "f_entry: no, it is in place, but the text at the old function's entry goes elsewhere\n",
	     "stack 1/1, entry other\n",
	     "f_unreadable: unknown, what decides it could not be read\n",
	     "info      some-info  all is well\n");
}

/* --- -p --- */

static void test_patch_filter(void **state)
{
	char *text = rendered(fixture_active, KLPSCOPE_SECTIONS_ALL, "klp_test_modules");

	(void)state;
	/* The answers stay whole, the tables do not. */
	assert_has(text, "In effect at the crash: 2 hotfixes\n");
	assert_has(text, "\n2  klp_test_modules");
	assert_has_not(text, "\n1  klp_test_vmlinux");
	assert_has(text, "\nPatch klp_test_modules\n");
	assert_has_not(text, "\nPatch klp_test_vmlinux\n");
	free(text);
}

static void test_filter_finds_nothing(void **state)
{
	const struct klpscope_render how = { .size = sizeof(how), .patch = "klp_test_lost" };
	struct arena *a = arena_new(ARENA);
	size_t len;
	char *text;

	(void)state;
	assert_int_equal(text_render(fixture_active(a), &how, &text, &len), KLPSCOPE_NOT_FOUND);
	assert_null(text);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_absurd_width),
		cmocka_unit_test(test_break_loses_nothing),
		cmocka_unit_test(test_table_cuts_nothing),
		cmocka_unit_test(test_same_bytes_in_every_locale),
		cmocka_unit_test(test_colour_adds_only_colour),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_unknown_is_not_no),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_banner_only_when_incomplete),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_capsule),
		cmocka_unit_test(test_capsule_of_another),
		cmocka_unit_test(test_not_built_in),
		cmocka_unit_test(test_active),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_no_functions_unless_asked),
		cmocka_unit_test(test_stacked),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_not_in_effect),
		cmocka_unit_test(test_unowned),
		cmocka_unit_test(test_detail),
		cmocka_unit_test(test_transitions),
		cmocka_unit_test(test_edge),
		cmocka_unit_test(test_checked),
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_crash_path),
		cmocka_unit_test(test_crash_path_originals_unknown),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_empty_stacks),
		cmocka_unit_test(test_held_up),
		cmocka_unit_test(test_one_task),
		cmocka_unit_test(test_one_unreadable_task),
		cmocka_unit_test(test_tasks_not_walked),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_patch_filter),
		cmocka_unit_test(test_filter_finds_nothing),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
