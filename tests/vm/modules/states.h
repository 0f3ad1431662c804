/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KLP_TEST_STATES_H
#define KLP_TEST_STATES_H

#include <linux/livepatch.h>
#include <linux/printk.h>

/* The states of klp_test_states1 to 3, each of which is cumulative, and replaces nothing. */
#define STATE_RISING	10
#define STATE_LATE	11
#define STATE_NEW	12

static void tell_states(struct klp_patch *patch)
{
	struct klp_state *state;

	for (state = patch->states; state->id; state++)
		pr_info("state %lu version %u data 0x%px\n", state->id, state->version, state->data);
}

#endif
