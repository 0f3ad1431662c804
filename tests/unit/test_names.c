// SPDX-License-Identifier: GPL-2.0-or-later
/* Names that memory has twice, of livepatch modules and of objects: what is said when they differ, or are empty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/context.h"
#include "tests/unit/kernel.h"

/* Of the structures of kernel.c, in pages of their own. */
static const char kobjects[] =
	"member klp_patch kobj 1048576 64\n"
	"member module mkobj 1048576 80\n"
	"member module_kobject kobj 8 64\n"
	"member kobject name 16 $P\n"
	"at 0xc0110000\n"
	"zero 24\n@m1_kobj: ptr @sysfs_one\n"
	"at 0xc0111000\n"
	"zero 16\n@p1_kobj: ptr @sysfs_one\n"
	"at 0xc0120000\n"
	"zero 24\n@m2_kobj: ptr @sysfs_two\n"
	"at 0xc0121000\n"
	"zero 16\n@p2_kobj: ptr @sysfs_two\n"
	"at 0xc0050000\n"
	"@sysfs_one: str \"klp_one\"\n"
	"at 0xc0051000\n"
	"@sysfs_two: str \"klp_two\"\n";

static struct fake *healthy(void)
{
	return kernel_parse("little", 8, kernel_types, kernel_memory, kobjects, NULL);
}

static struct klpscope *collected(struct fake *f)
{
	struct klpscope *ks = klpscope_new();

	assert_int_equal(klpscope_attach(ks, fake_ops(f), fake_host(f)), KLPSCOPE_OK);
	assert_int_equal(klpscope_collect(ks), KLPSCOPE_OK);
	return ks;
}

/* Frees the kernel. */
static void assert_verdict(struct fake *f, const char *name, enum klpscope_in_effect verdict, const char *words)
{
	struct klpscope *ks = collected(f);
	char *line;

	assert_int_equal(klpscope_patch_in_effect(ks, name), verdict);
	assert_int_equal(klpscope_explain(ks, name, &line), KLPSCOPE_OK);
	if (!strstr(line, words))
		fail_msg("no \"%s\" in: %s", words, line);
	free(line);
	klpscope_free(ks);
	fake_free(f);
}

static void assert_healthy(struct fake *f)
{
	struct klpscope *ks = collected(f);

	assert_true(ks->report->complete);
	assert_null(ks->report->findings);
	assert_non_null(ks->report->patches->module);
	assert_null(ks->report->patches->module->other_name);
	klpscope_free(ks);
	fake_free(f);
}

static struct fake *renamed(void)
{
	struct fake *f = healthy();

	fake_write(f, fake_label(f, "m2_name"), "kmp", 3);
	return f;
}

static void test_same(void **state)
{
	(void)state;
	assert_healthy(healthy());
	assert_verdict(healthy(), "klp_two", KLPSCOPE_EFFECT_YES, "yes");
	assert_verdict(healthy(), "kmp_two", KLPSCOPE_EFFECT_NO, "no: ");
}

static void test_renamed(void **state)
{
	static const char words[] = "UNKNOWN: memory has two names of one patch, kmp_two and klp_two; ask for it by its "
				    "address, 0xc0021000";
	struct fake *f = renamed();
	struct klpscope *ks = collected(f);
	struct finding_rec *x = ks->report->findings;

	(void)state;
	assert_non_null(x);
	assert_null(x->next);
	assert_string_equal(x->code, "corrupt");
	assert_string_equal(x->expected, "klp_two");
	assert_string_equal(x->found, "kmp_two");
	assert_int_equal(x->severity, FINDING_WARNING);
	assert_int_equal(x->address, fake_label(f, "m2_name"));
	assert_false(ks->report->complete);
	assert_null(ks->report->kernel_identity);
	assert_int_equal(kernel_patch(ks->report, 2)->in_effect, KLPSCOPE_EFFECT_YES);
	klpscope_free(ks);
	fake_free(f);
	assert_verdict(renamed(), "klp_two", KLPSCOPE_EFFECT_UNKNOWN, words);
	assert_verdict(renamed(), "kmp-two.ko", KLPSCOPE_EFFECT_UNKNOWN, words);
	assert_verdict(renamed(), "klp_three", KLPSCOPE_EFFECT_UNKNOWN, "UNKNOWN: no such patch was found");
	/* Whatever it is called. */
	assert_verdict(renamed(), "0xc0021000", KLPSCOPE_EFFECT_YES, "yes");
	assert_verdict(renamed(), "klp_one", KLPSCOPE_EFFECT_PARTLY, "PARTLY");
}

/* The kobject of the patch cannot be read, or is not known: that of its module is as good. */
static void test_by_module(void **state)
{
	struct fake *f = renamed();

	(void)state;
	fake_hole(f, fake_label(f, "p2_kobj"), 8, KLPSCOPE_EXCLUDED);
	assert_verdict(f, "klp_two", KLPSCOPE_EFFECT_UNKNOWN, "two names");
	/* No patch is listed, and where it is nobody knows. */
	f = renamed();
	fake_write_uint(f, fake_label(f, "p1") + 16, fake_label(f, "patches"), 8);
	fake_write_uint(f, fake_label(f, "patches") + 8, fake_label(f, "p1") + 16, 8);
	assert_verdict(f, "klp_two", KLPSCOPE_EFFECT_UNKNOWN, "memory has two names of one patch, kmp_two and klp_two");
	/* While it is unloaded the pointer may be stale. */
	f = healthy();
	fake_write_uint(f, fake_label(f, "p2_kobj"), 0, 8);
	fake_write_uint(f, fake_label(f, "m2_kobj"), fake_label(f, "sysfs_one"), 8);
	fake_write_uint(f, fake_label(f, "m2"), MODULE_COMING, 4);
	assert_verdict(f, "klp_two", KLPSCOPE_EFFECT_YES, "yes");
}

/* In a filtered dump, in a capsule of an older klpscope, in another kernel: nothing is missed. */
static void test_no_witness(void **state)
{
	struct fake *f = healthy();

	(void)state;
	fake_hole(f, fake_label(f, "sysfs_one"), 8, KLPSCOPE_EXCLUDED);
	fake_hole(f, fake_label(f, "p2_kobj"), 8, KLPSCOPE_EXCLUDED);
	fake_hole(f, fake_label(f, "m2_kobj"), 8, KLPSCOPE_FAULT);
	assert_healthy(f);
	f = healthy();
	fake_write_uint(f, fake_label(f, "p1_kobj"), 0, 8);
	fake_write_uint(f, fake_label(f, "m1_kobj"), 0, 8);
	fake_write(f, fake_label(f, "sysfs_two"), "", 1);
	assert_healthy(f);
	assert_healthy(kernel_parse("little", 8, kernel_types, kernel_memory, NULL));
	assert_healthy(kernel_parse("little", 8, kernel_types, kernel_memory, "member klp_patch kobj excluded\n"
				    "member module mkobj excluded\nmember kobject name excluded\n", NULL));
}

/* It cannot be the name of a module: what it is called is not known. */
static void test_empty(void **state)
{
	struct fake *f = healthy();
	struct klpscope *ks;

	(void)state;
	fake_write(f, fake_label(f, "m2_name"), "", 1);
	ks = collected(f);
	assert_int_equal(kernel_patch(ks->report, 2)->module->name.st, KLPSCOPE_CORRUPT);
	assert_null(ks->report->kernel_identity);
	assert_false(ks->report->complete);
	assert_true(kernel_has_finding(ks->report, "corrupt", "module list: name: corrupt"));
	assert_null(ks->report->findings->next);
	klpscope_free(ks);
	assert_verdict(f, "klp_two", KLPSCOPE_EFFECT_UNKNOWN, "UNKNOWN: no such patch was found");
}

/* --- objects --- */

/* klp_two's object is not the kernel, but this module; what it patches stays f1. */
#define OBJECT_NAME 0
#define OBJECT_MOD 48

static const char module_memory[] =
	"at 0xc0070000\n"
	"@target: u32 0\n align 16\n ptr @m1+16 @m2+16\n align 16\n"
	"@target_name: str \"target\"\n zero 49\n u8 0\n align 8\n ptr 0\n align 16\n"
	"ptr 0xc0071000\n align 8\n u32 0x1000\n align 16\n zero 16\n ptr 0\n align 16\n ptr 0\n align 16\n"
	"at 0xc0072000\n"
	"@name: str \"target\"\n"
	"@other: str \"other\"\n"
	"@empty: str \"\"\n";

static struct fake *with_target(uint64_t mod, const char *name)
{
	struct fake *f = kernel_parse("little", 8, kernel_types, kernel_memory, module_memory, NULL);

	fake_write_uint(f, fake_label(f, "m2") + 16, fake_label(f, "target") + 16, 8);
	fake_write_uint(f, fake_label(f, "m1") + 24, fake_label(f, "target") + 16, 8);
	fake_write_uint(f, fake_label(f, "two_obj") + OBJECT_NAME, name ? fake_label(f, name) : 0, 8);
	fake_write_uint(f, fake_label(f, "two_obj") + OBJECT_MOD, mod, 8);
	return f;
}

static const struct object_rec *object_of(const struct klpscope *ks)
{
	return kernel_patch(ks->report, 2)->objects;
}

static void test_object(void **state)
{
	struct fake *f = with_target(0xc0070000, "name");
	struct klpscope *ks = collected(f);

	(void)state;
	assert_null(ks->report->findings);
	assert_true(ks->report->complete);
	assert_string_equal(object_of(ks)->name.s, "target");
	assert_int_equal(object_of(ks)->loaded.v, 1);
	klpscope_free(ks);
	fake_free(f);
}

static void assert_object(struct fake *f, const char *message, const char *expected, const char *found, const char *name,
			  enum klpscope_status loaded)
{
	struct klpscope *ks = collected(f);
	const struct finding_rec *x = ks->report->findings;

	assert_true(x && !x->next);
	assert_string_equal(x->code, "corrupt");
	if (!strstr(x->message, message))
		fail_msg("no \"%s\" in: %s", message, x->message);
	assert_string_equal(x->expected, expected);
	assert_string_equal(x->found, found);
	assert_false(ks->report->complete);
	assert_int_equal(object_of(ks)->is_vmlinux, false);
	assert_int_equal(object_of(ks)->name.st, name ? KLPSCOPE_OK : KLPSCOPE_CORRUPT);
	assert_string_equal(name ? object_of(ks)->name.s : "", name ? name : "");
	assert_int_equal(object_of(ks)->loaded.st, loaded);
	/* What runs is told by the function stack, whatever the object is called. */
	assert_int_equal(kernel_patch(ks->report, 2)->in_effect, KLPSCOPE_EFFECT_YES);
	klpscope_free(ks);
	fake_free(f);
}

static void test_object_contradicts(void **state)
{
	struct fake *f = with_target(0xc0070000, NULL);

	(void)state;
	assert_object(f, "patch klp_two: klp_object 0xc0022000: name, which is not that of its module", "target",
		      "NULL, the kernel itself", NULL, KLPSCOPE_OK);
	f = with_target(0xc0070000, NULL);
	fake_write(f, fake_label(f, "target_name"), "", 1);
	assert_true(kernel_has_finding(kernel_report(f, "x86_64"), "corrupt", "which is not that of its module"));
	fake_free(f);
	assert_object(with_target(0xc0070000, "other"), "patch klp_two: object other: name", "target", "other", "other",
		      KLPSCOPE_OK);
	assert_object(with_target(0xc0070000, "empty"), "klp_object 0xc0022000: name", "a name", "an empty one", NULL,
		      KLPSCOPE_OK);
	assert_object(with_target(0, "empty"), "klp_object 0xc0022000: name", "a name", "an empty one", NULL,
		      KLPSCOPE_CORRUPT);
	/* No module is there: whether its target is loaded is not known. */
	assert_object(with_target(0xc0070001, "name"), "object target: mod, which is no module", "a module on the list",
		      "0xc0070001", "target", KLPSCOPE_CORRUPT);
	assert_object(with_target(0xc0070001, NULL), "name, which is not that of its module",
		      "that of the module at 0xc0070001", "NULL, the kernel itself", NULL, KLPSCOPE_CORRUPT);
}

/* Not all modules are known: it may be one of the others. */
static void test_object_of_unread(void **state)
{
	struct fake *f = with_target(0xc0070000, "name");
	const struct object_rec *o;
	struct report *r;

	(void)state;
	fake_hole(f, 0xc0070000, 8, KLPSCOPE_EXCLUDED);
	r = kernel_report(f, "x86_64");
	o = kernel_patch(r, 2)->objects;
	assert_string_equal(o->name.s, "target");
	assert_true(!o->loaded.st && o->loaded.v);
	assert_false(kernel_has_finding(r, "corrupt", ""));
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_by_module),
		cmocka_unit_test(test_no_witness),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_object_contradicts),
		cmocka_unit_test(test_object_of_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
