/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small kernel with shadow variables, and with struct pages that tell what they were allocated from. */
#ifndef KLPSCOPE_TESTS_SHADOWS_H
#define KLPSCOPE_TESTS_SHADOWS_H

#include "tests/unit/kernel.h"

/* Where the direct map, vmalloc and struct pages begin. */
#define DIRECT		0xffff888000000000ull
#define VMALLOC		0xffffc90000000000ull
#define VMEMMAP		0xffffea0000000000ull

/* The table lies there, and entries from there on; of 8-byte pointers in the direct map. */
#define HASH		0xc0100000ull
#define ENTRIES		(DIRECT + 0x100000)
#define ENTRIES_LOW	0xc0200000ull
#define ENTRY_SIZE	64
#define DATA_OFFSET	48

struct shadow_kernel {
	struct fake *f;
	unsigned int pointer;
	uint64_t next;			/* where the next entry goes */
	uint64_t first[4096];		/* of each list */
};

/* `more`: further lines of the description, or NULL. */
struct shadow_kernel shadow_kernel(const char *endian, unsigned int pointer, const char *more);
void shadow_kernel_free(struct shadow_kernel *k);

uint32_t shadow_bucket(const struct shadow_kernel *k, uint64_t obj);
/* As klp_shadow_alloc(): at the head of its list. Returns the address of the klp_shadow. */
uint64_t shadow_add(struct shadow_kernel *k, uint64_t obj, uint64_t id);
/* At the head of that list. */
uint64_t shadow_add_to(struct shadow_kernel *k, uint32_t bucket, uint64_t obj, uint64_t id);
/* klp_one has a state of that id. */
void shadow_state(struct shadow_kernel *k, uint64_t id);

/* The page frames of these addresses, which lie in the direct map, are a slab of the cache at that label. */
void shadow_slab(struct shadow_kernel *k, uint64_t from, uint64_t to, const char *cache);
uint64_t shadow_page(uint64_t addr);

struct report *shadow_report(struct shadow_kernel *k);
struct report *shadow_report_of(struct shadow_kernel *k, uint64_t id);
const struct shadow_id_rec *shadow_id(const struct report *r, uint64_t id);

#endif
