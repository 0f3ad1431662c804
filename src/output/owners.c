// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "output/owners.h"

/* Fills o->v when there is one; returns how many there are. */
static size_t collect(struct owners *o, const struct report *r)
{
	size_t n = 0;

	for (const struct patch_rec *p = r->patches; p; p = p->next)
		for (const struct object_rec *obj = p->objects; obj; obj = obj->next)
			for (const struct func_rec *f = obj->funcs; f; f = f->next, n++)
				if (o->v)
					o->v[n] = (struct owner){ f->addr, p };
	return n;
}

static int compare(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	return x->func < y->func ? -1 : x->func > y->func;
}

bool owners_init(struct owners *o, const struct report *r)
{
	memset(o, 0, sizeof(*o));
	o->n = collect(o, r);
	o->v = calloc(o->n ? o->n : 1, sizeof(*o->v));
	if (!o->v)
		return false;
	collect(o, r);
	qsort(o->v, o->n, sizeof(*o->v), compare);
	return true;
}

void owners_free(struct owners *o)
{
	free(o->v);
	memset(o, 0, sizeof(*o));
}

const struct patch_rec *owners_shadower(const struct owners *o, const struct func_rec *f)
{
	struct owner key = { 0 };
	const struct owner *found;

	if (!f->ops || !f->ops->depth || !f->stack_position || !f->ops->stack)
		return NULL;
	key.func = f->ops->stack[0];
	found = key.func ? bsearch(&key, o->v, o->n, sizeof(*o->v), compare) : NULL;
	return found ? found->patch : NULL;
}
