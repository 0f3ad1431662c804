/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions of a patch or of one of its objects, counted by verdict, for sentences. */
#ifndef KLPSCOPE_TALLY_H
#define KLPSCOPE_TALLY_H

#include "model/record.h"
#include "output/sb.h"

struct tally {
	unsigned int yes, partly, no, unknown;	/* of loaded targets; no nops */
	unsigned int nops;			/* of an atomic replace: here the original runs */
	unsigned int waiting;			/* their target is not loaded: not counted above */
	/* For some tasks only: of those below another in transition, the reason is "shadowed" here. */
	unsigned int partly_by[REASON_UNREADABLE + 1], no_by[REASON_UNREADABLE + 1];
	bool open;				/* a list ended early: there may be more */
};

void tally_object(struct tally *t, const struct object_rec *obj);
void tally_patch(struct tally *t, const struct patch_rec *p);

/* It is not, or not for all tasks, because of the one above it on the function stack. */
bool tally_is_below(const struct func_rec *f);

/* Functions of loaded targets. */
unsigned int tally_total(const struct tally *t);

/* "2/3", "2/? 1 unknown": in effect (at least for some tasks), of how many. */
void tally_ratio(const struct tally *t, struct sb *sb);

/*
 * "1 of 4 functions for every task, 2 shadowed by klp_b, 1 unknown".  The
 * words for those below another: where that one is for all, and for some tasks.
 */
void tally_list(const struct tally *t, const char *shadowed, const char *below, struct sb *sb);

#endif
