// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether the states of the listed patches fit together, by the rule that lets a patch be loaded. */
#include <inttypes.h>

#include "analysis/integrity.h"

/* More than any fleet has; nobody waits longer for a hostile dump, nor reads more. */
#define COMPARISONS_MAX (1u << 22)
#define CONFLICTS_MAX 256

struct comparison {
	struct report *r;
	struct state_conflict_rec **tail;
	unsigned int made, conflicts;
	enum klpscope_status st;
};

static bool has_states(const struct patch_rec *p)
{
	return !p->st && p->states_st != KLPSCOPE_NOT_FOUND;
}

/* Its state of that id; otherwise NULL. */
static const struct state_rec *state_of(struct comparison *c, const struct patch_rec *p, uint64_t id)
{
	for (const struct state_rec *s = p->states; s; s = s->next) {
		if (c->made++ == COMPARISONS_MAX) {
			c->st = KLPSCOPE_LIMIT;
			return NULL;
		}
		if (!s->id.st && s->id.v == id)
			return s;
	}
	return NULL;
}

static void conflict(struct comparison *c, const struct patch_rec *older, const struct state_rec *state,
		     const struct patch_rec *newer, struct val newer_version)
{
	struct state_conflict_rec *rec = arena_alloc(c->r->arena, sizeof(*rec));

	if (!rec || c->conflicts++ == CONFLICTS_MAX) {
		c->st = rec ? KLPSCOPE_LIMIT : KLPSCOPE_NO_MEMORY;
		return;
	}
	*rec = (struct state_conflict_rec){ .older = older, .newer = newer, .id = state->id.v,
					    .older_version = state->version.v, .newer_version = newer_version };
	*c->tail = rec;
	c->tail = &rec->next;
}

static void note(struct comparison *c, enum klpscope_status st)
{
	if (!c->st)
		c->st = st;
}

/* klp_is_state_compatible(), kernel/livepatch/state.c, 5.5 to 7.3-rc7. */
static void compare_state(struct comparison *c, const struct patch_rec *older, const struct state_rec *state,
			  const struct patch_rec *newer)
{
	const struct state_rec *found = state_of(c, newer, state->id.v);
	const struct val none = { .st = KLPSCOPE_NOT_FOUND };

	if (c->st == KLPSCOPE_LIMIT)
		return;
	if (!found) {
		if (newer->states_st)
			note(c, newer->states_st);
		else if (newer->replace.st)
			note(c, newer->replace.st);
		else if (newer->replace.v)
			conflict(c, older, state, newer, none);
	} else if (state->version.st || found->version.st) {
		note(c, state->version.st ? state->version.st : found->version.st);
	} else if (found->version.v < state->version.v) {
		conflict(c, older, state, newer, found->version);
	}
}

static void compare_patches(struct comparison *c, const struct patch_rec *older, const struct patch_rec *newer)
{
	if (older->states_st && older->states_st != KLPSCOPE_NOT_FOUND)
		note(c, older->states_st);
	for (const struct state_rec *s = older->states; s && c->st != KLPSCOPE_LIMIT; s = s->next)
		compare_state(c, older, s, newer);
}

/* klp_is_patch_compatible(): with each patch that was on the list before. */
static void compare_states(struct report *r)
{
	struct comparison c = { .r = r, .tail = &r->state_conflicts, .st = r->patches_st };

	for (const struct patch_rec *newer = r->patches; newer; newer = newer->next)
		for (const struct patch_rec *older = r->patches; older != newer && c.st != KLPSCOPE_LIMIT;
		     older = older->next) {
			if (!has_states(older) || !has_states(newer))
				note(&c, older->st ? older->st : newer->st);
			else if (older->order && newer->order)
				compare_patches(&c, older, newer);
		}
	r->states_compared = c.st;
}

static void finding_of(struct report *r, const struct state_conflict_rec *c)
{
	const char *found = "no such state";

	if (!c->newer_version.st)
		found = arena_printf(r->arena, "version %" PRIu64, c->newer_version.v);
	finding_add(r, "state-conflict", FINDING_WARNING, c->newer->addr,
		    arena_printf(r->arena, "version %" PRIu64 " or higher", c->older_version), found,
		    "patch %s: state %" PRIu64 ": patch %s, which is older, has it in version %" PRIu64 "%s",
		    integrity_patch(c->newer), c->id, integrity_patch(c->older), c->older_version,
		    c->newer_version.st ? ", and is being replaced" : "");
}

void analysis_states(struct report *r)
{
	compare_states(r);
	for (const struct state_conflict_rec *c = r->state_conflicts; c; c = c->next)
		finding_of(r, c);
}
