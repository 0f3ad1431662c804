// SPDX-License-Identifier: GPL-2.0-or-later
/* The build id of a livepatch module, through the attributes by which sysfs shows its notes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/kernel.h"

static const char types[] =
	"member module notes_attrs 168 8\n"
	"member module_notes_attrs attrs 48 0\n"
	"member bin_attribute size 8 8\n"
	"member bin_attribute private 16 8\n"
	"type bin_attribute 24\n";

/* 6.12: they are counted. */
static const char counted_types[] = "member module_notes_attrs notes 32 4\n";
/* 7.2: they are pointed to. */
static const char group_types[] =
	"member module_notes_attrs grp 0 48\n"
	"member attribute_group bin_attrs 40 8\n";

static const char memory[] =
	"at 0xc00200a8\n"			/* of klp_two */
	"ptr @attrs\n"
	"at 0xc0025000\n"
	"@note: u32 4 2 1\n str \"GNU\"\n u8 9 9 0 0\n"
	"@id: u32 4 3 3\n str \"GNU\"\n u8 0xab 0xcd 0x01\n"
	"align 16\n"
	"@first: ptr 0\n ptr 20 @note\n"
	"@second: ptr 0\n ptr 19 @id\n";

static const char counted[] =
	"at 0xc0026000\n"
	"@attrs: zero 32\n u32 2\n zero 12\n"
	"ptr 0\n ptr 20 @note\n"
	"ptr 0\n ptr 19 @id\n";

static const char group[] =
	"at 0xc0026000\n"
	"@attrs: zero 40\n ptr @pointers\n"
	"@pointers: ptr @first @second 0\n";

static struct text build_id(struct fake *f)
{
	const struct patch_rec *p = kernel_patch(kernel_report(f, "x86_64"), 2);

	assert_non_null(p);
	assert_non_null(p->module);
	return p->module->build_id;
}

static void assert_id(struct text id)
{
	assert_int_equal(id.st, KLPSCOPE_OK);
	assert_string_equal(id.s, "abcd01");
}

static struct fake *parse(const char *more_types, const char *more)
{
	return kernel_parse("little", 8, kernel_types, types, more_types, kernel_memory, memory, more, NULL);
}

static void test_counted(void **state)
{
	struct fake *f = parse(counted_types, counted);

	(void)state;
	assert_id(build_id(f));
	/* One is too few. */
	fake_write_uint(f, fake_label(f, "attrs") + 32, 1, 4);
	assert_int_equal(build_id(f).st, KLPSCOPE_NOT_FOUND);
	fake_hole(f, fake_label(f, "attrs"), 8, KLPSCOPE_EXCLUDED);
	assert_int_equal(build_id(f).st, KLPSCOPE_EXCLUDED);
	fake_free(f);
}

static void test_group(void **state)
{
	struct fake *f = parse(group_types, group);

	(void)state;
	assert_id(build_id(f));
	fake_write_uint(f, fake_label(f, "pointers") + 8, 0, 8);
	assert_int_equal(build_id(f).st, KLPSCOPE_NOT_FOUND);
	fake_write_uint(f, fake_label(f, "attrs") + 40, 0, 8);
	assert_int_equal(build_id(f).st, KLPSCOPE_NOT_FOUND);
	fake_hole(f, fake_label(f, "attrs"), 8, KLPSCOPE_EXCLUDED);
	assert_int_equal(build_id(f).st, KLPSCOPE_EXCLUDED);
	fake_free(f);
}

/* A kernel that has neither has no build ids that could be found. */
static void test_neither(void **state)
{
	struct fake *f = parse("", group);

	(void)state;
	assert_int_equal(build_id(f).st, KLPSCOPE_NOT_FOUND);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_neither),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
