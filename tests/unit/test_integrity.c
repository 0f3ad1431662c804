// SPDX-License-Identifier: GPL-2.0-or-later
/* One lie at a time in the memory of a small kernel: it is found, under its name, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/analysis.h"
#include "output/text.h"
#include "tests/unit/kernel.h"

/* Offsets of the types of kernel.c. */
enum {
	PATCH_ENABLED = 48, PATCH_FORCED = 50, OBJECT_PATCHED = 56, OBJECT_MOD = 48, FUNC_NAME = 0, FUNC_OLD = 16,
	FUNC_SYMPOS = 24, FUNC_STACK = 48, FUNC_PATCHED = 81, FUNC_TRANSITION = 82, OPS_STACK = 16, FOPS = 32,
	FOPS_FLAGS = FOPS + 8, FOPS_NEXT = FOPS + 32, MODULE_STATE = 0, MODULE_KLP = 88, TASK_SIDE = 104,
};

static struct fake *healthy(void)
{
	return kernel_parse("little", 8, kernel_types, kernel_memory, NULL);
}

static void put(struct fake *f, const char *label, unsigned int offset, uint64_t value, unsigned int size)
{
	fake_write_uint(f, fake_label(f, label) + offset, value, size);
}

/* Everything that can be checked is. */
static struct report *checked(struct fake *f)
{
	struct target *t = fake_target(f);
	struct report *r = arena_alloc(target_arena(t), sizeof(*r));

	r->arena = target_arena(t);
	r->system.architecture = (struct text){ "x86_64", KLPSCOPE_OK };
	r->want_integrity = true;
	assert_int_equal(model_collect(t, r), KLPSCOPE_OK);
	assert_int_equal(analysis_run(r), KLPSCOPE_OK);
	return r;
}

static const char *severity(enum finding_severity s)
{
	return s == FINDING_ERROR ? "error" : s == FINDING_WARNING ? "warning" : "info";
}

/* Frees the kernel. "error not-on-stack; info …", in the order of the report. */
static void assert_found(struct fake *f, const char *expected)
{
	char all[1024] = "";
	struct report *r = checked(f);

	for (struct finding_rec *x = r->findings; x; x = x->next) {
		size_t n = strlen(all);

		snprintf(all + n, sizeof(all) - n, "%s%s %s", n ? "; " : "", severity(x->severity), x->code);
	}
	if (strcmp(all, expected))
		for (struct finding_rec *x = r->findings; x; x = x->next)
			print_message("%s: %s: expected %s, found %s\n", x->code, x->message, x->expected, x->found);
	assert_string_equal(all, expected);
	fake_free(f);
}

/* Some finding has this code and these words, message, expected or found. */
static void assert_words(struct report *r, const char *code, const char *message, const char *expected, const char *found)
{
	for (struct finding_rec *x = r->findings; x; x = x->next)
		if (!strcmp(x->code, code) && strstr(x->message, message)) {
			assert_string_equal(x->expected ? x->expected : "", expected);
			assert_string_equal(x->found ? x->found : "", found);
			return;
		}
	fail_msg("no finding %s with \"%s\"", code, message);
}

static void hold_mutex(struct fake *f)
{
	put(f, "klp_mutex", 0, fake_label(f, "init") | 1, 8);
}

static void test_healthy(void **state)
{
	struct fake *f = healthy();
	struct report *r = checked(f);

	(void)state;
	assert_int_equal(r->ftrace.nr_ops, 2);
	assert_int_equal(r->tasks.count, 5);
	assert_int_equal(r->ops->registered.v, 1);
	assert_int_equal(kernel_func(r, 1, "f2")->symbol_addr.v, fake_label(f, "f2"));
	assert_true(r->complete);
	assert_found(f, "");
}

/* --- functions and stacks --- */

static void take_off_stack(struct fake *f, const char *ops)
{
	put(f, ops, OPS_STACK, fake_label(f, ops) + OPS_STACK, 8);
	put(f, ops, OPS_STACK + 8, fake_label(f, ops) + OPS_STACK, 8);
}

static void test_functions(void **state)
{
	static const struct {
		const char *label;
		unsigned int offset;
		uint64_t value;
		const char *found;
	} lies[] = {
		{ "two_f1", FUNC_PATCHED, 0, "error on-stack-not-patched" },
		{ "one_f1", FUNC_PATCHED, 0, "error on-stack-not-patched" },
		{ "two_obj", OBJECT_PATCHED, 0, "error flags-contradict" },
		{ "one_obj", OBJECT_PATCHED, 0, "error flags-contradict" },
		{ "p1", PATCH_ENABLED, 0, "error off-but-on-stack" },
		{ "p2", PATCH_ENABLED, 0, "error off-but-on-stack" },
		{ "two_f1", FUNC_TRANSITION, 1, "error transition-flag-left" },
		{ "one_f1", FUNC_TRANSITION, 1, "error transition-flag-left" },
		{ "p1", PATCH_FORCED, 1, "warning forced-transition" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		struct fake *f = healthy();

		put(f, lies[i].label, lies[i].offset, lies[i].value, 1);
		assert_found(f, lies[i].found);
	}
}

static void test_words(void **state)
{
	struct fake *f = healthy();

	(void)state;
	put(f, "two_f1", FUNC_PATCHED, 0, 1);
	assert_words(checked(f), "on-stack-not-patched", "patch klp_two: function f1", "klp_func.patched 1", "0");
	fake_free(f);
}

/* However long the names are: a cut might go through a character. */
static void test_long_message(void **state)
{
	struct fake *f = healthy();
	struct report *r = checked(f);
	char name[3000];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	finding_add(r, "corrupt", FINDING_INFO, 0, NULL, NULL, "%s %s", name, "and its end");
	assert_int_equal(strlen(r->findings->message), sizeof(name) + strlen("and its end"));
	fake_free(f);
}

static void test_not_on_stack(void **state)
{
	struct fake *f = healthy();

	(void)state;
	take_off_stack(f, "o2");
	assert_found(f, "error not-on-stack");
	/* The function agrees, its object does not: the other function of it is patched. */
	f = healthy();
	take_off_stack(f, "o2");
	put(f, "one_f2", FUNC_PATCHED, 0, 1);
	assert_found(f, "error not-on-stack");
	/* All agree but the patch. */
	f = healthy();
	take_off_stack(f, "o1");
	put(f, "two_f1", FUNC_PATCHED, 0, 1);
	put(f, "two_obj", OBJECT_PATCHED, 0, 1);
	put(f, "one_f1", FUNC_STACK, fake_label(f, "o1") + OPS_STACK, 8);
	put(f, "one_f1", FUNC_STACK + 8, fake_label(f, "o1") + OPS_STACK, 8);
	put(f, "o1", OPS_STACK, fake_label(f, "one_f1") + FUNC_STACK, 8);
	put(f, "o1", OPS_STACK + 8, fake_label(f, "one_f1") + FUNC_STACK, 8);
	assert_found(f, "error not-on-stack");
}

/* klp_one's function on top of klp_two's. */
static void test_stack_order(void **state)
{
	struct fake *f = healthy();
	uint64_t head, one, two;

	(void)state;
	head = fake_label(f, "o1") + OPS_STACK;
	one = fake_label(f, "one_f1") + FUNC_STACK;
	two = fake_label(f, "two_f1") + FUNC_STACK;
	fake_write_uint(f, head, one, 8);
	fake_write_uint(f, one, two, 8);
	fake_write_uint(f, two, head, 8);
	fake_write_uint(f, head + 8, two, 8);
	fake_write_uint(f, two + 8, one, 8);
	fake_write_uint(f, one + 8, head, 8);
	assert_words(checked(f), "stack-order", "function f1", "klp_two above klp_one", "klp_one above klp_two");
	assert_found(f, "error stack-order");
}

/* What the symbol table says of a function; the fake target has no positions, so that it cannot be asked. */
static struct report *with_symbol(struct fake *f, struct val symbol_addr)
{
	struct report *r = checked(f);

	r->findings = NULL;
	r->findings_tail = NULL;
	kernel_func(r, 1, "f2")->symbol_addr = symbol_addr;
	analysis_integrity(r);
	return r;
}

static void test_old_func(void **state)
{
	struct fake *f = healthy();
	struct report *r = with_symbol(f, (struct val){ 0xc0001040, KLPSCOPE_OK });

	(void)state;
	assert_words(r, "old-func-not-symbol", "klp_one: function f2,0", "0xc0001040", "0xc0001010 (f2)");
	assert_null(r->findings->next);
	r = with_symbol(f, (struct val){ 0, KLPSCOPE_NOT_FOUND });
	assert_words(r, "old-func-not-symbol", "klp_one: function f2", "a symbol of that name", "0xc0001010 (f2)");
	/* Nobody can tell: neither is it said. */
	assert_null(with_symbol(f, (struct val){ 0, KLPSCOPE_EXCLUDED })->findings);
	/* Nothing else of that function is told: it is not redirected, for one. */
	put(f, "one_f2", FUNC_OLD, fake_label(f, "f3"), 8);
	r = with_symbol(f, (struct val){ fake_label(f, "f2"), KLPSCOPE_OK });
	assert_string_equal(r->findings->code, "old-func-not-symbol");
	assert_null(r->findings->next);
	fake_free(f);
}

/* --- ftrace --- */

static void test_ops_not_registered(void **state)
{
	struct fake *f = healthy();

	(void)state;
	put(f, "o2", FOPS_FLAGS, 0x11000, 8);
	assert_found(f, "error ops-not-registered");
	f = healthy();
	put(f, "o2", FOPS, fake_label(f, "regs_caller"), 8);
	assert_found(f, "error ops-not-registered");
	f = healthy();
	put(f, "o2_hash", 0, fake_label(f, "o2_filter"), 8);
	assert_words(checked(f), "ops-not-registered", "function f2", "the function in its filter", "not in it");
	assert_found(f, "error ops-not-registered");
	f = healthy();
	put(f, "ftrace_ops_list", 0, fake_label(f, "o1") + FOPS, 8);
	assert_words(checked(f), "ops-not-registered", "function f2", "on ftrace_ops_list", "not on it");
	assert_found(f, "error ops-not-registered");
}

/* A kernel with IBT seals endbr where nobody takes the address: the site is behind that, too. */
static void test_sealed_entry(void **state)
{
	static const uint8_t sealed[][4] = { { 0x66, 0x0f, 0x1f, 0x00 }, { 0x0f, 0x1f, 0x40, 0xd6 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fake *f = healthy();

		fake_write(f, fake_label(f, "f2"), sealed[i], sizeof(sealed[i]));
		/* Where ftrace's records cannot be read it must be guessed. */
		put(f, "pages_start", 0, 8, 8);
		put(f, "o2", FOPS_FLAGS + 8, fake_label(f, "regs_caller"), 8);
		assert_int_equal(kernel_func(checked(f), 1, "f2")->in_effect, KLPSCOPE_EFFECT_YES);
		/* No record tells whether the call there is a livepatch's; a guess makes no contradiction. */
		put(f, "o2", FOPS_FLAGS + 8, 0, 8);
		assert_int_equal(kernel_func(checked(f), 1, "f2")->in_effect, KLPSCOPE_EFFECT_UNKNOWN);
		assert_found(f, "warning unreadable");
	}
}

/* klp_ops has lost o2, and all flags say that klp_one is off. */
static struct fake *lost_ops(void)
{
	struct fake *f = healthy();

	put(f, "o1", 0, fake_label(f, "ops"), 8);
	put(f, "ops", 8, fake_label(f, "o1"), 8);
	put(f, "p1", PATCH_ENABLED, 0, 1);
	put(f, "one_obj", OBJECT_PATCHED, 0, 1);
	put(f, "one_f1", FUNC_PATCHED, 0, 1);
	put(f, "one_f2", FUNC_PATCHED, 0, 1);
	put(f, "o1", OPS_STACK + 8, fake_label(f, "two_f1") + FUNC_STACK, 8);
	put(f, "two_f1", FUNC_STACK, fake_label(f, "o1") + OPS_STACK, 8);
	return f;
}

static void test_lost_ops(void **state)
{
	struct fake *f = lost_ops();

	(void)state;
	assert_words(checked(f), "redirected-without-ops", "function f2", "on klp_ops", "not on it");
	assert_found(f, "error redirected-without-ops");
	/* As before, and nobody is registered for it. */
	f = lost_ops();
	put(f, "ftrace_ops_list", 0, fake_label(f, "o1") + FOPS, 8);
	assert_words(checked(f), "redirected-without-ops", "function f2", "a klp_ops of this function", "none");
	assert_found(f, "error redirected-without-ops");
	/* A function that says that it is patched tells all there is. */
	f = healthy();
	put(f, "o1", 0, fake_label(f, "ops"), 8);
	put(f, "ops", 8, fake_label(f, "o1"), 8);
	assert_found(f, "error not-on-stack");
}

static void test_ftrace_off(void **state)
{
	struct fake *f = healthy();

	(void)state;
	put(f, "ftrace_on", 0, 0, 4);
	assert_found(f, "warning ftrace-off");
	/* Without the flag the kernel obeys. */
	f = healthy();
	put(f, "ftrace_on", 0, 0, 4);
	put(f, "o1", FOPS_FLAGS, 0x1001, 8);
	put(f, "o2", FOPS_FLAGS, 0x1001, 8);
	assert_found(f, "error ftrace-off");
	f = healthy();
	put(f, "ftrace_off", 0, 1, 4);
	assert_found(f, "warning ftrace-disabled");
}

static void test_ftrace_list_damaged(void **state)
{
	struct fake *f = healthy();

	(void)state;
	put(f, "o1", FOPS_NEXT, fake_label(f, "o2") + FOPS, 8);
	assert_found(f, "warning corrupt");
	f = healthy();
	put(f, "o1", FOPS_NEXT, 0, 8);
	assert_found(f, "warning corrupt");
	/* Unreadable, it says nothing of what is on it, nor of what is not. */
	f = healthy();
	put(f, "ftrace_ops_list", 0, 0xdead0000, 8);
	assert_found(f, "warning unreadable");
}

/* Kinds of users: what they are called. */
static void test_other_users(void **state)
{
	static const char more[] =
		"symbol kprobe_ftrace_handler 0xc0001400 16\n"
		"symbol function_trace_call 0xc0001420 16\n"
		"symbol call_direct_funcs 0xc0001440 16\n"
		"symbol direct_functions @direct\n"
		"at 0xc0060000\n"
		/* kprobes on f1 */
		"@kprobes: ptr 0xc0001400 1 0 0 @tracer @kprobes_hash 0 0\n"
		"@kprobes_hash: ptr 0 @kprobes_filter\n"
		"@kprobes_filter: ptr 2 @kprobes_buckets 1 0\n"
		"@kprobes_buckets: ptr 0 @kprobes_entry 0 0\n"	/* by hash_long() */
		"@kprobes_entry: ptr 0 0 @f1 0\n"
		/* the function tracer of an instance, on all but f1 */
		"@tracer: ptr 0xc0001420 1 0 0 @nobody @tracer_hash @tr 0\n"
		"@tracer_hash: ptr @kprobes_filter 0\n"
		"@tr: ptr 0 0 @tr_name\n"
		"@tr_name: str \"mine\"\n align 8\n"
		/* somebody that is on nothing of ours */
		"@nobody: ptr 0xc0001420 1 0 0 @bpf @nobody_hash 0 0\n"
		"@nobody_hash: ptr 0 @nobody_filter\n"
		"@nobody_filter: ptr 0 @nobody_bucket 1 0\n"
		"@nobody_bucket: ptr @nobody_entry\n"
		"@nobody_entry: ptr 0 0 0xc0001999 0\n"
		/* a direct call, told by the hash of all */
		"@bpf: ptr 0xc0001440 0x20001 0 0 @unknown @bpf_hash 0 0\n"
		"@bpf_hash: ptr 0 @bpf_filter\n"
		"@bpf_filter: ptr 0 @bpf_bucket 1 0\n"
		"@bpf_bucket: ptr @bpf_entry\n"
		"@bpf_entry: ptr 0 0 @f2+4 0xc0070000\n"
		"@direct: ptr @bpf_filter\n"
		/* whoever that is, on everything */
		"@unknown: ptr 0xc0001999 1 0 0 @o2+32 @unknown_hash 0 0\n"
		"@unknown_hash: ptr 0 0\n";
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory, more, NULL);
	struct report *r;

	(void)state;
	put(f, "ftrace_ops_list", 0, fake_label(f, "kprobes"), 8);
	r = checked(f);
	assert_words(r, "other-ftrace-user", "kprobes are on 1 patched function, too: f1", "", "");
	assert_words(r, "other-ftrace-user", "the function tracer of instance mine is on 1 patched function, too: f2", "", "");
	assert_words(r, "other-ftrace-user", "a direct call to 0xc0070000 (as of BPF trampolines) is on 1", "", "");
	assert_words(r, "other-ftrace-user", "an ftrace user with the callback 0xc0001999 is on 2 patched functions, too: f1, f2",
		     "", "");
	assert_true(r->complete);
	assert_found(f, "info other-ftrace-user; info other-ftrace-user; info other-ftrace-user; info other-ftrace-user");
}

/* Each BPF trampoline is an ftrace_ops of its own: a host has thousands, each on one function, and is healthy. */
static void test_many_users(void **state)
{
	enum { MANY = 5000, SIZE = 64, NEXT = 32, HASH = 40 };
	static const char more[] =
		"at 0xc0060000\n"
		"@other_hash: ptr 0 @other_filter\n"
		"@other_filter: ptr 0 @other_bucket 1 0\n"
		"@other_bucket: ptr @other_entry\n"
		"@other_entry: ptr 0 0 0xc0001999 0\n"
		"at 0xc0100000\n"
		"@many: zero 320000\n";
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory, more, NULL);
	struct report *r;

	(void)state;
	for (unsigned int i = 0; i < MANY; i++) {
		put(f, "many", i * SIZE, 0xc0001440, 8);
		put(f, "many", i * SIZE + 8, 1, 8);
		put(f, "many", i * SIZE + NEXT, i + 1 < MANY ? fake_label(f, "many") + (i + 1) * SIZE :
			       fake_label(f, "o2") + FOPS, 8);
		put(f, "many", i * SIZE + HASH, fake_label(f, "other_hash"), 8);
	}
	put(f, "ftrace_ops_list", 0, fake_label(f, "many"), 8);
	r = checked(f);
	assert_int_equal(r->ftrace.nr_ops, MANY + 2);
	assert_null(r->ftrace.users);
	assert_true(r->complete);
	assert_found(f, "");
}

/* A bucket that has more than the whole hash counts: nobody follows it to where it ends, if it does. */
static void test_endless_hash(void **state)
{
	static const char more[] =
		"at 0xc0060000\n"
		"@user: ptr 0xc0001440 1 0 0 @o2+32 @user_hash 0 0\n"
		"@user_hash: ptr 0 @user_filter\n"
		"@user_filter: ptr 12 @user_buckets 1 0\n"
		"@user_entry: ptr @user_entry 0 0xc0001999 0\n"
		"at 0xc0070000\n"
		"@user_buckets: zero 32768\n";
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory, more, NULL);

	(void)state;
	for (unsigned int i = 0; i < 4096; i++)
		put(f, "user_buckets", i * 8, fake_label(f, "user_entry"), 8);
	put(f, "ftrace_ops_list", 0, fake_label(f, "user"), 8);
	assert_true(kernel_has_finding(checked(f), "corrupt", "which functions it is on: corrupt"));
	/* … nor of few functions, all of which are read at once. */
	put(f, "user_filter", 0, 0, 8);
	assert_true(kernel_has_finding(checked(f), "corrupt", "which functions it is on: corrupt"));
	assert_found(f, "warning corrupt");
}

static void test_entry(void **state)
{
	static const uint8_t nop[] = { 0x0f, 0x1f, 0x44, 0, 0 }, breakpoint[] = { 0xcc };
	struct fake *f = healthy();

	(void)state;
	fake_write(f, fake_label(f, "f1"), nop, sizeof(nop));
	assert_words(checked(f), "entry-not-redirected", "calls nobody", "a call of ftrace's", "0f 1f 44 00 00");
	assert_found(f, "error entry-not-redirected");
	f = healthy();
	fake_write(f, fake_label(f, "f1"), breakpoint, 1);
	assert_true(kernel_has_finding(checked(f), "entry-not-redirected", "is a breakpoint"));
	assert_true(kernel_has_finding(checked(f), "entry-not-redirected", "ftrace was changing it just then is not known"));
	assert_found(f, "warning entry-not-redirected");
	/* In front of the site: the function is called in vain no more than before. */
	f = healthy();
	fake_write(f, fake_label(f, "f2"), breakpoint, 1);
	assert_found(f, "info other-ftrace-user");
}

/* ftrace writes the text last, and any change of it begins with breakpoints. */
static void test_entry_changing(void **state)
{
	static const uint8_t nop[] = { 0x0f, 0x1f, 0x44, 0, 0 }, breakpoint[] = { 0xcc };
	static const char lock[] = "symbol ftrace_lock @ftrace_lock\n at 0xc0060000\n @ftrace_lock: ptr 0\n";
	struct fake *f = healthy();

	(void)state;
	hold_mutex(f);
	fake_write(f, fake_label(f, "f1"), nop, sizeof(nop));
	assert_true(kernel_has_finding(checked(f), "entry-not-redirected", "the original ran (klp_mutex was held"));
	assert_found(f, "info entry-not-redirected");
	f = healthy();
	hold_mutex(f);
	fake_write(f, fake_label(f, "f1"), breakpoint, 1);
	assert_found(f, "info entry-not-redirected");
	f = kernel_parse("little", 8, kernel_types, kernel_memory, lock, NULL);
	fake_write(f, fake_label(f, "f1"), breakpoint, 1);
	assert_words(checked(f), "entry-not-redirected", "is a breakpoint: what ran is unknown", "a call of ftrace's",
		     "cc fb 00 00 00");
	assert_false(kernel_has_finding(checked(f), "entry-not-redirected", "("));
	put(f, "ftrace_lock", 0, fake_label(f, "init") | 1, 8);
	assert_true(kernel_has_finding(checked(f), "entry-not-redirected", "ftrace_lock was held"));
	assert_found(f, "info entry-not-redirected");
}

/* --- modules and taints --- */

static void test_modules(void **state)
{
	struct fake *f = healthy();

	(void)state;
	put(f, "m2", MODULE_STATE, 1, 4);
	assert_found(f, "info module-not-live");
	f = healthy();
	put(f, "m2", MODULE_STATE, 2, 4);
	assert_found(f, "error module-not-live");
	f = healthy();
	put(f, "m2", MODULE_KLP, 0, 1);
	assert_found(f, "error patch-without-klp");
	f = healthy();
	put(f, "tainted", 0, 0, 8);
	assert_found(f, "error patch-without-taint");
}

/* The list has lost klp_two, and the small kernel's modules have no symbols to find its patch by. */
static void test_lost_patch(void **state)
{
	struct fake *f = healthy();

	(void)state;
	put(f, "p1", 16, fake_label(f, "patches"), 8);
	put(f, "patches", 8, fake_label(f, "p1") + 16, 8);
	/* By no symbol: that is all that is known. */
	assert_words(checked(f), "klp-without-patch", "klp_two", "", "");
	for (struct finding_rec *x = checked(f)->findings; x; x = x->next)
		assert_true(strcmp(x->code, "klp-without-patch") || x->severity == FINDING_INFO);
	fake_free(f);
}

/* --- the kernel's own name --- */

static struct fake *named(const char *release, const char *vmcoreinfo)
{
	char text[512];

	snprintf(text, sizeof(text), "member uts_namespace name 8 390\nmember new_utsname release 130 65\n"
		 "member new_utsname version 195 65\nmember new_utsname nodename 65 65\n"
		 "symbol init_uts_ns @uts\nat 0xc0040000\n@uts: zero 138\nstr \"%s\"\nzero 400\n%s", release, vmcoreinfo);
	return kernel_parse("little", 8, kernel_types, kernel_memory, text, NULL);
}

static void test_release(void **state)
{
	struct fake *f = named("6.1.0-57", "vmcoreinfo OSRELEASE 6.1.0-56\n");
	struct report *r = checked(f);

	(void)state;
	assert_string_equal(r->system.release.s, "6.1.0-57");
	assert_null(r->kernel_identity);
	assert_false(r->complete);
	assert_words(r, "corrupt", "system: release", "6.1.0-56", "6.1.0-57");
	assert_found(f, "warning corrupt");
	/* They agree, or there is one alone. */
	f = named("6.1.0-56", "vmcoreinfo OSRELEASE 6.1.0-56\n");
	assert_string_equal(checked(f)->kernel_identity, "6.1.0-56+klp_one+klp_two");
	assert_found(f, "");
	assert_found(named("6.1.0-57", ""), "");
	assert_found(named("6.1.0-57", "vmcoreinfo OSRELEASE \n"), "");
	/* No kernel has none: VMCOREINFO's is the only one. */
	f = named("", "vmcoreinfo OSRELEASE 6.1.0-56\n");
	r = checked(f);
	assert_string_equal(r->system.release.s, "6.1.0-56");
	assert_false(r->complete);
	assert_found(f, "warning corrupt");
	f = named("", "");
	assert_null(checked(f)->kernel_identity);
	assert_found(f, "warning corrupt");
}

/* --- transitions and tasks --- */

static const char *const everybody[] = { "swapper0", "init", "thread", "kthread", "swapper1" };

/* klp_two is being applied, and nobody has switched. */
static struct fake *applying(void)
{
	struct fake *f = healthy();

	put(f, "transition_patch", 0, fake_label(f, "p2"), 8);
	put(f, "target_state", 0, 1, 4);
	put(f, "two_f1", FUNC_TRANSITION, 1, 1);
	for (unsigned int i = 0; i < sizeof(everybody) / sizeof(*everybody); i++)
		put(f, everybody[i], TASK_SIDE, 0, 4);
	return f;
}

/* All flags are clear, and a callback runs. */
static struct fake *completing(void)
{
	struct fake *f = applying();

	hold_mutex(f);
	put(f, "two_f1", FUNC_TRANSITION, 0, 1);
	for (unsigned int i = 0; i < sizeof(everybody) / sizeof(*everybody); i++)
		put(f, everybody[i], TASK_SIDE, UINT32_MAX, 4);
	return f;
}

static void test_transitions(void **state)
{
	struct fake *f = applying();

	(void)state;
	assert_found(f, "");
	/* And back again. */
	f = applying();
	put(f, "target_state", 0, 0, 4);
	put(f, "p2", PATCH_ENABLED, 0, 1);
	assert_found(f, "");
	f = applying();
	put(f, "p2", PATCH_ENABLED, 0, 1);
	assert_found(f, "error flags-contradict");
	f = applying();
	put(f, "target_state", 0, 0, 4);
	assert_found(f, "error flags-contradict");
	f = applying();
	put(f, "two_f1", FUNC_TRANSITION, 0, 1);
	assert_found(f, "error flags-contradict");
	f = applying();
	put(f, "one_f1", FUNC_TRANSITION, 1, 1);
	assert_found(f, "error transition-flag-left");
	/* Of no patch, towards nothing, towards what there is not: what hangs on it is not told. */
	f = applying();
	put(f, "transition_patch", 0, 0, 8);
	assert_found(f, "error flags-contradict");
	f = applying();
	put(f, "target_state", 0, 0xffffffff, 4);
	assert_found(f, "error flags-contradict");
	f = applying();
	put(f, "target_state", 0, 7, 4);
	assert_true(kernel_has_finding(checked(f), "corrupt", "klp_target_state"));
	fake_free(f);
}

static void test_tasks(void **state)
{
	struct fake *f = healthy();

	(void)state;
	put(f, "thread", TASK_SIDE, 1, 4);
	assert_words(checked(f), "task-state-left", "1 task has a patch_state: init (7)", "none", "patched");
	assert_found(f, "warning task-state-left");
	f = healthy();
	put(f, "swapper1", TASK_SIDE, 0, 4);
	put(f, "kthread", TASK_SIDE, 77, 4);
	assert_words(checked(f), "task-state-left", "2 tasks have a patch_state: swapper/1 (0), kworker/0:1 (2)", "none",
		     "unpatched");
	assert_found(f, "warning task-state-left");
	/* Not all could be seen. */
	f = healthy();
	fake_hole(f, fake_label(f, "kthread"), 8, KLPSCOPE_EXCLUDED);
	assert_false(checked(f)->complete);
	assert_false(kernel_has_finding(checked(f), "task-state-left", ""));
	fake_free(f);
}

/* --- in the middle of a change --- */

/* What the kernel itself does between two locks of klp_mutex is no error. */
static void test_changing(void **state)
{
	struct fake *f = healthy();

	(void)state;
	hold_mutex(f);
	assert_found(f, "");
	/* klp_patch_func() has joined the stack, and not yet set the flag. */
	f = healthy();
	hold_mutex(f);
	put(f, "two_f1", FUNC_PATCHED, 0, 1);
	put(f, "two_obj", OBJECT_PATCHED, 0, 1);
	assert_true(kernel_has_finding(checked(f), "on-stack-not-patched", "klp_mutex was held"));
	assert_found(f, "info on-stack-not-patched");
	/* klp_unpatch_func() has unregistered it. */
	f = healthy();
	hold_mutex(f);
	put(f, "o2", FOPS_FLAGS, 0x11000, 8);
	assert_found(f, "info ops-not-registered");
	/* __klp_enable_patch() before 5.10: complete, and not yet enabled. */
	f = healthy();
	hold_mutex(f);
	put(f, "p2", PATCH_ENABLED, 0, 1);
	assert_found(f, "info off-but-on-stack");
	f = applying();
	hold_mutex(f);
	put(f, "p2", PATCH_ENABLED, 0, 1);
	assert_found(f, "info flags-contradict");
	/* klp_init_transition() has set the patch and not yet the target. */
	f = healthy();
	hold_mutex(f);
	put(f, "transition_patch", 0, fake_label(f, "p2"), 8);
	assert_found(f, "info flags-contradict");
	/* … both, and not yet the functions. */
	f = applying();
	hold_mutex(f);
	put(f, "two_f1", FUNC_TRANSITION, 0, 1);
	assert_found(f, "");
	/* klp_complete_transition() has cleared the flags and the tasks, and is calling post_patch. */
	f = completing();
	assert_true(checked(f)->complete);
	assert_found(f, "");
	/* klp_complete_transition() is clearing the tasks: the patch is cleared after that, so a left one is odd. */
	f = healthy();
	hold_mutex(f);
	put(f, "thread", TASK_SIDE, 1, 4);
	assert_found(f, "info task-state-left");
}

/* Whether one was under way is not known: then neither is it an error. */
static void test_mutex_unknown(void **state)
{
	struct fake *f = healthy();

	(void)state;
	put(f, "two_f1", FUNC_PATCHED, 0, 1);
	fake_hole(f, fake_label(f, "klp_mutex"), 8, KLPSCOPE_EXCLUDED);
	assert_true(kernel_has_finding(checked(f), "on-stack-not-patched", "is not known"));
	assert_found(f, "warning unreadable; info on-stack-not-patched");
}

/* Whatever a hole hides, no contradiction is made of it. */
static void test_holes(void **state)
{
	static const char *const labels[] = {
		"patches", "ops", "o1", "o2", "p1", "p2", "m1", "m2", "one_obj", "two_obj", "one_f1", "one_f2", "two_f1",
		"n1", "transition_patch", "target_state", "ftrace_ops_list", "pages_start", "page", "records", "f1", "f2",
		"init", "thread", "o1_hash", "o1_filter", "tainted", "ftrace_on",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		struct fake *f = healthy();
		struct report *r;

		fake_hole(f, fake_label(f, labels[i]), 8, KLPSCOPE_EXCLUDED);
		r = checked(f);
		for (struct finding_rec *x = r->findings; x; x = x->next)
			if (strcmp(x->code, "unreadable") && x->severity)
				fail_msg("%s: %s: %s", labels[i], x->code, x->message);
		fake_free(f);
	}
}

/* --- in words --- */

static char *rendered(struct fake *f, unsigned int sections)
{
	const struct klpscope_render how = { .size = sizeof(how), .sections = sections };
	size_t length;
	char *text;

	assert_int_equal(text_render(checked(f), &how, &text, &length), KLPSCOPE_OK);
	return text;
}

static void assert_said(struct fake *f, unsigned int sections, const char *words, bool said)
{
	char *text = rendered(f, sections);

	if (!strstr(text, words) == said)
		fail_msg("\"%s\" is %ssaid in:\n%s", words, said ? "not " : "", text);
	free(text);
}

static void test_text(void **state)
{
	struct fake *f = healthy();

	(void)state;
	assert_said(f, KLPSCOPE_SECTION_INTEGRITY, "Checked, and nothing contradicts: 2 patches, 3 functions, 2 function "
		    "stacks, 2 livepatch modules, 2 users of ftrace, 5 tasks.", true);
	assert_said(f, 0, "Integrity check", false);
	assert_said(f, 0, "Findings", false);
	/* A fact is no finding that somebody must see. */
	put(f, "m2", MODULE_STATE, 1, 4);
	assert_said(f, 0, "Findings", false);
	assert_said(f, KLPSCOPE_SECTION_INTEGRITY, "nothing contradicts", true);
	assert_said(f, KLPSCOPE_SECTION_INTEGRITY, "info      module-not-live", true);
	/* An error is, and stands before it. */
	put(f, "two_f1", FUNC_PATCHED, 0, 1);
	assert_said(f, 0, "error     on-stack-not-patched  patch klp_two: function f1: is on its function stack, but not "
		    "marked patched (0xc0023000): expected klp_func.patched 1, found 0\n", true);
	assert_said(f, 0, "module-not-live", false);
	assert_said(f, KLPSCOPE_SECTION_INTEGRITY, "\nChecked: 2 patches", true);
	fake_free(f);
	f = healthy();
	hold_mutex(f);
	assert_said(f, KLPSCOPE_SECTION_INTEGRITY, "klp_mutex was held: a change was under way", true);
	fake_free(f);
	/* Of what could not be read nothing is counted. */
	f = healthy();
	fake_hole(f, fake_label(f, "modules"), 8, KLPSCOPE_EXCLUDED);
	assert_said(f, KLPSCOPE_SECTION_INTEGRITY, "nothing contradicts", false);
	assert_said(f, KLPSCOPE_SECTION_INTEGRITY, "Not checked: what is called unreadable below.", true);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_long_message),
		cmocka_unit_test(test_not_on_stack),
		cmocka_unit_test(test_stack_order),
		cmocka_unit_test(test_old_func),
		cmocka_unit_test(test_ops_not_registered),
		cmocka_unit_test(test_sealed_entry),
		cmocka_unit_test(test_lost_ops),
		cmocka_unit_test(test_ftrace_off),
		cmocka_unit_test(test_ftrace_list_damaged),
		cmocka_unit_test(test_other_users),
		cmocka_unit_test(test_many_users),
		cmocka_unit_test(test_endless_hash),
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_entry_changing),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_lost_patch),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_transitions),
		cmocka_unit_test(test_tasks),
		cmocka_unit_test(test_changing),
		cmocka_unit_test(test_mutex_unknown),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
