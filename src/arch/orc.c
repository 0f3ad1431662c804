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
