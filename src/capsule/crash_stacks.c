// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stack, and its addresses of text: what bt asks of each, which is the ORC
 * entry, the call before it, and the function up to there.
 */
#include "capsule/for_crash_priv.h"

#define MAX_ADDRESSES 16384u			/* of text, on all stacks; a power of 2 */
#define ORC_BLOCK 256u				/* LOOKUP_BLOCK_SIZE: bytes of text for which orc_lookup has one number */

void find_text(struct taker *tk)
{
	uint64_t start = tk_symbol(tk, "_stext"), end = tk_symbol(tk, "_etext");

	if (start && end > start)
		tk->kernel = (struct text_of){ .base = start, .size = end - start };
	tk->kernel.ips = tk_symbol(tk, "__start_orc_unwind_ip");
	tk->kernel.entries = tk_symbol(tk, "__start_orc_unwind");
	tk->lookup = tk_symbol(tk, "orc_lookup");
	tk->orc_size = tk_type_size(tk, "orc_entry");
	tk->seen = arena_alloc(target_arena(tk->t), MAX_ADDRESSES * sizeof(*tk->seen));
}

/* The steps of __orc_find(), for crash takes the same. */
static void take_orc(struct taker *tk, uint64_t ips, uint64_t entries, uint64_t count, uint64_t addr)
{
	uint64_t first = 0, end = count, found = 0;

	while (first < end) {
		uint64_t mid = first + (end - 1 - first) / 2, ip = ips + 4 * mid;

		if (ip + (uint64_t)(int64_t)(int32_t)tk_number(tk, ip, 4) <= addr) {
			found = mid;
			first = mid + 1;
		} else {
			end = mid;
		}
	}
	tk_take(tk, entries + found * tk->orc_size, tk->orc_size);
}

static void take_kernel_orc(struct taker *tk, uint64_t addr)
{
	const struct text_of *k = &tk->kernel;
	uint64_t block = (addr - k->base) / ORC_BLOCK, start, end;

	if (!tk->lookup || !k->ips || !k->entries || !tk->orc_size)
		return;
	start = tk_number(tk, tk->lookup + 4 * block, 4);
	end = (uint64_t)tk_number(tk, tk->lookup + 4 * (block + 1), 4) + 1;
	if (start < end)
		take_orc(tk, k->ips + 4 * start, k->entries + start * tk->orc_size, end - start, addr);
}

/* Where ORC does not say how large a frame is, the function is disassembled up to the address. */
static void take_function_until(struct taker *tk, uint64_t addr)
{
	struct symbol_name s;

	if (target_name_address(tk->t, addr, &s) || s.start > addr || addr - s.start > MAX_FUNCTION)
		return;
	tk_take(tk, s.start, addr - s.start);
	tk_touch(tk, addr, (MAX_INSTRUCTION - 1) * (addr - s.start));
}

static void take_address(struct taker *tk, const struct text_of *text, uint64_t addr)
{
	/* The call before it, and a cache line of gdb. */
	tk_take(tk, addr - 5, 16);
	if (text == &tk->kernel)
		take_kernel_orc(tk, addr);
	else if (text->ips && text->entries && tk->orc_size)
		take_orc(tk, text->ips, text->entries, text->count, addr);
	if (text == &tk->kernel)
		take_function_until(tk, addr);
}

static const struct text_of *text_of(const struct taker *tk, uint64_t addr)
{
	if (addr - tk->kernel.base < tk->kernel.size)
		return &tk->kernel;
	for (unsigned int i = 0; i < tk->modules; i++)
		if (addr - tk->module[i].base < tk->module[i].size)
			return &tk->module[i];
	return NULL;
}

/* Most stacks have most addresses in common. */
static bool seen_before(struct taker *tk, uint64_t addr)
{
	unsigned int i = (unsigned int)((addr * 0x9e3779b97f4a7c15ull) >> 32) % MAX_ADDRESSES;

	while (tk->seen[i] && tk->seen[i] != addr)
		i = (i + 1) % MAX_ADDRESSES;
	if (tk->seen[i] || tk->seens >= MAX_ADDRESSES / 4 * 3)
		return true;
	tk->seen[i] = addr;
	tk->seens++;
	return false;
}

static void take_addresses(struct taker *tk, uint64_t addr, uint64_t len)
{
	unsigned int word = target_pointer_size(tk->t);

	for (uint64_t i = 0; tk->seen && i + word <= len; i += word) {
		uint64_t v = tk_pointer(tk, addr + i);
		const struct text_of *text = v ? text_of(tk, v) : NULL;

		if (text && !seen_before(tk, v))
			take_address(tk, text, v);
	}
}

void take_stack(struct taker *tk, uint64_t base, uint64_t size, uint64_t sp)
{
	if (!base || size > MAX_STACK)
		return;
	if (sp < base || sp > base + size)
		sp = base;
	sp &= ~(uint64_t)7;
	tk_touch(tk, base, sp - base);
	tk_take(tk, sp, base + size - sp);
	take_addresses(tk, sp, base + size - sp);
}
