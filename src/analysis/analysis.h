/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From records to verdicts and findings: reads nothing, prints nothing. */
#ifndef KLPSCOPE_ANALYSIS_H
#define KLPSCOPE_ANALYSIS_H

#include "model/record.h"

/* Fills every "verdict" field of the report. */
enum klpscope_status analysis_run(struct report *r) MUST_CHECK;

/* Every function stack could be read to its end: what stands on none of them stands on none. */
bool analysis_stacks_known(const struct report *r);
/* A patch is being applied or removed, and it is not among those that we know. */
bool analysis_transition_lost(const struct report *r);

/* How many tasks took this function, of those for whom a transition decides. NOT_FOUND: it does not decide. */
struct val analysis_tasks_of(const struct report *r, const struct func_rec *f);

/* What the panicking task took of it; UNKNOWN as well when nobody panicked. */
enum task_runs analysis_panic_runs(const struct report *r, const struct func_rec *f);

/* One of the states that could be read is of this id. */
bool analysis_state_of(const struct patch_rec *p, uint64_t id);
/* OK: all states of all listed patches are known. */
enum klpscope_status analysis_states_known(const struct report *r);

/* A frame in code that a hotfix brought, and one in the body of a function that a hotfix replaces. */
bool analysis_is_hotfix(const struct frame_rec *f);
bool analysis_is_original(const struct frame_rec *f);

/* The steps, in order. */
void analysis_effect(struct report *r);
void analysis_tasks(struct report *r);
void analysis_held_up(struct report *r);
void analysis_crash_path(struct report *r);
void analysis_detached(struct report *r);
void analysis_callbacks(struct report *r);
void analysis_findings(struct report *r);
void analysis_states(struct report *r);
void analysis_relocs(struct report *r);
void analysis_shadows(struct report *r);
void analysis_integrity(struct report *r);

/* Appends one. What was expected and found: NULL where the message says it, otherwise from the arena or static. */
void finding_add(struct report *r, const char *code, enum finding_severity severity, uint64_t address,
		 const char *expected, const char *found, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));

#endif
