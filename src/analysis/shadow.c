// SPDX-License-Identifier: GPL-2.0-or-later
/* Shadow variables against the states of patches, and against what klp_shadow_get() relies on. */
#include <inttypes.h>

#include "analysis/analysis.h"

/* As many ids without a patch are told one by one. */
#define UNTIED 16

bool analysis_state_of(const struct patch_rec *p, uint64_t id)
{
	for (const struct state_rec *s = p->states; s; s = s->next)
		if (!s->id.st && s->id.v == id)
			return true;
	return false;
}

enum klpscope_status analysis_states_known(const struct report *r)
{
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (p->states_st && p->states_st != KLPSCOPE_NOT_FOUND)
			return p->states_st;
	return r->patches_st;
}

/* Before states came (5.5) nothing tied an id to a patch; since then it is a state of the same id, by convention. */
static bool has_states(const struct report *r)
{
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (p->states_st == KLPSCOPE_NOT_FOUND)
			return false;
	return true;
}

/* `none`: what it is when no patch is known to have such a state, the same for all ids. */
static struct val tied(const struct report *r, uint64_t id, struct val none)
{
	for (const struct patch_rec *p = r->patches; p; p = p->next)
		if (analysis_state_of(p, id))
			return (struct val){ 1, KLPSCOPE_OK };
	return none;
}

static void untied(struct report *r)
{
	struct val none = { 0, analysis_states_known(r) };
	unsigned int n = 0;

	if (!none.st && !has_states(r))
		none.st = KLPSCOPE_NOT_FOUND;
	for (struct shadow_id_rec *id = r->shadows.id; id; id = id->next) {
		id->tied = tied(r, id->id, none);
		if (id->tied.st || id->tied.v || n++ >= UNTIED)
			continue;
		finding_add(r, "shadow-untied", FINDING_INFO, 0, NULL, NULL,
			    "%s%" PRIu64 " shadow variable%s of id %" PRIu64 ": no listed patch has a state of that id",
			    r->shadows.st ? "at least " : "", id->seen, id->seen == 1 ? "" : "s", id->id);
	}
	if (n > UNTIED)
		finding_add(r, "shadow-untied", FINDING_INFO, 0, NULL, NULL,
			    "%u more ids of shadow variables, of which no listed patch has a state, are not listed here",
			    n - UNTIED);
}

static const char *bucket(struct report *r, uint32_t n)
{
	return arena_printf(r->arena, "bucket %" PRIu32, n);
}

static void wrong_bucket(struct report *r, const struct shadow_misplaced_rec *m)
{
	finding_add(r, "shadow-wrong-bucket", FINDING_ERROR, m->addr, bucket(r, m->expected), bucket(r, m->bucket),
		    "shadow variable of id %" PRIu64 " for object 0x%" PRIx64 ": is in bucket %" PRIu32
		    " of klp_shadow_hash, klp_shadow_get() looks for it in bucket %" PRIu32,
		    m->id, m->obj, m->bucket, m->expected);
}

static void duplicate(struct report *r, const struct shadow_misplaced_rec *m)
{
	finding_add(r, "shadow-duplicate", FINDING_ERROR, m->addr, "one",
		    arena_printf(r->arena, "0x%" PRIx64 " and 0x%" PRIx64, m->twin, m->addr),
		    "two shadow variables of id %" PRIu64 " for object 0x%" PRIx64
		    ": klp_shadow_get() finds that at 0x%" PRIx64, m->id, m->obj, m->twin);
}

static void misplaced(struct report *r)
{
	uint64_t wrong = r->shadows.nr_misplaced, twice = r->shadows.nr_twins;

	for (const struct shadow_misplaced_rec *m = r->shadows.misplaced; m; m = m->next) {
		if (m->twin) {
			duplicate(r, m);
			twice--;
		} else {
			wrong_bucket(r, m);
			wrong--;
		}
	}
	if (wrong)
		finding_add(r, "shadow-wrong-bucket", FINDING_ERROR, 0, NULL, NULL,
			    "%" PRIu64 " more shadow variables in a wrong bucket are not listed", wrong);
	if (twice)
		finding_add(r, "shadow-duplicate", FINDING_ERROR, 0, NULL, NULL,
			    "%" PRIu64 " more duplicates of shadow variables are not listed", twice);
}

void analysis_shadows(struct report *r)
{
	misplaced(r);
	untied(r);
}
