/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which patch a klp_func belongs to, by its address: who shadows whom, in words. */
#ifndef KLPSCOPE_OWNERS_H
#define KLPSCOPE_OWNERS_H

#include "model/record.h"

struct owner {
	uint64_t func;
	const struct patch_rec *patch;
};

struct owners {
	struct owner *v;
	size_t n;
};

/* False: no memory. */
bool owners_init(struct owners *o, const struct report *r);
void owners_free(struct owners *o);

/* The patch whose function is on top of the stack that f is on; NULL: f itself, none, or not known. */
const struct patch_rec *owners_shadower(const struct owners *o, const struct func_rec *f);

#endif
