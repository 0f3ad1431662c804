/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the report: a contract, the same in text and JSON. */
#ifndef KLPSCOPE_WORDS_H
#define KLPSCOPE_WORDS_H

#include "model/record.h"

const char *word_in_effect(enum klpscope_in_effect e);
const char *word_state(enum patch_state s);
const char *word_reason(enum effect_reason r);		/* NULL for REASON_NONE */
const char *word_entry(enum entry_state e);
const char *word_runs(enum task_runs r);
const char *word_held_up(enum held_up_by h);
/* What a frame is in: "new", "old", "entry", "hotfix"; NULL: nothing of a hotfix. */
const char *word_code(enum code_kind k);
const char *word_side(enum patch_side s);		/* NULL for SIDE_UNKNOWN */
const char *word_callback(enum callback c);		/* "pre_patch" */
const char *word_severity(enum finding_severity s);
const char *word_capability(enum klp_capability c);

#define TAINT_BITS 64
#define TAINT_WORD_SIZE 8

/*
 * The letter that the kernel prints for a set taint bit.  Bits that mainline
 * has no letter for (some vendors use high ones) become "bit28", so that
 * they are not lost.  Returns buf.
 */
const char *word_taint(unsigned int bit, char buf[TAINT_WORD_SIZE]);

#endif
