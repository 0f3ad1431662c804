// SPDX-License-Identifier: GPL-2.0-or-later
/* The bits of an ORC entry, in each format, and the two orders of its registers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "arch/orc.h"

static struct orc_entry decode(enum orc_format format, int sp_offset, int bp_offset, unsigned int bits)
{
	uint8_t raw[ORC_ENTRY_SIZE] = {
		(uint8_t)sp_offset,	     (uint8_t)((unsigned int)sp_offset >> 8), (uint8_t)bp_offset,
		(uint8_t)((unsigned int)bp_offset >> 8), (uint8_t)bits,		      (uint8_t)(bits >> 8),
	};
	struct orc_entry e;

	orc_decode(raw, format, &e);
	return e;
}

static void test_format(void **state)
{
	(void)state;
	assert_int_equal(orc_format_of(false, true), ORC_TYPE2_END);
	assert_int_equal(orc_format_of(false, false), ORC_TYPE2_END);
	assert_int_equal(orc_format_of(true, true), ORC_TYPE2_SIGNAL_END);
	assert_int_equal(orc_format_of(true, false), ORC_TYPE3_SIGNAL);
}

/* {sp: 16, bp: -16, sp_reg: BP, bp_reg: PREV_SP, a call} is one of the most common. */
static void test_fields(void **state)
{
	struct orc_entry e = decode(ORC_TYPE3_SIGNAL, 16, -16, 0x214);

	(void)state;
	assert_int_equal(e.sp_offset, 16);
	assert_int_equal(e.bp_offset, -16);
	assert_int_equal(e.sp_reg, ORC_REG_BP);
	assert_int_equal(e.bp_reg, ORC_REG_PREV_SP);
	assert_int_equal(e.kind, ORC_CALL);
}

static void test_kinds(void **state)
{
	static const enum orc_kind type3[8] = { ORC_NOTHING, ORC_END, ORC_CALL, ORC_REGS, ORC_REGS_IRET };

	(void)state;
	for (unsigned int type = 0; type < 8; type++)
		assert_int_equal(decode(ORC_TYPE3_SIGNAL, 8, 0, type << 8 | 5).kind, type3[type]);
	assert_int_equal(decode(ORC_TYPE2_END, 8, 0, 0x005).kind, ORC_CALL);
	assert_int_equal(decode(ORC_TYPE2_END, 8, 0, 0x105).kind, ORC_REGS);
	assert_int_equal(decode(ORC_TYPE2_END, 8, 0, 0x205).kind, ORC_REGS_IRET);
	assert_int_equal(decode(ORC_TYPE2_END, 0, 0, 0x400).kind, ORC_END);
	assert_int_equal(decode(ORC_TYPE2_END, 0, 0, 0x000).kind, ORC_NOTHING);
	/* The signal bit lies where the end was, and says nothing about the kind. */
	assert_int_equal(decode(ORC_TYPE2_SIGNAL_END, 0, 0, 0x400).kind, ORC_NOTHING);
	assert_int_equal(decode(ORC_TYPE2_SIGNAL_END, 0, 0, 0x800).kind, ORC_END);
	assert_int_equal(decode(ORC_TYPE3_SIGNAL, 8, 0, 0xa05).kind, ORC_CALL);
}

static enum orc_numbers numbers(int sp_offset, unsigned int bits)
{
	struct orc_entry e = decode(ORC_TYPE3_SIGNAL, sp_offset, 0, bits);

	return orc_numbers_of(&e);
}

/* What panic() starts with in 6.12.95 and in 7.2.13, and what no function does. */
static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(numbers(8, 0x205), ORC_NUMBERS_OLD);
	assert_int_equal(numbers(8, 0x203), ORC_NUMBERS_NEW);
	assert_int_equal(numbers(16, 0x203), ORC_NUMBERS_UNKNOWN);
	assert_int_equal(numbers(8, 0x303), ORC_NUMBERS_UNKNOWN);
	assert_int_equal(numbers(8, 0x213), ORC_NUMBERS_UNKNOWN);
	assert_int_equal(numbers(8, 0x204), ORC_NUMBERS_UNKNOWN);
	assert_int_equal(numbers(0, 0), ORC_NUMBERS_UNKNOWN);
}

/* arch/x86/include/asm/orc_types.h of 7.2.13 has them in this order. */
static void test_renumber(void **state)
{
	static const enum orc_reg in_order[] = {
		ORC_REG_UNDEFINED, ORC_REG_AX,	ORC_REG_DX,	 ORC_REG_SP,	      ORC_REG_BP,	   ORC_REG_DI,
		ORC_REG_R10,	   ORC_REG_R13, ORC_REG_PREV_SP, ORC_REG_SP_INDIRECT, ORC_REG_BP_INDIRECT, ORC_REG_UNKNOWN,
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(in_order) / sizeof(*in_order); i++) {
		struct orc_entry e = { .sp_reg = (uint8_t)i, .bp_reg = (uint8_t)i };

		orc_renumber(&e);
		assert_int_equal(e.sp_reg, in_order[i]);
		assert_int_equal(e.bp_reg, in_order[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),	cmocka_unit_test(test_fields),	 cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_renumber),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
