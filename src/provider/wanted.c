// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "provider/wanted.h"

#define LLVM ".llvm."

static struct wanted **bucket_of(struct wanted_set *s, const char *name, size_t len)
{
	uint32_t h = 2166136261u;

	while (len--)
		h = (h ^ (unsigned char)*name++) * 16777619u;
	return &s->bucket[(h ^ h >> 16) % WANTED_BUCKETS];
}

void wanted_begin(struct wanted_set *s, struct wanted *w, size_t n)
{
	memset(s, 0, sizeof(*s));
	s->pending = n;
	for (size_t i = 0; i < n; i++) {
		struct wanted **bucket;

		w[i].len = strlen(w[i].name);
		w[i].found = w[i].alt_found = false;
		w[i].seen = w[i].alt_seen = 0;
		bucket = bucket_of(s, w[i].name, w[i].len);
		w[i].chain = *bucket;
		*bucket = &w[i];
	}
}

/* Counts one more of that name: is it the one? */
static bool nth(unsigned int *seen, unsigned int sympos)
{
	return ++*seen == (sympos ? sympos : 1);
}

static bool same_name(const struct wanted *w, const char *name, size_t len)
{
	return w->len == len && !memcmp(w->name, name, len);
}

void wanted_offer(struct wanted_set *s, const char *name, size_t len, uint32_t i)
{
	const char *dot;
	struct wanted *w;

	for (w = *bucket_of(s, name, len); w; w = w->chain) {
		if (w->found || !same_name(w, name, len) || !nth(&w->seen, w->sympos))
			continue;
		w->found = true;
		w->index = i;
		s->pending--;
	}
	/* clang's LTO renames statics to NAME.llvm.HASH; kallsyms keeps such names in some versions. */
	dot = memmem(name, len, LLVM, strlen(LLVM));
	if (!dot)
		return;
	len = (size_t)(dot - name);
	for (w = *bucket_of(s, name, len); w; w = w->chain) {
		if (w->alt_found || !same_name(w, name, len) || !nth(&w->alt_seen, w->sympos))
			continue;
		w->alt_found = true;
		w->alt_index = i;
	}
}

void wanted_end(struct wanted *w, size_t n, bool whole)
{
	for (size_t i = 0; i < n; i++) {
		/* Only a whole table shows that there is no exact name. */
		if (w[i].found || !w[i].alt_found || w[i].seen || !whole)
			continue;
		w[i].found = true;
		w[i].index = w[i].alt_index;
	}
}
