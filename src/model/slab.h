/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the slab allocator knows of an address: the cache that its object came
 * from, and so the size of it.  By struct page, as the kernel itself does.
 */
#ifndef KLPSCOPE_SLAB_H
#define KLPSCOPE_SLAB_H

#include "model/walk.h"

struct slabs;

/* NULL: no memory. What it keeps lives in the arena. */
struct slabs *slabs_new(struct walk *w);
/*
 * cache.st is NOT_FOUND for what is no slab object; size.st is OK then when it is one that kmalloc() took pages for.
 * UNSUPPORTED: nobody has taught us where this architecture has its struct pages.
 */
struct slab_rec slab_of(struct slabs *s, uint64_t addr);

#endif
