// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virt_to_slab() of mm/slab.h, 4.15 to 7.2.  What is a slab says a bit in
 * page.flags until 6.9, and since 6.10 (46df8e73a4a3) the value of
 * page._mapcount, both told by VMCOREINFO; bits above the type are not its own
 * in 6.10, and in 6.12 it is one byte (page_type >> 24).
 */
#include <string.h>

#include "model/slab.h"
#include "util/keys.h"

#define PAGE_SHIFT 12
#define ANSWERS 256
#define LIMIT_CACHES 4096
#define LIMIT_CACHE_NAME 256
/* KMALLOC_MAX_SIZE, and the largest order of the page allocator, both with room to spare. */
#define OBJECT_MAX (64u << 20)
#define ORDER_MAX 20

struct cache {
	struct key_node node;		/* by the address of the kmem_cache */
	struct slab_rec rec;
};

struct slabs {
	struct walk *w;
	enum klpscope_status st;	/* not OK: why nothing can be told */
	uint64_t low, high;		/* of the direct map */
	uint64_t vmemmap, page_size;	/* struct page, and how large one is */
	bool by_mapcount, whole_mapcount;
	uint32_t mapcount;
	uint64_t slab_mask, head_mask;	/* bits of page.flags */
	struct key_node *caches;
	unsigned int nr_caches;
	/* Of the last page frames that were asked about, by their number. */
	struct answer {
		uint64_t frame;		/* and 1 more, so that 0 is none */
		uint64_t head;		/* the address of its first page's memory */
		struct slab_rec rec;
	} answer[ANSWERS];
};

static struct slab_rec unknown(enum klpscope_status st)
{
	return (struct slab_rec){ { NULL, st }, { 0, st } };
}

/* --- what the kernel is like --- */

static enum klpscope_status either(enum klpscope_status st, struct val v)
{
	return st ? st : v.st;
}

/* What this kernel does not have we do not know our way without. */
static enum klpscope_status lacks(enum klpscope_status st)
{
	return st == KLPSCOPE_NOT_FOUND ? KLPSCOPE_UNSUPPORTED : st;
}

static enum klpscope_status find_memory(struct slabs *s)
{
	struct val low = walk_symbol_value(s->w, S_page_offset_base, 8, "page_offset_base");
	struct val high = walk_symbol_value(s->w, S_vmalloc_base, 8, "vmalloc_base");
	struct val vmemmap = walk_symbol_value(s->w, S_vmemmap_base, 8, "vmemmap_base");
	struct val size = s->w->layout.type_size[T_page];

	s->low = low.v;
	s->high = high.v;
	s->vmemmap = vmemmap.v;
	s->page_size = size.v;
	if (!size.st && (!size.v || size.v > 1024))
		return KLPSCOPE_CORRUPT;
	return lacks(either(either(either(low.st, high), vmemmap), size));
}

static enum klpscope_status find_marks(struct slabs *s)
{
	uint64_t value, head = 0;

	if (!target_vmcoreinfo_num(s->w->t, "NUMBER(PG_head_mask)", 10, &head))
		s->head_mask = head;
	if (!target_vmcoreinfo_num(s->w->t, "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)", 10, &value)) {
		s->by_mapcount = true;
		s->mapcount = (uint32_t)value;
		return lacks(s->w->layout.member[M_page__mapcount].st);
	}
	if (target_vmcoreinfo_num(s->w->t, "NUMBER(PG_slab)", 10, &value))
		return KLPSCOPE_UNSUPPORTED;
	if (value >= 64)
		return KLPSCOPE_CORRUPT;
	s->slab_mask = 1ull << value;
	return lacks(s->w->layout.member[M_page_flags].st);
}

struct slabs *slabs_new(struct walk *w)
{
	struct slabs *s = arena_alloc(w->r->arena, sizeof(*s));
	const struct text *arch = &w->r->system.architecture;

	if (!s)
		return NULL;
	s->w = w;
	if (arch->st || strcmp(arch->s, "x86_64"))
		s->st = KLPSCOPE_UNSUPPORTED;
	if (!s->st)
		s->st = find_memory(s);
	if (!s->st)
		s->st = find_marks(s);
	return s;
}

/* --- a kmem_cache --- */

static struct slab_rec read_cache(struct slabs *s, uint64_t addr)
{
	struct val name = walk_peek(s->w, addr, M_kmem_cache_name);
	struct slab_rec rec = { .cache = { NULL, lacks(name.st) }, .size = walk_peek(s->w, addr, M_kmem_cache_object_size) };

	rec.size.st = lacks(rec.size.st);
	if (!rec.size.st && (!rec.size.v || rec.size.v > OBJECT_MAX))
		rec.size.st = KLPSCOPE_CORRUPT;
	if (!rec.cache.st)
		rec.cache.st = target_read_string(s->w->t, name.v, LIMIT_CACHE_NAME, &rec.cache.s);
	return rec;
}

static struct slab_rec cache_at(struct slabs *s, uint64_t addr)
{
	struct key_node **link = keys_find(&s->caches, addr);
	struct cache *c = (struct cache *)*link;

	if (c)
		return c->rec;
	if (!addr || s->nr_caches == LIMIT_CACHES)
		return unknown(addr ? KLPSCOPE_LIMIT : KLPSCOPE_CORRUPT);
	c = arena_alloc(s->w->r->arena, sizeof(*c));
	if (!c)
		return unknown(KLPSCOPE_NO_MEMORY);
	c->node.key = addr;
	c->rec = read_cache(s, addr);
	*link = &c->node;
	s->nr_caches++;
	return c->rec;
}

/* --- a page --- */

/*
 * Only kernels that free pages of vmemmap have masks (compound_info_has_mask()
 * of linux/page-flags.h): they are those whose zones have tail pages to share.
 */
static bool has_masks(const struct slabs *s)
{
	return walk_has(s->w, M_zone_vmemmap_tails) && !(s->page_size & (s->page_size - 1));
}

/* The first of the pages that belong together. */
static struct val first_page(struct slabs *s, uint64_t page)
{
	bool info = walk_has(s->w, M_page_compound_info);
	struct val v = walk_peek(s->w, page, info ? M_page_compound_info : M_page_compound_head);

	v.st = lacks(v.st);
	if (v.st)
		return v;
	if (!(v.v & 1))
		v.v = page;
	else if (info && has_masks(s))
		v.v &= page;
	else
		v.v--;
	if (v.v > page || (page - v.v) % s->page_size || (page - v.v) / s->page_size >> ORDER_MAX)
		v.st = KLPSCOPE_CORRUPT;
	return v;
}

static struct val is_slab(struct slabs *s, uint64_t page)
{
	struct val v = walk_peek(s->w, page, s->by_mapcount ? M_page__mapcount : M_page_flags);

	if (v.st)
		return v;
	if (!s->by_mapcount)
		v.v = (v.v & s->slab_mask) != 0;
	else if (s->mapcount & 0xffffff)
		v.v = (uint32_t)v.v == s->mapcount;
	else
		v.v = (uint32_t)v.v >> 24 == s->mapcount >> 24;
	return v;
}

/* Of pages that belong together: 2 to the power of what number of them; 0 for one alone. */
static struct val order_of(struct slabs *s, uint64_t page)
{
	struct val flags = walk_peek(s->w, page, M_page_flags), order;

	if (flags.st || !s->head_mask || !(flags.v & s->head_mask))
		return (struct val){ 0, lacks(flags.st ? flags.st : s->head_mask ? KLPSCOPE_OK : KLPSCOPE_UNSUPPORTED) };
	if (walk_has(s->w, M_page_compound_order))
		order = walk_peek(s->w, page + s->page_size, M_page_compound_order);
	else if (walk_has(s->w, M_folio__folio_order))
		order = walk_peek(s->w, page, M_folio__folio_order);
	else
		order = walk_peek(s->w, page, M_folio__flags_1);
	order.v &= 0xff;
	order.st = lacks(order.st);
	if (!order.st && (!order.v || order.v > ORDER_MAX))
		order.st = KLPSCOPE_CORRUPT;
	return order;
}

/* kmalloc() of more than two pages takes pages that belong together; what is alone is something else. */
static struct slab_rec no_slab(struct slabs *s, uint64_t page)
{
	struct val order = order_of(s, page);
	struct slab_rec rec = { { NULL, KLPSCOPE_NOT_FOUND }, { 0, KLPSCOPE_NOT_FOUND } };

	if (order.st)
		return unknown(order.st);
	if (order.v)
		rec.size = (struct val){ 1ull << PAGE_SHIFT << order.v, KLPSCOPE_OK };
	return rec;
}

static struct slab_rec slab_of_page(struct slabs *s, uint64_t page)
{
	struct val slab = is_slab(s, page), cache;

	if (slab.st)
		return unknown(lacks(slab.st));
	if (!slab.v)
		return no_slab(s, page);
	cache = walk_peek(s->w, page, walk_has(s->w, M_slab_slab_cache) ? M_slab_slab_cache : M_page_slab_cache);
	return cache.st ? unknown(lacks(cache.st)) : cache_at(s, cache.v);
}

static void look_up(struct slabs *s, struct answer *a, uint64_t frame)
{
	uint64_t page = s->vmemmap + frame * s->page_size;
	struct val first = first_page(s, page);

	a->frame = frame + 1;
	a->head = first.st ? 0 : s->low + ((frame - (page - first.v) / s->page_size) << PAGE_SHIFT);
	a->rec = first.st ? unknown(first.st) : slab_of_page(s, first.v);
}

struct slab_rec slab_of(struct slabs *s, uint64_t addr)
{
	uint64_t frame = (addr - s->low) >> PAGE_SHIFT;
	struct answer *a = &s->answer[frame % ANSWERS];
	struct slab_rec rec;

	if (s->st)
		return unknown(s->st);
	if (addr < s->low || addr >= s->high)
		return unknown(KLPSCOPE_NOT_FOUND);
	if (a->frame != frame + 1)
		look_up(s, a, frame);
	rec = a->rec;
	/* kmalloc() gives the pages from their start; what lies further in is part of something else. */
	if (rec.cache.st == KLPSCOPE_NOT_FOUND && addr != a->head)
		rec.size.st = KLPSCOPE_NOT_FOUND;
	return rec;
}
