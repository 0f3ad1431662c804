// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the unwind information of an address lies: in a table of the kernel's
 * own, which orc_lookup divides into blocks of 256 bytes of text, in one of
 * each module, or, for a trampoline that ftrace made, with the code that it is
 * a copy of.  arch/x86/kernel/unwind_orc.c, 4.14 to 7.3.
 */
#include "model/unwind.h"

#define BLOCK 256			/* LOOKUP_BLOCK_SIZE, asm/orc_lookup.h */
#define IP_SIZE 4			/* each address is stored relative to where it is stored */
#define LIMIT_ENTRIES (1u << 26)
#define LIMIT_OPS_LIST 4096
#define OPS_SAVE_REGS (1u << 2)		/* FTRACE_OPS_FL_SAVE_REGS, 5.10 to 7.3-rc7 */

/* Parallel arrays. */
struct table {
	uint64_t ips, entries, count;
};

static struct val symbol(const struct walk *w, enum symbol_id id)
{
	return w->layout.symbol[id];
}

static enum klpscope_status read_ip(struct unwinder *u, uint64_t at, uint64_t *ip)
{
	uint64_t raw;
	enum klpscope_status st = target_read_uint(u->w->t, at, IP_SIZE, &raw);

	*ip = at + (uint64_t)(int64_t)(int32_t)(uint32_t)raw;
	return st;
}

/* The last entry at or below `addr`, among first … last of the table. */
static enum klpscope_status search(struct unwinder *u, const struct table *table, uint64_t first, uint64_t last,
				   uint64_t addr, struct orc_entry *out)
{
	uint8_t raw[ORC_ENTRY_SIZE];
	uint64_t found = first, ip;
	enum klpscope_status st;

	while (first < last) {
		uint64_t mid = first + (last - first) / 2;

		st = read_ip(u, table->ips + mid * IP_SIZE, &ip);
		if (st)
			return st;
		if (ip <= addr) {
			found = mid;
			first = mid + 1;
		} else {
			last = mid;
		}
	}
	st = target_read(u->w->t, table->entries + found * ORC_ENTRY_SIZE, raw, sizeof(raw));
	if (!st)
		orc_decode(raw, u->format, out);
	if (!st && u->renumbered)
		orc_renumber(out);
	return st;
}

/* Narrows first and last down to a block; where that cannot be had, all of the table stays. */
static void narrow(struct unwinder *u, uint64_t addr, uint64_t count, uint64_t *first, uint64_t *last)
{
	struct val lookup = symbol(u->w, S_orc_lookup), end = symbol(u->w, S_orc_lookup_end);
	uint64_t at, low, high;

	if (lookup.st || end.st)
		return;
	at = lookup.v + (addr - symbol(u->w, S__stext).v) / BLOCK * 4;
	if (at + 8 > end.v)
		return;
	if (target_read_uint(u->w->t, at, 4, &low) || target_read_uint(u->w->t, at + 4, 4, &high))
		return;
	if (low > high || high >= count)
		return;
	*first = low;
	*last = high + 1;
}

static enum klpscope_status find_in_kernel(struct unwinder *u, uint64_t addr, struct orc_entry *out)
{
	const struct walk *w = u->w;
	struct table table = {
		.ips = symbol(w, S___start_orc_unwind_ip).v,
		.entries = symbol(w, S___start_orc_unwind).v,
		.count = (symbol(w, S___stop_orc_unwind_ip).v - symbol(w, S___start_orc_unwind_ip).v) / IP_SIZE,
	};
	uint64_t first = 0, last = table.count;

	if (!table.count || table.count > LIMIT_ENTRIES)
		return KLPSCOPE_CORRUPT;
	if (addr >= symbol(w, S__stext).v && addr < symbol(w, S__etext).v)
		narrow(u, addr, table.count, &first, &last);
	return search(u, &table, first, last, addr, out);
}

static enum klpscope_status find_in_module(struct unwinder *u, const struct mod_info *m, uint64_t addr,
					   struct orc_entry *out)
{
	struct walk *w = u->w;
	uint64_t arch = walk_at(w, m->addr, M_module_arch);
	struct val count = walk_peek(w, arch, M_mod_arch_specific_num_orcs);
	struct val ips = walk_peek(w, arch, M_mod_arch_specific_orc_unwind_ip);
	struct val entries = walk_peek(w, arch, M_mod_arch_specific_orc_unwind);
	struct table table = { .ips = ips.v, .entries = entries.v, .count = count.v };

	if (!walk_has(w, M_module_arch) || count.st || ips.st || entries.st)
		return count.st ? count.st : ips.st ? ips.st : entries.st ? entries.st : KLPSCOPE_NOT_FOUND;
	if (!count.v || !ips.v || !entries.v)
		return KLPSCOPE_NOT_FOUND;
	if (count.v > LIMIT_ENTRIES)
		return KLPSCOPE_CORRUPT;
	return search(u, &table, 0, table.count, addr, out);
}

/* A call of NULL: its caller's address is the top of the stack. */
static const struct orc_entry at_null = {
	.sp_offset = 8, .sp_reg = ORC_REG_SP, .bp_reg = ORC_REG_UNDEFINED, .kind = ORC_CALL,
};

enum klpscope_status orc_find(struct unwinder *u, uint64_t addr, struct orc_entry *out)
{
	const struct trampoline *tramp;
	struct mod_info *m;

	if (!addr) {
		*out = at_null;
		return KLPSCOPE_OK;
	}
	if (walk_within(u->w, S__stext, S__etext, addr) || walk_within(u->w, S__sinittext, S__einittext, addr))
		return find_in_kernel(u, addr, out);
	m = module_at(u->w, addr);
	if (m)
		return find_in_module(u, m, addr, out);
	tramp = code_trampoline(u, addr);
	if (tramp && walk_within(u->w, S__stext, S__etext, tramp->original))
		return find_in_kernel(u, tramp->original + (addr - tramp->start), out);
	return KLPSCOPE_NOT_FOUND;
}

/* --- trampolines --- */

static bool add_trampoline(struct unwinder *u, uint64_t ops)
{
	struct walk *w = u->w;
	struct val start = walk_peek(w, ops, M_ftrace_ops_trampoline), size = walk_peek(w, ops, M_ftrace_ops_trampoline_size);
	struct val flags = walk_peek(w, ops, M_ftrace_ops_flags);
	struct val original;

	if (start.st || size.st || flags.st || !start.v || !size.v || size.v > 4096)
		return true;
	original = symbol(w, flags.v & OPS_SAVE_REGS ? S_ftrace_regs_caller : S_ftrace_caller);
	if (original.st)
		return true;
	if (!(u->nr_trampolines & (u->nr_trampolines - 1))) {
		struct trampoline *grown = arena_alloc(w->r->arena, (u->nr_trampolines ? 2 * u->nr_trampolines : 1) *
								    sizeof(*grown));

		if (!grown)
			return false;
		for (unsigned int i = 0; i < u->nr_trampolines; i++)
			grown[i] = u->trampoline[i];
		u->trampoline = grown;
	}
	u->trampoline[u->nr_trampolines++] = (struct trampoline){ start.v, size.v, original.v };
	return true;
}

/* Ends at a static one that has no next; a trampoline that is missed makes frames unreliable, and no more. */
static void find_trampolines(struct unwinder *u)
{
	struct val at = symbol(u->w, S_ftrace_ops_list);

	if (!at.st)
		at.st = target_read_ptr(u->w->t, at.v, &at.v);
	for (unsigned int i = 0; !at.st && at.v && i < LIMIT_OPS_LIST; i++) {
		if (!add_trampoline(u, at.v))
			return;
		at = walk_peek(u->w, at.v, M_ftrace_ops_next);
	}
}

/* A function of every kernel, in C. */
static void find_numbers(struct unwinder *u)
{
	struct val panic = symbol(u->w, S_panic);
	struct orc_entry at_start;

	if (panic.st == KLPSCOPE_NOT_FOUND)
		return;
	u->orc_st = panic.st ? panic.st : find_in_kernel(u, panic.v, &at_start);
	if (u->orc_st)
		return;
	switch (orc_numbers_of(&at_start)) {
	case ORC_NUMBERS_NEW:
		u->renumbered = true;
		break;
	case ORC_NUMBERS_UNKNOWN:
		u->orc_st = KLPSCOPE_UNSUPPORTED;
		break;
	case ORC_NUMBERS_OLD:
		break;
	}
}

void orc_init(struct unwinder *u)
{
	static const enum symbol_id needed[] = {
		S___start_orc_unwind_ip, S___stop_orc_unwind_ip, S___start_orc_unwind, S__stext, S__etext,
	};
	const struct walk *w = u->w;

	for (unsigned int i = 0; i < sizeof(needed) / sizeof(*needed) && !u->orc_st; i++)
		u->orc_st = symbol(w, needed[i]).st;
	/* Built with another unwinder: that is an answer. */
	if (symbol(w, S___start_orc_unwind_ip).st == KLPSCOPE_NOT_FOUND)
		u->orc_st = KLPSCOPE_OK;
	else if (!u->orc_st)
		u->orc_st = w->layout.type_size[T_orc_entry].st;
	u->has_orc = !u->orc_st && !symbol(w, S___start_orc_unwind_ip).st;
	u->format = orc_format_of(walk_has(w, M_orc_entry_signal), walk_has(w, M_orc_entry_end));
	if (u->has_orc)
		find_numbers(u);
	find_trampolines(u);
}
