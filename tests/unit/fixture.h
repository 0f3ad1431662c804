/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports made by hand, as the model and the analysis would leave them, for
 * tests of what is printed.  Everything lives in the arena.
 */
#ifndef KLPSCOPE_TEST_FIXTURE_H
#define KLPSCOPE_TEST_FIXTURE_H

#include "model/record.h"

struct report *fixture_none(struct arena *a);		/* no livepatch was ever loaded */
struct report *fixture_not_built_in(struct arena *a);
struct report *fixture_active(struct arena *a);		/* two patches, one target not loaded */
struct report *fixture_stacked(struct arena *a);	/* two patches on one function */
struct report *fixture_replaced(struct arena *a);	/* atomic replace with a nop */
struct report *fixture_disabled(struct arena *a);	/* modules of every detached reason */
struct report *fixture_unowned(struct arena *a);	/* on a function stack, in no listed patch */
struct report *fixture_detail(struct arena *a);		/* all verdicts known, a detail not */
struct report *fixture_stalled(struct arena *a);	/* being applied on top of another */
struct report *fixture_reverting(struct arena *a);
struct report *fixture_straggling(struct arena *a);	/* a transition, of which not every task could be read */
struct report *fixture_damaged(struct arena *a);	/* lists that end early, placeholders, findings */
struct report *fixture_blind(struct arena *a);		/* nothing at all could be read */
struct report *fixture_lost(struct arena *a);		/* records that are there, nothing in them readable */
struct report *fixture_words(struct arena *a);		/* each reason and each entry word once */
struct report *fixture_hostile(struct arena *a);	/* quotes, escapes, UTF-8 */
struct report *fixture_long(struct arena *a);		/* every name as long as it can be */

struct fixture {
	const char *name;
	struct report *(*make)(struct arena *a);
};

extern const struct fixture fixtures[];
extern const unsigned int nr_fixtures;

#endif
