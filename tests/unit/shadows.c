// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "tests/unit/shadows.h"

static const char types[] =
	"member hlist_head first 0 $P\n"
	"member hlist_node next 0 $P\n"
	"member hlist_node pprev $P $P\n"
	"member klp_shadow node 0 16\n"
	"member klp_shadow obj 32 $P\n"
	"member klp_shadow id 40 $P\n"
	"member klp_shadow data 48 0\n"
	"member page flags 0 8\n"
	"member page compound_head 8 8\n"
	"member page compound_order 17 1\n"
	"member page _mapcount 48 4\n"
	"member slab slab_cache 24 8\n"
	"member kmem_cache name 0 8\n"
	"member kmem_cache object_size 8 4\n"
	"type page 64\n";

static const char memory[] =
	"symbol klp_shadow_hash 0xc0100000\n"
	"at 0xc0100000\n"
	"@hash: zero 32768\n"
	"at 0xc0110000\n"
	"@kmalloc64: u64 @name64\n u32 64\n align 16\n"
	"@kmalloc96: u64 @name96\n u32 96\n align 16\n"
	"@hostile: u64 @hostile_name\n u32 64\n align 16\n"
	"@empty: u64 @name64\n u32 0\n align 16\n"
	"@states: zero 96\n"
	"@name64: str \"kmalloc-64\"\n"
	"@name96: str \"kmalloc-96\"\n"
	"@hostile_name: str \"kmalloc\\x1b[31m\\n64\"\n"
	"at 0xc0120000\n"
	"@low: u64 0xffff888000000000\n"
	"@high: u64 0xffffc90000000000\n"
	"@vmemmap: u64 0xffffea0000000000\n";

static const char wide[] =
	"symbol page_offset_base @low\n"
	"symbol vmalloc_base @high\n"
	"symbol vmemmap_base @vmemmap\n";

struct shadow_kernel shadow_kernel(const char *endian, unsigned int pointer, const char *more)
{
	struct shadow_kernel k = { .pointer = pointer, .next = pointer == 8 ? ENTRIES : ENTRIES_LOW };

	k.f = kernel_parse(endian, pointer, kernel_types, types, kernel_memory, memory, wide, more ? more : "", NULL);
	return k;
}

void shadow_kernel_free(struct shadow_kernel *k)
{
	fake_free(k->f);
}

/* Worked out another way than the walk does: by the top bits of a product that is cut to the pointer's size. */
uint32_t shadow_bucket(const struct shadow_kernel *k, uint64_t obj)
{
	uint64_t product = obj * (k->pointer == 8 ? 7046029254386353131ull : 1640531527ull);

	return k->pointer == 8 ? (uint32_t)(product / (1ull << 52)) : (uint32_t)(product % (1ull << 32) / (1u << 20));
}

uint64_t shadow_add_to(struct shadow_kernel *k, uint32_t bucket, uint64_t obj, uint64_t id)
{
	uint64_t head = HASH + (uint64_t)bucket * k->pointer, addr = k->next, first = k->first[bucket];

	fake_write_uint(k->f, addr, first, k->pointer);
	fake_write_uint(k->f, addr + k->pointer, head, k->pointer);
	fake_write_uint(k->f, addr + 32, obj, k->pointer);
	fake_write_uint(k->f, addr + 40, id, k->pointer);
	fake_write_uint(k->f, head, addr, k->pointer);
	if (first)
		fake_write_uint(k->f, first + k->pointer, addr, k->pointer);
	k->first[bucket] = addr;
	k->next += ENTRY_SIZE;
	return addr;
}

uint64_t shadow_add(struct shadow_kernel *k, uint64_t obj, uint64_t id)
{
	return shadow_add_to(k, shadow_bucket(k, obj), obj, id);
}

void shadow_state(struct shadow_kernel *k, uint64_t id)
{
	fake_write_uint(k->f, fake_label(k->f, "p1") + 56, fake_label(k->f, "states"), k->pointer);
	fake_write_uint(k->f, fake_label(k->f, "states"), id, k->pointer);
}

uint64_t shadow_page(uint64_t addr)
{
	return VMEMMAP + (addr - DIRECT) / 4096 * 64;
}

void shadow_slab(struct shadow_kernel *k, uint64_t from, uint64_t to, const char *cache)
{
	for (uint64_t at = from & ~0xfffull; at < to; at += 4096) {
		fake_write_uint(k->f, shadow_page(at), 1 << 9, 8);
		fake_write_uint(k->f, shadow_page(at) + 24, fake_label(k->f, cache), 8);
	}
}

static struct report *report(struct shadow_kernel *k, bool one, uint64_t id)
{
	struct target *t = fake_target(k->f);
	struct report *r = arena_alloc(target_arena(t), sizeof(*r));

	r->arena = target_arena(t);
	r->system.architecture = (struct text){ "x86_64", KLPSCOPE_OK };
	r->want_shadow = one;
	r->shadow_id = id;
	if (model_collect(t, r) || analysis_run(r)) {
		fprintf(stderr, "%s\n", target_error(t));
		abort();
	}
	return r;
}

struct report *shadow_report(struct shadow_kernel *k)
{
	return report(k, false, 0);
}

struct report *shadow_report_of(struct shadow_kernel *k, uint64_t id)
{
	return report(k, true, id);
}

const struct shadow_id_rec *shadow_id(const struct report *r, uint64_t id)
{
	const struct shadow_id_rec *rec = r->shadows.id;

	while (rec && rec->id != id)
		rec = rec->next;
	return rec;
}
