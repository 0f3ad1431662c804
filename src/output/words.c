// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "output/words.h"

const char *word_in_effect(enum klpscope_in_effect e)
{
	switch (e) {
	case KLPSCOPE_EFFECT_YES:
		return "yes";
	case KLPSCOPE_EFFECT_PARTLY:
		return "partly";
	case KLPSCOPE_EFFECT_NO:
		return "no";
	case KLPSCOPE_EFFECT_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *word_state(enum patch_state s)
{
	switch (s) {
	case PATCH_APPLIED:
		return "applied";
	case PATCH_APPLYING:
		return "applying";
	case PATCH_REVERTING:
		return "reverting";
	case PATCH_OFF:
		return "off";
	case PATCH_DETACHED:
		return "detached";
	case PATCH_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *word_reason(enum effect_reason r)
{
	switch (r) {
	case REASON_NONE:
		return NULL;
	case REASON_SHADOWED:
		return "shadowed";
	case REASON_TRANSITION:
		return "transition";
	case REASON_NOP:
		return "nop";
	case REASON_TARGET_NOT_LOADED:
		return "target-not-loaded";
	case REASON_NOT_PATCHED:
		return "not-patched";
	case REASON_PATCH_OFF:
		return "patch-off";
	case REASON_ENTRY_NOT_REDIRECTED:
		return "entry-not-redirected";
	case REASON_UNREADABLE:
		break;
	}
	return "unreadable";
}

const char *word_entry(enum entry_state e)
{
	switch (e) {
	case ENTRY_ORIGINAL:
		return "original";
	case ENTRY_REDIRECTED:
		return "redirected";
	case ENTRY_OTHER:
		return "other";
	case ENTRY_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *word_side(enum patch_side s)
{
	switch (s) {
	case SIDE_IDLE:
		return "idle";
	case SIDE_UNPATCHED:
		return "unpatched";
	case SIDE_PATCHED:
		return "patched";
	case SIDE_UNKNOWN:
		break;
	}
	return NULL;
}

const char *word_runs(enum task_runs r)
{
	switch (r) {
	case RUNS_OLD:
		return "old";
	case RUNS_NEW:
		return "new";
	case RUNS_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *word_held_up(enum held_up_by h)
{
	switch (h) {
	case HELD_RUNNING:
		return "running";
	case HELD_UNRELIABLE:
		return "unreliable-stack";
	case HELD_FUNCTION:
		return "function";
	case HELD_NOTHING:
		return "nothing";
	case HELD_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *word_code(enum code_kind k)
{
	switch (k) {
	case CODE_ENTRY:
		return "entry";
	case CODE_OLD:
		return "old";
	case CODE_NEW:
		return "new";
	case CODE_HOTFIX:
		return "hotfix";
	case CODE_SOME_HOTFIX:
	case CODE_OTHER:
		break;
	}
	return NULL;
}

const char *word_callback(enum callback c)
{
	static const char *const words[CB_COUNT] = { "pre_patch", "post_patch", "pre_unpatch", "post_unpatch" };

	return words[c];
}

const char *word_severity(enum finding_severity s)
{
	switch (s) {
	case FINDING_INFO:
		return "info";
	case FINDING_WARNING:
		return "warning";
	case FINDING_ERROR:
		break;
	}
	return "error";
}

const char *word_capability(enum klp_capability c)
{
	switch (c) {
	case KLP_CAPABLE:
		return "capable";
	case KLP_NOT_BUILT_IN:
		return "not-built-in";
	case KLP_UNKNOWN:
		break;
	}
	return "unknown";
}

/* Bits 0…19 of mainline's taint_flags[] (kernel/panic.c), what it prints when they are set. */
static const char taint_letters[] = "PFSRMBUDAWCIOELKXTNJ";

const char *word_taint(unsigned int bit, char buf[TAINT_WORD_SIZE])
{
	if (bit < sizeof(taint_letters) - 1)
		snprintf(buf, TAINT_WORD_SIZE, "%c", taint_letters[bit]);
	else
		snprintf(buf, TAINT_WORD_SIZE, "bit%u", bit % TAINT_BITS);
	return buf;
}
