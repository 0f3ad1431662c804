// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The last resort: words of a stack that look like return addresses.  What was
 * left behind by calls that are long over looks the same, so that nothing
 * follows from what is found here but a doubt.
 */
#include "model/unwind.h"

#define SCAN_MAX 64

/* E8 rel32, or FF /2 with its operand, 2 to 7 bytes: a call ends right before a return address. */
bool behind_a_call(struct walk *w, uint64_t addr)
{
	uint8_t raw[7];

	if (target_read(w->t, addr - sizeof(raw), raw, sizeof(raw)))
		return false;
	if (raw[2] == 0xe8)
		return true;
	for (unsigned int len = 2; len <= 7; len++)
		if (raw[7 - len] == 0xff && (raw[8 - len] >> 3 & 7) == 2)
			return true;
	return false;
}

bool looks_like_return(struct unwinder *u, uint64_t word)
{
	return word >= 4096 && code_at(u, word - 1)->text && behind_a_call(u->w, word);
}

void scan_stack(struct unwinder *u, uint64_t low, uint64_t high)
{
	unsigned int found = 0, size = target_pointer_size(u->w->t);

	if (high < low || !unwind_spend(u, (high - low) / size))
		return;
	for (uint64_t at = low & ~(uint64_t)(size - 1); at < high && found < SCAN_MAX && u->count < LIMIT_FRAMES; at += size) {
		uint64_t word;

		if (target_read_uint(u->w->t, at, size, &word) || !looks_like_return(u, word))
			continue;
		unwind_push(u, word, false, false, NULL);
		found++;
	}
}
