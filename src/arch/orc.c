// SPDX-License-Identifier: GPL-2.0-or-later
#include "arch/orc.h"

enum orc_format orc_format_of(bool has_signal, bool has_end)
{
	if (!has_signal)
		return ORC_TYPE2_END;
	return has_end ? ORC_TYPE2_SIGNAL_END : ORC_TYPE3_SIGNAL;
}

static enum orc_kind kind_of_type2(unsigned int type, unsigned int sp_reg, bool end)
{
	static const enum orc_kind known[4] = { ORC_CALL, ORC_REGS, ORC_REGS_IRET, ORC_NOTHING };

	if (sp_reg == ORC_REG_UNDEFINED)
		return end ? ORC_END : ORC_NOTHING;
	return known[type];
}

static enum orc_kind kind_of_type3(unsigned int type)
{
	static const enum orc_kind known[8] = { ORC_NOTHING, ORC_END, ORC_CALL, ORC_REGS, ORC_REGS_IRET };

	return known[type];
}

void orc_decode(const uint8_t raw[ORC_ENTRY_SIZE], enum orc_format format, struct orc_entry *out)
{
	unsigned int bits = raw[4] | (unsigned int)raw[5] << 8;
	bool end = bits >> (format == ORC_TYPE2_END ? 10 : 11) & 1;

	out->sp_offset = (int16_t)(raw[0] | raw[1] << 8);
	out->bp_offset = (int16_t)(raw[2] | raw[3] << 8);
	out->sp_reg = bits & 15;
	out->bp_reg = bits >> 4 & 15;
	out->kind = (uint8_t)(format == ORC_TYPE3_SIGNAL ? kind_of_type3(bits >> 8 & 7) :
							   kind_of_type2(bits >> 8 & 3, out->sp_reg, end));
}

enum orc_numbers orc_numbers_of(const struct orc_entry *at_start)
{
	if (at_start->kind != ORC_CALL || at_start->sp_offset != 8 || at_start->bp_reg != ORC_REG_UNDEFINED)
		return ORC_NUMBERS_UNKNOWN;
	if (at_start->sp_reg == ORC_REG_SP)
		return ORC_NUMBERS_OLD;
	/* In the old ones it would be DI, which no function starts with. */
	return at_start->sp_reg == 3 ? ORC_NUMBERS_NEW : ORC_NUMBERS_UNKNOWN;
}

void orc_renumber(struct orc_entry *entry)
{
	static const uint8_t old[16] = {
		ORC_REG_UNDEFINED, ORC_REG_AX, ORC_REG_DX, ORC_REG_SP, ORC_REG_BP, ORC_REG_DI, ORC_REG_R10, ORC_REG_R13,
		ORC_REG_PREV_SP, ORC_REG_SP_INDIRECT, ORC_REG_BP_INDIRECT, ORC_REG_UNKNOWN, ORC_REG_UNKNOWN,
		ORC_REG_UNKNOWN, ORC_REG_UNKNOWN, ORC_REG_UNKNOWN,
	};

	entry->sp_reg = old[entry->sp_reg & 15];
	entry->bp_reg = old[entry->bp_reg & 15];
}
