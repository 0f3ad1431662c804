// SPDX-License-Identifier: GPL-2.0-or-later
/* What changes when the dump is a capsule. */
#include <stdlib.h>
#include <string.h>

#include "backend/capsule.h"
#include "engine/context.h"
#include "target/answers.h"
#include "util/str.h"

static struct text origin_text(struct klpscope *ks, const char *origin, const char *key)
{
	char *value = capsule_value(origin, key);
	struct text t;

	/* It was sanitized for the report that the capsule was made with. */
	if (value && str_is_clean(value, strlen(value))) {
		t.s = arena_strdup(ks->report->arena, value);
		t.st = t.s ? KLPSCOPE_OK : KLPSCOPE_NO_MEMORY;
	} else {
		t = context_copy_text(ks->report->arena, value);
	}
	free(value);
	return t;
}

static struct val origin_number(const char *origin, const char *key)
{
	char *value = capsule_value(origin, key), *end = NULL;
	struct val v = { 0, KLPSCOPE_NOT_FOUND };

	if (value)
		v.v = strtoull(value, &end, 10);
	if (value && end != value && !*end)
		v.st = KLPSCOPE_OK;
	free(value);
	return v;
}

static const struct capsule_rec *describe(struct klpscope *ks, const char *origin, bool damaged)
{
	struct capsule_rec *c = arena_alloc(ks->report->arena, sizeof(*c));

	if (!c)
		return NULL;
	c->generator = origin_text(ks, origin, "generator");
	c->format = origin_text(ks, origin, "format");
	c->size = origin_number(origin, "size");
	c->redacted = origin_number(origin, "redacted").v;
	c->for_crash = origin_number(origin, "for_crash").v;
	c->damaged = damaged || origin_number(origin, "damaged").v;
	return c;
}

enum klpscope_status context_use_capsule(struct klpscope *ks, const char *origin, const char *answers, size_t length,
					bool damaged)
{
	struct arena *arena = target_arena(ks->target);
	struct answers *as = answers_new(arena);
	enum klpscope_status st = as ? answers_parse(as, answers, length) : KLPSCOPE_NO_MEMORY;
	struct text forced;

	if (st)
		return context_fail(ks, st, "the capsule's names and layouts: %s", klpscope_strstatus(st));
	target_set_capsule(ks->target, as);
	ks->report->system.capsule = describe(ks, origin, damaged);
	forced = origin_text(ks, origin, "forced_vmlinux");
	if (!forced.st)
		ks->report->system.forced_vmlinux = forced.s;
	return ks->report->system.capsule ? KLPSCOPE_OK : context_fail(ks, KLPSCOPE_NO_MEMORY, "out of memory");
}
