// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The caller of a function that has no unwind information, by proof: the first
 * word above the stack pointer that is a return address right behind a direct
 * call of that very function.  The kernel tells objtool to leave out a few;
 * __crash_kexec() is one, where the registers of each panic() were saved
 * (STACK_FRAME_NON_STANDARD, kernel/kexec_core.c, crash_core.c since 6.9).
 */
#include "model/unwind.h"

#define CALL_SIZE 5
#define CALL 0xe8
#define LIMIT_LOCALS 4096		/* bytes of the function's own frame */

static bool calls(struct unwinder *u, uint64_t ret, uint64_t function)
{
	uint8_t raw[CALL_SIZE];
	int32_t rel;

	if (ret < CALL_SIZE || !code_at(u, ret - 1)->text || target_read(u->w->t, ret - CALL_SIZE, raw, sizeof(raw)) ||
	    raw[0] != CALL)
		return false;
	rel = (int32_t)(uint32_t)target_decode(u->w->t, raw + 1, 4);
	return ret + (uint64_t)(int64_t)rel == function;
}

enum klpscope_status caller_find(struct unwinder *u, uint64_t addr, uint64_t sp, uint64_t high, uint64_t *slot)
{
	struct symbol_name function;
	enum klpscope_status st = walk_name_address(u->w, addr, &function);

	if (!st && !unwind_spend(u, LIMIT_LOCALS / 8))
		st = KLPSCOPE_LIMIT;
	if (st)
		return st;
	for (uint64_t at = sp; at < high && at - sp < LIMIT_LOCALS; at += 8) {
		uint64_t word;

		st = target_read_ptr(u->w->t, at, &word);
		if (st)
			return st;
		if (!calls(u, word, function.start))
			continue;
		*slot = at;
		return KLPSCOPE_OK;
	}
	return KLPSCOPE_NOT_FOUND;
}

bool caller_proved(struct unwinder *u, uint64_t addr, uint64_t slot)
{
	struct symbol_name function;
	uint64_t word;

	return !walk_name_address(u->w, addr, &function) && !target_read_ptr(u->w->t, slot, &word) &&
	       calls(u, word, function.start);
}
