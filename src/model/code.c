// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the code at an address is: whether the kernel would take it for code at
 * all, what its unwind information says, and what it has to do with
 * livepatches.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "model/unwind.h"

/* --- what livepatches have to do with --- */

static bool add_range(struct unwinder *u, unsigned int *room, struct code_range range)
{
	if (u->nr_ranges == *room) {
		unsigned int more = *room ? 2 * *room : 64;
		struct code_range *grown = arena_alloc(u->w->r->arena, more * sizeof(*grown));

		if (!grown)
			return false;
		if (u->nr_ranges)
			memcpy(grown, u->range, u->nr_ranges * sizeof(*grown));
		u->range = grown;
		*room = more;
	}
	u->range[u->nr_ranges++] = range;
	return true;
}

static bool is_range(struct val addr, struct val size)
{
	return !addr.st && !size.st && addr.v && size.v && addr.v + size.v > addr.v;
}

/* On its function stack; a nop replaces nothing. */
static bool replaces(const struct unwinder *u, const struct func_rec *f)
{
	return (f->ops || u->w->r->ops_st) && (f->nop.st || !f->nop.v);
}

static bool add_function(struct unwinder *u, unsigned int *room, const struct patch_rec *p, const struct func_rec *f)
{
	struct code_range range = { .func = f, .patch = p };

	if (is_range(f->old_addr, f->old_size) && replaces(u, f)) {
		range.low = f->old_addr.v;
		range.high = f->old_addr.v + f->old_size.v;
		range.kind = CODE_OLD;
		if (!add_range(u, room, range))
			return false;
	}
	/* A nop has the old one's. */
	if (!is_range(f->new_addr, f->new_size) || f->nop.st || f->nop.v || f->new_addr.v == f->old_addr.v)
		return true;
	range.low = f->new_addr.v;
	range.high = f->new_addr.v + f->new_size.v;
	range.kind = CODE_NEW;
	return add_range(u, room, range);
}

static bool add_functions(struct unwinder *u)
{
	unsigned int room = 0;

	for (const struct patch_rec *p = u->w->r->patches; p; p = p->next)
		for (const struct object_rec *o = p->objects; o; o = o->next)
			for (const struct func_rec *f = o->funcs; f; f = f->next)
				if (!add_function(u, &room, p, f))
					return false;
	return true;
}

/* The old one is the same for all that replace it: of those the newest comes last, and is whose it is. */
static int by_low(const void *a, const void *b)
{
	const struct code_range *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->func->stack_position != y->func->stack_position)
		return x->func->stack_position > y->func->stack_position ? -1 : 1;
	return x->func->addr < y->func->addr ? -1 : x->func->addr > y->func->addr;
}

bool code_any_hotfix(const struct report *r)
{
	if (r->other_hotfix)
		return true;
	if (r->capability == KLP_NOT_BUILT_IN)
		return false;
	return r->capability == KLP_UNKNOWN || r->patches || r->patches_st || r->klp_modules || r->modules_st || r->ops ||
	       r->ops_st;
}

/* Whether a function of a livepatch module that is not among the ranges replaces none. */
static bool functions_known(const struct report *r)
{
	if (r->patches_st)
		return false;
	for (const struct patch_rec *p = r->patches; p; p = p->next) {
		if (p->objects_st)
			return false;
		for (const struct object_rec *o = p->objects; o; o = o->next) {
			if (o->funcs_st)
				return false;
			for (const struct func_rec *f = o->funcs; f; f = f->next)
				if (f->st || f->new_addr.st || f->new_size.st ||
				    (f->nop.st && f->nop.st != KLPSCOPE_NOT_FOUND))
					return false;
		}
	}
	return true;
}

void code_init(struct unwinder *u)
{
	u->functions_known = functions_known(u->w->r);
	if (!add_functions(u)) {
		u->st = KLPSCOPE_NO_MEMORY;
		return;
	}
	if (u->nr_ranges)
		qsort(u->range, u->nr_ranges, sizeof(*u->range), by_low);
}

static const struct code_range *range_at(const struct unwinder *u, uint64_t addr)
{
	unsigned int low = 0, high = u->nr_ranges;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (u->range[mid].low <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && addr < u->range[low - 1].high ? &u->range[low - 1] : NULL;
}

/* --- an address --- */

const struct trampoline *code_trampoline(const struct unwinder *u, uint64_t addr)
{
	for (unsigned int i = 0; i < u->nr_trampolines; i++)
		if (addr - u->trampoline[i].start < u->trampoline[i].size)
			return &u->trampoline[i];
	return NULL;
}

/* __kernel_text_address(), kernel/extable.c, but for the code that BPF and kprobes make. */
static bool is_text(const struct unwinder *u, const struct mod_info *m, uint64_t addr)
{
	return m || walk_within(u->w, S__stext, S__etext, addr) || walk_within(u->w, S__sinittext, S__einittext, addr) ||
	       code_trampoline(u, addr);
}

/* Up to where the call at its entry comes back to, a function's own body has not begun. */
static enum code_kind old_or_entry(const struct unwinder *u, const struct code_range *range, uint64_t addr)
{
	const struct arch *arch = arch_by_name(u->w->r->system.architecture.s);
	uint8_t text[32];
	unsigned int site;

	if (!range->func->ops || !arch || target_read(u->w->t, range->low, text, arch->entry_size))
		return CODE_OLD;
	site = arch->site_offset(text);
	/* `addr` lies one before a return address. */
	return addr < range->low + site + arch->site_size ? CODE_ENTRY : CODE_OLD;
}

/*
 * What a compiler moves out of a function (a call of panic(), say) is called after it, lies elsewhere, and counts
 * for nothing in klp_func.old_size.
 */
static const struct code_range *cold_part_of(struct unwinder *u, uint64_t addr)
{
	struct symbol_name name;
	const char *cold;

	if (!u->nr_ranges || walk_name_address(u->w, addr, &name))
		return NULL;
	cold = strstr(name.name, ".cold");
	for (unsigned int i = u->nr_ranges; cold && i > 0; i--) {
		const struct code_range *range = &u->range[i - 1];
		const struct symbol_name *old = &range->func->old_symbol;
		size_t len = (size_t)(cold - name.name);

		if (range->kind != CODE_OLD || !old->name || strncmp(old->name, name.name, len) || old->name[len])
			continue;
		if (!old->module == !name.module && (!old->module || !strcmp(old->module, name.module)))
			return range;
	}
	return NULL;
}

static void judge(struct unwinder *u, struct code_info *info)
{
	struct mod_info *m = module_at(u->w, info->addr);
	const struct code_range *range = range_at(u, info->addr);

	info->text = is_text(u, m, info->addr);
	info->text_st = info->text ? KLPSCOPE_OK : u->w->ranges_st;
	info->kind = CODE_OTHER;
	info->func = NULL;
	info->patch = NULL;
	info->module = m ? m->rec : NULL;
	if (range) {
		info->kind = range->kind == CODE_OLD ? old_or_entry(u, range, info->addr) : CODE_NEW;
		info->func = range->func;
		info->patch = range->patch;
	} else if (info->module) {
		info->kind = u->functions_known ? CODE_HOTFIX : CODE_SOME_HOTFIX;
	} else if (info->text && (range = cold_part_of(u, info->addr))) {
		info->kind = CODE_OLD;
		info->func = range->func;
		info->patch = range->patch;
	}
	info->orc_st = KLPSCOPE_NOT_FOUND;
	if (u->has_orc)
		info->orc_st = orc_find(u, info->addr, &info->orc);
}

const struct code_info *code_at(struct unwinder *u, uint64_t addr)
{
	struct code_info *info = &u->code[(addr ^ addr >> 12) % CODE_SLOTS];

	if (!info->known || info->addr != addr) {
		info->known = true;
		info->addr = addr;
		judge(u, info);
	}
	return info;
}
