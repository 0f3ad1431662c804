/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small kernel with livepatches, described for the fake target: two
 * functions, two patches.  klp_one has f1 and f2, klp_two has f1 on top of it.
 * "$P" is the pointer size: the same text serves 4 and 8 bytes.
 */
#ifndef KLPSCOPE_TESTS_KERNEL_H
#define KLPSCOPE_TESTS_KERNEL_H

#include "model/model.h"
#include "tests/unit/fake.h"

/* Types of 5.1 and later, with every member at a multiple of 16 or so. */
extern const char kernel_types[];
/* The two patches, applied. */
extern const char kernel_memory[];

/* endian, pointer size and the texts, one after the other; NULL ends them. */
struct fake *kernel_parse(const char *endian, unsigned int pointer_size, const char *text, ...);

/* Walks and judges. The report lives as long as the fake. */
struct report *kernel_report(struct fake *f, const char *architecture);

/* The function `name` of the patch on place `order`. */
struct func_rec *kernel_func(const struct report *r, unsigned int order, const char *name);
struct patch_rec *kernel_patch(const struct report *r, unsigned int order);

/* Some finding has this code and its message holds `words`. */
bool kernel_has_finding(const struct report *r, const char *code, const char *words);

#endif
