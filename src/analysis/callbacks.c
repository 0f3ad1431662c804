// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which callbacks had run, since the patch was last applied to the object.
 *
 * klp_pre_patch_callback() sets post_unpatch_enabled when pre_patch has
 * succeeded or there is none, klp_post_unpatch_callback() clears it
 * (kernel/livepatch/core.h, 4.15 to 7.3-rc7).  The two between leave no trace:
 * post_patch is called when a patch has been applied, pre_unpatch when its
 * removal begins, and neither when a transition is reversed.
 */
#include "analysis/analysis.h"

typedef enum callback_ran verdicts[CB_COUNT];

/*
 * pre_patch has run, post_unpatch has not ended since.  While klp_mutex is
 * held any of the others may be running, or may have run a moment ago.
 */
static void since_pre_patch(const struct report *r, const struct patch_rec *p, verdicts ran)
{
	ran[CB_PRE_PATCH] = RAN_YES;
	if (r->transition.changing.st || r->transition.changing.v)
		return;
	ran[CB_POST_UNPATCH] = RAN_NO;
	switch (p->state) {
	case PATCH_APPLIED:
		ran[CB_POST_PATCH] = RAN_YES;
		ran[CB_PRE_UNPATCH] = RAN_NO;
		break;
	case PATCH_APPLYING:
		ran[CB_POST_PATCH] = ran[CB_PRE_UNPATCH] = RAN_IF_REVERSED;
		break;
	case PATCH_REVERTING:
		ran[CB_POST_PATCH] = ran[CB_PRE_UNPATCH] = RAN_UNLESS_REVERSED;
		break;
	default:
		/* Replaced patches are told nothing, and still stand on the list for a moment. */
		break;
	}
}

/*
 * A target that is not loaded may have been: then all four have run.  The flag
 * of one that is tells nothing where it is clear: pre_patch failed, or has not
 * been called, or post_unpatch was the last that ran.
 */
static void judge(const struct report *r, const struct patch_rec *p, const struct object_rec *o, verdicts ran)
{
	struct val enabled = o->callbacks.post_unpatch_enabled;

	for (unsigned int i = 0; i < CB_COUNT; i++)
		ran[i] = RAN_UNKNOWN;
	if (!o->st && !o->loaded.st && o->loaded.v && !enabled.st && enabled.v)
		since_pre_patch(r, p, ran);
}

static void object(const struct report *r, const struct patch_rec *p, struct object_rec *o)
{
	verdicts ran;

	judge(r, p, o, ran);
	for (unsigned int i = 0; i < CB_COUNT; i++) {
		struct callback_rec *c = &o->callbacks.cb[i];
		bool none = c->addr.st == KLPSCOPE_NOT_FOUND || (!c->addr.st && !c->addr.v);

		c->ran = none ? RAN_NONE : c->addr.st ? RAN_UNKNOWN : ran[i];
	}
}

void analysis_callbacks(struct report *r)
{
	for (struct patch_rec *p = r->patches; p; p = p->next)
		for (struct object_rec *o = p->objects; o; o = o->next)
			object(r, p, o);
}
